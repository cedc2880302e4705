#!/bin/bash
# order.sh: makes common/Start/functions.order again, by what the executables of scripts/build.sh run in VERSION, ADD, CHECK and DEL.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1-}" != inside ]; then
    scripts/packages.sh gcc libc6-dev iproute2 util-linux
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    gcc -O2 -std=gnu17 -Wall -Wextra -Werror -o "$work/touched" common/Start/touched.c
    for project in plugins plugins/Calico; do
        # Name of an output section, then of what is in it; local names are only in the linker's map.
        awk '$5 ~ /^[._a-z]/ && /^ *[0-9a-f]+ +[0-9a-f]+ +[0-9a-f]+ +[0-9]+ [^ ]/ { code = $5 == ".text" || $5 == "__managedcode" }
             code && NF == 5 && $5 !~ /:\(/ && $4 == 1 && $3 != 0 { print $1, $5 }' \
            "$project/obj/Release/net9.0/linux-x64/symbols.map" >"$work/${project//\//-}.names"
    done
    mkdir "$work/bin"
    cp out/publish/plugins/cni-plugins out/publish/plugins/Calico/cni-calico out/bin/cnitool "$work/bin"
    for executable in cni-plugins cni-calico; do
        "$work/bin/$executable" --list | while read -r name; do ln "$work/bin/$executable" "$work/bin/$name"; done
    done
    unshare -nm "$0" inside "$work"
    # What every start executes is first, then what most calls enter; in these by when the earliest does. crt's functions have no size, so they are not watched.
    awk '{ calls[$0]++; if (!($0 in first) || FNR < first[$0]) first[$0] = FNR }
         FILENAME ~ /VERSION/ { start[$0] = 1 }
         END { for (name in calls) print start[name] + 0, calls[name], first[name], name }' "$work"/calls.* |
        sort -k1,1nr -k2,2nr -k3,3n -k4,4 | cut -d' ' -f4- >"$work/order"
    { echo "# Made by scripts/order.sh."; echo frame_dummy; cat "$work/order"; } >common/Start/functions.order
    wc -l common/Start/functions.order
    exit
fi

work=$2 bin=$2/bin number=0
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /var/lib/cni
mount -t tmpfs tmpfs /var/lib/cni
ip link set lo up
ip netns add pod
call() {
    number=$((number + 1))
    local names=plugins
    [ "$2" != calico-ipam ] || names=plugins-Calico
    echo "$3" | CNI_COMMAND=$1 CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH=$bin \
        timeout 60 "$work/touched" "$work/$names.names" "$work/calls.$number.$1" "$bin/$2" >"$work/reply" || { echo "$1 $2:"; cat "$work/reply"; exit 1; } >&2
}
ipam='"ipam":{"type":"host-local","ranges":[[{"subnet":"10.2.0.0/24"}],[{"subnet":"fd00:2::/64"}]]}'
start='{"cniVersion":"1.0.0","name":"n"'
for plugin in host-local calico-ipam; do
    call VERSION $plugin ""
done
blocks='{"type":"calico","ipam":{"type":"calico-ipam","datastore_type":"local"}}'
echo "{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"plugins\":[$blocks]}" >/run/n.conflist
NETCONFPATH=/run CNI_PATH=$bin "$bin/cnitool" ipam pool add n 10.4.0.0/16 >/dev/null
for verb in ADD CHECK DEL; do
    [ $verb = CHECK ] || call $verb loopback "$start,\"type\":\"loopback\"}"
    [ $verb = CHECK ] || call $verb host-local "$start,\"type\":\"host-local\",$ipam}"
    [ $verb = CHECK ] || call $verb calico-ipam "$start,${blocks#\{}"
done
for plugin in ptp bridge; do
    network="$start,\"type\":\"$plugin\",\"isGateway\":true,\"ipMasq\":true,$ipam"
    call ADD $plugin "$network}"
    previous=",\"prevResult\":$(cat "$work/reply")}"
    chain=("$network" "$start,\"type\":\"portmap\",\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,\"protocol\":\"tcp\"}]}"
        "$start,\"type\":\"bandwidth\",\"ingressRate\":1000000,\"ingressBurst\":1000000,\"egressRate\":1000000,\"egressBurst\":1000000"
        "$start,\"type\":\"firewall\"" "$start,\"type\":\"tuning\",\"sysctl\":{\"net.ipv4.conf.IFNAME.arp_filter\":\"1\"}")
    names=("$plugin" portmap bandwidth firewall tuning)
    for i in 1 2 3 4; do call ADD "${names[i]}" "${chain[i]}$previous"; done
    for i in 0 1 2 3 4; do call CHECK "${names[i]}" "${chain[i]}$previous"; done
    for i in 4 3 2 1 0; do call DEL "${names[i]}" "${chain[i]}$previous"; done
done
