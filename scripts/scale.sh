#!/bin/sh
# scale.sh [--kubernetes [--disturb]] [--nodes N] [--pods N] [--at-once N] [--crowd N]: block IPAM of a simulated cluster on a real etcd, or on a Kubernetes API that is
# killed and started again every 20 s if it is to be disturbed; in namespaces of the run's own; prints a report.
set -eu
cd "$(dirname "$0")/.."
if [ "${1-}" = --inside ]; then
    kubernetes=$2 disturb=$3
    shift 3
    ip link set lo up
    data=$(mktemp -d)
    url=http://127.0.0.1:2379
    etcd --data-dir "$data" --listen-client-urls $url --advertise-client-urls $url --listen-peer-urls http://127.0.0.1:2380 \
        --quota-backend-bytes 4294967296 --auto-compaction-retention 1m >"$data/log" 2>&1 </dev/null &
    server=$!
    trap 'kill $server; wait $server 2>/dev/null || :; rm -rf "$data"' EXIT
    until ETCDCTL_API=3 etcdctl --endpoints $url get / >/dev/null 2>&1; do sleep 0.2; done
    if [ -z "$kubernetes" ]; then
        scripts/dotnet.sh out/scale/CniPlugins.Scale.dll --etcd $url "$@"
        exit
    fi
    . scripts/scale-api.sh
    scripts/dotnet.sh out/scale/CniPlugins.Scale.dll --kubeconfig "$data/kubeconfig" "$@"
    exit
fi
kubernetes='' disturb=''
[ "${1-}" != --kubernetes ] || { kubernetes=yes; shift; }
[ "${1-}" != --disturb ] || { disturb=yes; shift; }
scripts/packages.sh iproute2 util-linux etcd-server etcd-client
[ -z "$kubernetes" ] || tests/ApiServer/build.sh
scripts/dotnet.sh build tests/Scale -c Release -o out/scale --nologo -v quiet -clp:NoSummary >&2
exec unshare -np --fork --kill-child sh scripts/scale.sh --inside "$kubernetes" "$disturb" "$@"
