#!/bin/sh
# install.sh: puts the suite into a directory of plugins, or takes it out again; --help says how.
set -eu

usage() {
    cat <<'END'
install.sh [--calico] [DIRECTORY]      puts the suite into DIRECTORY (default /opt/cni/bin)
install.sh --uninstall [DIRECTORY]     takes it out: puts back what was there before, removes our tables in nf_tables

A runtime that executes a plugin at any moment gets the old file or the new one, whole. What other suites have in DIRECTORY
under our names is kept in DIRECTORY/.cni-plugins/replaced.
  --calico    replace another suite's calico and calico-ipam too; else they are left alone
  --help      this text
DESTDIR       is put before DIRECTORY, for packages; the kernel's tables are left alone then
END
}

calico='' uninstall=''
while [ $# -gt 0 ]; do
    case $1 in
        --help | -h) usage; exit 0 ;;
        --calico) calico=yes ;;
        --uninstall) uninstall=yes ;;
        --) shift; break ;;
        -*) echo "install.sh: unknown option $1" >&2; usage >&2; exit 2 ;;
        *) break ;;
    esac
    shift
done
[ $# -le 1 ] || { echo "install.sh: one directory, not $#" >&2; usage >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
dest=${DESTDIR-}${1:-/opt/cni/bin}
[ -z "$uninstall" ] || exec sh "$here/uninstall.sh" "$dest"

from=${here%/*}/out/bin
state=$dest/.cni-plugins
[ -x "$from/cni-plugins" ] || { echo "nothing built yet: run scripts/build.sh first" >&2; exit 1; }
umask 022
mkdir -p "$state/replaced"
trap 'rm -f "$dest"/.*."$$" "$state"/.*."$$" "$state"/replaced/.*."$$"' EXIT

# ours FILE: whether this script has put it there, this time or any time before.
ours() { [ -f "$1" ] && grep -qx "$(sha256sum <"$1" | cut -c 1-64)" "$state/installed"; }

# spared NAME: whether another suite has it, whose cluster would be broken without.
spared() {
    case $1 in calico | calico-ipam) [ -z "$calico" ] && [ -e "$dest/$1" ] && ! ours "$dest/$1" ;; *) false ;; esac
}

# keep NAME: what another suite has under a name of ours stays in a place of its own.
keep() {
    [ -e "$dest/$1" ] || [ -L "$dest/$1" ] || return 0
    ! ours "$dest/$1" || return 0
    if [ -L "$dest/$1" ]; then cp -P "$dest/$1" "$state/replaced/.$1.$$"; else ln "$dest/$1" "$state/replaced/.$1.$$"; fi
    mv -f "$state/replaced/.$1.$$" "$state/replaced/$1"
    echo "$dest/$1 is another suite's: kept in $state/replaced" >&2
}

# put FILE NAME...: one copy of FILE in DEST under all the names.
put() {
    file=$1 temporary=$dest/.$1.$$
    cp "$from/$file" "$temporary"
    chmod 755 "$temporary"
    sync "$temporary"
    for name; do
        if spared "$name"; then
            echo "$dest/$name is another suite's: left alone (--calico replaces it)" >&2
            continue
        fi
        keep "$name"
        ln "$temporary" "$dest/.$name.link.$$"
        mv -f "$dest/.$name.link.$$" "$dest/$name"
    done
    rm -f "$temporary"
}

# whole FILE NAME...: whether all the names are links of FILE already, which can be executed.
whole() {
    cmp -s "$from/$1" "$dest/$1" || return 1
    [ "$(stat -c %a "$dest/$1")" = 755 ] || chmod 755 "$dest/$1"
    file=$1; shift
    # shellcheck disable=SC3013 # every sh that Debian has knows -ef
    for name; do [ "$dest/$name" -ef "$dest/$file" ] || spared "$name" || return 1; done
}

# What is ours is known before it is there: who ends this script in its middle may run it again.
{ cat "$state/installed" 2>/dev/null || :; sha256sum "$from"/cni-* "$from/cnitool" | cut -c 1-64; } | sort -u >"$state/.installed.$$"
mv -f "$state/.installed.$$" "$state/installed"
for path in "$from"/cni-*; do
    file=${path##*/}
    # shellcheck disable=SC2046 # a list of words
    set -- "$file" $("$path" --list)
    whole "$@" || put "$@"
done
whole cnitool || put cnitool
echo "installed into $dest: $(for path in "$from"/cni-*; do "$path" --list; done | sort | tr '\n' ' ')cnitool"
