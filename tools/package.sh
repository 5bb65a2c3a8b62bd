#!/usr/bin/env bash
# `make package`: the Debian packages sentinel and sentinel-collector, in build/packages.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/build.sh
rm -rf build/packages
log=$(mktemp)
(cd build/release && umask 022 && cpack) >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; exit 1; }
rm -rf "$log" build/packages/_CPack_Packages
for package in build/packages/*.deb; do
  echo "sentinel: $package, $(($(stat -c %s "$package") / 1024)) kB, $(dpkg-deb -f "$package" Installed-Size) kB installed"
done
