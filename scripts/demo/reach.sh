#!/bin/sh
# reach.sh: who reaches whom.
set -eu
# shellcheck source=scripts/demo/words.sh
. scripts/demo/words.sh

# reach POD ADDRESS NAME
reach() {
    answer=$(ip netns exec "$1" ping -c 2 -i 0.2 -W 2 -q "$2") || { echo "$answer"; exit 1; }
    echo "$answer" | sed -n "s/^[0-9].*/$1 to $3, IPv$family: &/p"
}

title "They reach each other, their gateway, and through masquerade the outside"
for family in 4 6; do
    reach blue "$(address $family green)" green
    reach blue "$(ip -n blue -$family route show default | awk '{ print $3 }')" "its gateway"
    reach red "$(address $family outside)" outside
    reach web "$(address $family outside)" outside
done
