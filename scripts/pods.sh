#!/bin/sh
# pods.sh [PODS [ROUNDS]]: a node's pods through the whole chain, eight at once, on a bridge and (a tenth more) routed by ptp (default 1,000, three times);
# and what cnitool gc takes for ten times as many attachments. Prints the figures.
set -eu
cd "$(dirname "$0")/.."
CNI_PLUGINS_PODS=${1-1000} CNI_PLUGINS_POD_ROUNDS=${2-3} CNI_PLUGINS_GC=$((${1-1000} * 10)) exec scripts/figures.sh '*.ManyPodsTests' '*.GcScaleTests'
