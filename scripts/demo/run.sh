#!/bin/sh
# run.sh [SVG]: the demo's steps. It runs in a network namespace that ends with the demo: "the host", with /run and /var/lib/cni of its own.
set -eu
# shellcheck source=scripts/demo/words.sh
. scripts/demo/words.sh
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /var/lib/cni
mount -t tmpfs tmpfs /var/lib/cni
ip link set lo up
outside

title "What was built: static executables, each with the names of its plugins"
file -b out/bin/bridge
cnitool list

before=$(state)
sh scripts/demo/attach.sh
sh scripts/demo/reach.sh

title "What is there now"
cnitool topology
[ -z "${1-}" ] || { out/bin/cnitool topology --format svg >"$1"; echo "the same as a picture: $1"; }

sh scripts/demo/detach.sh

title "What is left (the bridges stay, as upstream's do)"
if [ "$(state)" != "$before" ]; then
    echo "before: $before"; echo "after:"; state; exit 1
fi
echo "nothing: links, routes and address files are as before"
cnitool topology
