#!/bin/bash
# Runs in a virtual machine whose kernel filters VLANs: the bridge plugin's vlan options, judged by bridge -j and ping.
set -eu
bin=/opt/cni/bin
trap 'echo "line $LINENO failed"' ERR

# call VERB ID OPTIONS: the bridge plugin for the pod of that name, on its own subnet.
call() {
    local verb=$1 id=$2 options=$3
    ip netns list | grep -qw "$id" || ip netns add "$id"
    echo "{\"cniVersion\":\"${version-1.0.0}\",\"name\":\"n1\",\"type\":\"bridge\",\"bridge\":\"br0\",$options}" |
        CNI_COMMAND=$verb CNI_CONTAINERID=$id CNI_NETNS=/run/netns/$id CNI_IFNAME=eth0 CNI_PATH=$bin $bin/bridge
}
ipam='"ipam":{"type":"host-local","ranges":[[{"subnet":"10.1.0.0/24"}]]}'
veth() { ip -j link show master br0 | jq -r --argjson n "$(ip -n "$1" -j link show eth0 | jq '.[0].link_index')" '.[] | select(.ifindex == $n).ifname'; }
vlans() { bridge -j vlan show dev "$1" | jq -c '[.[0].vlans[]? | "\(.vlan)\(if .vlanEnd then "-\(.vlanEnd)" else "" end)\(if .flags then ":" + (.flags | join("+")) else "" end)"]'; }
expect() { if [ "$2" = "$3" ]; then echo "ok: $1"; else echo "$1: expected $3, got $2"; exit 1; fi; }

call ADD a "\"vlan\":100,\"isGateway\":true,$ipam" >/run/a.json
expect "the bridge filters" "$(ip -d -j link show br0 | jq '.[0].linkinfo.info_data.vlan_filtering')" 1
expect "vlan alone is untagged, and VLAN 1 is gone" "$(vlans "$(veth a)")" '["100:PVID+Egress Untagged"]'
expect "the gateway's port is the fourth interface" "$(jq -r '.interfaces[3].name' /run/a.json)" br0.100
expect "the gateway's port has the address" "$(ip -j addr show br0.100 | jq -r '.[0].addr_info[] | select(.family == "inet").local')" 10.1.0.1
ip netns exec a ping -c 1 -W 2 10.1.0.1 >/dev/null && echo "ok: the pod reaches its gateway through VLAN 100"

call ADD b "\"vlan\":100,\"isGateway\":true,$ipam" >/run/b.json
ip netns exec a ping -c 1 -W 2 10.1.0.3 >/dev/null && echo "ok: the same VLAN hears each other"
call ADD c "\"vlan\":200,$ipam" >/dev/null
! ip netns exec c ping -c 1 -W 1 10.1.0.2 >/dev/null && echo "ok: another VLAN does not"
call ADD d "$ipam" >/dev/null
expect "no vlan: the bridge's default" "$(vlans "$(veth d)")" '["1:PVID+Egress Untagged"]'
! ip netns exec d ping -c 1 -W 1 10.1.0.2 >/dev/null && echo "ok: the default VLAN does not hear VLAN 100"

call ADD e '"vlanTrunk":[{"id":7},{"minID":20,"maxID":22},{"id":7}]' >/dev/null
expect "a trunk is tagged, VLAN 1 its native one" "$(vlans "$(veth e)")" '["1:PVID+Egress Untagged","7","20","21","22"]'
call ADD f '"vlan":5,"vlanTrunk":[{"id":7}]' >/dev/null
expect "vlan and trunk together" "$(vlans "$(veth f)")" '["5:PVID+Egress Untagged","7"]'
call ADD g '"vlan":5,"preserveDefaultVlan":true' >/dev/null
expect "the default VLAN stays when asked for" "$(vlans "$(veth g)")" '["1:Egress Untagged","5:PVID+Egress Untagged"]'

ip link add half master br0 up type veth peer name br0.300 # what an ADD leaves that is killed behind this
call ADD h '"vlan":300,"isGateway":true,"ipam":{"type":"host-local","ranges":[[{"subnet":"10.3.0.0/24"}]]}' >/dev/null
expect "a gateway's port that was half made is finished" "$(vlans half)" '["300:PVID+Egress Untagged"]'
ip netns exec h ping -c 1 -W 2 10.3.0.1 >/dev/null && echo "ok: and reached"

result=$(cat /run/a.json)
call CHECK a "\"vlan\":100,\"isGateway\":true,\"prevResult\":$result,$ipam"
echo "ok: CHECK passes"
for id in a b c d; do call DEL "$id" "\"vlan\":100,$ipam"; done
for id in e f g; do call DEL "$id" '"vlan":5'; done
call DEL h '"vlan":300,"ipam":{"type":"host-local"}'
expect "only the gateways' ports are left" "$(ip -j link show master br0 | jq length)" 2

# A bridge that was there before, without filtering: with pods alone on it, it is switched on; with somebody else's port it is not.
ip link del br0
ip link add br0 up type bridge
call ADD i "$ipam" >/dev/null
call ADD j "\"vlan\":201,$ipam" >/run/j.json
expect "a bridge of pods alone filters from the first VLAN on" "$(ip -d -j link show br0 | jq '.[0].linkinfo.info_data.vlan_filtering')" 1
call ADD k "\"vlan\":202,$ipam" >/dev/null
address() { ip -n "$1" -j addr show eth0 | jq -r '.[0].addr_info[] | select(.family == "inet").local'; }
for other in i k; do
    ! ip netns exec j ping -c 1 -W 1 "$(address $other)" >/dev/null && echo "ok: VLAN 201 does not hear $other"
done
ip link set br0 type bridge vlan_filtering 0
call CHECK j "\"vlan\":201,\"prevResult\":$(cat /run/j.json),$ipam" >/run/error && exit 1
expect "CHECK says so" "$(jq -r .msg /run/error)" "bridge br0 does not filter VLANs any more"
ip link add up0 master br0 up type veth peer name up1
call ADD l "\"vlan\":203,$ipam" >/run/error && exit 1
expect "with somebody else's port it is refused" "$(jq -r '"\(.code) \(.msg)"' /run/error)" \
    '7 bridge br0 does not filter VLANs, and has a port of somebody else'"'"'s (up0)'
version=1.1.0 call STATUS l "\"vlan\":203,$ipam" >/run/error && exit 1
expect "STATUS says so" "$(jq .code /run/error)" 50
expect "and nothing was changed" "$(ip -d -j link show br0 | jq '.[0].linkinfo.info_data.vlan_filtering')" 0
echo "all passed"
