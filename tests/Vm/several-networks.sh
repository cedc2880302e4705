#!/bin/bash
# Runs in a virtual machine whose kernel has macvlan: pods on one, two and three networks (bridge; macvlan with routes by source; host-device), joined and left in any order.
set -eu
trap 'echo "line $LINENO failed"' ERR
export PATH=$PATH:/opt/cni/bin NETCONFPATH=/etc/cni/net.d CNI_PATH=/opt/cni/bin
expect() { if [ "$2" = "$3" ]; then echo "ok: $1"; else echo "$1: expected $3, got $2"; exit 1; fi; }

mkdir -p $NETCONFPATH
ipam() { echo "\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"$1\"}]],\"routes\":[{\"dst\":\"$2\"}]}"; }
echo "{\"cniVersion\":\"1.0.0\",\"name\":\"pods\",\"plugins\":[
    {\"type\":\"bridge\",\"bridge\":\"br0\",\"isGateway\":true,$(ipam 10.1.0.0/24 0.0.0.0/0)}]}" >$NETCONFPATH/10-pods.conflist
echo "{\"cniVersion\":\"1.0.0\",\"name\":\"storage\",\"plugins\":[
    {\"type\":\"macvlan\",\"master\":\"wire0\",$(ipam 10.2.0.0/24 10.20.0.0/16)}, {\"type\":\"sbr\"}]}" >$NETCONFPATH/20-storage.conflist
echo "{\"cniVersion\":\"1.0.0\",\"name\":\"card\",\"plugins\":[
    {\"type\":\"host-device\",\"device\":\"card0\",$(ipam 10.3.0.0/24 10.30.0.0/16)}]}" >$NETCONFPATH/30-card.conflist
ip link add wire0 up type dummy
ip link add card0 type veth peer name other0
ip addr add 10.3.0.1/24 dev other0
ip link set other0 up
for pod in one two; do ip netns add $pod; done

# join POD NETWORK, leave POD NETWORK: each network has an interface of its own in the pod.
interface() { case $1 in pods) echo eth0 ;; storage) echo net1 ;; card) echo net2 ;; esac; }
join() { CNI_IFNAME=$(interface "$2") cnitool add "$2" "/run/netns/$1" >/dev/null; }
leave() { CNI_IFNAME=$(interface "$2") cnitool del "$2" "/run/netns/$1"; }
address() { ip -n "$1" -4 -j addr show "$(interface "$2")" | jq -r '.[0].addr_info[0].local'; }
state() { ip -o link | sed 's/^[0-9]*: //; s/@.*:/:/' | grep -v '^veth' | cut -d: -f1 | sort | paste -sd' '; find /var/lib/cni/networks -maxdepth 2 -name '10.*' | wc -l; }

join two pods
join two storage
before=$(state)
rules=$(ip -n one rule)
for order in "pods storage card" "storage card pods" "card pods storage" "card storage pods" "storage pods" "pods"; do
    for backwards in no yes; do
        for network in $order; do join one "$network"; done
        for network in $order; do
            case $network in
                pods | storage) ip netns exec one ping -c 1 -W 3 -I "$(address one "$network")" "$(address two "$network")" >/dev/null ;;
                card) ip netns exec one ping -c 1 -W 3 -I "$(address one card)" 10.3.0.1 >/dev/null ;;
            esac
            CNI_IFNAME=$(interface "$network") cnitool check "$network" /run/netns/one
        done
        leaving=''
        for network in $order; do
            if [ $backwards = no ]; then leaving="$leaving$network "; else leaving="$network $leaving"; fi
        done
        for network in $leaving; do
            leave one "$network"
            leave one "$network"
        done
        expect "joined $order, left ${leaving% }: the pod has only lo" "$(ip -n one -j link | jq -r '.[].ifname')" lo
        expect "and its own rules" "$(ip -n one rule)" "$rules"
        expect "and the host what it had" "$(state)" "$before"
    done
done
echo "all passed"
