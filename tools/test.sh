#!/usr/bin/env bash
# `make test`: builds with ASan, UBSan and coverage, runs every suite, checks the coverage gates. Ends with one plain line.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
export PATH="$root/build/tools/bin:$PATH"
gate=90

(cd backend && cmake --preset debug >build-configure.log 2>&1 || { cat build-configure.log; exit 1; }; rm -f build-configure.log)
echo "== build (some minutes the first time)"
began=$SECONDS
cmake --build build/debug >build/debug/build.log || { grep -aE '^FAILED|error:' build/debug/build.log; echo "the build failed"; exit 1; }
echo "built in $((SECONDS - began)) s"

# Started by root, the tests' PostgreSQL and all that talks to it become user postgres, who must be able to write this.
profiles=$(mktemp -d /tmp/sentinel-profiles-XXXXXX)
chmod 1777 "$profiles"
trap 'rm -rf "$profiles"' EXIT
export LLVM_PROFILE_FILE="$profiles/%p-%m.profraw"
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1

passed=0 failed=0
: >"$profiles/failures.txt"
count() { passed=$((passed + $1)); failed=$((failed + $2)); }

# What stands above the closing line, so that nobody has to look for it: $1 the suite, then what it said of its failures.
blame() { { echo "-- $1"; sed -n 1,60p; } >>"$profiles/failures.txt"; }

# A test that hangs ends its suite, by an abort whose trace says where.
run_suite() {
  timeout --signal=ABRT --kill-after=30 1200 "build/debug/bin/$1_tests" --gtest_brief=1 --gtest_color=no >"$profiles/$1.txt" 2>&1
}

# What a suite wrote, and its figures.
count_suite() {
  local suite=$1 status=$2 ok bad log=$profiles/$1.txt
  echo "== $suite"
  cat "$log"
  [ "$status" != 134 ] && [ "$status" != 137 ] || echo "the suite was ended after 1200 s or died"
  ok=$(sed -nE 's/^\[  PASSED  \] ([0-9]+) test.*/\1/p' "$log" | tail -1)
  bad=$(grep -cE '^\[  FAILED  \] [A-Za-z0-9_/]+\.[A-Za-z0-9_/]+( |$)' "$log" || true)
  # A program that crashed before its summary counts as one failure.
  [ "$status" = 0 ] || [ "${bad:-0}" -gt 0 ] || bad=1
  count "${ok:-0}" "${bad:-0}"
  [ "${bad:-0}" = 0 ] || { grep -aE -A5 ': Failure$|AddressSanitizer:|runtime error:|^\[  FAILED  \]' "$log" || tail -20 "$log"; } | blame "$suite"
}

# Counts what a runner says in its closing line: $1 its exit status, $2 what it wrote. One that ended before it is one failure.
count_said() {
  local ok=0 bad=0
  read -r ok bad < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$2" | tail -1) || true
  [ "$1" = 0 ] || [ "${bad:-0}" -gt 0 ] || bad=1
  count "${ok:-0}" "${bad:-0}"
}

# Each has servers and folders of its own, so those that mostly wait for theirs share the cores.
for together in unit "contract integration" faults; do
  declare -A running=()
  for suite in $together; do
    run_suite "$suite" & running[$suite]=$!
  done
  for suite in $together; do
    status=0
    wait "${running[$suite]}" || status=$?
    count_suite "$suite" "$status"
  done
done

echo "== dashboard"
log=$profiles/dashboard.txt
status=0
(cd frontend && npm run --silent coverage) 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
ok=$(sed -nE 's/.*Tests .* ([0-9]+) passed.*/\1/p' <(sed 's/\x1b\[[0-9;]*m//g' "$log") | tail -1)
[ -n "$ok" ] || ok=$(sed -nE 's/^ *Tests +([0-9]+) passed.*/\1/p' <(sed 's/\x1b\[[0-9;]*m//g' "$log") | tail -1)
count "${ok:-0}" "$([ "$status" = 0 ] && echo 0 || echo 1)"
[ "$status" = 0 ] || { grep -aE -A8 'FAIL |Error:|does not meet' "$log" || tail -20 "$log"; } | blame dashboard

echo "== browser"
(cd frontend && npm run --silent build >/dev/null)
log=$profiles/browser.txt
status=0
tools/e2e.sh build/debug/bin 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
count_said "$status" "$log"
[ "$status" = 0 ] || { grep -A6 '^-- failed: ' "$log" || tail -20 "$log"; } | blame browser

echo "== clients"
log=$profiles/clients.txt
status=0
tools/clients.sh build/debug/bin 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
count_said "$status" "$log"
[ "$status" = 0 ] || { grep -aE -A8 '✖|not ok' "$log" || tail -20 "$log"; } | blame clients

# The short form of bench-soak: resident memory after overload and drain, at a quarter and at the end, differs by at most 5 %.
# AddressSanitizer keeps what was freed, where it was allocated, and frames of functions that have returned, more of them the
# longer a program runs; without these, memory is the program's own, and errors are found all the same. What glibc's
# allocator does with memory is not seen here but by `make bench-soak`.
echo "== soak"
log=$profiles/soak.txt
status=0
SENTINEL_BENCH_BIN=$root/build/debug/bin BENCH_SOAK_SECONDS=32 LLVM_PROFILE_FILE=/dev/null \
  ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=0:thread_local_quarantine_size_kb=0:malloc_context_size=1:detect_stack_use_after_return=0:allocator_release_to_os_interval_ms=0 \
  timeout --kill-after=30 600 backend/benchmarks/soak/run.sh 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
if [ "$status" = 0 ]; then count 1 0; else count 0 1; tail -30 "$log" | blame soak; fi

echo "== coverage"
llvm-profdata-19 merge -sparse "$profiles"/*.profraw -o "$profiles/all.profdata"
ignore=$(grep -vE '^(#|$)' tools/coverage-exclude.txt | awk '{print $1}' | paste -sd'|')
objects=()
for binary in build/debug/bin/*_tests build/debug/bin/sentinel*; do objects+=(-object "$binary"); done
llvm-cov-19 report "${objects[@]:1:1}" "${objects[@]:2}" -instr-profile "$profiles/all.profdata" \
  -ignore-filename-regex "$ignore" -show-region-summary=false -show-branch-summary=false >build/coverage.txt
lines=$(awk '/^TOTAL/ { gsub("%", "", $NF); print $NF }' build/coverage.txt)
echo "C++ lines: $lines % (gate $gate %), per file in build/coverage.txt"
if awk -v have="$lines" -v want=$gate 'BEGIN { exit !(have >= want) }'; then count 1 0; else count 0 1; echo "$lines % is under the gate" | blame coverage; fi

cat "$profiles/failures.txt"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
