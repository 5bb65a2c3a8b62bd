#!/usr/bin/env bash
# `make package-test`: the packages in a clean Debian, by the commands of docs/deployment/packages.md: made, installed, used, and then
# upgraded, removed and purged. The units are read by systemd's own verifier, and what they start runs as they say, since a container
# has no systemd.
# CONTAINERS="podman" for another engine than Docker.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/build/tools/bin:$PATH"
read -ra engine <<<"${CONTAINERS:-docker}"
name=sentinel-package-test-$$
finish() { "${engine[@]}" rm --force "$name" >/dev/null 2>&1 || true; }
trap finish EXIT
trap 'exit 1' INT TERM
say() { echo "packages: $*"; }
stop() { say "FAILED: $*"; exit 1; }
inside() { "${engine[@]}" exec -i "$name" bash -euo pipefail -c "$1"; }
# $1: what it is; $2: a shell line
must() { inside "$2" >/tmp/package-test.$$ 2>&1 || { tail -20 /tmp/package-test.$$; rm -f /tmp/package-test.$$; stop "$1"; }; rm -f /tmp/package-test.$$; say "$1"; }

commands_of() { node tools/page_commands.mjs "$1" docs/deployment/packages.md; }
# In the container, in a folder that has the packages where a clone has them.
run_pages() { must "commands of the page: $1" "cd /clone; export DEBIAN_FRONTEND=noninteractive; $(commands_of "$1")"; }

bash -euo pipefail -c "$(commands_of package_make)"
"${engine[@]}" run -d --name "$name" --network host -v "$PWD/build/packages:/clone/build/packages:ro" debian:bookworm-slim sleep infinity >/dev/null
inside 'apt-get update -qq' >/dev/null

inside 'mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf'
run_pages package_install
must "both are installed, with what they need" 'dpkg -V sentinel sentinel-collector'
must "the system user owns the data, nobody else reads it; programs belong to root" '
  [ "$(stat -c "%U %a" /var/lib/sentinel)" = "sentinel 700" ] && [ "$(stat -c "%U %a" /var/lib/sentinel-collector)" = "sentinel-collector 700" ]
  [ "$(stat -c "%U %G %a" /etc/sentinel/collector.key)" = "root sentinel-collector 640" ]
  [ "$(stat -c "%U %a" /usr/bin/sentinel)" = "root 755" ] && [ "$(stat -c "%U %a" /etc/sentinel/sentinel.toml)" = "root 644" ]'
must "systemd accepts the units, and calls them well closed" '
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y -qq --no-install-recommends systemd
  for unit in sentinel sentinel-collector; do
    systemd-analyze verify --man=no /lib/systemd/system/$unit.service
    systemd-analyze security --offline=true --threshold=30 /lib/systemd/system/$unit.service
  done'

# What the unit starts, as the user it names, on ports of this test.
inside 'cat >/usr/local/bin/start-sentinel <<"SH"
#!/bin/bash
cd /var/lib/sentinel
command=$(sed -n "s/^ExecStart=//p" /lib/systemd/system/sentinel.service)
exec setpriv --reuid sentinel --regid sentinel --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all $command --listen 127.0.0.1:18000 --otlp-listen "" --grpc-listen ""
SH
chmod +x /usr/local/bin/start-sentinel'
start() { "${engine[@]}" exec -d "$name" sh -c 'exec start-sentinel >/tmp/sentinel.log 2>&1' >/dev/null; }
wait_until_up() {
  inside 'for i in $(seq 300); do exec 3<>/dev/tcp/127.0.0.1/18000 && exit 0 || sleep 0.2; done 2>/dev/null; cat /tmp/sentinel.log; exit 1' || stop "it does not come up"
}
end() { inside 'pid=$(pgrep -x sentinel); kill -TERM $pid; for i in $(seq 300); do kill -0 $pid 2>/dev/null || exit 0; sleep 0.1; done; exit 1' || stop "it does not end"; }
inside 'DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends procps curl >/dev/null 2>&1'
start
wait_until_up
must "a record is stored, a command of root works on the service's data, the dashboard is there" '
  key=$(sentinel keys create --name test --scope ingest --data /var/lib/sentinel)
  [ "$(curl -s -o /dev/null -w "%{http_code}" http://127.0.0.1:18000/api/v1/metrics -H "Authorization: Bearer $key" \
    -H "Content-Type: application/json" -d "{\"agent_id\":\"packaged\",\"latency_ms\":1}")" = 201 ]
  curl -fsS http://127.0.0.1:18000/ | grep -q "<title>"
  sentinel status --data /var/lib/sentinel | grep -q "^packaged"
  [ -z "$(find /var/lib/sentinel ! -user sentinel)" ]'
run_pages package_use
must "the collector sends with its key" '
  sed -i "s/^server = .*/server = \"http:\/\/127.0.0.1:18000\"/" /etc/sentinel/collector.toml
  (setpriv --reuid sentinel-collector --regid sentinel-collector --clear-groups sentinel-collector --config /etc/sentinel/collector.toml >/tmp/collector.log 2>&1 & echo $! >/tmp/pid)
  for i in $(seq 100); do sentinel status --data /var/lib/sentinel | grep -q "^host:" && break; sleep 0.2; done
  sentinel status --data /var/lib/sentinel | grep "^host:"
  sentinel-collector health --config /etc/sentinel/collector.toml
  kill $(cat /tmp/pid)'
end

must "an upgrade keeps changed settings and data" '
  sed -i "s/^log_level = .*/log_level = \"debug\"/" /etc/sentinel/sentinel.toml
  mkdir /tmp/next && cd /tmp/next
  for package in sentinel sentinel-collector; do
    dpkg-deb -R /clone/build/packages/${package}_*.deb $package && sed -i "s/^Version: .*/Version: 99.0/" $package/DEBIAN/control && dpkg-deb -b $package $package.deb
  done
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ./sentinel.deb ./sentinel-collector.deb
  [ "$(dpkg-query -W -f "\${Version}" sentinel)" = 99.0 ] && grep -q "^log_level = \"debug\"" /etc/sentinel/sentinel.toml'
start
wait_until_up
must "the record is still there" 'sentinel status --data /var/lib/sentinel | grep -q "^packaged"'
end
must "remove leaves settings and data" '
  apt-get remove -y -qq sentinel sentinel-collector
  [ ! -e /usr/bin/sentinel ] && [ ! -e /usr/share/sentinel/dashboard ] && [ -d /var/lib/sentinel/postgres ] && grep -q debug /etc/sentinel/sentinel.toml'
must "purge leaves nothing" '
  apt-get purge -y -qq sentinel sentinel-collector
  [ ! -e /etc/sentinel ] && [ ! -e /var/lib/sentinel ] && [ ! -e /var/lib/sentinel-collector ] && ! getent passwd sentinel sentinel-collector'
say "passed"
