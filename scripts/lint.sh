#!/bin/sh
# lint.sh: the scripts are clean by shellcheck (the compiler lints the C#).
set -eu
cd "$(dirname "$0")/.."
scripts/packages.sh shellcheck
shellcheck -x scripts/*.sh scripts/demo/*.sh scripts/traffic/*.sh tests/Vm/*.sh tests/Machine/*.sh tests/Bench/Floor/*.sh tests/ApiServer/*.sh .ci/run
