#!/usr/bin/env bash
# `make first-run-test`: what somebody new has, on a Debian that has git, make and ca-certificates and nothing else.
#   root:  clone, `make run`, a moving chart in a browser outside of the container, Ctrl-C, a second run, `make test`
#   user:  the same to the chart, first without sudo (one line to run, and a stop), then with it
# What it types is what docs/quickstart.md says.
# Prints the seconds of each stage; RESULTS=1 writes them to docs/first-run.md. CONTAINERS=podman names the engine's command
# (docker works too), TESTS=none leaves `make test` out, PORT=8000. Needs `make build` here, for the browser test.
set -euo pipefail
cd "$(dirname "$0")/.."
read -ra engine <<<"${CONTAINERS:-podman}"
image=${IMAGE:-debian:bookworm-slim}
port=${PORT:-8000}
export PATH="$PWD/build/tools/bin:$PATH"
work=$(mktemp -d /tmp/sentinel-first-run-XXXXXX)
containers=()
# Names of this run: what an interrupted one left behind is not in the way.
root_machine=sentinel-first-run-root-$$
user_machine=sentinel-first-run-user-$$
finish() {
  for name in "${containers[@]}"; do "${engine[@]}" rm -f -t 2 "$name" >/dev/null 2>&1 || true; done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
results=$work/results.md

say() { echo "first-run: $*"; }
stop() { say "FAILED: $*"; exit 1; }

# $1: name. A new machine, with this repository's commits to clone from and the certificates that this machine trusts.
machine() {
  containers+=("$1")
  "${engine[@]}" run -d --name "$1" --network host -v "$PWD:/source:ro" "$image" sleep infinity >/dev/null
  [ ! -d /usr/local/share/ca-certificates ] || tar -C / -c usr/local/share/ca-certificates | "${engine[@]}" exec -i "$1" tar -C / -x
  inside "$1" root 'apt-get update -qq && apt-get install -y -qq --no-install-recommends git make ca-certificates && git config --system --add safe.directory "*" && git config --system url./source.insteadOf https://github.com/sentinel-ai/sentinel' >"$work/setup.log" 2>&1 ||
    { tail -20 "$work/setup.log"; stop "the container has no packages"; }
}
# $1: machine, $2: user, $3: a shell line
inside() { "${engine[@]}" exec -u "$2" -w "$([ "$2" = root ] && echo /root || echo "/home/$2")" "$1" bash -c "$3"; }

# The commands of the page for $1.
commands_of() { node tools/page_commands.mjs "$1" docs/quickstart.md; }

# Commands that end with `make run`, until the link is printed. Leaves the lines with their seconds in $work/run.log, the link in
# $link. $1: machine, $2: user, $3: commands
run_until_link() {
  : >"$work/run.log"
  begin=$SECONDS
  # In a session of its own, so that a signal reaches it as Ctrl-C would.
  inside "$1" "$2" "echo \$\$ > /tmp/run.pid; export PORT=$port; $3" 2>&1 | while IFS= read -r line; do
    echo "$((SECONDS - begin)) $line" | tee -a "$work/run.log" | sed 's/^/    /'
  done &
  link=
  until link=$(grep -oE "http://[^ ]*#link=[a-z0-9_]+" "$work/run.log") && grep -q 'Ctrl-C ends it' "$work/run.log"; do
    kill -0 $! 2>/dev/null || stop "make run ended before it printed a link"
    [ $((SECONDS - begin)) -lt 3600 ] || stop "no link after an hour"
    sleep 0.2
  done
}
moving_chart() {
  SENTINEL_URL=http://127.0.0.1:$port SENTINEL_LINK=$link node --no-warnings --experimental-strip-types \
    frontend/tests/e2e/fleet.e2e.ts >"$work/chart.log" 2>&1 || { cat "$work/chart.log"; stop "no moving chart"; }
  say "the chart moves in a browser outside of the container"
}
# $1: machine, $2: user. Ctrl-C, and nothing may be left.
end_run() {
  inside "$1" root 'kill -INT -- -$(ps -o pgid= -p "$(cat /tmp/run.pid)" | tr -d " ")'  # what a terminal does
  local deadline=$((SECONDS + 60))
  while inside "$1" root 'ps -eo comm= | grep -xE "postgres|sentinel|sentinel-collec"' >/dev/null; do
    [ $SECONDS -lt $deadline ] || { inside "$1" root 'ps aux'; stop "Ctrl-C left something running"; }
    sleep 0.2
  done
  say "Ctrl-C ended everything"
}
seconds_of() { sed -nE "s/.*built the $1 in ([0-9]+) s.*/\1/p" "$work/run.log" | tail -1; }
at() { awk -v what="$1" 'index($0, what) { at = $1 } END { print at }' "$work/run.log"; }
# $1: who. A row of the table.
note() {
  local cpp dashboard built first
  cpp=$(seconds_of services) dashboard=$(seconds_of dashboard)
  built=$(at 'built the dashboard') first=$(at 'is on screen')
  echo "| $1 | $((built - cpp - dashboard)) | $cpp | $dashboard | $((first - built)) | $first |" | tee -a "$results"
}
cat >"$results" <<MD
| | packages | C++ | dashboard | first point after the build | all of \`make run\` |
|---|---|---|---|---|---|
MD

first=$(commands_of source_run)
again='cd sentinel && make run'

say "root, on a fresh $image"
machine "$root_machine"
run_until_link "$root_machine" root "$first"
note "root, first run"
moving_chart
end_run "$root_machine" root
run_until_link "$root_machine" root "$again"
[ "$(seconds_of services)" -le 5 ] && [ "$(seconds_of dashboard)" -le 2 ] || stop "the second run built something"
note "root, second run"
moving_chart
end_run "$root_machine" root
if [ "${TESTS:-}" != none ]; then
  # The tests work as user postgres, who may not pass /root.
  begin=$SECONDS
  inside "$root_machine" root 'git clone -q /source /srv/sentinel && cd /srv/sentinel && make test' 2>&1 | tee "$work/test.log" |
    sed 's/^/    /' || stop "make test failed"
  echo "| \`make test\` from a fresh clone | | | | | $((SECONDS - begin)) |" >>"$results"
  summary=$(tail -1 "$work/test.log")
fi

say "a user who is not root"
# What was compiled above is the same again: only packages and behaviour are tried here.
inside "$root_machine" root 'tar -C ~/.cache -c ccache' >"$work/ccache.tar"
"${engine[@]}" rm -f -t 2 "$root_machine" >/dev/null
machine "$user_machine"
inside "$user_machine" root 'useradd -m -s /bin/bash dev'
if inside "$user_machine" dev "$first" >"$work/refused.log" 2>&1; then stop "make run went on without packages"; fi
grep -q 'apt-get install -y --no-install-recommends build-essential' "$work/refused.log" || { cat "$work/refused.log"; stop "no line to run"; }
say "without sudo: one line to run, and a stop"
inside "$user_machine" root 'apt-get install -y -qq --no-install-recommends sudo >/dev/null 2>&1 && echo "dev ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/dev'
"${engine[@]}" exec -i -u dev "$user_machine" bash -c 'mkdir -p ~/.cache && tar -C ~/.cache -x' <"$work/ccache.tar"
run_until_link "$user_machine" dev "$again"
note "user with sudo, compiler's cache filled"
moving_chart
use=$(commands_of source_use | sed "s/127.0.0.1:8000/127.0.0.1:$port/")
inside "$user_machine" dev "set -e; cd sentinel; $use" >"$work/use.log" 2>&1 || { cat "$work/use.log"; stop "a command of docs/quickstart.md"; }
grep -q '"accepted":1' "$work/use.log" || { cat "$work/use.log"; stop "the record of docs/quickstart.md is not taken"; }
say "the commands of docs/quickstart.md are what they say"
end_run "$user_machine" dev

cat "$results"
[ -z "${summary:-}" ] || say "make test: $summary"
if [ "${RESULTS:-}" = 1 ]; then
  {
    printf '# The first run\n\nSeconds of each stage in a container fresh from %s with git, make and ca-certificates alone.\n' "$image"
    printf '%s, commit %s, %s cores, %s. Made by `make first-run-test RESULTS=1`.\n\n' "$(date -u +%F)" "$(git rev-parse --short HEAD)" "$(nproc)" \
      "$(sed -nE 's/^model name.*: //p' /proc/cpuinfo | head -1)"
    cat "$results"
    [ -z "${summary:-}" ] || printf '\n`make test` ended with: %s\n' "$summary"
  } >docs/first-run.md
fi
say "passed"
