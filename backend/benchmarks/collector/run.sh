#!/bin/sh
# Builds the collector and measures its memory and CPU beside node_exporter's, on the same machine at the same time.
# RESULTS=1 writes results/collector.md. BENCH_SECONDS (60); SENTINEL_BENCH_BIN takes binaries that are built already.
set -eu
backend=$(cd "$(dirname "$0")/../.." && pwd)

if ! command -v prometheus-node-exporter >/dev/null; then
  echo "bench-collector: there is no node_exporter, so the collector is measured alone. To have both:" >&2
  echo "  apt-get install --no-install-recommends prometheus-node-exporter" >&2
fi

if [ -z "${SENTINEL_BENCH_BIN:-}" ]; then
  (cd "$backend" && cmake --preset release >/dev/null && ninja -C ../build/release sentinel-collector)
  export SENTINEL_BENCH_BIN="$backend/../build/release/bin"
fi
exec /usr/bin/python3 "$backend/benchmarks/collector/measure.py"
