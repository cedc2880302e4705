#!/bin/sh
# cluster.sh: sourced inside private namespaces: node1 and node2 on a switch, an etcd, and an API server on it that both reach as 10.96.0.1:443, like a service. Each
# node has directories of its own in the places that the plugins know. What it starts ends with the PID namespace of its caller.
api=out/apiserver
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/etcd /run/api /run/private

# Nothing is made on the real machine, not even a mount point: /etc becomes links to itself, with another cni.
mount --bind /etc /run/private
mount -t tmpfs tmpfs /etc
for entry in /run/private/*; do [ "${entry##*/}" = cni ] || ln -s "$entry" "/etc/${entry##*/}"; done
for directory in /var/lib /var/log; do mount -t tmpfs tmpfs "$directory"; done
mkdir -p /etc/cni/net.d /var/lib/calico /var/lib/cni /var/log/calico

ip link set lo up
ip link add switch up type bridge
ip addr add 192.0.2.254/24 dev switch
ip addr add 10.96.0.1/32 dev lo
etcd --data-dir /run/etcd/data --unsafe-no-fsync >/run/etcd/log 2>&1 </dev/null &
printf 'admin,admin,1,system:masters\n' >/run/api/tokens
"$api/apiserver" -address 10.96.0.1 -port 443 -certs /run/api -tokens /run/api/tokens \
    -grant system:serviceaccount:kube-system:calico-cni-plugin=scripts/kubernetes/role.yaml >/run/api/log 2>&1 </dev/null &

# kubeconfig USER-TOKEN: as install writes it.
kubeconfig() {
    cat <<Y
apiVersion: v1
kind: Config
clusters: [{name: local, cluster: {server: "https://10.96.0.1:443", certificate-authority-data: $(base64 -w0 /run/api/apiserver.crt)}}]
users: [{name: calico, user: {token: "$1"}}]
contexts: [{name: calico-context, context: {cluster: local, user: calico}}]
current-context: calico-context
Y
}
for _ in $(seq 100); do [ -s /run/api/apiserver.crt ] && break; sleep 0.1; done
kubeconfig admin >/run/api/admin
kubectl() { KUBECONFIG=/run/api/admin HOME=/run "$api/kubectl" "$@"; }
for _ in $(seq 300); do [ "$(kubectl get --raw /readyz 2>/dev/null)" = ok ] && break; sleep 0.1; done
tests/ApiServer/crds.sh v1 | kubectl apply --server-side --validate=false -f - >/dev/null
for space in default kube-system; do kubectl create namespace "$space" >/dev/null; done
kubectl create serviceaccount -n kube-system calico-cni-plugin >/dev/null
for plural in ippools ipamblocks ipamhandles blockaffinities clusterinformations ipreservations; do
    for _ in $(seq 100); do kubectl get "$plural.crd.projectcalico.org" >/dev/null 2>&1 && break; sleep 0.1; done
done

for i in 1 2; do
    node=node$i
    ip netns add "$node"
    ip link add "$node" up master switch type veth peer name uplink netns "$node"
    ip -n "$node" link set lo up
    ip -n "$node" addr add "192.0.2.$i/24" dev uplink
    ip -n "$node" link set uplink up
    ip -n "$node" route add default via 192.0.2.254
    mkdir -p "/run/$node/net.d" "/run/$node/calico" "/run/$node/log"
    printf %s "$node" >"/run/$node/calico/nodename"
    (umask 077; kubeconfig "$(kubectl create token -n kube-system calico-cni-plugin --duration=24h)" >"/run/$node/net.d/calico-kubeconfig")
    cp scripts/net.d/10-calico.conflist "/run/$node/net.d/"
    kubectl apply --server-side --validate=false -f - >/dev/null <<Y
{apiVersion: v1, kind: Node, metadata: {name: $node}}
Y
done

# on NODE COMMAND...: on a node, with its directories.
on() {
    node=$1; shift
    # shellcheck disable=SC2016 # the inner shell's
    ip netns exec "$node" unshare -m sh -ec 'mount --bind "/run/$0/net.d" /etc/cni/net.d; mount --bind "/run/$0/calico" /var/lib/calico
        mount --bind "/run/$0/log" /var/log/calico; exec "$@"' "$node" "$@"
}

# cni NODE VERB POD [CAPABILITIES]: as the kubelet's runtime does for pod default/POD.
cni() {
    on "$1" env CNI_PATH="$PWD/out/bin" NETCONFPATH=/etc/cni/net.d CAP_ARGS="${4-}" \
        CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=$3" out/bin/cnitool "$2" k8s-pod-network "/run/netns/$3" --cache-dir "/run/$1"
}
