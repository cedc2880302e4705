#!/bin/sh
# demo.sh: builds the suite, gives two pods a network in namespaces of the demo's own, shows it, pings, checks, and takes it away again.
set -eu
cd "$(dirname "$0")/.."
if [ "${1-}" != --inside ]; then
    scripts/packages.sh iproute2 iputils-ping util-linux file
    scripts/build.sh
    exec unshare -nm sh scripts/demo.sh --inside
fi

# From here on "the host" is a network namespace that ends with the demo, and so do its /run and /var/lib/cni.
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /var/lib/cni
mount -t tmpfs tmpfs /var/lib/cni
ip link set lo up
export NETCONFPATH="$PWD/scripts/net.d" CNI_PATH="$PWD/out/bin"
title() { printf '\n\033[1m%s\033[0m\n' "$*"; }
cnitool() { echo "+ cnitool $*"; out/bin/cnitool "$@"; }
state() { ip -br link | grep -v '^cni0'; ip -4 route; ip -6 route show proto boot; find /var/lib/cni/networks/pods -name '*[.:]*' ! -name 'last_reserved*' 2>/dev/null || true; }

title "What was built: one static executable with every plugin's name"
file -b out/bin/bridge
cnitool list

title "Two pods get a network"
before=$(state)
for pod in blue green; do
    ip netns add "$pod"
    cnitool add lo "/run/netns/$pod" --ifname lo >/dev/null
    cnitool add pods "/run/netns/$pod" >"/run/$pod.json"
done
cat /run/blue.json; echo

title "What is there now"
echo "host"
echo "└─ cni0  $(ip -br addr show cni0 | awk '{ $1 = $2 = ""; print }')"
for pod in blue green; do
    index=$(ip -n "$pod" -o link show eth0 | sed 's/.*eth0@if\([0-9]*\):.*/\1/')
    veth=$(ip -o link | awk -F'[:@]' -v n="$index" '$1 == n { gsub(/ /, "", $2); print $2 }')
    echo "   └─ $veth ── eth0 in pod $pod  $(ip -n "$pod" -br addr show eth0 | awk '{ $1 = $2 = ""; print }')"
    ip -n "$pod" route show default | sed 's/^/         /'
    ip -n "$pod" -6 route show default | sed 's/^/         /'
done

title "They reach each other and their gateway"
v4=$(ip -n green -4 -br addr show eth0 | awk '{ sub("/.*", "", $3); print $3 }')
v6=$(ip -n green -6 -br addr show eth0 | awk '{ sub("/.*", "", $3); print $3 }')
for address in "$v4" "$v6" 10.88.0.1 fd00:10:88::1; do
    ip netns exec blue ping -c 2 -i 0.2 -W 2 -q "$address" | sed -n 's/^[0-9].*/'"$address"': &/p'
done

title "CHECK, then DEL twice"
for pod in blue green; do
    cnitool check pods "/run/netns/$pod"
    cnitool del pods "/run/netns/$pod"
    cnitool del pods "/run/netns/$pod"
    cnitool del lo "/run/netns/$pod" --ifname lo
done

title "What is left (the bridge stays, as upstream's does)"
[ "$(ip -n blue -br link | grep -c eth0)" = 0 ]
if [ "$(state | grep -v cni0)" = "$before" ]; then
    echo "nothing: links, routes and address files are as before"
else
    echo "before: $before"; echo "after:"; state; exit 1
fi
