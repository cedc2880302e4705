#!/bin/sh
# packages.sh NAME...: installs the Debian packages that are missing; asks for nothing when all are there.
set -eu
missing=
for name; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $name"
done
[ -n "$missing" ] || exit 0
echo "installing:$missing" >&2

# A daemon that tests start by themselves is never the machine's own: the mask holds with systemd and without, now and after a reboot.
for daemon in containerd:containerd etcd-server:etcd firewalld:firewalld kea-dhcp4-server:kea-dhcp4-server isc-dhcp-server:isc-dhcp-server; do
    case "$missing " in
        *" ${daemon%:*} "*)
            mkdir -p /etc/systemd/system
            [ -e "/etc/systemd/system/${daemon#*:}.service" ] || ln -sf /dev/null "/etc/systemd/system/${daemon#*:}.service" ;;
    esac
done
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
apt-get install -o DPkg::Lock::Timeout=120 -qq -y --no-install-recommends $missing >/dev/null 2>&1 ||
    { apt-get update -qq >&2 && apt-get install -o DPkg::Lock::Timeout=120 -qq -y --no-install-recommends $missing >/dev/null; }
