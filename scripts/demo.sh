#!/bin/sh
# demo.sh [--svg FILE]: builds the suite, gives pods networks in namespaces of the demo's own, pings, draws the topology (into FILE as a picture), checks, and
# takes it all away again.
set -eu
svg=
[ "${1-}" != --svg ] || svg=$(realpath -m "${2:?--svg needs a file}")
cd "$(dirname "$0")/.."
scripts/packages.sh iproute2 iputils-ping util-linux file
scripts/build.sh
exec unshare -nm sh scripts/demo/run.sh "$svg"
