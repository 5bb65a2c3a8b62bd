#!/bin/sh
# Builds Sentinel and the load generators, and measures ingest beside its rivals. RESULTS=1 writes results/ingest.md.
# The variables are in README.md beside this.
set -eu
backend=$(cd "$(dirname "$0")/../.." && pwd)

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]; }
rivals=${BENCH_RIVALS:-fastapi victoria-metrics copy}
missing=
for package in python3-fastapi python3-uvicorn python3-asyncpg python3-pydantic python3-uvloop python3-httptools; do
  installed "$package" || missing="$missing $package"
done
[ -z "$missing" ] || rivals=$(echo "$rivals" | sed 's/fastapi//')
if ! installed victoria-metrics; then
  missing="$missing victoria-metrics"
  rivals=$(echo "$rivals" | sed 's/victoria-metrics//')
fi
if [ -n "$missing" ]; then
  echo "bench-ingest: rivals are missing, so Sentinel is measured beside: ${rivals:-nobody}. To have all:" >&2
  echo "  apt-get install --no-install-recommends$missing" >&2
fi
export BENCH_RIVALS="$rivals"

if [ -z "${SENTINEL_BENCH_BIN:-}" ]; then
  (cd "$backend" && cmake --preset bench >/dev/null && ninja -C ../build/bench sentinel ingest-load ingest-copy)
fi
export PYTHONPATH="$backend/benchmarks" PYTHONDONTWRITEBYTECODE=1
# Debian's, which sees Debian's packages, whatever else is on the PATH.
exec /usr/bin/python3 "$backend/benchmarks/ingest/measure.py"
