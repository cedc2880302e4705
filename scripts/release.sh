#!/bin/sh
# release.sh [DIRECTORY]: makes of the last build (scripts/build.sh) what is published, in DIRECTORY (default out/release):
#   cni-plugins-VERSION-linux-ARCH.tgz   the names at the top level, as upstream's tarball: tar -C /opt/cni/bin -xzf
#   cni-plugins_VERSION_ARCH.deb         installs into /opt/cni/bin, keeps what is there, and puts it back when it is removed
#   cni-plugins-VERSION-image.tar        a container image (OCI layout) whose entry point is calico's install
#   NOTICE, SHA256SUMS
# One build gives the same bytes, whenever and wherever this is run.
set -eu
cd "$(dirname "$0")/.."
scripts/packages.sh dpkg tar gzip coreutils >/dev/null
out=$(realpath -m "${1:-out/release}")
[ -x out/bin/cni-plugins ] || { echo "nothing built yet: run scripts/build.sh first" >&2; exit 1; }
version=$(scripts/version.sh) architecture=$(dpkg --print-architecture)
[ "$(out/bin/cni-plugins --version)" = "cni-plugins $version (CniPlugins)" ] || {
    echo "the build is $(out/bin/cni-plugins --version), the checkout is $version: run scripts/build.sh" >&2
    exit 1
}
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
rm -rf "$out"
mkdir -p "$out" "$work/names" "$work/deb/DEBIAN" "$work/deb/usr/lib/cni-plugins/out/bin" "$work/deb/usr/lib/cni-plugins/scripts" \
    "$work/deb/usr/share/doc/cni-plugins" "$work/deb/usr/bin"

# pack FILE DIRECTORY NAME...: a compressed tar file that says nothing of who made it, and of when only the commit's date.
pack() {
    file=$1 directory=$2
    shift 2
    tar --create --directory "$directory" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=ustar "$@" |
        gzip -9n >"$file"
}

scripts/notice.sh >"$out/NOTICE"
for executable in cni-plugins cni-calico cni-node cnitool; do
    install -m 755 "out/bin/$executable" "$work/names/$executable"
    install -m 755 "out/bin/$executable" "$work/deb/usr/lib/cni-plugins/out/bin/$executable"
done
for executable in cni-plugins cni-calico; do
    "out/bin/$executable" --list | while read -r name; do ln "$work/names/$executable" "$work/names/$name"; done
done
cp "$out/NOTICE" "$work/names/NOTICE"
(cd "$work/names" && pack "$out/cni-plugins-$version-linux-$architecture.tgz" . -- *)

install -m 755 scripts/install.sh scripts/uninstall.sh "$work/deb/usr/lib/cni-plugins/scripts/"
install -m 644 README.md CHANGELOG.md "$out/NOTICE" "$work/deb/usr/share/doc/cni-plugins/"
ln -s ../lib/cni-plugins/out/bin/cnitool "$work/deb/usr/bin/cnitool"
# The build's commit stands behind a plus, so that a tagged version is newer than what came before it.
debian=$(echo "${version#v}" | sed 's/-/+/; s/-/./g')
cat >"$work/deb/DEBIAN/control" <<END
Package: cni-plugins
Version: $debian
Architecture: $architecture
Maintainer: The CniPlugins project <cni-plugins@invalid>
Section: admin
Priority: optional
Installed-Size: $(du -sk "$work/deb/usr" | cut -f1)
Description: plugins of the Container Network Interface
 Connects containers to networks: bridge, ptp, macvlan, ipvlan, vlan, host-device,
 portmap, bandwidth, firewall, tuning, host-local, dhcp, calico and others, which
 containerd, CRI-O and podman call from /opt/cni/bin. Static executables; cnitool
 is for people.
END
cat >"$work/deb/DEBIAN/postinst" <<'END'
#!/bin/sh
set -e
# Debian's containernetworking-plugins has its files in /usr/lib/cni, which stay as they are.
[ "$1" != configure ] || /usr/lib/cni-plugins/scripts/install.sh
END
cat >"$work/deb/DEBIAN/prerm" <<'END'
#!/bin/sh
set -e
# An upgrade renames each name into place: the node always has working plugins.
[ "$1" != remove ] || /usr/lib/cni-plugins/scripts/install.sh --uninstall
END
chmod 755 "$work/deb/DEBIAN/postinst" "$work/deb/DEBIAN/prerm"
dpkg-deb --root-owner-group -Zgzip --build "$work/deb" "$out/cni-plugins_${debian}_$architecture.deb" >/dev/null
scripts/image.sh "$out/cni-plugins-$version-image.tar" "docker.io/library/cni-plugins:$version" >/dev/null
(cd "$out" && sha256sum -- * >"$work/sums" && mv "$work/sums" SHA256SUMS && cat SHA256SUMS)
