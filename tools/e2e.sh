#!/usr/bin/env bash
# The browser tests: a real `sentinel up` with its PostgreSQL, a real collector on this machine, a real Chromium; and
# `sentinel demo` for what needs days of many agents.
# $1: the folder of the binaries. SCREENSHOTS=folder keeps pictures.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${1:-build/release/bin}
export PATH="$PWD/build/tools/bin:$PATH"
work=$(mktemp -d /tmp/sentinel-e2e-XXXXXX)
chmod 755 "$work"
pids=()
finish() {
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill "${pids[i]}" 2>/dev/null || true
    wait "${pids[i]}" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

free_port() { node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }
port=$(free_port)
export SENTINEL_URL=http://127.0.0.1:$port
"$bin/sentinel" up --data "$work/data" --listen "127.0.0.1:$port" --otlp-listen "" --grpc-listen "" --dashboard frontend/dist >"$work/up.log" 2>&1 &
pids+=($!)
deadline=$((SECONDS + 60))
until grep -q '#link=' "$work/up.log"; do
  if ! kill -0 "${pids[0]}" 2>/dev/null || [ $SECONDS -gt $deadline ]; then cat "$work/up.log"; exit 1; fi
  sleep 0.1
done
SENTINEL_LINK=$(sed -nE 's/.*#link=([a-z0-9_]+).*/\1/p' "$work/up.log")
SENTINEL_KEY=$("$bin/sentinel" keys create --name e2e --data "$work/data")
SENTINEL_DATA=$work/data SENTINEL_BIN=$bin
export SENTINEL_LINK SENTINEL_KEY SENTINEL_DATA SENTINEL_BIN
printf '[[agent]]\nname = "sentinel"\npid_file = "%s"\n' "$work/pid" >"$work/collector.toml"
echo "${pids[0]}" >"$work/pid"
"$bin/sentinel-collector" --config "$work/collector.toml" --server "$SENTINEL_URL" >"$work/collector.log" 2>&1 &
pids+=($!)

# Few enough to be made in seconds; the ninth agent uses a model that nobody knows a price of, and ten days reach back to
# before the leak that journeys are about.
demo_port=$(free_port)
export DEMO_URL=http://127.0.0.1:$demo_port DEMO_DATA=$work/demo
"$bin/sentinel" demo --data "$work/demo" --agents 9 --days 10 --listen "127.0.0.1:$demo_port" --dashboard frontend/dist >"$work/demo.log" 2>&1 &
pids+=($!)
deadline=$((SECONDS + 180))
until grep -q '#link=' "$work/demo.log"; do
  if ! kill -0 "${pids[-1]}" 2>/dev/null || [ $SECONDS -gt $deadline ]; then cat "$work/demo.log"; exit 1; fi
  sleep 0.1
done
passed=0 failed=()
for test in frontend/tests/e2e/*.e2e.ts; do
  name=$(basename "$test")
  echo "-- $name"
  # A link signs in once.
  DEMO_LINK=$("$bin/sentinel" link --data "$work/demo" | sed -nE 's/.*#link=([a-z0-9_]+).*/\1/p')
  export DEMO_LINK
  node --no-warnings --experimental-strip-types "$test" >"$work/test.log" 2>&1 && status=0 || status=$?
  cat "$work/test.log"
  if [ "$status" = 0 ]; then passed=$((passed + 1)); continue; fi
  # What it threw, without the stack.
  failed+=("$name: $(awk '/Error: |Timeout [0-9]+ms|has been closed/ { said = 1 } said && !/^ *at / { print; if (++n == 3) exit } { last = $0 } END { if (!n) print last }' "$work/test.log")")
done
[ ${#failed[@]} = 0 ] || for log in up collector demo; do echo "-- $log.log"; tail -20 "$work/$log.log"; done
[ ${#failed[@]} = 0 ] || printf -- '-- failed: %s\n' "${failed[@]}"
echo "$passed passed, ${#failed[@]} failed"
[ ${#failed[@]} = 0 ]
