# shellcheck shell=sh
# measure.sh: what scripts/traffic.sh measures between the host and a pod at 10.1.0.2 in which iperf3 serves.

# delay [IPERF-OPTION...]: p99 of round trips in ms, with that load if there is one.
delay() {
    if [ $# -gt 0 ]; then iperf3 -c 10.1.0.2 -t 7 "$@" >/dev/null & load=$!; sleep 1.5; fi
    ping -i 0.005 -c 1000 10.1.0.2 | sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n | awk '{ t[NR] = $1 } END { printf "%.3f\n", t[int(NR * 0.99)] }'
    if [ $# -gt 0 ]; then wait "$load"; fi
}

# speed RATE WORDS [IPERF-OPTION...]: what arrived in each of eight seconds, and in all after the second, as parts of the rate.
speed() {
    limit=$1; words=$2; shift 2
    iperf3 -c 10.1.0.2 -t 8 -J --get-server-output "$@" | jq -r --arg w "$words" --argjson rate "$limit" \
        'def r: . / $rate * 1000 | round / 1000; (if .start.test_start.reverse == 1 then .intervals else .server_output_json.intervals end) as $i |
         [$i[].sum.bits_per_second] as $s | "\($w): \([$s[:8][] | r]) of the rate; after the second \(($s[2:8] | add / length) | r)"'
}
