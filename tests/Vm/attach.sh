#!/bin/bash
# Words for the scripts that attach pods to devices in a virtual machine; sourced by them. Each call of a plugin is judged by ip, ping and jq.
set -eu
trap 'echo "line $LINENO failed"' ERR
bin=/opt/cni/bin
leases=/run/leases
type='' version=1.0.0 args='' # of the calls that follow
# shellcheck disable=SC2034 # those that source this use it
ipam="\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"$leases\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\",\"rangeStart\":\"10.1.0.10\"}],[{\"subnet\":\"fd01::/64\",\"rangeStart\":\"fd01::10\"}]]}"

expect() { if [ "$2" = "$3" ]; then echo "ok: $1"; else echo "$1: expected $3, got $2"; exit 1; fi; }
ok() { local what=$1; shift; if "$@" >/run/out 2>&1; then echo "ok: $what"; else echo "$what: failed"; cat /run/out; exit 1; fi; }
not() { local what=$1; shift; if "$@" >/run/out 2>&1; then echo "$what: did not fail"; cat /run/out; exit 1; else echo "ok: $what"; fi; }

# call VERB ID OPTIONS [IFNAME]: the plugin $type of the suite in $bin, for the pod of that name.
call() {
    [ "$1" != ADD ] || ip netns list | grep -qw "$2" || ip netns add "$2"
    local separator=,
    [ -n "$3" ] || separator=
    echo "{\"cniVersion\":\"$version\",\"name\":\"n1\",\"type\":\"$type\"$separator$3}" |
        CNI_COMMAND=$1 CNI_CONTAINERID=$2 CNI_NETNS=${netns-/run/netns/$2} CNI_IFNAME=${4:-eth0} CNI_ARGS=$args CNI_PATH=$bin "$bin/$type"
}

# result ID OPTIONS: ADD, whose answer is kept for check.
result() { call ADD "$1" "$2" >"/run/$1.json" || { cat "/run/$1.json"; return 1; }; }
check() { call CHECK "$1" "$2,\"prevResult\":$(cat "/run/$1.json")"; }
of() { jq -r "$2" "/run/$1.json"; }

# refused VERB ID OPTIONS CODE WORDS: the call fails with that code and a message that holds these words.
refused() {
    local answer
    if answer=$(call "$1" "$2" "$3"); then echo "$1 with $3 did not fail"; exit 1; fi
    if [[ "$(jq -r '"\(.code) \(.msg)"' <<<"$answer")" == "$4 "*"$5"* ]]; then echo "ok: $1 says $5"; else echo "$1: expected $4 ...$5..., got $answer"; exit 1; fi
}

pod() { local id=$1; shift; ip netns exec "$id" "$@"; }
link() { ip -n "$1" -d -j link show dev "${2:-eth0}"; }
names() { ip -n "$1" -j link show | jq -r '[.[].ifname] | join(" ")'; }
held() { find "$leases/n1" -maxdepth 1 -type f -name '*[.:]*' ! -name 'last_reserved*' 2>/dev/null | wc -l; }
reaches() { ping_in "$1" "$2" 2; }
ping_in() { ip netns exec "$1" ping -c 1 -W "$3" "$2"; }

# A host's device with a neighbour behind it, who has 10.1.0.1 and fd01::1. The device has the name that pods' interfaces have.
uplink() {
    ip netns add router
    ip link add eth0 type veth peer name outside netns router
    ip addr add 10.1.0.2/24 dev eth0
    ip addr add fd01::2/64 dev eth0 nodad
    ip link set eth0 up
    ip -n router addr add 10.1.0.1/24 dev outside
    ip -n router addr add fd01::1/64 dev outside nodad
    ip -n router link set outside up
    ip -n router link set lo up
}
