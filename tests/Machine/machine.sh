#!/bin/sh
# machine.sh DIR: makes the fresh namespaces it is started in (unshare --mount --pid --fork) a machine with our plugins installed in /opt/cni/bin and
# /usr/lib/cni. Its /etc/cni/net.d is DIR/net.d, what plugins and runtimes remember in /var/lib/cni is in DIR/cni, and DIR/pid is this process as the
# outside knows it. Everything ends when the standard input does: it is the namespace's first process.
set -eu
dir=$1
repository=$(cd "$(dirname "$0")/../.." && pwd)
read -r outside _ </proc/self/stat
mount -t proc proc /proc
mkdir -p "$dir/private" "$dir/cni"
mount -t tmpfs tmpfs /run
mkdir -p /run/netns
ln -s "$dir" /run/machine

# ctr can be told no other directories. Nothing is made on the real machine, not even a mount point: both trees become links to themselves, with another cni.
mount -t tmpfs tmpfs "$dir/private"
for tree in etc opt; do
    mkdir "$dir/private/$tree"
    mount --bind "/$tree" "$dir/private/$tree"
    mount -t tmpfs tmpfs "/$tree"
    for entry in "$dir/private/$tree"/*; do
        [ "${entry##*/}" = cni ] || ln -s "$entry" "/$tree/"
    done
    mkdir "/$tree/cni"
done
ln -s "$dir/net.d" /etc/cni/net.d
"$repository/scripts/install.sh" /opt/cni/bin >/dev/null
cp "$repository/tests/Machine/hold.sh" /opt/cni/bin/hold
[ ! -d /usr/lib/cni ] || mount --bind /opt/cni/bin /usr/lib/cni
mount -t tmpfs tmpfs /var/lib
mkdir /var/lib/cni
mount --bind "$dir/cni" /var/lib/cni

echo "$outside" >"$dir/pid.new"
mv "$dir/pid.new" "$dir/pid"

# To wait for one child is to reap orphans as well. A child in the background has no standard input of its own.
exec 3<&0
cat <&3 >/dev/null &
wait "$!"
