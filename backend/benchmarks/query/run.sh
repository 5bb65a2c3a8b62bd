#!/bin/sh
# Builds Sentinel, fills it with a demo's history and measures its answers beside its rivals'. RESULTS=1 writes
# results/query.md. The variables are in README.md beside this.
set -eu
backend=$(cd "$(dirname "$0")/../.." && pwd)
if [ "$(dpkg-query -W -f '${db:Status-Status}' victoria-metrics 2>/dev/null || true)" != installed ]; then
  echo "bench-query: a rival is missing; to have it: apt-get install --no-install-recommends victoria-metrics" >&2
fi
if [ -z "${SENTINEL_BENCH_BIN:-}" ]; then
  (cd "$backend" && cmake --preset bench >/dev/null && ninja -C ../build/bench sentinel ingest-load)
fi
export PYTHONPATH="$backend/benchmarks" PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$backend/benchmarks/query/measure.py"
