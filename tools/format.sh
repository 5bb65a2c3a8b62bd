#!/usr/bin/env bash
# Formats everything that `make check` looks at.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files 'backend/*.cpp' 'backend/*.hpp' | xargs -r clang-format-19 -i
(cd frontend && PATH="$PWD/../build/tools/bin:$PATH" npx prettier --write --log-level warn .)
