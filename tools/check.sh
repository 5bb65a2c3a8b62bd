#!/usr/bin/env bash
# `make check`: everything about the sources that needs no test run. Runs all of it, then says what failed.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/build/tools/bin:$PATH"
passed=0 failed=0
step() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1)); echo "ok      $name"
  else
    failed=$((failed + 1)); echo "FAILED  $name"
  fi
}

format() { git ls-files 'backend/*.cpp' 'backend/*.hpp' | xargs -r clang-format-19 --dry-run --Werror; }
shell_syntax() { git ls-files '*.sh' .ci/run | xargs -r -n 1 bash -n; }
dashboard() { (cd frontend && npm run --silent check); }

step "format (make format mends it)" format
step "layers" node tools/check_layers.mjs
step "style" node tools/check_style.mjs
step "contracts" node tools/check_contracts.mjs
step "links in documents" node tools/check_links.mjs
step "shell scripts" shell_syntax
step "dashboard: lint, types, format, generated types, size" dashboard

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
