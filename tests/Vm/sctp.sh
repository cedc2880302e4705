#!/bin/bash
# Runs in a virtual machine whose kernel has SCTP sockets: a message through a host port of protocol sctp.
set -eu
bin=/opt/cni/bin
trap 'echo "line $LINENO failed"' ERR
expect() { if [ "$2" = "$3" ]; then echo "ok: $1"; else echo "$1: expected $3, got $2"; exit 1; fi; }
ip netns add pod
ip netns add remote
ip link add uplink type veth peer name eth0 netns remote
ip addr add 192.0.2.1/24 dev uplink
ip link set uplink up
ip -n remote addr add 192.0.2.2/24 dev eth0
ip -n remote link set eth0 up

# call VERB PLUGIN CONFIG
call() {
    echo "{\"cniVersion\":\"1.0.0\",\"name\":\"n1\",\"type\":\"$2\",$3}" |
        CNI_COMMAND=$1 CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH=$bin "$bin/$2"
}
bridge='"bridge":"br0","isGateway":true,"ipam":{"type":"host-local","ranges":[[{"subnet":"10.1.0.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}'
ports='"runtimeConfig":{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"sctp"}]}'
result=$(call ADD bridge "$bridge")
call ADD portmap "$ports,\"prevResult\":$result" >/dev/null
ip netns exec pod socat -u SCTP4-LISTEN:80,fork OPEN:/run/heard,creat,append &
server=$!
sleep 1
for from in "ip netns exec remote" ""; do
    : >/run/heard
    # shellcheck disable=SC2086 # a list of words
    echo "hello from ${from:-the host}" | timeout 5 $from socat -u - SCTP4:192.0.2.1:8080
    for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s /run/heard ] || sleep 0.2; done
    expect "a message arrives" "$(cat /run/heard)" "hello from ${from:-the host}"
done
kill $server
call DEL portmap "$ports"
call DEL bridge "$bridge"
expect "no element is left" "$(nft list table inet cni_plugins | grep -c 8080 || :)" 0
echo "all passed"
