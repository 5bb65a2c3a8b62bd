#!/bin/sh
# Runs both example agents under `sentinel-collector run`, until SIGTERM or SIGINT. Wants SENTINEL_URL and SENTINEL_KEY;
# SENTINEL_BIN is the folder of the programs (build/release/bin), NODE the Node to use (build/tools/bin/node).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
: "${SENTINEL_URL:=http://127.0.0.1:8000}"
: "${SENTINEL_KEY:?is missing: sentinel keys create --name examples --scope ingest}"
export SENTINEL_URL SENTINEL_KEY
collector=${SENTINEL_BIN:-$root/build/release/bin}/sentinel-collector
node=${NODE:-$root/build/tools/bin/node}

export SENTINEL_COLLECTOR_SERVER="$SENTINEL_URL"
agents=
start() {
  name=$1
  shift
  "$collector" run --name "$name" -- "$@" &
  agents="$agents $!"
}

stop() {
  trap '' TERM INT
  # shellcheck disable=SC2086 # a list of pids
  kill -TERM $agents 2>/dev/null || true
  wait
  exit 0
}
trap stop TERM INT

start ocr-agent "$node" "$root/examples/ocr-agent/agent.mjs"
start node-agent "$node" "$root/examples/node-agent/agent.mjs"
wait
