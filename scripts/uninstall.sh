#!/bin/sh
# uninstall.sh [DIRECTORY]: takes out of DIRECTORY (default /opt/cni/bin) what install.sh has put there, puts back what was there before, and removes our
# tables in nf_tables, unless DESTDIR says that this is no living machine's directory. What is not ours stays.
set -eu
dest=${1:-/opt/cni/bin}
state=$dest/.cni-plugins
[ -f "$state/installed" ] || { echo "not installed in $dest" >&2; exit 1; }
[ -n "${DESTDIR-}" ] || "$dest/cni-plugins" --remove-tables || echo "the tables stay: nft delete table inet cni_plugins; nft delete table bridge cni_plugins" >&2

back=
for file in "$dest"/*; do
    name=${file##*/}
    [ -f "$file" ] || continue
    if ! grep -qx "$(sha256sum <"$file" | cut -c 1-64)" "$state/installed"; then
        [ ! -e "$state/replaced/$name" ] || echo "$file is not ours any more: left alone" >&2
    elif [ -e "$state/replaced/$name" ] || [ -L "$state/replaced/$name" ]; then
        mv -f "$state/replaced/$name" "$file"
        back="$back $name"
    else
        rm "$file"
    fi
done
rm -f "$state/installed"
rmdir "$state/replaced" "$state" 2>/dev/null || echo "$state/replaced has what is older than what is there" >&2
[ -z "$back" ] || echo "put back:$back"
echo "removed from $dest; pods that are still attached have lost their masquerade, ports and firewall"
