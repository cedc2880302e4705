#!/bin/sh
# notice.sh: prints whose work is linked into the executables, and under which licence, from what the build used.
set -eu
cd "$(dirname "$0")/.."
packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}
cat <<'END'
The executables of CniPlugins contain, linked statically:

END
runtime=$(find "$packages/microsoft.netcore.app.runtime.nativeaot.linux-x64" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | sort -V | tail -1)
echo "- .NET ${runtime##*/}: its native AOT runtime and class library. MIT. Copyright (c) .NET Foundation and Contributors."
# name VERSION of each package that a shipped project refers to
sed -n 's/.*PackageVersion Include="\([^"]*\)" Version="\([^"]*\)".*/\1 \2/p' Directory.Packages.props | sort | while read -r name version; do
    grep -qs "PackageReference Include=\"$name\"" common/*.csproj ipam/*.csproj plugins/*.csproj plugins/*/*.csproj cnitool/*.csproj || continue
    spec=$(find "$packages/$(echo "$name" | tr '[:upper:]' '[:lower:]')/$version" -name '*.nuspec' 2>/dev/null | head -1)
    licence=$(sed -n 's/.*<license type="expression">\([^<]*\)<.*/\1/p' "${spec:-/dev/null}")
    rights=$(sed -n 's/.*<copyright>\([^<]*\)<.*/\1/p' "${spec:-/dev/null}")
    echo "- $name $version. ${licence:-see its package}.${rights:+ ${rights%.}.}"
done
for package in libc6-dev libssl-dev; do
    version=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || echo unknown)
    case $package in
        libc6-dev) echo "- the GNU C library $version (Debian). LGPL-2.1-or-later. Its source: Debian's source package glibc." ;;
        libssl-dev) echo "- OpenSSL $version (Debian), in cni-calico and cnitool. Apache-2.0." ;;
    esac
done
