#!/bin/sh
# traffic.sh [RATE]: what bandwidth's limits do to traffic, both directions at RATE bit/s (default 20,000,000) with a runtime's any burst: iperf3's
# rates second by second, and what half of the load adds to the 99th percentile of round trips. In namespaces of the run's own; PLUGINS=DIR for another suite.
set -eu
cd "$(dirname "$0")/.."
if [ "${1-}" != --inside ]; then
    scripts/packages.sh iproute2 iputils-ping util-linux iperf3 jq
    [ -x out/bin/bandwidth ] || scripts/build.sh >/dev/null
    exec unshare -nm sh scripts/traffic.sh --inside "${1-20000000}"
fi
rate=$2
mount -t tmpfs tmpfs /run
mkdir -p /run/netns
ip link set lo up
ip netns add pod
export CNI_COMMAND=ADD CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH="${PLUGINS:-$PWD/out/bin}"
result=$(printf '{"cniVersion":"1.0.0","name":"n","type":"bridge","bridge":"br0","isGateway":true,"ipam":{"type":"host-local","dataDir":"/run/l","subnet":"10.1.0.0/24"}}' | "$CNI_PATH/bridge")
ip netns exec pod iperf3 -s -J >/dev/null &
server=$!
trap 'kill $server' EXIT
sleep 1

# shellcheck source=scripts/traffic/measure.sh
. scripts/traffic/measure.sh
before=$(delay)
printf '{"cniVersion":"1.0.0","name":"n","type":"bandwidth","runtimeConfig":{"bandwidth":{"ingressRate":%s,"ingressBurst":4294967295,"egressRate":%s,"egressBurst":4294967295}},"prevResult":%s}' \
    "$rate" "$rate" "$result" | "$CNI_PATH/bandwidth" >/dev/null
speed "$rate" "to the pod"
speed "$rate" "from the pod" -R
echo "p99 of round trips, ms: $before without limits, $(delay) with; at half load udp $(delay -u -l 1200 -b $((rate / 2))), tcp $(delay -l 1400 -b $((rate / 2))), tcp from the pod $(delay -R -l 1400 -b $((rate / 2)))"
