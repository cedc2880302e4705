#!/bin/sh
# demo-calico.sh: three nodes and an etcd in namespaces of the demo's own; pods on each get addresses from calico-ipam and reach each other.
# demo-calico.sh --kubernetes: two nodes and a Kubernetes API server; pods with names are attached by the configuration that clusters have.
set -eu
cd "$(dirname "$0")/.."
if [ "${1-}" = --kubernetes ]; then
    scripts/packages.sh iproute2 iputils-ping util-linux jq socat etcd-server
    [ -x out/bin/calico ] || scripts/build.sh
    tests/ApiServer/build.sh
    exec unshare -nmp --fork --kill-child --mount-proc sh scripts/demo/kubernetes.sh
fi
if [ "${1-}" != --inside ]; then
    scripts/packages.sh iproute2 iputils-ping util-linux jq etcd-server etcd-client
    [ -x out/bin/calico-ipam ] || scripts/build.sh
    exec unshare -nmp --fork --kill-child --mount-proc sh scripts/demo-calico.sh --inside
fi
. scripts/three-nodes.sh
title() { printf '\n\033[1m%s\033[0m\n' "$*"; }

title "A pool for the whole cluster, and two pods on each of three nodes"
on node1 ipam pool add cluster 10.244.0.0/16 --name default
for i in 1 2 3; do
    for pod in a b; do
        ip netns add "pod$i$pod"
        echo "node$i pod$i$pod $(on "node$i" add cluster "/run/netns/pod$i$pod" | jq -r '.ips[0].address')"
    done
done

title "Each node has a block of its own; routes lead to the others'"
on node1 ipam show cluster --show-blocks --show-addresses
on node1 ipam show cluster --show-blocks --json | jq -r '.[].stocks[] | select(.node) | "\(.node) \(.range)"' >/run/blocks
for i in 1 2 3; do
    while read -r owner block; do
        [ "$owner" = "node$i" ] || ip -n "node$i" route add "$block" via "192.0.2.${owner#node}"
    done </run/blocks
done

title "Pods reach each other across nodes"
for to in 1b 2a 3b; do
    address=$(ip -n "pod$to" -4 -br addr show eth0 | awk '{ sub("/.*", "", $3); print $3 }')
    ip netns exec pod1a ping -c 2 -i 0.2 -W 2 -q "$address" | sed -n "s/^[0-9].*/pod1a to pod$to ($address): &/p"
done

title "CHECK, then DEL: nothing is left but the blocks"
for i in 1 2 3; do for pod in a b; do on "node$i" check cluster "/run/netns/pod$i$pod"; on "node$i" del cluster "/run/netns/pod$i$pod"; done; done
on node1 ipam show cluster --show-blocks
on node1 ipam check cluster
