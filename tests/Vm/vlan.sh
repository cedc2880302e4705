#!/bin/bash
# Runs in a virtual machine whose kernel has vlan and dummy links: every option of both plugins, what they leave, and the reference plugin on the other side.
# shellcheck source=tests/Vm/attach.sh
. "${ATTACH:-/attach.sh}"
type=vlan
uplink
for id in 5 6; do
    ip netns add "v$id"
    ip -n router link add link outside name "v$id" netns "v$id" type vlan id $id
    ip -n "v$id" addr add 10.1.0.$id/24 dev "v$id"
    ip -n "v$id" addr add fd01::$id/64 dev "v$id" nodad
    ip -n "v$id" link set "v$id" up
done
ip -n router addr del 10.1.0.1/24 dev outside
ip -n router addr del fd01::1/64 dev outside
master='"master":"eth0"'

result a "$master,\"vlanId\":5,$ipam"
result b "$master,\"vlanId\":6,\"mtu\":1450,$ipam"
expect "the interface is the pod's, by that name, although the host has one of that name" "$(names a)" "lo eth0"
expect "its tag" "$(link a | jq -r '.[0].linkinfo.info_data | "\(.protocol) \(.id)"')" "802.1Q 5"
expect "mtu" "$(link a | jq '.[0].mtu') $(link b | jq '.[0].mtu')" "1500 1450"
expect "the result has the interface's address" "$(of a '.interfaces[0].mac')" "$(link a | jq -r '.[0].address')"
expect "no address is tentative any more" "$(ip -n a -j addr show dev eth0 | jq '[.[0].addr_info[] | select(.tentative)] | length')" 0
expect "routers are not believed" "$(pod a sysctl -n net.ipv6.conf.eth0.accept_ra)" 0
for address in 10.1.0.5 fd01::5; do ok "a reaches $address" reaches a $address; done
for address in 10.1.0.6 fd01::6; do ok "b reaches $address" reaches b $address; done
not "VLAN 5 does not hear VLAN 6" ping_in a 10.1.0.6 1
ok "CHECK passes" check b "$master,\"vlanId\":6,\"mtu\":1450,$ipam"
refused CHECK a "$master,\"vlanId\":6,$ipam,\"prevResult\":$(cat /run/a.json)" 999 "configured vlanId is 6, current value is 5"
refused CHECK a "$master,\"vlanId\":5,\"mtu\":1400,$ipam,\"prevResult\":$(cat /run/a.json)" 999 "configured MTU of eth0 is 1400, current value is 1500"
refused CHECK a "\"master\":\"lo\",\"vlanId\":5,$ipam,\"prevResult\":$(cat /run/a.json)" 999 "eth0 is not on master lo"
ip netns add c
refused ADD c "$master,\"vlanId\":5,$ipam" 999 "failed to create vlan: file exists"
expect "a refused ADD leaves nothing" "$(names c) $(held)" "lo 4"
for id in a b; do call DEL $id "$master,\"vlanId\":5,$ipam"; done
expect "DEL leaves nothing" "$(names a) $(names b) $(held)" "lo lo 0"

# A VLAN in a VLAN: the pod has the outer one already.
result a "$master,\"vlanId\":5,$ipam"
call ADD a "\"master\":\"eth0\",\"linkInContainer\":true,\"vlanId\":7,${ipam//01::/02::}" net1 >/run/stack.json
expect "a master in the container" "$(link a net1 | jq -r '.[0] | .link + " \(.linkinfo.info_data.id)"')" "eth0 7"
call DEL a "\"master\":\"eth0\",\"linkInContainer\":true,${ipam//01::/02::}" net1
call DEL a "$master,$ipam"

for wrong in 4095 -1 70000; do refused ADD a "$master,\"vlanId\":$wrong,$ipam" 999 "invalid VLAN ID $wrong (must be between 0 and 4095 inclusive)"; done
refused ADD a "\"vlanId\":5,$ipam" 999 '"master" field is required'
refused ADD a "\"master\":\"eth9\",\"vlanId\":5,$ipam" 999 'failed to lookup master "eth9": Link not found'
refused ADD a "$master,\"vlanId\":5,\"mtu\":9999,$ipam" 999 'invalid MTU 9999, must be [0, master MTU(1500)]'
refused ADD a "$master,\"vlanId\":5" 999 'no plugin name provided'
expect "nothing is left of any of them" "$(names a) $(held)" "lo 0"
result a "$master,\"vlanId\":5,$ipam"
call DEL a "\"vlanId\":4095,$ipam"
expect "DEL with an impossible configuration" "$(names a) $(held)" "lo 0"
version=1.1.0
call STATUS '' "$master,\"vlanId\":5,$ipam"
refused STATUS '' "\"master\":\"eth9\",\"vlanId\":5,$ipam" 50 'failed to lookup master "eth9"'
result a "$master,\"vlanId\":5,$ipam"
call GC '' "$master,$ipam,\"cni.dev/valid-attachments\":[]"
expect "GC gives the addresses back" "$(held)" 0
ip link del eth0
call DEL a "$master,\"vlanId\":5,$ipam"
echo "ok: DEL without the master"
ip link add eth0 type veth peer name outside2
ip link set eth0 up
ip link set outside2 up
version=1.0.0
for order in "/opt/cni/bin /opt/upstream" "/opt/upstream /opt/cni/bin"; do
    read -r first second <<<"$order"
    options="$master,\"mtu\":1400,\"vlanId\":9,$ipam"
    bin=$first result a "$options"
    bin=$second check a "$options"
    bin=$second call DEL a "$options"
    expect "$order: ADD by the first, CHECK and DEL by the second" "$(names a) $(held)" "lo 0"
done

type=dummy
ip -n a link set lo up
result a "$ipam"
expect "dummy: the interface is up, of that kind" "$(link a | jq -r '.[0] | .linkinfo.info_kind + " \(.flags | index("UP") != null)"')" "dummy true"
for end in 0 1; do ok "dummy: its addresses are the pod's" reaches a "$(of a ".ips[$end].address | sub(\"/.*\"; \"\")")"; done
ok "dummy: CHECK passes" check a "$ipam"
ip -n a link set eth0 down
refused CHECK a "$ipam,\"prevResult\":$(cat /run/a.json)" 999 "Interface eth0 is down"
refused ADD a "$ipam" 999 '"eth0" already exists'
call DEL a ""
expect "dummy: DEL without ipam takes the interface" "$(names a)" lo
call DEL a "$ipam"
expect "dummy: DEL leaves nothing" "$(held)" 0
refused ADD a "" 999 "dummy interface requires an IPAM configuration"
refused ADD a "${ipam/host-local/nobody}" 999 'failed to find plugin "nobody"'
expect "dummy: a failed ADD leaves nothing" "$(names a) $(held)" "lo 0"
version=1.1.0
call STATUS '' "$ipam"
expect "dummy: STATUS leaves nothing" "$(ip -j link show type dummy | jq -r '[.[].ifname] - ["dummy0"] | length')" 0 # that one is the module's
echo "all passed"
