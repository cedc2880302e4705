#!/bin/bash
# Runs in a virtual machine whose kernel has lost nf_tables: masquerade, host ports and firewall in iptables' legacy form, then without iptables too.
set -eu
bin=/opt/cni/bin
trap 'echo "line $LINENO failed"' ERR
expect() { if [ "$2" = "$3" ]; then echo "ok: $1"; else echo "$1: expected $3, got $2"; exit 1; fi; }

find /lib/modules -name 'nf_tables.ko*' -delete
depmod 2>/dev/null || :
for name in iptables ip6tables; do
    for verb in "" -restore -save; do ln -sf "$(command -v xtables-legacy-multi)" "/usr/sbin/$name$verb"; done
done
ip netns add pod
echo 1 >/proc/sys/net/ipv4/ip_forward

# call VERB PLUGIN PREVIOUS: one plugin of the chain, its result on stdout.
call() {
    local more=
    [ -z "$3" ] || more=",\"prevResult\":$3"
    case $2 in
    bridge) more="$more,\"bridge\":\"br0\",\"isGateway\":true,\"ipMasq\":true,\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.1.0.0/24\"}]]}" ;;
    portmap) more="$more,\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,\"protocol\":\"tcp\"}]}" ;;
    esac
    echo "{\"cniVersion\":\"1.0.0\",\"name\":\"n1\",\"type\":\"$2\"$more}" |
        CNI_COMMAND=$1 CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH=$bin "$bin/$2"
}

before=$(iptables-save -t nat | grep -v '^[#:]' | sort)
result=$(call ADD bridge "")
result=$(call ADD portmap "$result")
result=$(call ADD firewall "$result")
expect "masquerade is a chain of iptables'" "$(iptables-save -t nat | grep -c 'POSTROUTING.*-s 10.1.0.2')" 1
expect "the port is a chain of iptables'" "$(iptables-save -t nat | grep -c 'to-destination 10.1.0.2:80')" 1
ip netns exec pod ping -c 1 -W 2 10.1.0.1 >/dev/null && echo "ok: the pod reaches its gateway"
ip netns exec pod busybox nc -l -p 80 -e /bin/echo hello &
sleep 0.5
expect "the port answers" "$(busybox nc -w 3 10.1.0.1 8080 </dev/null)" hello
for plugin in bridge portmap firewall; do call CHECK "$plugin" "$result"; done
echo "ok: CHECK passes"
call DEL firewall "$result"
call DEL portmap ""
call DEL bridge ""
expect "nothing of the pod's is left" "$(iptables-save | grep -c '10\.1\.0\.2\|c1' || :)" 0
expect "nothing was there before that is gone" "$before" "$(iptables-save -t nat | grep -v '^[#:]' | grep -v CNI | sort)"

rm /usr/sbin/iptables* /usr/sbin/ip6tables*
error=$(call ADD bridge "") && { echo "ADD without any backend: $error"; exit 1; }
echo "$error"
expect "an error names what is missing" "$(echo "$error" | jq '.msg | test("nf_tables.*iptables")')" true
expect "no link is left" "$(ip -j link show type veth | jq length)" 0
expect "no lease is left" "$(find /var/lib/cni/networks/n1 -name '10.*' | wc -l)" 0
result='{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"/run/netns/pod"}],"ips":[{"interface":0,"address":"10.1.0.2/24"}]}'
error=$(call ADD portmap "$result") && { echo "portmap without any backend: $error"; exit 1; }
echo "$error"
expect "portmap's error is code 50" "$(echo "$error" | jq .code)" 50
call DEL portmap ""
call DEL bridge ""
echo "ok: DEL passes where nothing can be there"
echo "all passed"
