#!/bin/sh
# reproducible.sh: builds the last commit in two folders and compares the executables, byte for byte. It takes two builds'
# time; what is not committed is not looked at.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
one=$work/one other=$work/another/of/a/longer/name
for folder in "$one" "$other"; do git -c advice.detachedHead=false clone -q . "$folder"; done
for folder in "$one" "$other"; do "$folder/scripts/build.sh" >/dev/null; done
status=0
for executable in cni-plugins cni-calico cni-node cnitool; do
    cmp "$one/out/bin/$executable" "$other/out/bin/$executable" || status=1
done
(cd "$one/out/bin" && sha256sum cni-plugins cni-calico cni-node cnitool)
exit "$status"
