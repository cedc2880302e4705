#!/bin/sh
# build.sh: publishes the executables into out/bin/, every plugin name a hard link of one file.
set -eu
cd "$(dirname "$0")/.."
scripts/packages.sh ca-certificates gcc libc6-dev lld libssl-dev cmake make
for project in plugins plugins/Calico plugins/Node cnitool; do
    scripts/dotnet.sh publish "$project" -c Release -o "out/publish/$project" --nologo -v quiet -clp:NoSummary
done
mkdir -p out/bin
rm -f out/bin/*
cp out/publish/plugins/cni-plugins out/publish/plugins/Calico/cni-calico out/publish/plugins/Node/cni-node out/publish/cnitool/cnitool out/bin/
for executable in cni-plugins cni-calico; do
    "out/bin/$executable" --list | while read -r name; do
        ln "out/bin/$executable" "out/bin/$name"
    done
done
ls -l out/bin
