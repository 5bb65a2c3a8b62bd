#!/usr/bin/env bash
# `make run`: builds what is missing, starts Sentinel and a collector for this machine, waits for the first points, prints
# the sign-in link, stays in front. Ctrl-C ends everything that it started.
set -euo pipefail
cd "$(dirname "$0")/.."
port=${PORT:-8000}
address=http://127.0.0.1:$port

tools/deps.sh --to-run
tools/build.sh

. tools/data_folder.sh
data=${DATA:-$(data_folder data /var/lib/sentinel)}
mkdir -p "$data"
log=$data/sentinel.log
bin=build/release/bin
pids=()

finish() {
  trap - EXIT INT TERM
  # Last started, first ended: the collector delivers its last samples while the server still listens.
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill "${pids[i]}" 2>/dev/null || true
    wait "${pids[i]}" 2>/dev/null || true
  done
}
trap finish EXIT
trap 'exit 0' INT TERM

# Only what this run says counts; the lines before are those of earlier ones.
before=$(stat -c %s "$log" 2>/dev/null || echo 0)
said() { tail -c +$((before + 1)) "$log" | grep -a "$@"; }
# In process groups of their own (set -m), so that Ctrl-C reaches this script alone and it can end them in order.
set -m
"$bin/sentinel" up --data "$data" --listen "127.0.0.1:$port" --print-link false >>"$log" 2>&1 &
pids+=($!)
set +m

# Waits until a command succeeds; gives up when the server ended.
until_true() {
  local deadline=$((SECONDS + 60))
  until "$@" >/dev/null 2>&1; do
    kill -0 "${pids[0]}" 2>/dev/null || { said '^sentinel:\|^HINT' >&2 || tail -5 "$log" >&2; exit 1; }
    [ $SECONDS -lt $deadline ] || { echo "sentinel: not ready after 60 s; see $log" >&2; exit 1; }
    sleep 0.1
  done
}
until_true said '^  open '
said 'taken by' >&2 || true
echo "sentinel: database and services are ready (log: $log)"

# One key for what runs here; it is kept beside the data, for this user only.
key_file=$data/collector.key
if [ ! -s "$key_file" ]; then
  (umask 077 && "$bin/sentinel" keys create --name "local collector $(date +%s)" --data "$data" >"$key_file.new" && mv "$key_file.new" "$key_file")
fi
config=$data/collector.toml
[ -e "$config" ] || cat >"$config" <<TOML
# Written by \`make run\` once; edit it as you like. Every line is explained in deploy/collector.toml.
[[agent]]
name = "sentinel"
process_name = "sentinel"

[[agent]]
name = "postgres"
process_name = "postgres"
TOML
set -m
"$bin/sentinel-collector" --config "$config" --server "$address" --key-file "$key_file" --buffer-dir "$data/buffer" >>"$log" 2>&1 &
pids+=($!)
if [ -n "${EXAMPLES:-}" ]; then
  SENTINEL_URL=$address SENTINEL_KEY=$(cat "$key_file") SENTINEL_BIN=$bin examples/run.sh >>"$log" 2>&1 &
  pids+=($!)
fi
set +m

has_points() { "$bin/sentinel" status --data "$data" | grep -q '%.*MB'; }
until_true has_points
echo "sentinel: this machine is on screen"
"$bin/sentinel" link --data "$data" --address "$address" | sed 's/^/\n  open  /'
if [ -n "${SSH_CONNECTION:-}" ]; then
  read -r _ _ server _ <<<"$SSH_CONNECTION"
  printf '  this machine is reached over ssh; on yours, first:  ssh -L %s:127.0.0.1:%s %s@%s\n' "$port" "$port" "$(id -un)" "$server"
fi
printf '  a key  %s keys create --name NAME --scope ingest --data %s\n' "$bin/sentinel" "$data"
printf '  Ctrl-C ends it; the data stays in %s\n\n' "$data"
wait "${pids[0]}"
