#!/usr/bin/env bash
# Real clients from npm against a real `sentinel up` with its PostgreSQL: backend/tests/clients.
# $1: the folder of the binaries.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${1:-build/release/bin}
export PATH="$PWD/build/tools/bin:$PATH"
work=$(mktemp -d /tmp/sentinel-clients-XXXXXX)
chmod 755 "$work"
server=
finish() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

free_port() { node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }
port=$(free_port)
grpc_port=$(free_port)
: >"$work/up.log"
"$bin/sentinel" up --data "$work/data" --listen "127.0.0.1:$port" --otlp-listen "" --grpc-listen "127.0.0.1:$grpc_port" \
  --dashboard frontend/dist >"$work/up.log" 2>&1 &
server=$!
deadline=$((SECONDS + 60))
until grep -q '#link=' "$work/up.log"; do
  if ! kill -0 "$server" 2>/dev/null || [ $SECONDS -gt $deadline ]; then cat "$work/up.log"; exit 1; fi
  sleep 0.1
done
SENTINEL_URL=http://127.0.0.1:$port
SENTINEL_KEY=$("$bin/sentinel" keys create --name clients --data "$work/data")
SENTINEL_READ_KEY=$("$bin/sentinel" keys create --name reader --scope read --data "$work/data")
SENTINEL_SOCKETS=$work/data/postgres
SENTINEL_GRPC=http://127.0.0.1:$grpc_port
export SENTINEL_URL SENTINEL_GRPC SENTINEL_KEY SENTINEL_READ_KEY SENTINEL_SOCKETS

status=0
node --test --test-reporter=spec --test-reporter-destination=stdout --test-reporter=tap --test-reporter-destination="$work/tap" \
  backend/tests/clients/*.test.mjs || status=$?
[ $status = 0 ] || { echo "-- server log"; tail -20 "$work/up.log"; }
ended() { sed -nE "s/^# $1 ([0-9]+)$/\1/p" "$work/tap"; }
echo "$(ended pass) passed, $(ended fail) failed"
exit $status
