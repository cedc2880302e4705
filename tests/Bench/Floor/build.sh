#!/bin/sh
# build.sh DIRECTORY: compiles floor and meter into it, static, as the plugins are.
set -eu
to=$(cd "$1" && pwd)
cd "$(dirname "$0")"
cc -O2 -Wall -Wextra -Werror -static -o "$to/floor" floor.c netlink.c lease.c links.c limits.c elements.c
cc -O2 -Wall -Wextra -Werror -static -o "$to/meter" meter.c
