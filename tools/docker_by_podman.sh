#!/usr/bin/env bash
# `docker` as pages write it, where podman and podman-compose 1.0.3 stand in for it: what that one lacks (--wait, --scale, -T) is
# done here. CONTAINERS, COMPOSE and COMPOSE_PROJECT_NAME as in containers.sh.
set -euo pipefail
read -ra engine <<<"$CONTAINERS"
read -ra compose_command <<<"$COMPOSE"
[ "${1:-}" = compose ] || exec "${engine[@]}" "$@"
shift
files=()
while [ "${1:-}" = -f ]; do files+=(-f "$2"); shift 2; done
compose() { "${compose_command[@]}" -p "$COMPOSE_PROJECT_NAME" "${files[@]}" "$@"; }
containers_of() {
  "${engine[@]}" ps --all --format '{{.Names}}' --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
    ${1:+--filter "label=com.docker.compose.service=$1"} | sort
}
# Asks each container again and again; init is well when it ended well.
wait_until_healthy() {
  local name deadline=$((SECONDS + 240))
  for name in $(containers_of ""); do
    case $name in *_init_*) continue ;; esac
    until "${engine[@]}" healthcheck run "$name" >/dev/null 2>&1; do
      [ $SECONDS -lt $deadline ] || { echo "$name is not healthy" >&2; "${engine[@]}" logs --tail 5 "$name" >&2; exit 1; }
      sleep 1
    done
  done
}

verb=$1
shift
arguments=() waits=
while [ $# -gt 0 ]; do
  case $verb:$1 in
    up:--wait) waits=1 ;;
    up:--scale)
      service=${2%=*} service=${service//-/_}
      export "SENTINEL_${service^^}_REPLICAS=${2#*=}"
      shift ;;
    exec:-T | run:-T | run:--rm | run:--no-deps) ;;
    *) arguments+=("$1") ;;
  esac
  shift
done
case $verb in
  exec) exec "${engine[@]}" exec -i "$(containers_of "${arguments[0]}" | head -1)" "${arguments[@]:1}" ;;
  run) exec "${engine[@]}" run --rm -i --volumes-from "$(containers_of "${arguments[0]}" | head -1)" "sentinel/${arguments[0]}" "${arguments[@]:1}" ;;
  ps) exec "${engine[@]}" ps --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" ;;
  logs) exec "${engine[@]}" logs "${arguments[@]::${#arguments[@]}-1}" "$(containers_of "${arguments[-1]}" | head -1)" ;;
  rm) for name in $(containers_of "${arguments[-1]}"); do "${engine[@]}" rm --force "$name"; done ;;
  stop | start | restart)
    for service in "${arguments[@]}"; do for name in $(containers_of "$service"); do "${engine[@]}" "$verb" "$name"; done; done ;;
  *) compose "$verb" "${arguments[@]}" ;;
esac
[ -z "$waits" ] || wait_until_healthy
