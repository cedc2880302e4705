#!/bin/sh
# attach.sh: pods get their networks; two share a bridge, one has ports of the host and a rate limit, one is routed without a bridge.
set -eu
# shellcheck source=scripts/demo/words.sh
. scripts/demo/words.sh

title "Four pods get a network"
for pod in blue:pods green:pods web:ports red:routed; do
    ip netns add "${pod%:*}"
    cnitool add lo "/run/netns/${pod%:*}" --ifname lo >/dev/null
    cnitool add "${pod#*:}" "/run/netns/${pod%:*}" >"/run/${pod%:*}.json"
done
cat /run/blue.json; echo
