#!/usr/bin/env bash
# `make containers-ha-test`: a primary and a synchronous standby; the primary is killed and the standby promoted under load, with
# the commands of docs/deployment/high-availability.md. Nothing that was acknowledged is lost or doubled, the spool bridges the gap,
# and no service is started again. Uses the images that `make containers-test` built, or builds them.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/containers.sh
services="database standby metrics-api db-api worker dashboard gateway collector"
page=docs/deployment/high-availability.md
# When each service began.
beginnings() {
  local service
  for service in metrics-api db-api worker; do "${engine[@]}" inspect --format '{{.State.StartedAt}}' "$(first_of $service)"; done
}
sync_state() { sql 'SELECT sync_state FROM pg_stat_replication'; }
is_synchronous() { [ "$(sync_state)" = sync ]; }

clone_repository
compose_files+=(-f "$clone/docker-compose.ha.yml")
"${engine[@]}" image inspect sentinel/database >/dev/null 2>&1 || quietly compose build
run_pages ha $page
wait_until_healthy
soon 60 is_synchronous || stop "the standby is not synchronous: $(sync_state)"
say "up and healthy, with a synchronous standby"
ingest_key=$(admin keys create --name load --scope ingest)

begin_load failover
load_flows || stop "the load does not begin"
started=$(beginnings)
"${engine[@]}" kill --signal KILL "$(first_of database)" >/dev/null
load_flows || stop "the spool does not bridge the gap"
say "killed the primary; records go on to be acknowledged"
run_pages promote $page
database=$(first_of standby)
before=$(sql 'SELECT count(*) FROM sentinel.record')
taken() { [ "$(sql "SELECT count(*) > $before FROM sentinel.record")" = t ]; }
soon 60 taken || stop "nothing is written to the promoted standby"
load_flows || stop "the load does not go on"
end_load
for service in metrics-api db-api worker; do soon 60 healthy "$(first_of $service)" || stop "$service does not find the new primary"; done
[ "$started" = "$(beginnings)" ] || stop "a service was started again"
say "metrics-api, db-api and worker found the new primary by themselves"

run_pages follow $page
soon 120 is_synchronous || { "${engine[@]}" logs --tail 20 "$(first_of database)"; stop "the former primary does not follow: $(sync_state)"; }
begin_load after
load_flows || stop "commits hang"
end_load
say "the former primary is the synchronous standby of the new one"
say "passed"
