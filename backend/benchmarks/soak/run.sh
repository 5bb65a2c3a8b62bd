#!/bin/sh
# Builds Sentinel and the load generator and overloads metrics-api for BENCH_SOAK_SECONDS (3600). RESULTS=1 writes
# results/soak.md. Below 600 it is the short form, which `make test` has with 32; SENTINEL_BENCH_BIN takes programs that are
# built already.
set -eu
backend=$(cd "$(dirname "$0")/../.." && pwd)
if [ -z "${SENTINEL_BENCH_BIN:-}" ]; then
  (cd "$backend" && cmake --preset bench >/dev/null && ninja -C ../build/bench sentinel ingest-load)
fi
export PYTHONPATH="$backend/benchmarks" PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$backend/benchmarks/soak/measure.py"
