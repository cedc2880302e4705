#!/bin/bash
# Runs in a virtual machine, or in namespaces: source based routing of a pod with two interfaces, every option, and the reference plugin on the other side.
# shellcheck source=tests/Vm/attach.sh
. "${ATTACH:-/attach.sh}"
type=sbr

# A pod with eth0, by which its default route goes, and net1 and net2 with networks of their own and a route to 192.0.2.0/24 and 2001:db8::/32.
fresh() {
    ip netns del a 2>/dev/null || :
    ip netns add a
    ip -n a link set lo up
    local n
    for n in 0 1 2; do
        ip -n a link add "l$n" type veth peer name "r$n"
        ip -n a link set "l$n" name "$([ $n = 0 ] && echo eth0 || echo net$n)"
        ip -n a link set "r$n" up
    done
    for n in 0 1 2; do
        local name; name=$([ $n = 0 ] && echo eth0 || echo net$n)
        ip -n a addr add 10.1.$n.2/24 dev "$name"
        ip -n a addr add fd01:$n::2/64 dev "$name" nodad
        ip -n a link set "$name" up
    done
    ip -n a route add default via 10.1.0.1
    ip -n a route add 192.0.2.0/24 via 10.1.1.1 mtu 1300
    ip -n a route add 2001:db8::/32 via fd01:1::1
}
previous() { echo "\"prevResult\":{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"host1\"},{\"name\":\"net$1\",\"sandbox\":\"/run/netns/a\"}],\"ips\":[{\"address\":\"10.1.$1.2/24\",\"gateway\":\"10.1.$1.1\",\"interface\":1},{\"address\":\"fd01:$1::2/64\",\"gateway\":\"fd01:$1::1\",\"interface\":1}]}"; }
rules() { for family in -4 -6; do ip -n a $family rule show | sed -nE 's/^([0-9]+):\s*from ([0-9a-f.:]*[.:][0-9a-f.:]*) lookup ([^ ]+).*/\2>\3/p'; done | sort | tr '\n' ' '; }
routes() { ip -n a "$1" route show table "$2" | sed -E 's/ (proto|metric|pref|scope|src) [^ ]+//g; s/ *$//' | grep -v fe80 | sort | tr '\n' ';'; }
all() { for family in -4 -6; do ip -n a $family rule show; ip -n a $family route show table all | grep -v 'ff00\|fe80'; done | sed 's/ pref medium//' | sort; }

fresh
call ADD a "$(previous 1)" net1 >/run/a.json
expect "the result is the earlier plugin's" "$(jq -r '.ips[1].address + " " + .interfaces[1].name' /run/a.json)" "fd01:1::2/64 net1"
expect "a rule and a table for each address" "$(rules)" "10.1.1.2>100 fd01:1::2>101 "
expect "the interface's routes are in IPv4's" "$(routes -4 100)" "10.1.1.0/24 dev net1;192.0.2.0/24 via 10.1.1.1 dev net1 mtu 1300;default via 10.1.1.1 dev net1;"
expect "and in IPv6's" "$(routes -6 101)" "2001:db8::/32 via fd01:1::1 dev net1;default via fd01:1::1 dev net1;fd01:1::/64 dev net1;"
expect "and in the main table no more" "$(routes -4 main)$(routes -6 main)" "10.1.0.0/24 dev eth0;10.1.2.0/24 dev net2;default via 10.1.0.1 dev eth0;fd01:2::/64 dev net2;fd01::/64 dev eth0;"
expect "IPv6 neighbours are found by the main table still" "$(ip -n a -6 route show table main dev net1 | grep -c ^fe80::/64)" 1
expect "packets from the address leave by its interface" "$(ip -n a -j route get 198.51.100.1 from 10.1.1.2 | jq -r '.[0].dev') $(ip -n a -j route get 198.51.100.1 | jq -r '.[0].dev')" "net1 eth0"
call ADD a "$(previous 2)" net2 >/run/b.json
expect "another interface has other tables" "$(rules)" "10.1.1.2>100 10.1.2.2>102 fd01:1::2>101 fd01:2::2>103 "
call CHECK a "\"prevResult\":$(cat /run/a.json)" net1
ip -n a route del default table 100
answer=$(call CHECK a "\"prevResult\":$(cat /run/a.json)" net1 || :)
expect "CHECK finds a route that is gone" "$(jq -r .msg <<<"$answer")" "sbr: expected default route via 10.1.1.1 not found in table 100"
ip -n a rule del from 10.1.1.2 table 100
answer=$(call CHECK a "\"prevResult\":$(cat /run/a.json)" net1 || :)
expect "and a rule" "$(jq -r .msg <<<"$answer")" "sbr: expected rule from 10.1.1.2 not found"
ip -n a rule add from 10.1.1.2 table 100
ip -n a rule add from 10.1.1.2 table 50
ip -n a rule add from 10.1.1.2 to 10.7.0.0/16 table 110
call DEL a "" net1
expect "DEL takes the interface's rules, not others'" "$(rules)" "10.1.1.2>50 10.1.2.2>102 fd01:2::2>103 "
ip -n a link del net2
call DEL a "\"prevResult\":$(cat /run/b.json)" net2
expect "of an interface that is gone, by the result" "$(rules)" "10.1.1.2>50 "

fresh
call ADD a "$(previous 1)" net1 >/run/a.json
call ADD a "$(previous 2)" net2 >/run/b.json
ip -n a link del net2
call DEL a "" net2
expect "of an interface that is gone and left no result, what nobody has any more" "$(rules)" "10.1.1.2>100 fd01:1::2>101 "
call DEL a "" net1
call DEL a "" net1
expect "DEL twice" "$(rules)" ""

fresh
call ADD a "\"gateways\":[\"10.1.1.254\",\"fd01:1::fe\"],\"addSourceHints\":true,$(previous 1)" net1 >/run/a.json
expect "gateways that are configured" "$(ip -n a -j route show table 100 default | jq -r '.[0].gateway') $(ip -n a -6 -j route show table 101 default | jq -r '.[0].gateway')" "10.1.1.254 fd01:1::fe"
expect "hints in the main table" "$(for f in -4 -6; do ip -n a $f -j route show table main dev net1 | jq -r '.[] | select(.prefsrc) | .dst + " " + .prefsrc'; done | tr '\n' ';')" "10.1.1.0/24 10.1.1.2;fd01:1::/64 fd01:1::2;"
expect "the rest is not there" "$(routes -4 main | grep -c 192.0.2.0 || :)$(routes -6 main | grep -c 2001:db8 || :)" "00"
call CHECK a "\"gateways\":[\"10.1.1.254\",\"fd01:1::fe\"],\"prevResult\":$(cat /run/a.json)" net1
call DEL a "" net1
fresh
before=$(all | grep -v lookup)
call ADD a "\"table\":7,\"gateways\":[\"bad\"],$(previous 1)" net1 >/run/a.json
expect "one table for all addresses" "$(rules)" "10.1.1.2>7 fd01:1::2>7 "
expect "whose routes are not touched" "$(all | grep -v lookup)" "$before"
call CHECK a "\"table\":7,\"prevResult\":$(cat /run/a.json)" net1
call DEL a "\"table\":7" net1
expect "DEL knows the table" "$(rules)" ""

# What cannot be, and leaves everything as it was.
before=$(all)
bad() { if answer=$(call ADD a "$1" "${3-net1}"); then echo "$1 did not fail"; exit 1; fi; expect "ADD says $2" "$(jq -r .msg <<<"$answer")" "$2"; expect "and nothing is left" "$(all)" "$before"; }
bad '' "This plugin must be called as chained plugin"
bad "$(previous 1)" "No IP addresses supplied on interface: net9" net9
bad "\"gateways\":[\"203.0.113.1\"],$(previous 1)" "Failed to add default route to 203.0.113.1: network is unreachable"
bad "\"gateways\":[\"x\"],$(previous 1)" "invalid static gateway IP address: x"
bad "\"gateways\":[\"10.0.0.1\",\"10.0.0.2\"],$(previous 1)" "gateways list contains multiple IPv4 addresses: 10.0.0.1 and 10.0.0.2"
bad "\"gateways\":[\"10.0.0.1\",\"::1\",\"::2\"],$(previous 1)" "gateways list cannot contain more than 2 entries (one IPv4, one IPv6)"
ip -n a link del net2
before=$(all)
bad "$(previous 2)" "Cannot find network interface net2: Link not found" net2
netns=/run/netns/nobody call DEL a "" net1
netns='' call DEL a "" net1
expect "DEL of a pod that is gone succeeds, and makes no file" "$([ -e /run/netns/nobody ] || echo none)" none
version=1.1.0
call STATUS '' ''
call GC '' '"cni.dev/valid-attachments":[]'
version=1.0.0

# The reference plugin on the other side, where it is.
for order in "/opt/cni/bin /opt/upstream" "/opt/upstream /opt/cni/bin"; do
    read -r first second <<<"$order"
    fresh
    bin=$first call ADD a "$(previous 1)" net1 >/run/a.json 2>/dev/null
    expect "$first: rules" "$(rules)" "10.1.1.2>100 fd01:1::2>101 "
    expect "$first: routes" "$(routes -4 100)" "10.1.1.0/24 dev net1;192.0.2.0/24 via 10.1.1.1 dev net1 mtu 1300;default via 10.1.1.1 dev net1;"
    bin=$second call CHECK a "\"prevResult\":$(cat /run/a.json)" net1 2>/dev/null
    bin=$second call DEL a "" net1 2>/dev/null
    expect "$order: ADD by the first, CHECK and DEL by the second" "$(rules)" ""
done
echo "all passed"
