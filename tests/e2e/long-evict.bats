#!/usr/bin/env bats
# One member is put out of a group of a thousand, and of a million: what that touches, costs and sends.
# Members' keys are nobody's (tests/help/load.c).

MANY=1000000
SPACE_KIB=6000000 # that the stores take, copies among them

setup() {
	load ../tool/helper
	local free
	free=$(df -k --output=avail . | tail -n 1)
	[ "$free" -gt $SPACE_KIB ] || skip "$((free / 1024)) MiB free, $((SPACE_KIB / 1024)) needed"
	HELP=$ROOT/build/${V:-release}/tests/help
}
teardown() {
	everything_stops
	rm -f node.* rows
}

took() { "$HELP/peak" "$1.took" "${@:2}"; }

# Values put, and entries appended, since this was called last.
written() {
	local counts='select rev, (select coalesce(sum(seq), 0) from sqlite_sequence) from revision' rev entries
	read -r rev entries <<<"$(sqlite3 -separator ' ' node.db "$counts")"
	PUTS=$((rev - ${REV:-0})) APPENDED=$((entries - ${ENTRIES:-0}))
	REV=$rev ENTRIES=$entries
}

rss_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$NODE_PID/status"; }

@test "one of a thousand, and of a million, is put out by as many records as its tree is high, at most" {
	local count out broadcast bytes
	declare -A puts
	echo '# members  puts  entries  ms  CPU ms  KiB  pull B each  CPU us each  pull B all  broadcast B  fan-out B  store MiB  node KiB' >&3
	for count in 1000 10000 100000 $MANY; do
		rm -f node.*
		nos-serve --init "${SEALED[@]}" 2>/dev/null
		nos-token new --group roof --url http://127.0.0.1:1 "${SEALED[@]}" >/dev/null 2>&1
		took load "$HELP/load" sqlite:node.db node.key "$count" roof
		nos-rekey --group roof "${SEALED[@]}" >/dev/null
		written
		took out nos-rekey --revoke s-0000000100 "${SEALED[@]}" >rows
		written
		puts[$count]=$PUTS
		out="$PUTS $APPENDED $(jq -r '"\(.ms) \(.cpu_ms) \(.kib)"' out.took)"
		"$HELP/pull" sqlite:node.db node.key 500 200 >pulled
		broadcast=$(sqlite3 node.db "select length(json_extract(value, '\$.broadcast')) * 3 / 4 from state where ns = 'groups' and key = '1'")
		bytes=$(jq .most pulled)
		node_start
		printf '# %s  %s  %s %s  %s  %s  %s  %s  %s\n' "$count" "$out" "$(jq -r '"\(.least)-\(.most)"' pulled)" "$(jq .us pulled)" \
			$((bytes * (count - 1))) "$broadcast" $((broadcast * count)) "$(du -m node.db | cut -f 1)" "$(rss_kib)" >&3
		node_stop
		# The way from the leaf to the root, and some that do not grow.
		[ "$PUTS" -le 25 ]
		[ "$APPENDED" -le 10 ]
		[ "$(jq .cpu_ms out.took)" -lt 500 ]
		[ "$bytes" -le 45 ]
		[ "$broadcast" -le 402 ]
	done
	[ "${puts[1000]}" = "${puts[$MANY]}" ]
}
