#!/bin/bash
# Runs in a virtual machine whose kernel has macvlan: every option of the plugin, what it leaves, and the reference plugin on the other side.
# shellcheck source=tests/Vm/attach.sh
. "${ATTACH:-/attach.sh}"
type=macvlan
uplink
master='"master":"eth0"'

result a "$master,$ipam"
expect "the interface is the pod's, by that name, although the host has one of that name" "$(names a)" "lo eth0"
expect "the result is the interface" "$(of a '.interfaces | map(.name + " " + .mac + " " + .sandbox) | join(",")')" "eth0 $(link a | jq -r '.[0].address') /run/netns/a"
expect "its addresses are the interface's" "$(of a '[.ips[].interface] | unique | join(",")')" 0
expect "mode bridge by default" "$(link a | jq -r '.[0].linkinfo.info_data.mode')" bridge
expect "no address is tentative any more" "$(ip -n a -j addr show dev eth0 | jq '[.[0].addr_info[] | select(.tentative)] | length')" 0
expect "the owner's name is on it" "$(link a | jq -r '.[0].ifalias' | grep -c 'net: n1, if: eth0, id: a')" 1
for setting in accept_ra autoconf; do
    expect "routers are not believed: $setting" "$(pod a sysctl -n net.ipv6.conf.eth0.$setting)" 0
done
result b "$master,$ipam"
for address in 10.1.0.1 fd01::1 10.1.0.11 fd01::11; do ok "a reaches $address" reaches a $address; done
ok "CHECK passes" check a "$master,$ipam,\"mode\":\"bridge\""
refused CHECK a "$master,$ipam,\"mode\":\"vepa\",\"prevResult\":$(cat /run/a.json)" 999 "Container macvlan mode bridge does not match expected value: vepa"
refused CHECK a "$master,$ipam,\"mtu\":1400,\"prevResult\":$(cat /run/a.json)" 999 "configured MTU of eth0 is 1400, current value is 1500"
refused CHECK a "$master,$ipam,\"mac\":\"02:00:00:00:00:99\",\"prevResult\":$(cat /run/a.json)" 999 "Mac 02:00:00:00:00:99 doesn't match"
refused CHECK a "\"master\":\"lo\",$ipam,\"prevResult\":$(cat /run/a.json)" 999 "eth0 is not on master lo"
refused CHECK a "$master,$ipam" 999 "Required prevResult missing"
ip -n a link set eth0 down
refused CHECK a "$master,$ipam,\"prevResult\":$(cat /run/a.json)" 999 "Interface eth0 is down"
refused ADD a "$master,$ipam" 999 "\"eth0\" already exists"
call DEL a "$master,$ipam"
call DEL a "$master,$ipam"
call DEL b "$master,$ipam"
expect "DEL leaves no interface" "$(names a)" lo
expect "nor addresses" "$(held)" 0

for mode in private vepa; do
    result a "$master,$ipam,\"mode\":\"$mode\""
    result b "$master,$ipam,\"mode\":\"$mode\""
    expect "mode $mode" "$(link a | jq -r '.[0].linkinfo.info_data.mode')" $mode
    ok "$mode: a reaches the router" reaches a 10.1.0.1
    not "$mode: a does not reach b" ping_in a "$(of b '.ips[0].address | rtrimstr("/24")')" 1
    call DEL a "$master,$ipam"
    call DEL b "$master,$ipam"
done
result a "$master,\"mode\":\"passthru\""
expect "mode passthru" "$(link a | jq -r '.[0].linkinfo.info_data.mode')" passthru
expect "without IPAM the interface is up" "$(link a | jq -r '.[0].flags | index("UP") != null')" true
expect "and routers are believed" "$(pod a sysctl -n net.ipv6.conf.eth0.accept_ra)" 1
refused ADD b "$master,\"mode\":\"passthru\",$ipam" 999 "failed to create macvlan: "
expect "a refused ADD leaves nothing" "$(names b) $(held)" "lo 0"
call DEL a "$master"

args='IgnoreUnknown=1;MAC=02:00:00:00:00:02'
result a "$master,\"mac\":\"02:00:00:00:00:01\",\"mtu\":1400,\"bcqueuelen\":2000,\"acceptRa\":true,$ipam"
expect "CNI_ARGS' address before the configuration's" "$(link a | jq -r '.[0].address')" 02:00:00:00:00:02
expect "mtu" "$(link a | jq '.[0].mtu')" 1400
expect "bcqueuelen" "$(ip -n a -d link show eth0 | grep -ow 'bcqueuelen [0-9]*')" "bcqueuelen 2000"
expect "acceptRa" "$(pod a sysctl -n net.ipv6.conf.eth0.accept_ra)" 1
ok "CHECK knows all of it" check a "$master,\"mtu\":1400,\"bcqueuelen\":2000,$ipam"
refused CHECK a "$master,\"bcqueuelen\":3000,$ipam,\"prevResult\":$(cat /run/a.json)" 999 "bcqueuelen 2000 does not match expected value: 3000"
call DEL a "$master,$ipam"
result a "$master,\"runtimeConfig\":{\"mac\":\"02:00:00:00:00:03\"}"
expect "the runtime's address before CNI_ARGS'" "$(link a | jq -r '.[0].address')" 02:00:00:00:00:03
call DEL a "$master"
args=

ip route add default via 10.1.0.1
result a "$ipam"
expect "without a master the default route's device" "$(link a | jq '.[0].link_index')" "$(ip -j link show eth0 | jq '.[0].ifindex')"
ok "CHECK passes without a master" check a "$ipam"
call DEL a "$ipam"
ip route del default
refused ADD a "$ipam" 999 "no default route interface found"
ip -n a link add m0 type dummy
ip -n a link set m0 up
result a "\"master\":\"m0\",\"linkInContainer\":true,$ipam"
expect "a master in the container" "$(link a | jq -r '.[0].link')" m0
ok "CHECK finds it there" check a "\"master\":\"m0\",\"linkInContainer\":true,$ipam"
refused CHECK a "$master,$ipam,\"prevResult\":$(cat /run/a.json)" 999 "is not on master eth0"
call DEL a "\"master\":\"m0\",\"linkInContainer\":true,$ipam"
ip -n a link del m0

# What cannot be, and leaves everything as it was.
before="$(names a) $(held)"
refused ADD a "\"master\":\"eth9\",$ipam" 999 'failed to lookup master "eth9": Link not found'
refused ADD a "\"master\":\"m0\",\"linkInContainer\":true,$ipam" 999 'failed to lookup master "m0": Link not found'
refused ADD a "$master,\"mode\":\"x\",$ipam" 999 'unknown macvlan mode: "x"'
refused ADD a "$master,\"mtu\":1501,$ipam" 999 'invalid MTU 1501, must be [0, master MTU(1500)]'
refused ADD a "$master,\"mtu\":-1,$ipam" 7 'invalid MTU -1'
refused ADD a "$master,\"mac\":\"zz\",$ipam" 999 'invalid args zz for MAC addr: address zz: invalid MAC address'
refused ADD a "$master,\"mac\":\"03:00:00:00:00:01\",$ipam" 999 'failed to create macvlan: '
refused ADD a "\"master\":\"lo\",$ipam" 999 'failed to create macvlan: '
refused ADD a "\"master\":1,$ipam" 999 'failed to load netconf: json: cannot unmarshal number'
ip -n router addr add fd01::77/64 dev outside nodad
refused ADD a "$master,${ipam/fd01::10/fd01::77}" 999 'has address fd01::77 in DADFAILED state'
expect "nothing is left of any of them" "$(names a) $(held)" "$before"

# DEL without master, without namespace, with a configuration that cannot be, of what another attachment has.
result a "$master,$ipam"
call DEL a "\"master\":\"eth9\",\"mode\":7,\"mtu\":\"x\",$ipam"
expect "DEL with an impossible configuration" "$(names a) $(held)" "lo 0"
result a "$master,$ipam"
ip netns del a
call DEL a "$master,$ipam"
expect "DEL without the namespace" "$(held)" 0
result a "$master,$ipam"
netns=/run/netns/a call DEL stranger "$master,$ipam"
expect "another attachment's interface stays" "$(names a) $(held)" "lo eth0 2"
ip -n a link set eth0 down
ip -n a link set eth0 name other
call DEL a "$master,$ipam"
expect "a renamed interface is found by its owner's name" "$(names a) $(held)" "lo 0"
result a "$master,$ipam"
ip netns add c
netns='' call DEL a "$master,$ipam"
expect "DEL without CNI_NETNS gives the addresses back" "$(held)" 0
ip -n a link del eth0
version=1.1.0
call STATUS '' "$master,$ipam"
refused STATUS '' "\"master\":\"eth9\",$ipam" 50 'failed to lookup master "eth9"'
call STATUS '' "\"master\":\"m0\",\"linkInContainer\":true,$ipam"
result a "$master,$ipam"
call GC '' "$master,$ipam,\"cni.dev/valid-attachments\":[]"
expect "GC gives the addresses back" "$(held)" 0
call DEL a "$master,$ipam"
version=1.0.0

# The reference plugin on the other side (Debian's, 1.1.1).
for order in "/opt/cni/bin /opt/upstream" "/opt/upstream /opt/cni/bin"; do
    read -r first second <<<"$order"
    options="$master,\"mtu\":1400,\"mac\":\"02:00:00:00:00:04\",\"mode\":\"private\",$ipam"
    bin=$first result a "$options"
    bin=$second check a "$options"
    bin=$second call DEL a "$options"
    expect "$order: ADD by the first, CHECK and DEL by the second" "$(names a) $(held)" "lo 0"
done
echo "all passed"
