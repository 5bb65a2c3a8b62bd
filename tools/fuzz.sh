#!/usr/bin/env bash
# `make fuzz`: every parser that outsiders reach, FUZZ_SECONDS (60) each, from the corpus in backend/fuzz/corpus. What is
# found lands in build/fuzz/found; an input that broke something goes into the corpus with the fix.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}

(cd backend && cmake --preset fuzz >/dev/null)
cmake --build build/fuzz -- -k 0 >build/fuzz/build.log || { grep -E 'error:|FAILED' build/fuzz/build.log; exit 1; }
mkdir -p build/fuzz/found
passed=0 failed=0
for folder in backend/fuzz/corpus/*/; do
  target=$(basename "$folder")
  kept=build/fuzz/inputs/$target
  mkdir -p "$kept"
  if "build/fuzz/bin/fuzz_$target" "$kept" "$folder" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="build/fuzz/found/$target-" -print_final_stats=1 >"build/fuzz/$target.log" 2>&1; then
    echo "ok      $target  $(sed -nE 's/^stat::number_of_executed_units: *//p' "build/fuzz/$target.log") inputs"
    passed=$((passed + 1))
  else
    tail -30 "build/fuzz/$target.log"
    echo "FAILED  $target"
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
