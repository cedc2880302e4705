#!/bin/bash
# build.sh [FOLDER [WORK]]: FOLDER/apiserver (out/apiserver by default) and FOLDER/kubectl from Debian's packages. Nothing is installed. WORK (default
# /var/cache/test-apiserver) has 2 GB: the packages and Go's build cache, which make the next build a matter of seconds.
# Debian unstable's package lists are fetched once into WORK; needs apt, dpkg, and the network of the package registry only.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "${1:-$here/../../out/apiserver}") work=${2:-/var/cache/test-apiserver}
sources=("$here"/*.go "$here/packages.txt" "$here/build.sh")
if [[ -x $out/apiserver && -x $out/kubectl ]]; then
    newer=0
    for source in "${sources[@]}"; do [[ $source -nt $out/apiserver ]] && newer=1; done
    [[ $newer = 1 ]] || exit 0
fi
mkdir -p "$out" "$work"/{lists/partial,cache/archives/partial,debs,root,gopath}
chmod 755 "$work" "$work/debs"
exec 9>"$work/lock"
flock 9

# An apt of our own that knows unstable beside what the machine has; the mirror is the machine's.
mirror=$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } |
    sed -nE 's#^(URIs:|deb( \[[^]]*\])?) *(https?://[^ ]+/debian)/?( .*)?$#\3#p' | sed -n 1p)
cat >"$work/sources.list" <<S
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:?no Debian mirror configured} sid main
S
cat >"$work/apt.conf" <<C
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::Lists "$work/lists";
Dir::Cache "$work/cache";
Dir::State::status "/dev/null";
APT::Sandbox::User "root";
C
export APT_CONFIG=$work/apt.conf
[[ -e $work/lists.done ]] || { apt-get -qq update; touch "$work/lists.done"; }

cd "$work/debs"
mapfile -t want <"$here/packages.txt"
missing=()
for name in "${want[@]}"; do compgen -G "${name}_*.deb" >/dev/null || missing+=("$name"); done
[[ ${#missing[@]} = 0 ]] || apt-get -qq download "${missing[@]}"
for deb in *.deb; do
    [[ -e $work/root/.$deb ]] || { dpkg -x "$deb" "$work/root"; touch "$work/root/.$deb"; }
done

# Debian's Go packages are a GOPATH tree; imports resolve in it without modules, so no proxy is ever asked.
ln -sfn "$work/root/usr/share/gocode/src" "$work/gopath/src"
export GOROOT=$work/root/usr/lib/go-1.26 GOPATH=$work/gopath GOCACHE=$work/gocache GO111MODULE=off GOTOOLCHAIN=local GOPROXY=off CGO_ENABLED=0 GOFLAGS=
version=$(dpkg-deb -f "$(compgen -G 'golang-k8s-apiserver-dev_*.deb')" Version | sed 's/^0/1/; s/-.*//')
v=k8s.io/component-base/version
cd "$here"
"$GOROOT/bin/go" build -trimpath -o "$out/apiserver" \
    -ldflags "-s -w -X $v.gitVersion=v$version -X $v.gitMajor=1 -X $v.gitMinor=$(cut -d. -f2 <<<"$version")" main.go core.go access.go
install "$work/root/usr/bin/kubectl" "$out/kubectl"
touch "$out/apiserver"
