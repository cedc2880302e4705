#!/bin/bash
# fresh.sh [--demo-only] [--dirty] [--suite NAME] [--keep DIRECTORY]: README's two commands on a fresh machine: a clone of
# the last commit in a minimal Debian that has the .NET SDK and nothing else. What says here how the world is reached
# (proxy, certificates, apt's and NuGet's sources) holds there too. It takes the time of a build and of all tests.
#   --demo-only       README's first command alone
#   --dirty           with what is not committed
#   --suite NAME      another Debian than bookworm
#   --keep DIRECTORY  where that Debian is, and stays
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1-}" = --inside ]; then
    root=$2
    shift 2
    mount --make-rprivate /
    mount --bind "$root" "$root" # a root that is no mount could not have mounts of its own made private in it
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/run"
    mount --bind "$(dirname "$(readlink -f "$(command -v dotnet)")")" "$root/usr/share/dotnet"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    mapfile -t world < <(env | grep -iE '^(https?|no|all)_proxy=')
    [ -z "${SSL_CERT_FILE-}" ] || world+=(SSL_CERT_FILE=/etc/ssl/machine.crt)
    status=0
    for command in "$@"; do
        echo "== $command"
        chroot "$root" env -i "${world[@]}" HOME=/root TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            sh -c "cd /root/CniPlugins && $command" || status=$?
        [ "$status" = 0 ] || { echo "== $command: exit status $status"; exit "$status"; }
    done
    exit
fi

commands=(./scripts/demo.sh ./scripts/test.sh) suite=bookworm keep='' dirty=''
while [ $# -gt 0 ]; do
    case $1 in
        --demo-only) commands=(./scripts/demo.sh) ;;
        --dirty) dirty=yes ;;
        --suite) suite=${2:?} && shift ;;
        --keep) keep=$(realpath -m "${2:?}") && shift ;;
        *) echo "fresh.sh: what is $1?" >&2; exit 2 ;;
    esac
    shift
done
scripts/packages.sh debootstrap git
root=${keep:-$(mktemp -d)}
[ -n "$keep" ] || trap 'rm -rf --one-file-system "$root"' EXIT
if [ ! -e "$root/etc/debian_version" ]; then
    debootstrap --variant=minbase "$suite" "$root" "${FRESH_MIRROR:-http://deb.debian.org/debian}" >"$root.debootstrap.log" 2>&1 ||
        { tail "$root.debootstrap.log"; exit 1; }
    rm "$root.debootstrap.log"
fi

# As an administrator would set a machine up in this place.
for file in /etc/apt/apt.conf.d/*proxy* /root/.nuget/NuGet/NuGet.Config; do
    [ ! -f "$file" ] || install -D -m 644 "$file" "$root$file"
done
[ -z "${SSL_CERT_FILE-}" ] || install -D -m 644 "$SSL_CERT_FILE" "$root/etc/ssl/machine.crt"
mkdir -p "$root/usr/share/dotnet"
ln -sf /usr/share/dotnet/dotnet "$root/usr/bin/dotnet"
rm -rf "$root/root/CniPlugins"
git -c advice.detachedHead=false clone -q . "$root/root/CniPlugins"
[ -z "$dirty" ] || git diff HEAD --binary | git -C "$root/root/CniPlugins" apply --allow-empty
unshare -mpf --kill-child "$0" --inside "$root" "${commands[@]}"
echo "== fresh $suite: all went well"
