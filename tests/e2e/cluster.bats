#!/usr/bin/env bats
# Two nos-serve over one store in three NATS servers: each takes what the other has.

setup() {
	load ../tool/helper
	load key
	load faults
	load cluster
	load failures
}
teardown() {
	everything_stops
	fails grep -sA 30 'Sanitizer' ./*.err
}

@test "what a source sends to either comes out once and in order, whoever is there, until it is revoked" {
	both_start
	for name in 1 2 3 4 5 6; do
		register "$name"
		send "$name" 1 5 a >>answers
		send "$name" 6 10 b >>answers
	done
	[ "$(jq -s 'map(select(.status == "accepted")) | length' answers)" -eq 60 ]
	eventually all_out 6 10
	# They are of several lanes, of both.
	[ "$(records | jq 'map(.id | split("-")[0]) | unique | length')" -gt 1 ]
	in_order
	# What only a committer can tell is told at both.
	for topic in $(received data | cut -d ' ' -f 1 | sort -u); do
		for at in a b; do
			curl -sf -H "Authorization: Bearer $TOKEN" "${SERVE_URLS[$at]}/v1/records?topic=$topic" >"told.$at"
			[ "$(jq -s 'map(.value) == [range(1; 11)]' "told.$at")" = true ]
		done
	done
	# One that ends gives its lanes to the other at once, and takes some back when it comes.
	serve_kill b TERM
	eventually shared a 4
	send 1 11 12 a >>answers
	serve_start b --mqtt "$MQTT"
	eventually shared a 2 b 2
	send 1 13 14 b >>answers
	[ "$(jq -s 'map(select(.status == "accepted")) | length' answers)" -eq 64 ]
	# A source that another process revokes is refused at both.
	for name in 1 2 3 4 5 6; do
		nos-rekey --revoke "$name" "${SEALED[@]}" >/dev/null
	done
	refused() { post application/jose pack /v1/data && [ "$STATUS" = 401 ]; }
	for name in 1 2 3 4 5 6; do
		"$ROOT/build/${V:-release}/tests/help/packs" 1 1 "$name.key" | tr -d '\n' >pack
		for at in a b; do
			URL=${SERVE_URLS[$at]}
			eventually refused
		done
	done
}

# Readings of four sources to $1 while $2 is killed, and comes again: two of them send to $2, and know of $1.
outlive() {
	local name at
	for name in 1 2 3 4; do
		at=$1
		[ "$name" -lt 3 ] || at=$2
		send "$name" "$3" "$4" "$at" --url "${SERVE_URLS[$1]}" --batch 5 >>"answers.$name" 2>>"send.$name" 3>&- &
		SENDERS+=($!)
	done
	serve_kill "$2"
	eventually shared "$1" 4
	wait "${SENDERS[@]}"
	SENDERS=()
	serve_start "$2" --mqtt "$MQTT"
	eventually shared a 2 b 2
}

@test "the lanes of one that is killed are the other's within seconds, and nothing is lost or doubled" {
	SENDERS=()
	both_start
	for name in 1 2 3 4; do
		register "$name"
	done
	outlive a b 1 200
	outlive b a 201 400
	emptied() { send "$1" 1 0 a >/dev/null && [ -z "$(ls "$1.spool"/*/*.jwe 2>/dev/null)" ]; }
	for name in 1 2 3 4; do
		eventually emptied "$name"
	done
	[ "$(cat answers.? | jq -s 'map(select(.status == "rejected" or .error)) | length')" -eq 0 ]
	eventually all_out 4 400
}

@test "one that sleeps while its lanes go to the other doubles nothing when it wakes" {
	both_start
	load_begin
	kill -STOP "${SERVE_PIDS[b]}"
	eventually shared a 4
	kill -CONT "${SERVE_PIDS[b]}"
	eventually shared a 2 b 2
	load_end
}

@test "a store that was made when one host was named gets its copies on three by --init, and until then a start says so" {
	cluster_start 1
	hosts=${STORE[1]#nats://} hosts=${hosts%/nos}
	timeout 60 nos-serve --init -q --store "nats://127.0.0.1:${NATS_PORTS[1]}/one" --node-key one.key
	STORE=(--store "nats://$hosts/one")
	SEALED=("${STORE[@]}" --node-key one.key)
	serve_start a
	[ "$(grep -c copies a.err)" = 1 ]
	grep -Eqx 'nos-serve: store: [0-9]+ of its [0-9]+ streams have fewer copies than the 3 asked for, as they were made: nos-serve --init gives them so many' a.err
	run -0 --separate-stderr timeout 60 nos-serve --init "${SEALED[@]}"
	[[ $stderr =~ ^nos-serve:\ store:\ [0-9]+\ of\ its\ [0-9]+\ streams\ have\ 3\ copies\ now$ ]]
	URL=${SERVE_URLS[a]}
	taken() { post application/json - /v1/data <<<'{"type":"count","value":1}' && [ "$STATUS" = 202 ]; }
	eventually taken
	serve_kill a TERM
	serve_start a
	fails grep copies a.err
	# What has not so many servers is told with its remedy.
	run -75 --separate-stderr timeout 60 nos-serve --init -q --store "nats://$hosts/five?replicas=5" --node-key five.key
	[[ $stderr == *": there are fewer than 5 servers with JetStream in the cluster of $hosts: start them, or ask for fewer copies with ?replicas=" ]]
}

@test "of two nos-serve with one cluster URL the later goes and says why, but one that was killed starts again" {
	cluster_start 2
	SERVE_AT=([a]=$(address_free))
	serve_start a
	twin_starts b
	twin_goes b
	shared a 2
	serve_kill a
	serve_start a
	shared a 2
}

# A record as a subscriber gets it: ID N VALUE.
comes() { printf 'nos/1/meter/s/count {"id":"%s","source":"s","n":%d,"value":%d}\n' "$@" >>data.debug; }

@test "what looks at failures sees a reading that is lost, doubled or late, and a pack that is stored twice" {
	printf 's %d %d\n' 1 1 2 1 3 2 >answered
	printf 's %d\n' 1 2 >stored
	comes 1-1-0 1 1
	comes 1-1-1 2 2
	cp data.debug two
	fails is_all_delivered
	comes 1-2-0 3 3
	comes 1-2-0 3 3
	is_all_delivered
	is_stored_once
	[ "$(doubled)" -eq 0 ]
	in_order
	comes 1-3-0 4 3
	fails is_all_delivered
	[ "$(doubled)" -eq 1 ]
	mv two data.debug
	comes 1-2-0 4 1
	fails in_order
	printf 's %d\n' 1 2 2 >stored
	fails is_stored_once
	printf 's %d\n' 1 >stored
	fails is_stored_once
}
