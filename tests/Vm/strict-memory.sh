#!/bin/bash
# Runs in a virtual machine: a kernel that promises no memory that it does not have, and one that gives huge pages to everybody.
set -euo pipefail
bin=/opt/cni/bin
trap 'echo "line $LINENO failed"' ERR
call() {
    echo '{"cniVersion":"1.0.0","name":"n1","type":"host-local","ipam":{"type":"host-local","subnet":"10.1.0.0/24"}}' |
        CNI_COMMAND=$1 CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH=$bin "$bin/host-local"
}

echo 2 >/proc/sys/vm/overcommit_memory
for ratio in 90 40; do
    # 40 % of this machine's memory is less than the gibibyte that the heap's range has.
    echo "$ratio" >/proc/sys/vm/overcommit_ratio
    # The shell compares: a program that it starts may find no memory either, and that is not what is tried here.
    answer=$(call ADD)
    [[ $answer == *10.1.0.* ]]
    call DEL
    echo "ok: no overcommitment, $ratio %"
done
echo 0 >/proc/sys/vm/overcommit_memory

huge=/sys/kernel/mm/transparent_hugepage/enabled
if [ -e $huge ]; then
    echo always >$huge
    before=$(awk '$1 == "thp_fault_alloc" { print $2 }' /proc/vmstat)
    CNI_COMMAND=VERSION $bin/host-local >/dev/null
    after=$(awk '$1 == "thp_fault_alloc" { print $2 }' /proc/vmstat)
    [ "$before" = "$after" ] || { echo "a start took huge pages: $before, $after"; exit 1; }
    echo "ok: no huge pages"
fi
echo "all passed"
