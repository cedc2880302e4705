#!/bin/bash
# order.sh: makes common/Start/functions.order again: the functions that VERSION, ADD and DEL execute, as callgrind sees them, what all of them execute first.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1-}" != inside ]; then
    scripts/packages.sh valgrind binutils iproute2 util-linux
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/bin"
    # Each into a folder of its own: with cnitool come the others' managed forms, under the names of the executables.
    for project in plugins plugins/Calico cnitool; do
        scripts/dotnet.sh publish "$project" -c Release -p:StripSymbols=false -o "$work/publish/$project" --nologo -v quiet -clp:NoSummary
    done
    cp "$work/publish/plugins/cni-plugins" "$work/publish/plugins/Calico/cni-calico" "$work/publish/cnitool/cnitool" "$work/bin/"
    for executable in cni-plugins cni-calico; do
        strip --strip-debug "$work/bin/$executable" # names are wanted, and valgrind cannot read the compiler's DWARF 5
        "$work/bin/$executable" --list | while read -r name; do ln "$work/bin/$executable" "$work/bin/$name"; done
    done
    unshare -nm "$0" inside "$work"
    # crt's functions come before main, so callgrind has no name for some; frame_dummy is one of them.
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
# call VERB NAME STDIN: the answer in $work/reply, a line for each function that was executed in $work/calls.*
call() {
    number=$((number + 1))
    echo "$3" | CNI_COMMAND=$1 CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH=$bin timeout 300 valgrind --tool=callgrind -q --demangle=no \
        --compress-strings=no --callgrind-out-file="$work/profile" "$bin/$2" >"$work/reply" || { echo "$1 $2:"; cat "$work/reply"; exit 1; } >&2
    sed -n "s/^fn=//; T; s/'[0-9]*$//; /^[0(]/!p" "$work/profile" | sort -u >"$work/calls.$number"
}
ipam='"ipam":{"type":"host-local","ranges":[[{"subnet":"10.2.0.0/24"}],[{"subnet":"fd00:2::/64"}]]}'
start='{"cniVersion":"1.0.0","name":"n"'
call VERSION host-local ""
call VERSION calico-ipam ""
mv "$work/calls.1" "$work/start.1"
mv "$work/calls.2" "$work/start.2"
blocks='{"type":"calico","ipam":{"type":"calico-ipam","datastore_type":"local"}}'
echo "{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"plugins\":[$blocks]}" >/run/n.conflist
NETCONFPATH=/run CNI_PATH=$bin "$bin/cnitool" ipam pool add n 10.4.0.0/16 >/dev/null
for verb in ADD DEL; do
    call $verb host-local "$start,\"type\":\"host-local\",$ipam}"
    call $verb calico-ipam "$start,${blocks#\{}"
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
    for i in 4 3 2 1 0; do call DEL "${names[i]}" "${chain[i]}$previous"; done
done
# What every start executes is first, then what more than three calls do; the rest would make a list longer than it is worth.
cat "$work"/start.* "$work"/calls.* | sort | uniq -c | awk '{ count = $1; sub(/^ *[0-9]+ /, ""); print count "\t" $0 }' >"$work/counts"
sort -u "$work"/start.* | awk -F '\t' 'FNR == NR { start[$0] = 1; next } $1 > 3 || $2 in start { print ($2 in start) "\t" $0 }' - "$work/counts" |
    sort -t "$(printf '\t')" -k1,1nr -k2,2nr -k3,3 | cut -f3 >"$work/order"
