# What the tests of containers share. Sourced, with `set -euo pipefail`, in the root of the repository.
#   CONTAINERS   the engine's command, "docker" or "podman"        COMPOSE   its compose command
read -ra engine <<<"${CONTAINERS:-docker}"
read -ra compose_command <<<"${COMPOSE:-docker compose}"
# podman keeps health checks in images of Docker's format alone.
export BUILDAH_FORMAT=docker
# Where no systemd runs, podman cannot set timers for them, and starts nothing; the tests ask by themselves.
[ -d /run/systemd/system ] || export DISABLE_HC_SYSTEMD=true
export PATH="$PWD/build/tools/bin:$PATH"
suite=${0##*/} suite=${suite%_test.sh} suite=${suite#containers_}
project=sentinel-test-$suite
work=$(mktemp -d "/tmp/sentinel-containers-XXXXXX")
clone=$work/sentinel
compose_files=(-f "$clone/docker-compose.yml")
pids=()

say() { echo "containers: $*"; }
stop() { say "FAILED: $*"; exit 1; }
# Output that matters only when it fails.
quietly() { "$@" >"$work/last.log" 2>&1 || { tail -40 "$work/last.log"; stop "$*"; }; }
compose() { "${compose_command[@]}" -p "$project" "${compose_files[@]}" "$@"; }
free_port() { node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }

clean_up() {
  trap - EXIT INT TERM
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  if [ -n "${KEEP:-}" ]; then say "kept: project $project, $clone"; return; fi
  [ ! -d "$clone" ] || compose down --volumes >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# A clean clone of what is committed, with the certificates that this machine trusts beside Debian's.
clone_repository() {
  git clone -q "$PWD" "$clone"
  cp /usr/local/share/ca-certificates/*.crt "$clone/docker/certificates/" 2>/dev/null || true
  # Other ports than a Sentinel that runs here has.
  SENTINEL_DASHBOARD_PORT=$(free_port) SENTINEL_INGEST_PORT=$(free_port) SENTINEL_OTLP_PORT=$(free_port) SENTINEL_GRPC_PORT=$(free_port)
  export SENTINEL_DASHBOARD_PORT SENTINEL_INGEST_PORT SENTINEL_OTLP_PORT SENTINEL_GRPC_PORT
}

# Runs the commands of pages for one test, in the clone, on the ports of this test. $1: the test's name; the rest: pages.
run_pages() {
  local name=$1 script=$work/pages-$1.sh
  shift
  node tools/page_commands.mjs "$name" "$@" >"$script" || stop "the pages have no commands for $name"
  sed -i "s/127.0.0.1:3000/127.0.0.1:$SENTINEL_DASHBOARD_PORT/; s/127.0.0.1:5000/127.0.0.1:$SENTINEL_INGEST_PORT/" "$script"
  mkdir -p "$work/bin"
  case "${engine[*]}" in *podman*) ln -sf "$PWD/tools/docker_by_podman.sh" "$work/bin/docker" ;; esac
  (cd "$clone" && CONTAINERS="${engine[*]}" COMPOSE="${compose_command[*]}" COMPOSE_PROJECT_NAME=$project PATH="$work/bin:$PATH" \
    bash -euxo pipefail "$script") >"$work/pages.log" 2>&1 || { tail -30 "$work/pages.log"; stop "a command of $*"; }
  say "ran $(grep -c '^+ ' "$work/pages.log") commands of $*"
}

# Containers of a service, one a line. $1: service
containers_of() {
  "${engine[@]}" ps --all --format '{{.Names}}' --filter "label=com.docker.compose.project=$project" \
    --filter "label=com.docker.compose.service=$1" | sort
}
first_of() { containers_of "$1" | head -1; }
state_of() { "${engine[@]}" inspect --format "{{.State.$2}}" "$1"; }
address_of() { "${engine[@]}" inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$1" | awk '{ print $1 }'; }

# Whether the health check of a container passes now: Docker asks by a clock of its own, podman only under systemd.
healthy() {
  [ "$(state_of "$1" Running)" = true ] || return 1
  case "${engine[*]}" in
    *podman*) "${engine[@]}" healthcheck run "$1" >/dev/null 2>&1 ;;
    *) [ "$(state_of "$1" Health.Status)" = healthy ] ;;
  esac
}
# $1: seconds; the rest: a command that is tried until it succeeds.
soon() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.3
  done
}
services="database metrics-api db-api worker dashboard gateway collector"
wait_until_healthy() {
  local service name
  for service in $services; do
    for name in $(containers_of "$service"); do
      soon 180 healthy "$name" || { "${engine[@]}" logs --tail 20 "$name" 2>&1 || true; stop "$name is not healthy"; }
    done
  done
}

admin() { "${engine[@]}" exec -i "${database:-$(first_of database)}" sentinel "$@"; }
sql() { "${engine[@]}" exec -i --env PGOPTIONS="-c search_path=sentinel" "${database:-$(first_of database)}" psql -qtAX -U postgres -d sentinel -c "$1"; }
# $1: agent. Records, and different ones among them.
stored() { sql "SELECT count(*) || ' ' || count(DISTINCT input_tokens) FROM sentinel.record JOIN sentinel.agent USING (agent_id) WHERE name = '$1'"; }
stored_is() { [ "$(stored "$1" 2>/dev/null)" = "$2 $2" ]; }

# The load that goes on beside what is done to the services.
begin_load() {
  load_agent=$1
  node tools/containers_load.mjs "http://127.0.0.1:$SENTINEL_INGEST_PORT" "$ingest_key" "$1" "$work/progress" >"$work/load.log" 2>"$work/load.err" &
  load_pid=$!
  pids+=("$load_pid")
  soon 60 load_got 1 || stop "no record is acknowledged"
}
progress() { cat "$work/progress" 2>/dev/null || echo 0; }
load_got() { [ "$(progress)" -ge "$1" ]; }
# Records go on to be acknowledged.
load_flows() { soon "${1:-30}" load_got $(($(progress) + 50)); }
# Ends the load; every acknowledged record is stored once.
end_load() {
  kill -TERM "$load_pid"
  wait "$load_pid" || { cat "$work/load.err"; stop "the load failed"; }
  local sent
  sent=$(cat "$work/load.log")
  soon 90 stored_is "$load_agent" "$sent" || stop "$sent records were acknowledged, stored (and different): $(stored "$load_agent")"
  say "$sent records acknowledged under load, each stored once; $(cat "$work/load.err")"
}
