#!/bin/sh
# Builds Sentinel and the load generator, and measures ingest beside FastAPI + asyncpg. RESULTS=1 writes results/ingest.md.
# BENCH_SECONDS (60) of open loop, BENCH_CLOSED_SECONDS (5), BENCH_ROUNDS (3); BENCH_RIVAL=none leaves FastAPI out.
set -eu
backend=$(cd "$(dirname "$0")/../.." && pwd)

missing=
for package in python3-fastapi python3-uvicorn python3-asyncpg python3-pydantic python3-uvloop python3-httptools; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ] && [ "${BENCH_RIVAL:-}" != none ]; then
  echo "bench-ingest: FastAPI is not complete here, so Sentinel is measured alone. To have both:" >&2
  echo "  apt-get install --no-install-recommends$missing" >&2
  export BENCH_RIVAL=none
fi

if [ -z "${SENTINEL_BENCH_BIN:-}" ]; then
  (cd "$backend" && cmake --preset bench >/dev/null && ninja -C ../build/bench sentinel ingest-load)
fi
# Debian's, which sees Debian's packages, whatever else is on the PATH.
exec /usr/bin/python3 "$backend/benchmarks/ingest/measure.py"
