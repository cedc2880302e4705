#!/bin/sh
# kubernetes.sh: what demo-calico.sh --kubernetes shows: the conflist that clusters have (scripts/net.d/10-calico.conflist), as it is, against an API server.
set -eu
. scripts/demo/cluster.sh
title() { printf '\n\033[1m%s\033[0m\n' "$*"; }

title "The pool of the cluster, as a manifest has it"
kubectl apply --server-side --validate=false -f - <<'Y'
apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: {name: default-ipv4-ippool}
spec: {cidr: 192.168.0.0/16, blockSize: 26, ipipMode: Never, natOutgoing: true, nodeSelector: all(), vxlanMode: CrossSubnet}
Y

title "Two pods on each of two nodes"
for pod in node1:web node1:client node2:db node2:cache; do
    node=${pod%:*} name=${pod#*:}
    kubectl apply --server-side --validate=false -f - >/dev/null <<Y
{apiVersion: v1, kind: Pod, metadata: {name: $name, namespace: default}, spec: {nodeName: $node, containers: [{name: c, image: i}]}}
Y
    ip netns add "$name"
    case $name in
        web) wishes='{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}],"bandwidth":{"ingressRate":10000000,"ingressBurst":1000000}}' ;;
        *) wishes= ;;
    esac
    echo "$node default/$name $(cni "$node" add "$name" "$wishes" | jq -r '.ips[0].address')"
done

title "In the pod: ip addr, ip route, ip neigh"
ip -n web addr show dev eth0
ip -n web route
ip -n web neigh
title "On the node: ip addr, ip route"
link=$(ip -n node1 -j link | jq -r '.[].ifname | select(startswith("cali"))' | head -1)
ip -n node1 addr show dev "$link"
ip -n node1 route | grep cali

title "Each node's block, as kubectl shows it; routes lead to the other's"
kubectl get blockaffinities.crd.projectcalico.org -o custom-columns=NODE:.spec.node,BLOCK:.spec.cidr,STATE:.spec.state
kubectl get pods -o custom-columns='POD:.metadata.name,ADDRESS:.metadata.annotations.cni\.projectcalico\.org/podIPs'
kubectl get blockaffinities.crd.projectcalico.org -o json | jq -r '.items[].spec | "\(.node) \(.cidr)"' | while read -r owner block; do
    for node in node1 node2; do [ "$owner" = "$node" ] || ip -n "$node" route add "$block" via "192.0.2.${owner#node}"; done
done

title "Pods reach each other, on one node and across; the host's port leads to the pod"
for to in client db cache; do
    address=$(ip -n "$to" -4 -br addr show eth0 | awk '{ sub("/.*", "", $3); print $3 }')
    ip netns exec web ping -c 2 -i 0.2 -W 2 -q "$address" | sed -n "s/^[0-9].*/web to $to ($address): &/p"
done
ip netns exec web sh -c 'printf "hello from web\n" | socat -u STDIN TCP-LISTEN:80,reuseaddr' &
sleep 0.5
ip netns exec node2 socat -u TCP:192.0.2.1:8080,connect-timeout=3 STDOUT
ip netns exec node1 tc qdisc show dev "$(ip -n node1 -j route get "$(ip -n web -4 -br addr show eth0 | awk '{ sub("/.*", "", $3); print $3 }')" | jq -r '.[0].dev')"

title "CHECK, then DEL: nothing is left, in the API either"
for pod in node1:web node1:client node2:db node2:cache; do cni "${pod%:*}" del "${pod#*:}"; done
kubectl get ipamhandles.crd.projectcalico.org
kubectl get ipamblocks.crd.projectcalico.org -o json | jq -r '.items[].spec | "\(.cidr) of \(.affinity): \([.allocations[] | select(. != null)] | length) taken"'
kubectl get pods -o custom-columns='POD:.metadata.name,ADDRESS:.metadata.annotations.cni\.projectcalico\.org/podIPs'
for node in node1 node2; do ip -n "$node" link | grep cali || echo "$node has no link of a pod's"; done
