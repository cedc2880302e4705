#!/bin/sh
# image.sh [FILE [NAME]]: the suite as a container image: an OCI layout in a tar file (out/cni-plugins.tar by default), for ctr image import, skopeo, podman load. No
# engine is needed: the executables are static, so they are all that is in it. The same executables give the same bytes.
set -eu
cd "$(dirname "$0")/.."
file=$(realpath -m "${1:-out/cni-plugins.tar}") name=${2:-docker.io/library/cni-plugins:latest}
[ -x out/bin/cni-calico ] || { echo "nothing built yet: run scripts/build.sh first" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/layout/blobs/sha256"

# pack FILE DIRECTORY NAME...: a tar file that says nothing of when and by whom it was made; hard links stay what they are.
pack() {
    tar --create --file "$1" --directory "$2" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=go-w,a+rX --format=ustar "$3"
}

# blob FILE: puts a file under its digest; prints digest and size.
blob() {
    digest=$(sha256sum "$1" | cut -d' ' -f1) size=$(stat -c %s "$1")
    mv "$1" "$work/layout/blobs/sha256/$digest"
    echo "sha256:$digest $size"
}

mkdir -p "$work/root/opt/cni/bin"
for executable in cni-plugins cni-calico; do
    cp "out/bin/$executable" "$work/root/opt/cni/bin/$executable"
    "out/bin/$executable" --list | while read -r link; do ln "$work/root/opt/cni/bin/$executable" "$work/root/opt/cni/bin/$link"; done
done
ln -f "$work/root/opt/cni/bin/cni-calico" "$work/root/opt/cni/bin/install"
pack "$work/layer" "$work/root" opt
layer=$(blob "$work/layer")
architecture=$(dpkg --print-architecture)
printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":["/opt/cni/bin/install"]},"rootfs":{"type":"layers","diff_ids":["%s"]}}' \
    "$architecture" "${layer% *}" >"$work/config"
config=$(blob "$work/config")
oci=application/vnd.oci.image
printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","digest":"%s","size":%s},"layers":[{"mediaType":"%s","digest":"%s","size":%s}]}' \
    "$oci.manifest.v1+json" "$oci.config.v1+json" "${config% *}" "${config#* }" "$oci.layer.v1.tar" "${layer% *}" "${layer#* }" >"$work/manifest"
manifest=$(blob "$work/manifest")
printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s","digest":"%s","size":%s,"annotations":{"io.containerd.image.name":"%s","org.opencontainers.image.ref.name":"%s"}}]}' \
    "$oci.manifest.v1+json" "${manifest% *}" "${manifest#* }" "$name" "${name##*:}" >"$work/layout/index.json"
printf '{"imageLayoutVersion":"1.0.0"}' >"$work/layout/oci-layout"
mkdir -p "$(dirname "$file")"
pack "$file" "$work/layout" .
echo "$file: $name, $(stat -c %s "$file") bytes"
