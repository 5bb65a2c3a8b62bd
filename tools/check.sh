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
# Each file once for each state of itself, the headers and the checks: a stamp in build/tidy says that it passed.
tidy() {
  (cd backend && cmake --preset release >/dev/null) && mkdir -p build/tidy || return 1
  local common
  common=$(cat .clang-tidy $(git ls-files 'backend/src/*.hpp') | sha256sum)
  export common
  git ls-files 'backend/src/*.cpp' | xargs -P "$(nproc)" -n 1 bash -c '
    stamp=build/tidy/$( (echo "$common"; cat "$1") | sha256sum | cut -c1-32)
    [ -e "$stamp" ] && exit 0
    if found=$(clang-tidy-19 -p build/release --quiet "$1" 2>/dev/null); then touch "$stamp"; else echo "$found"; exit 1; fi' tidy
}
shell_syntax() { git ls-files '*.sh' .ci/run | xargs -r -n 1 bash -n; }
lock_files() { ! git grep -lE '"resolved": "https?:' -- '*package-lock.json'; }
dashboard() { (cd frontend && npm run --silent check); }

step "format (make format mends it)" format
step "clang-tidy" tidy
step "layers" node tools/check_layers.mjs
step "style" node tools/check_style.mjs
step "contracts" node tools/check_contracts.mjs
step "pages about the APIs are the contracts'" node tools/api_docs.mjs --check
step "links in documents" node tools/check_links.mjs
step "commands in documents have a test, or say that they have none" node tools/page_commands.mjs --check
step "prices are those of the locked package" node tools/update_prices.mjs --check
step "shell scripts" shell_syntax
step "lock files name no registry" lock_files
step "dashboard: lint, types, format, generated types, size" dashboard

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
