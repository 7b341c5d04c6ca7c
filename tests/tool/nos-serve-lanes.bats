#!/usr/bin/env bats
# A store with lanes, all of them with one nos-serve.

setup() { load helper; }
teardown() { everything_stops; }

HELP=build/${V:-release}/tests/help
hop() { "$ROOT/$HELP/hop" "$@"; }
reading='{"type":"air_temperature","value":-7.9,"unit":"Cel","time":1547812800}'

register() { # KEYRING: its id
	nos-token new --kind weather-station "${SEALED[@]}" 2>/dev/null | nos-register --keyring "$1" | jq -r .source
}
count() { sqlite3 node.db "select count(*) from $1"; }
# What was not yet known to be out when a node was killed comes again.
records() { [ "$(jq -r .id out | sort -u | wc -l)" -eq "$1" ]; }
numbers() { jq -nc --argjson a "$1" --argjson b "$2" 'range($a; $b + 1) | {type: "count", value: .}'; }

@test "how many lanes a store has is said when it is made, and never again" {
	run -64 --separate-stderr nos-serve "${SEALED[@]}" --lanes 4
	[ "$stderr" = 'nos-serve: --lanes is for --init' ]
	run -0 --separate-stderr nos-serve --init "${SEALED[@]}" --lanes 4
	run -0 --separate-stderr nos-serve --init "${SEALED[@]}" --lanes 4
	[ -z "$stderr" ]
	run -78 --separate-stderr nos-serve --init "${SEALED[@]}" --lanes 3
	[ "$stderr" = 'nos-serve: --lanes: the store has 4, for good' ]
}

@test "what sources of several lanes send comes out once and in order, also after a kill" {
	nos-serve --init "${SEALED[@]}" --lanes 8 2>/dev/null
	node_start --print
	for i in 1 2 3 4 5 6; do
		register "$i.key"
		numbers 1 5 | nos-send --keyring "$i.key" >>answers
	done
	eventually records 30
	node_stop KILL
	node_start --print
	for i in 1 2 3 4 5 6; do
		numbers 6 10 | nos-send --keyring "$i.key" --url "$URL" >>answers
	done
	all_out() { [ "$(jq -s 'unique_by(.id) | group_by(.source) | length == 6 and all(.[]; sort_by(.n) |
		map([.n, .value]) == [range(1; 11) | [., .]])' out)" = true ]; }
	eventually all_out
	# A source is told by which ids its readings go.
	diff <(jq -r .id answers | sort) <(jq -sr 'unique_by(.id)[].id' out | sort)
	[ "$(jq -r '.id | split("-")[0]' out | sort -u | wc -l)" -gt 1 ]
	[ "$(sqlite3 node.db "select count(*) from sqlite_master where name glob 'stream_raw[0-9]*'")" -gt 0 ]
}

@test "the numbers of a relay are seen in the lane of who is in its frame, and count nowhere else" {
	nos-serve --init "${SEALED[@]}" --lanes 8 2>/dev/null
	node_start --print
	register m.key >/dev/null
	for i in 1 2 3 4 5 6; do
		s=$(register "$i.key")
		printf '%s\n' "$reading" | hop seal "$i.key" 1 application/x-ndjson >pack
		hop frame m.key "$s" 1 <pack | hop seal m.key "$i" application/nos-hop >"frame$i"
		post application/jose "frame$i" /v1/data
		[ "$STATUS" = 202 ]
		jq -e '.accepted == 1 and .duplicates == 0' <<<"$ANSWER"
	done
	apart() { [ "$(sqlite3 node.db "select count(*) from state where ns = 'tracks' and key glob '*~*'")" -gt 1 ]; }
	eventually apart
	# Each comes again, to the same node and to the next one.
	for again in same next; do
		for i in 1 2 3 4 5 6; do
			post application/jose "frame$i" /v1/data
			[ "$STATUS" = 202 ]
			jq -e '.accepted == 0 and .duplicates == 1 and .same' <<<"$ANSWER"
		done
		[ $again = next ] || { node_stop KILL; node_start --print; }
	done
	eventually records 6
	# Its own readings are no less whole for it.
	printf '%s\n' "$reading" | hop seal m.key 20 application/x-ndjson >pack
	post application/jose pack /v1/data
	[ "$STATUS" = 202 ]
	eventually records 7
	jq -se 'all(.scores.completeness == 1)' out
	for stream in $(sqlite3 node.db "select substr(name, 8) from sqlite_master where name glob 'stream_raw*'"); do
		entries node.db "$stream"
	done >all
	[ "$(grep -c '^{.*"spread":true' all)" -eq 1 ]
}
