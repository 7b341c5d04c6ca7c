#!/usr/bin/env bats
# A backup of the store is put back, or a node is moved to another store: no id and no n that users have seen
# is given to another reading, and who closes gaps gets all that there is.

setup() {
	load ../tool/helper
	PATH=$ROOT/scripts:$PATH
	(umask 077 && echo 'a-token-of-32-bytes-for-the-tests' >token)
	: >out
}
teardown() { everything_stops; }

# A server on ports that it finds, or on the one that it had: NATS_PID, NATS.
nats_run() {
	command -v nats-server >/dev/null || { echo 'no nats-server: scripts/install-deps test' >&2; return 1; }
	: >nats.log
	printf '%s\n' 'server_name: n1' "listen: 127.0.0.1:${NATS_PORT:--1}" 'max_payload: 8MB' \
		"jetstream { store_dir: \"$PWD/js\", max_mem: 64M, max_file: 1G }" >nats.conf
	nats-server -c nats.conf -l nats.log 3>&- &
	NATS_PID=$!
	OTHER_PIDS="${OTHER_PIDS:-} $NATS_PID"
	eventually grep -q 'Server is ready' nats.log
	NATS_PORT=$(sed -n 's/.*Listening for client connections on 127.0.0.1://p' nats.log)
	NATS=nats://127.0.0.1:$NATS_PORT
}
nats_end() {
	kill "$NATS_PID"
	wait "$NATS_PID" || true
}

on() { STORE=(--store "$1") SEALED=(--store "$1" --node-key node.key); }
node() { node_start --print --records-bearer token "$@"; }

# Readings FROM to TO, of types a and b, and one of TO by a source that is registered; all of them are out.
send() {
	local all=$(($(wc -l <out) + 2 * ($2 - $1 + 1) + 1))
	jq -nc --argjson from "$1" --argjson to "$2" 'range($from; $to + 1) as $i | {type: ("a", "b"), value: $i}' >in
	post application/x-ndjson in '/v1/data?kind=test'
	[ "$STATUS" = 202 ]
	[ -e s.key ] || nos-token new --url "$URL" "${SEALED[@]}" 2>/dev/null | nos-register --keyring s.key >/dev/null
	jq -nc --argjson to "$2" '{type: "s", value: $to}' | nos-send --keyring s.key --url "$URL" >>answers
	are_out() { [ "$(wc -l <out)" -ge "$all" ]; }
	eventually are_out
	[ "$(wc -l <out)" -eq "$all" ]
}

# No id stands twice, and n grows on each topic.
is_new() {
	[ -z "$(jq -r .id out | sort | uniq -d)" ]
	[ "$(jq -s 'group_by(.type) | length == 3 and all(.[]; map(.n) == (map(.n) | unique))' out)" = true ]
}
# Every id that nos-send was told is that of the record.
are_told() {
	[ "$(jq -r .status answers | sort -u)" = accepted ]
	cmp <(jq -r .id answers) <(jq -r 'select(.type == "s") | .id' out)
}

# A user that gets all but some of it: of each type it has each of FROM to TO once and in order in the end; so
# many eras were met.
closes_gaps() { # FROM TO ERAS LOST, a filter of what is lost
	jq -c "select(.value | . >= $1 and (($4) | not))" out >came
	[ "$(wc -l <came)" -lt "$(jq -s "map(select(.value >= $1)) | length" out)" ]
	close-gaps --token token --url "$URL" <came >whole 2>notes
	[ "$(jq -s "map(select(.type != \"s\")) | group_by(.type) |
		length == 2 and all(.[]; map(.value) == [range($1; $2 + 1)])" whole)" = true ]
	[ "$(grep -c 'is next behind .*: the node was put back from a backup, or moved$' notes)" = $(($3 * 3)) ]
	fails grep 'kept any more' notes
}

# What follows the backup is lost, and what comes then is sent when it is put back, by the rest of the line.
put_back() {
	node
	send 1 30
	node_stop
	mkdir backup
	cp node.db* backup
	node
	send 31 50
	node_stop
	rm node.db*
	cp backup/* .
	"$@"
	node
	send 51 90
}
after_restore() { nos-rekey --after-restore "${SEALED[@]}" >/dev/null; }

@test "behind a backup that was put back no id and no n comes again, and a user that closes gaps gets all" {
	put_back after_restore
	is_new
	are_told
	# Of the era the first are among what is lost.
	closes_gaps 1 90 1 '. % 7 > 4 and . < 31 or . % 7 < 4 and . > 50 and . != 90'
	grep -qE '^close-gaps: nos/1/test/anonymous/a: [0-9]{16} is next behind 50: ' notes
	grep -qE '^close-gaps: nos/1/test/anonymous/b: [0-9]{16} to [0-9]{16} put in their place$' notes
	# A page that ends in what was passed over, one that begins there, and one behind it.
	ask() { curl -s -G -H "Authorization: Bearer $(<token)" -d topic=nos/1/test/anonymous/a -d "after=$1" -d "limit=$2" "$URL/v1/records" | jq -s -c 'map(.value)'; }
	first=$(jq 'select(.type == "a" and .value == 51) | .n' out)
	[ "$(ask 28 2)" = '[29,30]' ]
	[ "$(ask 28 3)" = '[29,30,51]' ]
	[ "$(ask 28 100)" = '[29,30,51]' ]
	[ "$(ask 30 100)" = '[51]' ]
	[ "$(ask 50 1)" = '[51]' ]
	[ "$(ask $((first - 1)) 2)" = '[51,52]' ]
	[ "$(ask "$first" 2)" = '[52,53]' ]
	[ "$(ask $((first + 39)) 2)" = '[]' ]
	# And behind the backup that is put back once more.
	node_stop
	rm node.db*
	cp backup/* .
	after_restore
	node
	send 91 95
	is_new
	closes_gaps 1 95 2 '. == 91 or . == 93'
}

@test "without nos-rekey --after-restore they come again, and who closes gaps passes over readings" {
	put_back true
	fails is_new
	[ -n "$(jq -r .id out | sort | uniq -d)" ]
	close-gaps --token token --url "$URL" <out >whole
	[ "$(jq -s 'map(select(.type == "a" and .value > 50)) | length' whole)" = 20 ]
}

@test "on servers whose files were put back it is the same" {
	nats_run
	on "$NATS"
	nos-serve --init --lanes 2 "${SEALED[@]}"
	node
	send 1 30
	node_stop
	nats_end
	cp -r js backup
	nats_run
	node
	send 31 50
	run -75 nos-rekey --after-restore "${SEALED[@]}"
	[[ $output == 'nos-rekey: a nos-serve runs on the store'*': end it first' ]]
	node_stop
	nats_end
	rm -r js
	cp -r backup js
	nats_run
	after_restore
	node
	send 51 90
	is_new
	are_told
	closes_gaps 1 90 1 '. % 7 > 4 and . < 31 or . % 7 < 4 and . > 50 and . != 90'
}

@test "a node that is moved, to servers and back, gives no id and no n again, and neither does a copy of it" {
	moved() { # FROM TO ARGUMENT...
		nos-keytable export --store "$1" --node-key node.key "${@:3}" >moved
		nos-keytable import --store "$2" --node-key node.key <moved 2>/dev/null
	}
	nats_run
	node
	send 1 30
	node_stop
	nos-keytable export --copy "${SEALED[@]}" >copy
	moved sqlite:node.db "$NATS"
	on "$NATS"
	node
	send 31 50
	is_new
	closes_gaps 1 50 1 '. > 30 and . % 3 == 1'
	node_stop
	moved "$NATS" sqlite:other.db
	on sqlite:other.db
	node
	send 51 60
	is_new
	are_told
	closes_gaps 50 60 1 '. % 3 == 0 and . != 60'
	# Who was away over both moves is told that what was between is not kept, in a line of each topic.
	jq -c 'select(.value <= 30 or .value > 50)' out >came
	close-gaps --token token --url "$URL" <came 2>notes | cmp came -
	[ "$(grep -cE ': nothing behind 30 and before [0-9]{16} is kept any more: the node was moved, or put back from a backup$' notes)" = 2 ]
	[ "$(grep -c ' is kept any more: the node was moved, or put back from a backup$' notes)" = 3 ]
	[ "$(wc -l <notes)" = 3 ]
	node_stop
	# Its disk is gone, and what is left is a copy of the beginning.
	nos-keytable import --store sqlite:copy.db --node-key node.key <copy 2>/dev/null
	on sqlite:copy.db
	node
	send 61 70
	is_new
	closes_gaps 60 70 1 '. % 3 == 1 and . != 70'
}
