#!/bin/bash
# Runs in a virtual machine whose kernel has VRFs: a pod's interface in one, with its addresses and routes, and the reference plugin on the other side.
# shellcheck source=tests/Vm/attach.sh
. "${ATTACH:-/attach.sh}"
type=vrf
uplink
fresh() {
    ip netns del a 2>/dev/null || :
    ip netns add a
    ip -n a link set lo up
    local n
    for n in 0 1; do
        ip link add link eth0 name "m$n" netns a type macvlan mode bridge
        ip -n a link set "m$n" name "net$n"
        ip -n a addr add 10.1.0.1$n/24 dev "net$n"
        ip -n a addr add fd01::1$n/64 dev "net$n" nodad
        ip -n a link set "net$n" up
    done
    ip -n a route add 192.0.2.0/24 via 10.1.0.1 dev net0 mtu 1300
    ip -n a route add default via 10.1.0.1 dev net0
    ip -n a route add 2001:db8::/32 via fd01::1 dev net0
}
previous() { echo "\"prevResult\":{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"net$1\",\"sandbox\":\"/run/netns/a\"}],\"ips\":[{\"address\":\"10.1.0.1$1/24\",\"gateway\":\"10.1.0.1\",\"interface\":0},{\"address\":\"fd01::1$1/64\",\"interface\":0}]}"; }
routes() { for family in -4 -6; do ip -n a $family route show table "$1" dev net0 | sed -E 's/ (proto|metric|pref|scope|src|dev) [^ ]+//g; s/ *$//' | grep -v 'fe80\|ff00\|local\|broadcast\|anycast'; done | sort | tr '\n' ';'; }
all() { ip -n a addr show; ip -n a route show table all | sort; ip -n a -6 route show table main | sort; }
bad() { if answer=$(call ADD a "$1" "${3-net0}"); then echo "$1 did not fail"; exit 1; fi; expect "ADD says $2" "$(jq -r .msg <<<"$answer")" "$2"; }

fresh
expected=$(routes main)
call ADD a "\"vrfname\":\"blue\",\"table\":1001,$(previous 0)" net0 >/run/a.json
expect "the result is the earlier plugin's" "$(jq -r '.ips[1].address' /run/a.json)" fd01::10/64
expect "the interface is in the VRF, which is up" "$(link a net0 | jq -r '.[0].master') $(link a blue | jq -r '.[0] | "\(.linkinfo.info_data.table) \(.flags | index("UP") != null)"')" "blue 1001 true"
expect "its routes are in the VRF's table" "$(routes 1001)" "$expected"
expect "and not in the main one" "$(routes main)" ""
expect "its addresses are there, none tentative" "$(ip -n a -j addr show dev net0 | jq -c '[.[0].addr_info[] | select(.scope == "global") | .local + " \(.tentative)"]')" '["10.1.0.10 null","fd01::10 null"]'
for address in 10.1.0.1 fd01::1; do ok "the neighbour is reached through the VRF: $address" pod a ping -I blue -c 1 -W 2 $address; done
call CHECK a "\"vrfname\":\"blue\",\"table\":1001,\"prevResult\":$(cat /run/a.json)" net0
call ADD a "\"vrfname\":\"blue\",$(previous 1)" net1 >/run/b.json
expect "a second interface in the same" "$(ip -n a -j link show master blue | jq length)" 2
bad "\"vrfname\":\"blue\",$(previous 0)" "cmdAdd failed: interface net0 has already a master set: blue"
ip -n a link set net1 nomaster
answer=$(call CHECK a "\"vrfname\":\"blue\",\"prevResult\":$(cat /run/b.json)" net1 || :)
expect "CHECK finds an interface that has left" "$(jq -r .msg <<<"$answer")" "failed to find net1 associated to vrf blue"
bad "\"vrfname\":\"blue\",\"table\":7,$(previous 1)" "cmdAdd failed: VRF blue already exist with different routing table 1001" net1
bad "\"vrfname\":\"lo\",$(previous 1)" "cmdAdd failed: Netlink lo is not a VRF" net1
bad "\"vrfname\":\"green\",$(previous 0)" "cmdAdd failed: could not get link by name net9" net9
bad "\"vrfname\":\"green\"" "missing prevResult from earlier plugin"
bad "$(previous 1)" "configuration is expected to have a valid vrf name"
expect "none of them has made a VRF" "$(ip -n a -j link show type vrf | jq -r '[.[].ifname] | join(" ")')" blue
call DEL a "\"vrfname\":\"blue\"" net1
expect "the VRF stays while somebody is in it" "$(ip -n a -j link show type vrf | jq length)" 1
call DEL a "\"vrfname\":\"blue\",\"table\":8" net0
expect "DEL takes the interface out, and the VRF with the last" "$(link a net0 | jq -r '.[0].master') $(ip -n a -j link show type vrf | jq length)" "null 0"
call DEL a "\"vrfname\":\"blue\"" net0
call ADD a "\"vrfname\":\"one\",$(previous 0)" net0 >/dev/null
call ADD a "\"vrfname\":\"two\",$(previous 1)" net1 >/dev/null
expect "without a table the first that no VRF has" "$(ip -n a -d -j link show type vrf | jq -c '[.[].linkinfo.info_data.table]')" "[1,2]"
ip -n a link del net0
call DEL a "\"vrfname\":\"one\"" net0
expect "DEL of an interface that is gone" "$(ip -n a -j link show type vrf | jq -r '[.[].ifname] | join(" ")')" two
netns=/run/netns/nobody call DEL a "\"vrfname\":\"one\"" net0
version=0.2.0
answer=$(call ADD a "\"vrfname\":\"one\",$(previous 0)" net1 || :)
expect "versions before 0.3.1" "$(jq -r .code <<<"$answer")" 1
version=1.1.0
call STATUS '' '"vrfname":"one"'
call GC '' '"vrfname":"one","cni.dev/valid-attachments":[]'
version=1.0.0
for order in "/opt/cni/bin /opt/upstream" "/opt/upstream /opt/cni/bin"; do
    read -r first second <<<"$order"
    fresh
    bin=$first call ADD a "\"vrfname\":\"blue\",\"table\":1001,$(previous 0)" net0 >/run/a.json
    bin=$second call CHECK a "\"vrfname\":\"blue\",\"table\":1001,\"prevResult\":$(cat /run/a.json)" net0
    bin=$second call DEL a "\"vrfname\":\"blue\",\"table\":1001" net0
    expect "$order: ADD by the first, CHECK and DEL by the second" "$(ip -n a -j link show type vrf | jq length)" 0
done
echo "all passed"
