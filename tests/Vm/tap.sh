#!/bin/bash
# Runs where there are taps, in a virtual machine or in namespaces: every option of the plugin and what it leaves.
# shellcheck source=tests/Vm/attach.sh
. "${ATTACH:-/attach.sh}"
type=tap
result a "$ipam"
expect "the interface is a tap that stays" "$(link a | jq -r '.[0].linkinfo | .info_kind + " " + .info_data.type + " \(.info_data.persist) \(.info_data.multi_queue)"')" "tun tap true false"
expect "the result is the interface" "$(of a '.interfaces | map(.name + " " + .mac + " " + .sandbox) | join(",")')" "eth0 $(link a | jq -r '.[0].address') /run/netns/a"
expect "its addresses are the interface's, none tentative" "$(ip -n a -j addr show dev eth0 | jq -c '[.[0].addr_info[] | select(.scope == "global") | .local + " \(.tentative)"]')" '["10.1.0.10 null","fd01::10 null"]'
expect "routers are not believed" "$(pod a sysctl -n net.ipv6.conf.eth0.accept_ra)" 0
ok "CHECK passes" check a "$ipam"
refused CHECK a "\"owner\":7,$ipam,\"prevResult\":$(cat /run/a.json)" 999 "tap eth0 has owner nobody, group nobody, multiQueue False; expected 7, nobody, False"
refused ADD a "$ipam" 999 '"eth0" already exists'
call DEL a "$ipam"
call DEL a "$ipam"
expect "DEL leaves nothing" "$(names a) $(held)" "lo 0"

# Both of the reference plugin's ways of making one, and mtu and mac in either.
args='IgnoreUnknown=1;MAC=02:00:00:00:00:02'
for how in '' ',"owner":4000' ',"owner":4000,"group":4001' ',"owner":4000,"group":4001,"multiQueue":true' ',"multiQueue":true'; do
    options="\"mtu\":1400,\"mac\":\"02:00:00:00:00:01\"$how"
    result a "$options"
    expect "mtu and mac with ${how:-nothing else}" "$(link a | jq -r '.[0] | .address + " \(.mtu)"')" "02:00:00:00:00:02 1400"
    for word in owner group multiQueue; do
        case $word in owner) field=user want=4000;; group) field=group want=4001;; *) field=multi_queue want=true;; esac
        [[ $how != *$word* ]] || expect "$word" "$(link a | jq -r ".[0].linkinfo.info_data.$field")" "$want"
    done
    ok "CHECK passes" check a "$options"
    call DEL a "$options"
done
args=
result a '"runtimeConfig":{"mac":"02:00:00:00:00:03"},"mac":"02:00:00:00:00:01"'
expect "the runtime's address before the configuration's" "$(link a | jq -r '.[0].address')" 02:00:00:00:00:03
expect "without IPAM the interface is up" "$(link a | jq -r '.[0].flags | index("UP") != null')" true
call DEL a ''

ip -n a link add br0 type bridge
result a '"bridge":"br0"'
expect "a port of the pod's bridge" "$(link a | jq -r '.[0].master')" br0
ok "CHECK passes" check a '"bridge":"br0"'
ip -n a link set eth0 nomaster
refused CHECK a "\"bridge\":\"br0\",\"prevResult\":$(cat /run/a.json)" 999 "tap eth0 is not a port of bridge br0"
call DEL a '"bridge":"br0"'
refused ADD a "\"bridge\":\"br9\",$ipam" 999 'failed to get bridge br9: Link not found'
refused ADD a "\"bridge\":\"lo\",$ipam" 999 'failed to set tap eth0 as a port of bridge lo'
refused ADD a "\"mac\":\"zz\",$ipam" 999 'invalid args zz for MAC addr: address zz: invalid MAC address'
refused ADD a "\"mtu\":-1,$ipam" 7 'invalid MTU -1'
refused ADD a "\"mtu\":99999,$ipam" 999 'failed to create tap: '
refused ADD a "\"owner\":-1,$ipam" 999 'invalid owner -1'
refused ADD a "\"owner\":\"root\",$ipam" 999 'failed to load netconf: json: cannot unmarshal string'
if [ ! -d /sys/fs/selinux ]; then refused ADD a "\"selinuxContext\":\"system_u:system_r:container_t:s0\",$ipam" 999 'failed set socket label: write /proc/thread-self/attr/exec: invalid argument'; fi
refused ADD a "${ipam/host-local/nobody}" 999 'failed to find plugin "nobody"'
expect "nothing is left of any of them" "$(names a) $(held)" "lo br0 0"
version=1.1.0
call STATUS '' "$ipam"
result a "$ipam"
call GC '' "$ipam,\"cni.dev/valid-attachments\":[]"
expect "GC gives the addresses back" "$(held)" 0
ip netns del a
call DEL a "$ipam"
echo "all passed"
