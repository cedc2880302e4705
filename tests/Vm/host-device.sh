#!/bin/bash
# Runs in a virtual machine with a PCI network card: host-device takes it and brings it back, and so does a kernel whose pod has gone.
set -eu
bin=/opt/cni/bin
trap 'echo "line $LINENO failed"' ERR
expect() { if [ "$2" = "$3" ]; then echo "ok: $1"; else echo "$1: expected $3, got $2"; exit 1; fi; }

# call VERB OPTIONS [TRACER...]: the plugin for the pod.
call() {
    local verb=$1 options=$2; shift 2
    echo "{\"cniVersion\":\"1.1.0\",\"name\":\"n1\",\"type\":\"host-device\",$options}" |
        CNI_COMMAND=$verb CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH=$bin "$@" $bin/host-device
}
ipam='"ipam":{"type":"host-local","ranges":[[{"subnet":"10.1.0.0/24"}]]}'
name() { for each in /sys/class/net/*; do [ ! "$each/device" -ef "$1" ] || basename "$each"; done; }
alias_of() { ip -j link show "$1" | jq -r '.[0].ifalias // "none"'; }
ip netns add pod

# The card: by its place on the bus, by what the runtime says, by its kernel path.
pci=$(for each in /sys/bus/pci/devices/*; do [ "$(cat "$each/class")" = 0x020000 ] && basename "$each"; done | head -1)
first=$(ls "/sys/bus/pci/devices/$pci"/virtio*/net)
virtio=$(realpath "/sys/class/net/$first/device")
card=lan0 # not eth0, which is the pod's name for it: what the kernel gives back is to be told from what has its own name
ip link set "$first" down
ip link set "$first" name $card
for choice in "\"pciBusID\":\"$pci\"" "\"runtimeConfig\":{\"deviceID\":\"$pci\"}" "\"kernelpath\":\"$virtio\"" "\"device\":\"$card\""; do
    call STATUS "$choice,$ipam"
    call ADD "$choice,$ipam" >/run/result.json
    expect "in the pod with $choice" "$(ip -n pod -d -j addr show eth0 | jq -r '.[0] | .ifalias, .addr_info[0].prefixlen' | paste -sd' ')" "$card 24"
    call CHECK "$choice,\"prevResult\":$(cat /run/result.json),$ipam"
    call STATUS "$choice,$ipam"
    call DEL "$choice,$ipam"
    expect "back" "$(alias_of "$card")" none
    call DEL "$choice,$ipam"
done
expect "no address is left" "$(find /var/lib/cni/networks/n1 -maxdepth 1 -name '10.*' | wc -l)" 0

# A pod's namespace goes: the kernel gives hardware back, under the pod's name for it, or another if that is taken.
for taken in no yes; do
    for verb in DEL GC; do
        call ADD "\"pciBusID\":\"$pci\"" >/dev/null
        [ $taken = no ] || ip link add eth0 type dummy
        ip netns del pod
        for _ in $(seq 50); do [ -z "$(name "$virtio")" ] || break; sleep 0.1; done
        back=$(name "$virtio")
        if [ $taken = yes ] || [ $verb = DEL ]; then
            if [ $verb = DEL ]; then call DEL "\"pciBusID\":\"$pci\""; else call GC "\"cni.dev/valid-attachments\":[],\"pciBusID\":\"$pci\""; fi
            expect "$back has its name back after $verb" "$(name "$virtio") $(alias_of "$card")" "$card none"
        else
            call GC "\"cni.dev/valid-attachments\":[],\"device\":\"$card\""
            expect "$back has its name back after GC by name" "$(name "$virtio") $(alias_of "$card")" "$card none"
        fi
        [ $taken = no ] || ip link del eth0
        ip netns add pod
    done
done

# The driver hands the card to a program in user space: nothing is moved.
mkdir -p /run/fake && ln -s ../../../bus/pci/drivers/vfio-pci /run/fake/driver
mount --bind /run/fake "/sys/bus/pci/devices/$pci/"
expect "nothing is moved" "$(call ADD "\"pciBusID\":\"$pci\"" | jq -c '.interfaces')" '[{"name":"eth0","sandbox":"/run/netns/pod"}]'
umount "/sys/bus/pci/devices/$pci/"
call DEL "\"pciBusID\":\"$pci\""
ip link show "$card" >/dev/null

echo "all passed"
