#!/bin/sh
# figures.sh CLASS...: runs these tests for the figures they report, in namespaces of the run's own; other scripts say how much of it (CNI_PLUGINS_*).
set -eu
cd "$(dirname "$0")/.."
scripts/packages.sh iproute2 util-linux nftables
[ -x out/bin/cnitool ] || scripts/build.sh >/dev/null
scripts/dotnet.sh build tests -c Release --nologo -v quiet -clp:NoSummary >&2
CNI_PLUGINS_REPORT=$(mktemp)
export CNI_PLUGINS_REPORT
status=0
classes=
for class; do classes="$classes -class $class"; done
set -f
# shellcheck disable=SC2086 # a list of words
unshare -nm sh scripts/test.sh --inside $classes </dev/null || status=$?
cat "$CNI_PLUGINS_REPORT"
rm -f "$CNI_PLUGINS_REPORT"
exit "$status"
