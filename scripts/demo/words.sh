# shellcheck shell=sh
# words.sh: what the demo's steps have in common; each of them reads it.
export NETCONFPATH="$PWD/scripts/net.d" CNI_PATH="$PWD/out/bin"
# What a runtime knows of the container; only plugins that ask for it get to see it.
export CAP_ARGS='{
  "portMappings": [ { "hostPort": 8080, "containerPort": 80, "protocol": "tcp" }, { "hostPort": 53, "containerPort": 53, "protocol": "udp" } ],
  "bandwidth": { "ingressRate": 50000000, "ingressBurst": 10000000, "egressRate": 20000000, "egressBurst": 10000000 }
}'

title() { printf '\n\033[1m%s\033[0m\n' "$*"; }

cnitool() { echo "+ cnitool $*"; out/bin/cnitool "$@"; }

# outside: a namespace beyond the host's uplink.
outside() {
    ip netns add outside
    ip link add ens3 up type veth peer name eth0 netns outside
    ip -n outside link set eth0 up
    for network in 192.0.2./24 2001:db8::/64; do
        ip addr add "${network%/*}10/${network#*/}" dev ens3 nodad
        ip -n outside addr add "${network%/*}1/${network#*/}" dev eth0 nodad
        ip route add default via "${network%/*}1"
    done
}

# state: links (but bridges, which stay), routes, and the address files.
state() {
    ip -br link | grep -v '^cni'
    ip -4 route | grep -v ' dev cni'
    ip -6 route show proto boot | grep -v ' dev cni'
    find /var/lib/cni/networks/*/ -name '*[.:]*' ! -name 'last_reserved*' 2>/dev/null || true
}

# address FAMILY POD: of its eth0.
address() { ip -n "$2" "-$1" -br addr show eth0 scope global | awk '{ sub("/.*", "", $3); print $3 }'; }
