#!/bin/bash
# Runs in a virtual machine whose kernel has dummy devices: host-device is killed at every system call (or every STEPth, from
# another first one each time), and nobody loses a device.
set -eu
step=${STEP:-16}
bin=/opt/cni/bin
trap 'echo "line $LINENO failed"' ERR

# call VERB [TRACER...]: the plugin for the pod.
call() {
    local verb=$1; shift
    echo '{"cniVersion":"1.1.0","name":"n1","type":"host-device","device":"d0"}' |
        CNI_COMMAND=$verb CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH=$bin "$@" $bin/host-device
}
alias_of() { ip -j link show "$1" | jq -r '.[0].ifalias // "none"'; }
ip netns add pod
ip link add d0 type dummy
kills=0
for verb in ADD DEL; do
    [ $verb = ADD ] || call ADD >/dev/null
    call $verb strace -o /run/trace >/dev/null
    call DEL
    first=$(grep -n '^read(0,' /run/trace | head -1 | cut -d: -f1)
    # Each call of the trace as strace counts it: the how-manyth of its name.
    sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' /run/trace | awk -v first="$first" '{ count[$1]++ } NR >= first { print $1 ":" count[$1] }' >/run/sites
    while read -r site; do
        [ $verb = ADD ] || call ADD >/dev/null
        call $verb strace -o /dev/null -e inject="${site%:*}:signal=KILL:when=${site#*:}" >/dev/null 2>&1 || kills=$((kills + 1))
        call DEL
        [ "$(alias_of d0)" = none ] || { echo "$verb killed at $site: d0 keeps its alias"; exit 1; }
        [ "$(ip -n pod -j link | jq length)" = 1 ] || { echo "$verb killed at $site: the pod has it"; exit 1; }
    done < <(awk -v step="$step" -v skip=$((RANDOM % step)) 'NR % step == skip' /run/sites)
done
[ $kills -gt $((60 / step)) ] || { echo "only $kills kills"; exit 1; }
echo "ok: $kills kills, d0 is back after each"
echo "all passed"
