#!/usr/bin/env bash
# `make containers-test`: the containers from a clean clone, as somebody new would have them, and what happens when each of
# them fails under load. Prints what it did. CONTAINERS="podman" COMPOSE="podman-compose" for another engine than Docker; KEEP=1
# leaves everything running; BROWSER=none leaves out the browser test, which needs `make deps` here.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/containers.sh
export SENTINEL_METRICS_API_REPLICAS=2 SENTINEL_DB_API_REPLICAS=2

build_images() {
  local begin=$SECONDS
  quietly compose build
  say "built six images from a clean clone in $((SECONDS - begin)) s"
}

# Nothing runs as root; nothing could compile; nothing holds a secret.
check_image() {
  local image=sentinel/$1 user found
  user=$("${engine[@]}" image inspect --format '{{.Config.User}}' "$image")
  case "$user" in '' | 0 | 0:* | root*) stop "$image runs as ${user:-root}" ;; esac
  [ "$("${engine[@]}" run --rm --entrypoint id "$image" -u)" != 0 ] || stop "$image runs as root"
  # As root, so that nothing is out of sight.
  found=$("${engine[@]}" run --rm --user 0 --entrypoint sh "$image" -c '
    for tool in cc c++ gcc g++ clang clang++ cpp as ld ld.lld make cmake ninja npm node; do command -v $tool; done
    find /usr /opt -xdev \( -name "cc1*" -o -name "clang-[0-9]*" -o -name "gcc-[0-9]*" -o -name "*-linux-gnu-gcc*" \) -type f') || true
  [ -z "$found" ] || stop "$image could compile: $found"
  found=$("${engine[@]}" run --rm --user 0 --entrypoint sh "$image" -c '
    find /secrets /run/secrets -type f 2>/dev/null
    find / -xdev \( -name "*.key" -o -name "*.pem" -o -name "pgpass" -o -name ".pgpass" -o -name ".npmrc" -o -name "id_[a-z]*" \) -type f \
      ! -path "/etc/ssl/certs/*" ! -path "/proc/*"
    grep -rlE "BEGIN [A-Z ]*PRIVATE KEY|s[kls]_[0-9a-f]{32,}" /etc /usr/share/sentinel /var/lib 2>/dev/null') || true
  [ -z "$found" ] || stop "$image holds a secret: $found"
  "${engine[@]}" image inspect --format '{{json .Config.Env}}' "$image" | grep -iE 'password|secret|token' && stop "$image has a secret in its environment"
  say "$image: user $user, no compiler, no secret, $("${engine[@]}" image inspect --format '{{.Size}}' "$image" | awk '{ printf "%.0f MB", $1 / 1e6 }')"
}

check_published() {
  local service published
  for service in $services; do
    published=$(for name in $(containers_of "$service"); do "${engine[@]}" port "$name" 2>/dev/null; done | sort || true)
    case $service in
      dashboard | gateway)
        [ -n "$published" ] || stop "$service publishes nothing"
        ! grep -v '127.0.0.1:' <<<"$published" || stop "$service is published beyond loopback" ;;
      *) [ -z "$published" ] || stop "$service publishes $published" ;;
    esac
  done
  say "published: dashboard 3000; metrics-api 5000, 4317 and 4318 through the gateway; on loopback alone"
}

check_hardening() {
  local service name
  for service in $services; do
    for name in $(containers_of "$service"); do
      [ "$("${engine[@]}" inspect --format '{{.HostConfig.ReadonlyRootfs}}' "$name")" = true ] || stop "$name can write its root file system"
      "${engine[@]}" exec "$name" sh -c 'grep -q "^CapEff:.0*$" /proc/1/status && ! touch /etc/x 2>/dev/null' || stop "$name has capabilities"
    done
  done
  # Each service has its own password, and knows no other.
  for service in metrics-api db-api worker; do
    "${engine[@]}" exec "$(first_of $service)" sh -c 'cut -d: -f4 /secrets/pgpass; ls /secrets | wc -l'
  done | tr '\n' ' ' | grep -qx 'sentinel_metrics_api 1 sentinel_db_api 1 sentinel_worker 1 ' || stop "services share secrets"
  say "read-only root file systems, no capabilities, a role and a password for each service"
}

check_logs() {
  local service name
  for service in $services init; do
    for name in $(containers_of "$service"); do
      "${engine[@]}" logs "$name" 2>"$work/stderr" >"$work/stdout"
      [ ! -s "$work/stderr" ] || { cat "$work/stderr"; stop "$name writes to stderr"; }
      node -e 'require("fs").readFileSync(process.argv[1],"utf8").split("\n").filter(Boolean).forEach((l)=>{const o=JSON.parse(l);if(!o.ts||!o.level||!o.service||o.msg===undefined)throw new Error(l)})' \
        "$work/stdout" || stop "$name writes lines that are no JSON"
    done
  done
  say "every log line of every service is JSON on stdout"
}

# A record posted to one replica of metrics-api is answered by both of db-api.
check_replicas() {
  local name number=0 answer
  [ "$(containers_of metrics-api | wc -l) $(containers_of db-api | wc -l)" = "2 2" ] || stop "there are not two replicas"
  for name in $(containers_of metrics-api); do
    number=$((number + 1))
    curl -fsS "http://$(address_of "$name"):5000/api/v1/metrics" -H "Authorization: Bearer $ingest_key" -H 'Content-Type: application/json' \
      -d "{\"agent_id\":\"replica-$number\",\"latency_ms\":1$number}" >/dev/null || stop "$name takes no record"
  done
  for name in $(containers_of db-api); do
    for number in 1 2; do
      answer=$(curl -fsS "http://$(address_of "$name"):8000/api/v1/metrics?agent=replica-$number&metric=latency_ms&step=raw&start=now-1h" \
        -H "Authorization: Bearer $read_key")
      grep -q "1$number" <<<"$answer" || stop "$name does not know replica-$number's record: $answer"
    done
  done
  say "two replicas of metrics-api and db-api: what one took, both answer"
}

check_dashboard() {
  local base=http://127.0.0.1:$SENTINEL_DASHBOARD_PORT asset headers policy
  headers=$(curl -fsSI "$base/agents/any.name")
  policy=$(sed -n '/kContentPolicy =/,/;$/p' backend/src/http/static_files.cpp | grep -o '"[^"]*"' | tr -d '"\n')
  grep -qF "$policy" <<<"$headers" || stop "the content policy is not the one of sentinel up"
  grep -qi '^cache-control: no-cache' <<<"$headers" || stop "the page is cached"
  asset=$(curl -fsS "$base/" | grep -oE '/assets/[^"]+\.js' | head -1)
  headers=$(curl -fsS -o /dev/null -D - -H 'Accept-Encoding: gzip' "$base$asset")
  grep -qi '^content-encoding: gzip' <<<"$headers" && grep -qi '^cache-control: .*immutable' <<<"$headers" || stop "scripts are not packed or cached"
  [ "$(curl -s -o /dev/null -w '%{http_code}' "$base/nothing.js")" = 404 ] || stop "a missing file is not 404"
  # Server-sent events come as they happen, through nginx.
  timeout 20 curl -sN "$base/api/v1/stream" -H "Authorization: Bearer $read_key" >"$work/events" &
  pids+=($!)
  soon 10 test -s "$work/events" || stop "the stream is silent"
  curl -fsS "http://127.0.0.1:$SENTINEL_INGEST_PORT/api/v1/metrics" -H "Authorization: Bearer $ingest_key" -H 'Content-Type: application/json' \
    -d '{"agent_id":"streamed","latency_ms":5}' >/dev/null
  soon 5 grep -q "event: committed" "$work/events" || { cat "$work/events"; stop "no event came through the dashboard"; }
  say "dashboard: packed, cached by name, the headers of sentinel up, events as they come"
}

browser_test() {
  [ "${BROWSER:-}" != none ] || return 0
  SENTINEL_URL=http://127.0.0.1:$SENTINEL_DASHBOARD_PORT SENTINEL_LINK=$(admin link --address "http://127.0.0.1:$SENTINEL_DASHBOARD_PORT") \
    node --no-warnings --experimental-strip-types frontend/tests/e2e/fleet.e2e.ts >"$work/browser.log" 2>&1 || { cat "$work/browser.log"; stop "the browser test"; }
  say "the browser test passes against the containers: $(grep -c '^ok' "$work/browser.log") checks"
}

# Each service alone is killed and started again under load. $1: container, $2: its service
kill_and_start() {
  local other
  "${engine[@]}" kill --signal KILL "$1" >/dev/null
  if [ "$2" != gateway ]; then load_flows || stop "no record is acknowledged while $1 is dead"; fi
  for other in $services; do
    # Whoever asks the database says so; whoever has a replica goes on with it.
    case "$2 $other" in
      "database "*) [ "$other" = gateway ] || continue ;;
      "gateway collector" | "db-api dashboard" | "$other $other") continue ;;
    esac
    soon 15 healthy "$(first_of "$other")" || stop "$other fails while $1 is dead"
  done
  "${engine[@]}" start "$1" >/dev/null
  soon 120 healthy "$1" || { "${engine[@]}" logs --tail 20 "$1"; stop "$1 does not come back"; }
  load_flows || stop "no record is acknowledged after $1 came back"
  say "killed $1 and started it again: the others kept working"
}

# $1: container. A clean end on SIGTERM, or on what its image asks for.
stop_and_start() {
  local begin=$SECONDS
  "${engine[@]}" stop --time 30 "$1" >/dev/null
  [ "$(state_of "$1" ExitCode)" = 0 ] || { "${engine[@]}" logs --tail 20 "$1"; stop "$1 ends with $(state_of "$1" ExitCode)"; }
  [ $((SECONDS - begin)) -lt 25 ] || stop "$1 takes $((SECONDS - begin)) s to stop"
  "${engine[@]}" start "$1" >/dev/null
}

clone_repository
build_images
for image in metrics-api db-api worker collector dashboard database; do check_image $image; done

quietly compose up -d
wait_until_healthy
say "up and healthy"
ingest_key=$(admin keys create --name load --scope ingest)
read_key=$(admin keys create --name reader --scope read)
check_published
check_hardening
check_replicas
check_dashboard
browser_test

begin_load killed
for service in metrics-api db-api worker dashboard gateway collector database; do kill_and_start "$(first_of $service)" $service; done
end_load
begin_load stopped
for service in metrics-api db-api worker dashboard gateway collector database; do stop_and_start "$(first_of $service)"; done
wait_until_healthy
say "every service ends cleanly when it is asked to, and comes back"
end_load

before=$(sql 'SELECT count(*) FROM sentinel.record')
kept=$(stored killed)
quietly compose down
quietly compose up -d
wait_until_healthy
[ "$(stored killed)" = "$kept" ] || stop "records are gone after down and up"
[ "$(sql 'SELECT count(*) FROM sentinel.record')" -ge "$before" ] || stop "records are gone after down and up"
check_replicas
say "down and up again: every record and every key is still there"
check_logs

run_pages containers docs/quickstart.md docs/deployment/containers.md
run_pages backup docs/operating/backup.md
# On another cluster, as after the loss of all volumes.
quietly compose down --volumes
quietly compose up -d
wait_until_healthy
run_pages restore docs/operating/backup.md
services=${services/ collector/}
wait_until_healthy
[ "$(stored killed)" = "$kept" ] || stop "the restored dump lacks records: $(stored killed), not $kept"
begin_load restored
load_flows || stop "nothing is stored after the dump was brought back"
end_load
# Sums go on where those of the dump ended.
summed() { [ "$(sql "SELECT coalesce(sum(requests), 0) > 0 FROM hourly(now() - interval '1 day', now() + interval '1 hour') WHERE agent = 'restored'")" = t ]; }
soon 200 summed || stop "nothing is added up after the dump was brought back"
say "a dump that was brought back on a new cluster has every record, and takes more"
say "passed"
