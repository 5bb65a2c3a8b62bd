#!/bin/sh
# Builds Sentinel, fills generations with records of several kinds and measures what sealing them takes and saves. RESULTS=1
# writes results/sealing.md. How it is measured is told in measure.py.
set -eu
backend=$(cd "$(dirname "$0")/../.." && pwd)
if [ -z "${SENTINEL_BENCH_BIN:-}" ]; then
  (cd "$backend" && cmake --preset bench >/dev/null && ninja -C ../build/bench sentinel ingest-load seal-history)
fi
export PYTHONPATH="$backend/benchmarks" PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$backend/benchmarks/sealing/measure.py"
