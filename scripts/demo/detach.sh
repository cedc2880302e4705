#!/bin/sh
# detach.sh: CHECK, then DEL, which may come twice.
set -eu
# shellcheck source=scripts/demo/words.sh
. scripts/demo/words.sh

title "CHECK, then DEL twice"
for pod in blue:pods green:pods web:ports red:routed; do
    cnitool check "${pod#*:}" "/run/netns/${pod%:*}"
    cnitool del "${pod#*:}" "/run/netns/${pod%:*}"
    cnitool del "${pod#*:}" "/run/netns/${pod%:*}"
    cnitool del lo "/run/netns/${pod%:*}" --ifname lo
    [ "$(ip -n "${pod%:*}" -br link | grep -c eth0)" = 0 ]
done
