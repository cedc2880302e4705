#!/bin/sh
# faults.sh [--network NAME,…] [--verb VERB,…] [--sample N [--seed N]] [--part I/N] [--at 'EIO at read 5']: every system call of the plugins killed and failing, in namespaces of the
# run's own; then DEL, or GC, and a look at what is left. Without options all of it, which takes hours. Ends with the counts; fails unless all is well.
set -eu
cd "$(dirname "$0")/.."
if [ "${1-}" = --inside ]; then
    shift
    mount -t tmpfs tmpfs /run
    mkdir -p /run/netns /run/cni /var/lib/cni
    mount -t tmpfs tmpfs /var/lib/cni
    ip link set lo up
    exec dotnet out/faults/CniPlugins.Faults.dll "$@"
fi
scripts/packages.sh iproute2 util-linux nftables iptables strace
[ -x out/bin/bridge ] || scripts/build.sh >/dev/null
dotnet build tests/Faults -c Release -o out/faults --nologo -v quiet -clp:NoSummary >&2
exec unshare -nm sh scripts/faults.sh --inside "$@"
