#!/bin/sh
# uninstall.sh [DEST]: takes away our executables in DEST (default /opt/cni/bin) and our tables in nf_tables; what is not ours stays.
set -eu
dest=${1:-/opt/cni/bin}
[ -x "$dest/cni-plugins" ] || { echo "not installed in $dest" >&2; exit 1; }
"$dest/cni-plugins" --remove-tables
for file in cni-plugins cni-calico; do
    [ -x "$dest/$file" ] || continue
    for name in $("$dest/$file" --list); do
        if cmp -s "$dest/$name" "$dest/$file"; then rm "$dest/$name"; else echo "$dest/$name is not ours: left alone" >&2; fi
    done
    rm -f "$dest/$file"
done
rm -f "$dest/cnitool"
echo "removed from $dest; pods that are still attached have lost their masquerade, ports and firewall"
