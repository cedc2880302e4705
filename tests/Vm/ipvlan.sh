#!/bin/bash
# Runs in a virtual machine whose kernel has ipvlan: every option of the plugin, what it leaves, and the reference plugin on the other side.
# shellcheck source=tests/Vm/attach.sh
. "${ATTACH:-/attach.sh}"
type=ipvlan
uplink
master='"master":"eth0"'

result a "$master,$ipam"
result b "$master,$ipam"
expect "the interface is the pod's, by that name, although the host has one of that name" "$(names a)" "lo eth0"
expect "mode l2 by default, its flag bridge" "$(link a | jq -r '.[0].linkinfo.info_data | .mode + " " + (.flags // "bridge")')" "l2 bridge"
expect "the hardware address is the device's" "$(of a '.interfaces[0].mac')" "$(ip -j link show eth0 | jq -r '.[0].address')"
expect "no address is tentative any more" "$(ip -n a -j addr show dev eth0 | jq '[.[0].addr_info[] | select(.tentative)] | length')" 0
expect "routers are not believed" "$(pod a sysctl -n net.ipv6.conf.eth0.accept_ra)" 0
for address in 10.1.0.1 fd01::1 10.1.0.11 fd01::11; do ok "l2: a reaches $address" reaches a $address; done
ok "CHECK passes" check a "$master,$ipam"
refused CHECK a "$master,$ipam,\"mode\":\"l3\",\"prevResult\":$(cat /run/a.json)" 999 "Container IPVlan mode l2 does not match expected value: l3"
refused CHECK a "\"master\":\"lo\",$ipam,\"prevResult\":$(cat /run/a.json)" 999 "eth0 is not on master lo"
ip -n router addr add fd01::77/64 dev outside nodad
ip netns add c
refused ADD c "$master,${ipam/fd01::10/fd01::77}" 999 'has address fd01::77 in DADFAILED state'
expect "a failed ADD leaves nothing" "$(names c) $(held)" "lo 4"
for id in a b; do call DEL $id "$master,$ipam"; done

# The device's own addresses are on the pods' network in l2 only: l3 is routed by the device's namespace.
ip addr flush dev eth0 scope global
ip addr add 192.0.2.2/24 dev eth0
for mode in l3 l3s; do
    result a "$master,$ipam,\"mode\":\"$mode\",\"mtu\":1400"
    result b "$master,$ipam,\"mode\":\"$mode\""
    expect "mode $mode, and mtu" "$(link a | jq -r '.[0] | .linkinfo.info_data.mode + " \(.mtu)"')" "$mode 1400"
    for end in 0 1; do ok "$mode: a reaches $(of b ".ips[$end].address")" reaches a "$(of b ".ips[$end].address | sub(\"/.*\"; \"\")")"; done
    ok "CHECK passes" check a "$master,$ipam,\"mode\":\"$mode\",\"mtu\":1400"
    for id in a b; do call DEL $id "$master,$ipam"; done
done

# In a chain: the interface and the addresses of the plugin before.
before='{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","mac":"02:00:00:00:00:01"}],"ips":[{"address":"10.1.0.99/24","gateway":"10.1.0.1","interface":0}],"routes":[{"dst":"0.0.0.0/0"}]}'
result a "\"prevResult\":$before"
expect "the master is the earlier interface" "$(link a | jq '.[0].link_index')" "$(ip -j link show eth0 | jq '.[0].ifindex')"
expect "the addresses and routes are the earlier ones" "$(of a '.ips[0].address + " " + .routes[0].dst + " \(.interfaces | length)"')" "10.1.0.99/24 0.0.0.0/0 1"
ok "they are on the interface" reaches a 10.1.0.1
call DEL a "\"prevResult\":$(cat /run/a.json)"
refused ADD a "\"prevResult\":{\"cniVersion\":\"1.0.0\",\"interfaces\":[]}" 999 "chained master failure. PrevResult lacks a single named interface"
ip route add default via 192.0.2.1
result a "$ipam"
expect "without a master the default route's device" "$(link a | jq '.[0].link_index')" "$(ip -j link show eth0 | jq '.[0].ifindex')"
call DEL a "$ipam"
ip route del default

refused ADD a "$ipam" 999 "no default route interface found"
refused ADD a "\"master\":\"eth9\",$ipam" 999 'failed to lookup master "eth9": Link not found'
refused ADD a "$master,\"mode\":\"x\",$ipam" 999 'unknown ipvlan mode: "x"'
refused ADD a "$master,\"mtu\":-1,$ipam" 7 'invalid MTU -1'
refused ADD a "$master" 999 'no plugin name provided'
refused ADD a "\"master\":\"lo\",$ipam" 999 'failed to create ipvlan: '
expect "nothing is left of any of them" "$(names a) $(held)" "lo 0"
result a "$master,$ipam"
call DEL a "\"master\":\"eth9\",\"mode\":7,$ipam"
expect "DEL with an impossible configuration" "$(names a) $(held)" "lo 0"
result a "$master,$ipam"
ip netns del a
call DEL a "$ipam"
expect "DEL without namespace and default route" "$(held)" 0
ip netns add a
ip -n a link add m0 type dummy
ip -n a link set m0 up
result a "\"master\":\"m0\",\"linkInContainer\":true,$ipam"
expect "a master in the container" "$(link a | jq -r '.[0].link')" m0
ok "CHECK finds it there" check a "\"master\":\"m0\",\"linkInContainer\":true,$ipam"
call DEL a "\"master\":\"m0\",\"linkInContainer\":true,$ipam"
ip -n a link del m0
version=1.1.0
call STATUS '' "$master,$ipam"
refused STATUS '' "\"master\":\"eth9\",$ipam" 50 'failed to lookup master "eth9"'
result a "$master,$ipam"
call GC '' "$master,$ipam,\"cni.dev/valid-attachments\":[]"
expect "GC gives the addresses back" "$(held)" 0
call DEL a "$master,$ipam"
version=1.0.0

for order in "/opt/cni/bin /opt/upstream" "/opt/upstream /opt/cni/bin"; do
    read -r first second <<<"$order"
    options="$master,\"mtu\":1400,\"mode\":\"l3\",$ipam"
    bin=$first result a "$options"
    bin=$second check a "$options"
    bin=$second call DEL a "$options"
    expect "$order: ADD by the first, CHECK and DEL by the second" "$(names a) $(held)" "lo 0"
done
echo "all passed"
