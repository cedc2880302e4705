#!/bin/sh
# soak.sh [OPERATIONS [SEED]]: so many random ADD, CHECK, DEL, GC of two networks' whole chains (default 5,000), killed at random, against a model of what must
# exist. The seed is printed; it draws the operations, not the moments at which the kernel has come to what.
set -eu
cd "$(dirname "$0")/.."
CNI_PLUGINS_SOAK=${1-5000} CNI_PLUGINS_SEED=${2-} exec scripts/figures.sh '*.SoakTests'
