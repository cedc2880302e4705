#!/bin/sh
# install.sh [DEST]: puts the suite into DEST (default /opt/cni/bin). A runtime that executes a plugin at that moment gets the old file or the new one, whole:
# each name is linked under a temporary name in DEST and then renamed.
# install.sh --uninstall [DEST]: see uninstall.sh.
set -eu
[ "${1-}" != --uninstall ] || { shift; exec sh "$(dirname "$0")/uninstall.sh" "$@"; }
from=$(cd "$(dirname "$0")/.." && pwd)/out/bin
dest=${1:-/opt/cni/bin}
[ -x "$from/cni-plugins" ] || { echo "nothing built yet: run scripts/build.sh first" >&2; exit 1; }
mkdir -p "$dest"

# put FILE NAME...: one copy of FILE in DEST under all the names.
put() {
    file=$1; shift
    if cmp -s "$from/$file" "$dest/$file" && same "$dest/$file" "$@"; then return; fi
    temporary=$dest/.$file.$$
    trap 'rm -f "$dest"/.*."$$"' EXIT
    cp "$from/$file" "$temporary"
    chmod 755 "$temporary"
    sync "$temporary"
    for name in "$file" "$@"; do
        ln "$temporary" "$dest/.$name.link.$$"
        mv -f "$dest/.$name.link.$$" "$dest/$name"
    done
    rm -f "$temporary"
}

# same FILE NAME...: whether all names are links of FILE already.
same() {
    whole=$1; shift
    # shellcheck disable=SC3013 # every sh that Debian has knows -ef
    for name; do [ "$dest/$name" -ef "$whole" ] || return 1; done
}

for file in cni-plugins cni-calico; do
    # shellcheck disable=SC2046 # a list of words
    put "$file" $("$from/$file" --list)
done
put cnitool
echo "installed into $dest: $({ "$from/cni-plugins" --list; "$from/cni-calico" --list; } | tr '\n' ' ')cnitool"
