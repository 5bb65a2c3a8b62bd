#!/usr/bin/env bash
# Builds the release binaries and the dashboard; prints a line per stage. Reaches no network.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/build/tools/bin:$PATH"

# $1: what is built; the rest: the command. Its output is shown only when it fails.
stage() {
  local name=$1 log begin=$SECONDS
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; echo "sentinel: building the $name failed; its output is above" >&2; exit 1; }
  rm -f "$log"
  echo "sentinel: built the $name in $((SECONDS - begin)) s"
}

services() {
  (cd backend && cmake --preset release)
  cmake --build build/release --target sentinel sentinel-metrics-api sentinel-db-api sentinel-worker sentinel-collector
}

dashboard() {
  # Vite would build again each time; what it reads says whether it has to.
  local sum
  sum=$(cd frontend && find src public index.html package-lock.json vite.config.ts -type f -print0 | sort -z | xargs -0 cat | sha256sum)
  if [ "$sum" != "$(cat frontend/dist/.inputs 2>/dev/null)" ]; then
    (cd frontend && npm run --silent build)
    echo "$sum" > frontend/dist/.inputs
  fi
}

stage services services
stage dashboard dashboard
