#!/bin/sh
# build.sh [--plain]: publishes the executables into out/bin/, every plugin name a hard link of one file.
#   --plain   into out/plain/bin/, with .NET's own start (LeanStart=false): slower, and without a line of C of ours
set -eu
cd "$(dirname "$0")/.."
scripts/packages.sh ca-certificates gcc libc6-dev lld libssl-dev cmake make
out=out lean=true
[ "${1-}" != --plain ] || { out=out/plain lean=false; }
for project in plugins plugins/Calico plugins/Node cnitool; do
    scripts/dotnet.sh publish "$project" -c Release -p:LeanStart=$lean -o "$out/publish/$project" --nologo -v quiet -clp:NoSummary
done
mkdir -p $out/bin
rm -f $out/bin/*
cp $out/publish/plugins/cni-plugins $out/publish/plugins/Calico/cni-calico $out/publish/plugins/Node/cni-node \
    $out/publish/cnitool/cnitool $out/bin/
for executable in cni-plugins cni-calico; do
    "$out/bin/$executable" --list | while read -r name; do
        ln "$out/bin/$executable" "$out/bin/$name"
    done
done
ls -l $out/bin
