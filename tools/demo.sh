#!/usr/bin/env bash
# `make demo`: builds what is missing, fills a folder of its own with 30 days of 50 made-up agents, prints the sign-in link,
# and goes on live. Ctrl-C ends it; the next time it fills the gap.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/deps.sh --to-run
tools/build.sh
. tools/data_folder.sh
data=${DATA:-$(data_folder demo-data /var/lib/sentinel-demo)}
mkdir -p "$data"
exec build/release/bin/sentinel demo --data "$data" --listen "127.0.0.1:${PORT:-8000}"
