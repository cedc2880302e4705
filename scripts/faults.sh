#!/bin/sh
# faults.sh [--jobs N] [--network NAME,…] [--verb VERB,…] [--then Del,Gc,Nobody] [--sample N [--seed N]] [--part I/N]
#           [--at 'EIO at read 5']
# Every system call of the plugins killed and failing, in namespaces of the run's own; then DEL, or GC, or for an ADD that
# failed nobody, and a look at what is left. Without options all of it, which takes hours with one job and 50 minutes of
# 2 cores with six; --part is one job's. Each writes out/faults.N.log; their sum is printed at the end. Fails unless all is well.
set -eu
cd "$(dirname "$0")/.."
if [ "${1-}" = --inside ]; then
    shift
    mount -t tmpfs tmpfs /run
    mkdir -p /run/netns /run/cni /var/lib/cni
    mount -t tmpfs tmpfs /var/lib/cni
    ip link set lo up
    exec scripts/dotnet.sh out/faults/CniPlugins.Faults.dll "$@"
fi
jobs=1
if [ "${1-}" = --jobs ]; then
    jobs=$2
    shift 2
fi
scripts/packages.sh iproute2 util-linux nftables iptables strace
[ -x out/bin/bridge ] || scripts/build.sh >/dev/null
scripts/dotnet.sh build tests/Faults -c Release -o out/faults --nologo -v quiet -clp:NoSummary >&2
rm -f out/faults.*.log
job=0
while [ "$job" -lt "$jobs" ]; do
    { unshare -nm sh scripts/faults.sh --inside "$@" --part "$job/$jobs" || echo "job $job: failed"; } >"out/faults.$job.log" 2>&1 &
    job=$((job + 1))
done
wait
# Rows of one network, plugin and verb are one.
awk -F ' *[|] *' '!/^[|]/ { print; bad += /^job .*failed$/; next } $5 !~ /^[0-9]+$/ { if (!seen[$0]++) print; next }
    { row = $2 " | " $3 " | " $4; if (!(row in all)) order[++rows] = row; if ($5 > all[row]) all[row] = $5; for (i = 6; i <= 11; i++) sum[row, i] += $i }
    END { for (r = 1; r <= rows; r++) { row = order[r]; line = "| " row " | " all[row]; points += all[row]
              for (i = 6; i <= 11; i++) { line = line " | " sum[row, i]; total[i] += sum[row, i] } print line " |" }
          printf "%d of %d points: %d killed, %d failed or late, %d in the runtime; %d missed; %d with debris, %d answers that were not one JSON document\n",
              total[6] + total[7] + total[8], points, total[6], total[7], total[8], total[9], total[10], total[11]
          exit bad + total[10] + total[11] > 0 }' out/faults.*.log
