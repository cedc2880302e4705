#!/bin/sh
# version.sh: what this build calls itself: the last tag v*, commits since, the commit; without a tag 0.1.0 and the commit; without git 0.1.0.
set -eu
cd "$(dirname "$0")/.."
first=v0.1.0
# A source tree that was unpacked inside of another repository has no version of that one's.
[ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ] || { echo "$first"; exit; }
git describe --tags --match 'v[0-9]*' 2>/dev/null && exit
commit=$(git rev-parse --short=10 HEAD 2>/dev/null) && echo "$first-g$commit" || echo "$first"
