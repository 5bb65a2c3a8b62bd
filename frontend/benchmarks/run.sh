#!/bin/sh
# Builds Sentinel and its dashboard and measures the dashboard in Chromium. RESULTS=1 writes
# backend/benchmarks/results/dashboard.md. The variables are in README.md beside this.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
export PATH="$root/build/tools/bin:$PATH"
if [ -z "${SENTINEL_BENCH_BIN:-}" ]; then
  (cd "$root/backend" && cmake --preset bench >/dev/null && ninja -C ../build/bench sentinel)
  export SENTINEL_BENCH_BIN="$root/build/bench/bin"
fi
(cd "$root/frontend" && npm run --silent build >/dev/null)
exec node --no-warnings --experimental-strip-types "$root/frontend/benchmarks/measure.ts"
