#!/bin/sh
# scale-api.sh: sourced by scale.sh beside its etcd: an API server with Calico's resources, and a kubeconfig in $data. With $disturb it is killed every 20 s.
: "${data:?}" "${disturb?}" "${url:?}"
printf 'admin,admin,1,system:masters\n' >"$data/tokens"
serve() { out/apiserver/apiserver -etcd "$url" -certs "$data" -tokens "$data/tokens" >>"$data/api.log" 2>&1 </dev/null & echo $! >"$data/api.pid"; }
kubectl() { KUBECONFIG="$data/kubeconfig" HOME="$data" out/apiserver/kubectl "$@"; }
cat >"$data/kubeconfig" <<Y
clusters: [{name: c, cluster: {server: "https://127.0.0.1:6443", certificate-authority: apiserver.crt}}]
users: [{name: u, user: {token: admin}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
Y
serve
until [ "$(kubectl get --raw /readyz 2>/dev/null)" = ok ]; do sleep 0.2; done
tests/ApiServer/crds.sh v1 | kubectl apply --server-side --validate=false -f - >/dev/null
for plural in ippools ipamblocks ipamhandles blockaffinities ipreservations ipamconfigs; do
    until kubectl get "$plural.crd.projectcalico.org" >/dev/null 2>&1; do sleep 0.2; done
done
if [ -n "$disturb" ]; then
    (while sleep 20; do
        kill -9 "$(cat "$data/api.pid")"
        sleep 2
        serve
    done) >/dev/null 2>&1 &
fi
