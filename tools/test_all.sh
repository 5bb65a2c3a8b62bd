#!/usr/bin/env bash
# `make test-all`: make check and make test, then what takes long: chaos for minutes, the suites under ThreadSanitizer, the
# fuzzers for minutes, and a first run in a fresh container (needs podman or docker: CONTAINERS=).
set -euo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0
step() {
  local name=$1
  shift
  echo "==== $name"
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED  $name"; fi
}

thread_sanitizer() {
  (cd backend && cmake --preset tsan >/dev/null) && cmake --build build/tsan >/dev/null || return 1
  local suite status=0
  for suite in unit contract integration; do
    # Address and leak checks are `make test`'s; here it is about the threads of http, ingest, live and the writer.
    TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1" timeout 3600 "build/tsan/bin/${suite}_tests" --gtest_brief=1 || status=1
  done
  return $status
}

# The troubles of `make test`, twelve times as many, with one replica and with two.
chaos() {
  LLVM_PROFILE_FILE=/dev/null SENTINEL_CHAOS_STEPS="${SENTINEL_CHAOS_STEPS:-150}" \
    timeout --kill-after=30 7200 build/debug/bin/faults_tests --gtest_filter='*Chaos*' --gtest_brief=1
}

step "make check" tools/check.sh
step "make test" tools/test.sh
step "chaos for minutes" chaos
step "ThreadSanitizer" thread_sanitizer
step "fuzzing" env FUZZ_SECONDS="${FUZZ_SECONDS:-300}" tools/fuzz.sh
step "first run in a fresh container" env TESTS=none tools/first_run_test.sh
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
