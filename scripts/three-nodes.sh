#!/bin/sh
# three-nodes.sh: sourced inside private namespaces: node1 to node3 on a switch (192.0.2.1 to .3), and an etcd on it (192.0.2.254). Each node has a
# configuration and a result cache of its own below /run/nodeN. What it starts ends with the PID namespace of its caller.
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/etcd
ip link set lo up
ip link add switch up type bridge
ip addr add 192.0.2.254/24 dev switch

etcd --data-dir /run/etcd/data --listen-client-urls http://192.0.2.254:2379 --advertise-client-urls http://192.0.2.254:2379 \
    --listen-peer-urls http://127.0.0.1:2380 >/run/etcd/log 2>&1 </dev/null &

for i in 1 2 3; do
    node=node$i
    ip netns add "$node"
    ip link add "$node" up master switch type veth peer name uplink netns "$node"
    ip -n "$node" link set lo up
    ip -n "$node" addr add "192.0.2.$i/24" dev uplink
    ip -n "$node" link set uplink up
    mkdir -p "/run/$node"
    jq --arg node "$node" '.plugins[0] += { nodename: $node, etcd_endpoints: "http://192.0.2.254:2379", ipam_lock_file: "/run/\($node)/lock" }
        | del(.plugins[0].log_file_path, .plugins[0].log_level)' scripts/net.d/60-cluster.conflist >"/run/$node/10-cluster.conflist"
done

# on NODE ARGUMENT...: cnitool on a node.
on() {
    node=$1; shift
    ip netns exec "$node" env NETCONFPATH="/run/$node" CNI_PATH="$PWD/out/bin" out/bin/cnitool "$@" --cache-dir "/run/$node"
}

for _ in $(seq 100); do ETCDCTL_API=3 etcdctl --endpoints 192.0.2.254:2379 get / >/dev/null 2>&1 && break; sleep 0.1; done
