#!/bin/bash
# Starts etcd and the API server in a network namespace of its own and asks for what a datastore client depends on. smoke.sh SERVER [ETCD]; curl and python3 do the asking.
set -u
here=$(cd "$(dirname "$0")" && pwd) server=$(realpath "$1") etcd=${2:-etcd}
[[ ${INSIDE:-} ]] || exec env INSIDE=1 unshare -n "$0" "$server" "$etcd"
w=$(mktemp -d); ip link set lo up; pids=(); trap 'kill -9 "${pids[@]}" 2>/dev/null; rm -rf "$w"' EXIT
"$etcd" --data-dir "$w/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380 \
    --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster default=http://127.0.0.1:2380 >"$w/etcd.log" 2>&1 & pids+=($!); disown
printf 'admin,admin,1,system:masters\ncni,cni,2,\n' >"$w/tokens.csv"
"$server" -certs "$w" -tokens "$w/tokens.csv" -grant "cni=$here/../../scripts/kubernetes/role.yaml" -grant "system:serviceaccount:default:calico-cni-plugin=$here/../../scripts/kubernetes/role.yaml" -watch-cache=false >"$w/server.log" 2>&1 & pids+=($!); disown
u=https://127.0.0.1:6443 c=$u/apis/crd.projectcalico.org/v1 passed=0 failed=0
ask() { local who=$1; shift; curl -sS --max-time "${limit:-20}" --cacert "$w/apiserver.crt" -H "Authorization: Bearer $who" "$@"; } # WHO CURL-ARGUMENTS
post() { ask "$1" -H 'Content-Type: application/json' "$2" -d "$3" "${@:4}"; }
code() { "$@" -o "$w/body" -w '%{http_code}'; }
# shellcheck disable=SC2053 # the second is a pattern
is() { if [[ "$2" == $3 ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED $1: $2, wanted $3"; head -c 600 "$w/body"; echo; fi; } # WHAT GOT PATTERN
field() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); [d:=d[k] for k in sys.argv[2].split("/")]; print(d)' "$w/body" "$1"; }
for _ in $(seq 100); do [[ $(ask admin $u/readyz 2>/dev/null) == ok ]] && break; sleep 0.2; done

"$here/crds.sh" v1 | python3 -c 'import sys; [open(f"{sys.argv[1]}/crd{i}", "w").write(t) for i, t in enumerate(sys.stdin.read().split("---\n")[1:])]' "$w"
for f in "$w"/crd*; do is "$(sed -n 3p "$f")" "$(code ask admin -H 'Content-Type: application/yaml' --data-binary @"$f" $u/apis/apiextensions.k8s.io/v1/customresourcedefinitions)" 201; done
for _ in $(seq 50); do [[ $(code ask admin $c/ipamhandles) == 200 && $(code ask admin $c/ipamblocks) == 200 && $(code ask admin $c/ippools) == 200 ]] && break; sleep 0.2; done

is 'group in /apis' "$(ask admin $u/apis)" '*crd.projectcalico.org*'
is namespace "$(code post admin $u/api/v1/namespaces '{"metadata":{"name":"default"}}')" 201
is node "$(code post admin $u/api/v1/nodes '{"metadata":{"name":"n1"},"spec":{"podCIDR":"10.1.0.0/24"}}')" 201
is pod "$(code post admin $u/api/v1/namespaces/default/pods '{"metadata":{"name":"p","labels":{"a":"b"}},"spec":{"nodeName":"n1","containers":[{"name":"c","image":"i"}]}}')" 201
patch() { code ask "$1" -X PATCH -H 'Content-Type: application/strategic-merge-patch+json' $u/api/v1/namespaces/default/pods/p/status -d "$2"; }
is 'patch of the status' "$(patch cni '{"metadata":{"annotations":{"cni.projectcalico.org/podIP":"10.0.0.1/32"}},"spec":{"nodeName":"x"}}')" 200
is 'the annotation' "$(field metadata/annotations)" "*'cni.projectcalico.org/podIP': '10.0.0.1/32'*"
is 'the spec stays' "$(field spec/nodeName)" n1
is 'patch, other uid' "$(patch cni '{"metadata":{"uid":"00000000-0000-0000-0000-000000000000"}}')" 422
is 'patch, old revision' "$(patch cni '{"metadata":{"resourceVersion":"1","annotations":{"x":"y"}}}')" 409
is 'cni may not list pods' "$(code ask cni $u/api/v1/pods)" 403
is 'nor patch a pod' "$(code ask cni -X PATCH -H 'Content-Type: application/merge-patch+json' $u/api/v1/namespaces/default/pods/p -d '{}')" 403
is 'unknown token' "$(code ask nobody $u/api/v1/nodes)" 401
handle() { printf '{"apiVersion":"crd.projectcalico.org/v1","kind":"IPAMHandle","metadata":{"name":"%s"%s},"spec":{"handleID":"%s","block":{"10.0.0.0/26":1}}}' "$1" "${2:-}" "$1"; }
is create "$(code post cni $c/ipamhandles "$(handle h)")" 201
is 'create again' "$(code post cni $c/ipamhandles "$(handle h)")" 409; is reason "$(field reason)" AlreadyExists
code ask cni $c/ipamhandles/h >/dev/null; rv=$(field metadata/resourceVersion) uid=$(field metadata/uid)
put() { code ask cni -X PUT -H 'Content-Type: application/json' $c/ipamhandles/h -d "$1"; }
is update "$(put "$(handle h ",\"resourceVersion\":\"$rv\"" | sed s/:1/:2/)")" 200
is 'update of the old' "$(put "$(handle h ",\"resourceVersion\":\"$rv\"" | sed s/:1/:3/)")" 409; is reason "$(field reason)" Conflict
is 'update of another' "$(put "$(handle h ',"uid":"00000000-0000-0000-0000-000000000000"')")" 409; is text "$(field message)" '*UID in precondition*'
del() { code ask cni -X DELETE -H 'Content-Type: application/json' $c/ipamhandles/h -d "{\"preconditions\":{\"uid\":\"$1\"}}"; }
is 'delete of another' "$(del 00000000-0000-0000-0000-000000000000)" 409
is delete "$(del "$uid")" 200; is gone "$(code ask cni $c/ipamhandles/h)" 404
is 'a required member is missing' "$(code post cni $c/blockaffinities '{"apiVersion":"crd.projectcalico.org/v1","kind":"BlockAffinity","metadata":{"name":"x"},"spec":{"cidr":"10.0.0.0/26"}}')" 422
for i in 1 2 3 4 5; do code post cni $c/ipamhandles "$(handle k$i)" >/dev/null; done
code ask cni "$c/ipamhandles?limit=2" >/dev/null; next=$(field metadata/continue) rv=$(field metadata/resourceVersion)
is 'list continued' "$(code ask cni "$c/ipamhandles?limit=2&continue=$next")" 200
(limit=3 ask admin -N "$c/ipamhandles?watch=1&resourceVersion=$rv" >"$w/watch" 2>/dev/null) & watch=$!
sleep 0.7; code ask cni -X DELETE $c/ipamhandles/k1 >/dev/null; wait $watch; is watch "$(cat "$w/watch")" '*"DELETED"*'
now=$(curl -s http://127.0.0.1:2379/v3/kv/range -d '{"key":"eA=="}' | python3 -c 'import json,sys; print(json.load(sys.stdin)["header"]["revision"])'); curl -s http://127.0.0.1:2379/v3/kv/compaction -d "{\"revision\":$now}" >/dev/null
is 'continued after a compaction' "$(code ask cni "$c/ipamhandles?limit=2&continue=$next")" 410; is reason "$(field reason)" Expired
code post admin $u/api/v1/namespaces/default/serviceaccounts '{"metadata":{"name":"calico-cni-plugin"}}' >/dev/null
is 'a token is asked for' "$(code post admin $u/api/v1/namespaces/default/serviceaccounts/calico-cni-plugin/token '{"spec":{"expirationSeconds":2}}')" 201
t=$(field status/token); is 'and works' "$(code ask "$t" $u/api/v1/nodes/n1)" 200; sleep 2.1; is 'and expires' "$(code ask "$t" $u/api/v1/nodes/n1)" 401
sed -i /^cni/d "$w/tokens.csv"; is 'a token is withdrawn' "$(code ask cni $c/ipamhandles)" 401
is 'a running pod is deleted in two steps' "$(code ask admin -X DELETE $u/api/v1/namespaces/default/pods/p)" 200; is deletionTimestamp "$(field metadata/deletionTimestamp)" '20*'
is 'second step' "$(code ask admin -X DELETE "$u/api/v1/namespaces/default/pods/p?gracePeriodSeconds=0")" 200; is gone "$(code ask admin $u/api/v1/namespaces/default/pods/p)" 404
echo "$passed passed, $failed failed"; [[ $failed = 0 ]]
