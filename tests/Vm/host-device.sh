#!/bin/bash
# Runs in a virtual machine with a PCI network card and dummy devices: host-device takes them and brings them back, and nobody who is killed loses one.
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
card=$(ls "/sys/bus/pci/devices/$pci"/virtio*/net)
virtio=$(realpath "/sys/class/net/$card/device")
for choice in "\"pciBusID\":\"$pci\"" "\"runtimeConfig\":{\"deviceID\":\"$pci\"}" "\"kernelpath\":\"$virtio\"" "\"device\":\"$card\""; do
    call STATUS "$choice,$ipam"
    call ADD "$choice,$ipam" >/run/result.json
    expect "in the pod with $choice" "$(ip -n pod -j addr show eth0 | jq -r '.[0] | .ifalias, .addr_info[0].local' | paste -sd' ')" "$card 10.1.0.2"
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

# Killed at every system call: DEL finds a dummy, which no kernel gives back.
ip link add d0 type dummy
kills=0
for verb in ADD DEL; do
    [ $verb = ADD ] || call ADD '"device":"d0"' >/dev/null
    call $verb '"device":"d0"' strace -o /run/trace >/dev/null
    call DEL '"device":"d0"'
    first=$(grep -n '^read(0,' /run/trace | head -1 | cut -d: -f1)
    for n in $(seq "$first" "$(wc -l </run/trace)"); do
        [ $verb = ADD ] || call ADD '"device":"d0"' >/dev/null
        call $verb '"device":"d0"' strace -o /dev/null -e inject=all:signal=KILL:when="$n" >/dev/null 2>&1 || kills=$((kills + 1))
        call DEL '"device":"d0"'
        [ "$(alias_of d0)" = none ] || { echo "$verb killed at call $n: d0 keeps its alias"; exit 1; }
        [ "$(ip -n pod -j link | jq length)" = 1 ] || { echo "$verb killed at call $n: the pod has it"; exit 1; }
    done
done
[ $kills -gt 60 ] || { echo "only $kills kills"; exit 1; }
echo "ok: $kills kills, d0 is back after each"
echo "all passed"
