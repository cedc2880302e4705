#!/bin/sh
# progress.sh: what xunit says of each test (-verbose, on stdin) in few lines: a line for each hundred tests, failures as
# they come and whole, and in the end why tests were skipped, each reason once.
set -eu
count=0 reasons='' skipping=
while IFS= read -r line; do
    case $line in
        '    '[!\ ]*' [STARTING]' | '    '[!\ ]*' [PASS]') skipping= ;;
        '    '[!\ ]*' [FINISHED] Time: '*)
            skipping=
            count=$((count + 1))
            [ $((count % 100)) -ne 0 ] || echo "$count tests done" ;;
        '    '[!\ ]*' [SKIP]') skipping=yes ;;
        '  Discovering: '* | '  Discovered:  '* | '  Starting:    '* | '  Finished:    '*) skipping= ;;
        '      '*)
            if [ "$skipping" ]; then
                reasons="$reasons${line#      }
"
            else
                printf '%s\n' "$line"
            fi ;;
        *)
            skipping=
            printf '%s\n' "$line" ;;
    esac
done
[ -z "$reasons" ] || { echo "skipped, because:"; printf '%s' "$reasons" | sort | uniq -c | sort -rn; }
