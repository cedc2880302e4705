#!/bin/sh
# bench.sh [OPTION]...: our plugins beside Debian's, and both beside a C program that does the same in the kernel (tests/Bench/Floor), taking turns in one run,
# in namespaces of the run's own. Tables of times, CPU, memory, system calls, programs and sizes on standard output; without more, minutes.
#   --runs N          so many of each (50); a row ends after a minute, with five at least
#   --only WORDS      rows whose name contains this
#   --peer NAME=DIR   another directory of plugins
#   --parallel        pods per second, 1, 2, 8 and 32 at once
#   --growth          beside 1,000 and 10,000 mappings, 100 and 1,000 pods
#   --all             both
#   --svg FILE        the medians as a picture
#   --check           instead of all that: whether the C program does what our plugins do, as ip, tc, nft and sysctl see it
set -eu
cd "$(dirname "$0")/.."
if [ "${1-}" = --inside ]; then
    shift
    mount -t tmpfs tmpfs /run
    mkdir -p /run/netns /run/cni
    ip link set lo up
    exec scripts/dotnet.sh "${BENCH_OUT-out/bench}/CniPlugins.Bench.dll" "$@"
fi
scripts/packages.sh iproute2 util-linux containernetworking-plugins strace nftables procps gcc libc6-dev
[ -x out/bin/bridge ] || scripts/build.sh >/dev/null
scripts/dotnet.sh build tests/Bench -c Release -o out/bench --nologo -v quiet -clp:NoSummary >&2
tests/Bench/Floor/build.sh out/bench
exec unshare -nm sh scripts/bench.sh --inside --peer ours="$PWD/out/bin" --peer debian=/usr/lib/cni "$@"
