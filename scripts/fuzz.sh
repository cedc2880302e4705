#!/bin/sh
# fuzz.sh [--inputs N] [--seconds N] [--seed N] [--target NAME]: hostile inputs (a million unless told) for whatever reads what others wrote, at low priority, in
# namespaces of the run's own, where nothing of the machine can be written. What breaks the property is left in out/fuzz-findings/.
set -eu
cd "$(dirname "$0")/.."
if [ "${1-}" = --inside ]; then
    shift
    mkdir -p out/fuzz-findings
    mount --bind out/fuzz-findings out/fuzz-findings
    # Configurations name directories, and a mutated one may name any: all that is mounted becomes read-only here, but for what follows.
    awk '$2 !~ "^/(proc|sys|dev)" && $2 !~ "/fuzz-findings$" { print $2 }' /proc/self/mounts | while read -r place; do
        mount -o remount,bind,ro "$place" 2>/dev/null || :
    done
    here=$PWD
    for place in /run /tmp /var/lib; do mount -t tmpfs tmpfs "$place"; done
    # A checkout below one of them is still where this shell stands.
    [ -e "$here" ] || { mkdir -p "$here" && mount -c --rbind . "$here" && cd "$here"; }
    mkdir -p /run/netns /run/fuzz/bin /var/lib/cni
    for name in host-local static calico-ipam; do ln -s "$(readlink -f "$(command -v dotnet)")" "/run/fuzz/bin/$name"; done
    ip link set lo up
    ip netns add fuzz
    ip link add vethfuzz up address 02:00:00:00:0f:01 type veth peer name tun0 address 02:00:00:00:0f:02 netns fuzz
    ip -n fuzz link set tun0 up
    [ -n "${FUZZ_STDERR-}" ] || exec 2>/dev/null # plugins say there what they think of it
    exec nice scripts/dotnet.sh "${FUZZ_OUT:-out/fuzz}/CniPlugins.Fuzz.dll" --sandbox yes --inputs 1000000 "$@"
fi
scripts/packages.sh iproute2 util-linux
scripts/dotnet.sh build tests/Fuzz -c Release -o out/fuzz --nologo -v quiet -clp:NoSummary >&2
exec unshare -nm sh scripts/fuzz.sh --inside "$@"
