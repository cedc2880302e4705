#!/bin/sh
# bench.sh [--runs N] [--only WORDS] [--peer NAME=DIR]...: our plugins beside Debian's (and any others) in one run, in namespaces of the run's own.
set -eu
cd "$(dirname "$0")/.."
if [ "${1-}" = --inside ]; then
    shift
    mount -t tmpfs tmpfs /run
    mkdir -p /run/netns /run/cni
    ip link set lo up
    exec dotnet out/bench/CniPlugins.Bench.dll "$@"
fi
scripts/packages.sh iproute2 util-linux containernetworking-plugins time
[ -x out/bin/bridge ] || scripts/build.sh >/dev/null
dotnet build tests/Bench -c Release -o out/bench --nologo -v quiet -clp:NoSummary >&2
exec unshare -nm sh scripts/bench.sh --inside --peer ours="$PWD/out/bin" --peer debian=/usr/lib/cni "$@"
