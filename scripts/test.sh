#!/bin/sh
# test.sh [XUNIT-OPTION...]: all tests; as root also those that need namespaces, in private ones of the run's own. Ends with "N passed, N failed".
set -eu
cd "$(dirname "$0")/.."
if [ "${1-}" = --inside ]; then
    shift
    mount -t tmpfs tmpfs /run
    mkdir -p /run/netns /var/lib/cni
    mount -t tmpfs tmpfs /var/lib/cni
    ip link set lo up
    export CNI_PLUGINS_SANDBOX=1
    # Plugins that are tested inside of the tests' process write to its stderr, what they were asked to provoke for the most part.
    {
        scripts/dotnet.sh out/tests/CniPlugins.Tests.dll -noLogo -noColor -verbose -xml "${RESULTS-out/tests.xml}" "$@" 2>out/tests.stderr &&
            echo 0 >out/tests.status || echo $? >out/tests.status
    } | scripts/progress.sh
    read -r status <out/tests.status
    [ "$status" = 0 ] || echo "what plugins said in the tests' own process: out/tests.stderr"
    exit "$status"
fi

scripts/packages.sh iproute2 iputils-ping util-linux file gcc libc6-dev linux-libc-dev containernetworking-plugins \
    qemu-system-x86 cpio busybox-static nftables iptables kmod jq strace procps socat iperf3 containerd runc etcd-server etcd-client firewalld dbus-daemon \
    dnsmasq-base kea-dhcp4-server isc-dhcp-server tcpdump
scripts/lint.sh
scripts/build.sh
tests/ApiServer/build.sh >/dev/null || echo "the API server for tests cannot be built here: tests that need one are skipped" >&2
scripts/dotnet.sh build CniPlugins.sln -c Release --nologo -v quiet -clp:NoSummary
if tests/vmlab -- true; then export CNI_PLUGINS_VM=1; else echo "no virtual machine here: tests that need another kernel are skipped" >&2; fi

rm -f out/tests*.xml
status=0
# run RESULTS [XUNIT-OPTION...]
run() {
    RESULTS=out/$1.xml
    export RESULTS
    shift
    unshare -nm sh scripts/test.sh --inside "$@" </dev/null || status=$?
    [ -s "$RESULTS" ] || { echo "the tests did not run" >&2; exit 1; }
}
run tests "$@"
if [ $# -eq 0 ]; then
    # The day that a servicing update of .NET does not know what common/Start replaces, the suite is to ship without it.
    echo "the plugins' tests once more, without common/Start:"
    scripts/build.sh --plain >/dev/null
    export CNI_PLUGINS_BIN="$PWD/out/plain/bin"
    run tests-plain -namespace CniPlugins.Tests.Plugins -class- CniPlugins.Tests.Plugins.StartTests -class- CniPlugins.Tests.Plugins.BenchTests
fi

# sum NAME: an attribute added up over all assemblies.
sum() { grep -ho "<assembly [^>]*" out/tests*.xml | grep -o " $1=\"[0-9]*\"" | tr -dc '0-9\n' | awk '{ n += $1 } END { print n + 0 }'; }
echo "$(sum passed) passed, $(($(sum failed) + $(sum errors))) failed, $(($(sum skipped) + $(sum not-run))) skipped"
exit "$status"
