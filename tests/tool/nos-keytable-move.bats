#!/usr/bin/env bats
# A node is moved from one store to another: nos-keytable export and import.

setup() {
	load helper
	FILE=(--store sqlite:node.db)
	NATS=()
	OTHER=(--store sqlite:other.db)
	KEY=(--node-key node.key)
}
teardown() { everything_stops; }

# A server on a free port: NATS, the store on it.
nats_start() {
	local try port
	command -v nats-server >/dev/null || { echo 'no nats-server: scripts/install-deps test' >&2; return 1; }
	for try in {1..50}; do
		port=$((10000 + RANDOM % 20000))
		printf '%s\n' 'server_name: n1' "listen: 127.0.0.1:$port" 'max_payload: 8MB' \
			"jetstream { store_dir: \"$PWD/js\", max_mem: 64M, max_file: 1G }" >nats.conf
		nats-server -c nats.conf -l nats.log 3>&- &
		OTHER_PIDS="${OTHER_PIDS:-} $!"
		while kill -0 "$!" 2>/dev/null; do
			if listens "$!" "$port"; then
				NATS=(--store "nats://127.0.0.1:$port/nos")
				return
			fi
		done
		wait "$!" || true
	done
	echo "no server after $try tries" >&2
	return 1
}

# The node runs on this store, or on this one from now on.
node_on() { # STORE... -- ARGUMENT...
	STORE=("$1" "$2") SEALED=("$1" "$2" "${KEY[@]}")
	node_start --print "${@:3}"
}

moved() { # FROM URL, TO URL [ARGUMENT...]
	nos-keytable export --store "$1" "${KEY[@]}" >node.moved
	nos-keytable import --store "$2" "${KEY[@]}" "${@:3}" <node.moved
}

# Two sources, a and b; a has sent. The node has stopped.
node_with_two() { # ARGUMENT...
	LISTEN=$(address_free)
	node_on "${FILE[@]}" "$@"
	nos-token new --kind weather-station --url "$URL" "${SEALED[@]}" |
		nos-register --keyring a.key --name campodenno >/dev/null
	nos-token new --url "$URL" "${SEALED[@]}" | nos-register --keyring b.key >/dev/null
	send 20 21
	node_stop
}

send() {
	printf '{"type":"air_temperature","value":%d,"unit":"Cel"}\n' "$@" |
		nos-send --keyring a.key >answers
	[ "$(jq -r .status answers | sort -u)" = accepted ]
}
out_has() { [ "$(grep -c '"air_temperature"' out)" -ge "$1" ]; }
# n goes on by one, and in another store behind all that was before.
ns_grow() { jq -es 'map(select(.type == "air_temperature") | .n) | .[:2] == [1, 2] and . == unique' out >/dev/null; }

@test "a source on a file goes on sending without a new key when its node is moved to servers, and back" {
	nats_start
	node_with_two
	eventually out_has 2
	moved "${FILE[1]}" "${NATS[1]}"
	node_on "${NATS[@]}"
	send 22 23
	eventually out_has 4
	node_stop
	moved "${NATS[1]}" "${OTHER[1]}"
	node_on "${OTHER[@]}"
	send 24
	eventually out_has 5
	node_stop
	ns_grow
	# No key was given in all that, and the audit stream is whole.
	[ "$(nos-keytable "${OTHER[@]}" --source campodenno | jq -c '[.key, .uses]')" = '["p.1",3]' ]
	nos-keytable "${OTHER[@]}" "${KEY[@]}" audit --verify
}

# All state that goes along as it is, of a store in a file: in the other an era begins.
state_of() {
	sqlite3 "$1" "select ns, key, hex(value) from state where ns not in ('tracks', 'marks')
		and not (ns = 'node' and key in ('mark', 'moved', 'era', 'format')) order by ns, key"
}
audit_of() { entries "$1" audit; }

@test "all state and the audit stream go along, and what refers to positions is set back" {
	node_with_two
	nos-token new --count 3 "${SEALED[@]}" >/dev/null
	nos-keytable "${FILE[@]}" sources >before
	run -0 --separate-stderr moved "${FILE[1]}" "${OTHER[1]}" -v
	[[ $stderr == *'node 1 was moved here, '*' entries' ]]
	state_of node.db >a
	state_of other.db >b
	[ "$(wc -l <a)" -gt 10 ]
	cmp a b
	[ -n "$(audit_of other.db)" ]
	[ "$(audit_of node.db)" = "$(audit_of other.db)" ]
	cmp before <(nos-keytable "${OTHER[@]}" sources)
	[ "$(sqlite3 other.db "select json_extract(value, '\$.position', '\$.series[0].n', '\$.series[0].last', '\$.keys[0].uses', '\$.keys[0].first') from state where ns = 'tracks'")" = '[0,2,null,1,null]' ]
	[ "$(entries -n other.db raw)" = 0 ]
	[ -z "$(sqlite3 node.db "select value from state where ns = 'node' and key = 'era'")" ]
	[[ $(sqlite3 other.db "select value from state where ns = 'node' and key = 'era'") =~ ^\{\"v\":1,\"era\":[0-9]{16}\}$ ]]
}

@test "a number that was seen is not taken again behind the move" {
	LISTEN=$(address_free)
	node_on "${FILE[@]}"
	nos-token new --url "$URL" "${SEALED[@]}" | nos-register --keyring a.key >/dev/null
	cp a.key before.key
	send 20
	node_stop
	moved "${FILE[1]}" "${OTHER[1]}"
	node_on "${OTHER[@]}"
	# The source as it was before it sent: under the number that was seen, other readings.
	cp before.key a.key
	send 21
	eventually out_has 2
	node_stop
	[ "$(nos-keytable "${OTHER[@]}" sources | jq .seq)" -ge 2 ]
	[ "$(grep -c '"air_temperature"' out)" = 2 ]
}

@test "global keys and groups go on behind the move" {
	LISTEN=$(address_free)
	node_on "${FILE[@]}"
	nos-token new --scheme dini --url "$URL" "${SEALED[@]}" | nos-register --keyring a.key >/dev/null
	for name in b c; do
		nos-token new --group cellar --scheme tree --url "$URL" "${SEALED[@]}" |
			nos-register --keyring "$name.key" >/dev/null
	done
	all_send() {
		for name in a b c; do
			for _ in 1 2 3; do
				nos-send --keyring "$name.key" <<<'{"type":"t","value":1}' >/dev/null
			done
		done
	}
	keys() { nos-keytable ct --state active "${STORE[@]}" | jq -r '"\(.source) \(.key)"' | sort; }
	all_send
	node_stop
	keys >before
	moved "${FILE[1]}" "${OTHER[1]}"
	node_on "${OTHER[@]}"
	keys >behind
	cmp before behind
	nos-rekey --all "${SEALED[@]}" >/dev/null
	all_send
	keys >after
	# Each follows to the new key of its scheme.
	[ "$(grep -c ' d\.' after)" = 1 ]
	[ "$(grep ' d\.' before)" != "$(grep ' d\.' after)" ]
	[ "$(grep -c ' t\.' after)" = 2 ]
	node_stop
}

@test "a store whose node was moved away runs no more, until that is undone" {
	node_with_two
	nos-keytable export "${SEALED[@]}" >node.moved
	run -78 timeout 30 nos-serve "${SEALED[@]}" --listen 127.0.0.1:0 --admin ''
	[[ $output == *'the node was moved to another store at 20'*'nos-keytable export --undo' ]]
	run -78 nos-token new "${SEALED[@]}"
	run -78 nos-rekey --all "${SEALED[@]}"
	# What was there may be read, and moved once more.
	[ "$(nos-keytable "${FILE[@]}" sources | wc -l)" = 2 ]
	nos-keytable "${SEALED[@]}" audit --verify
	nos-keytable export "${SEALED[@]}" >again.moved
	nos-keytable export --undo "${SEALED[@]}"
	node_on "${FILE[@]}"
	send 22
	node_stop
	run -66 nos-keytable export --undo "${SEALED[@]}"
	[[ $output == *'was not moved away' ]]
}

@test "a copy lets its node go on, and begins a life of its own" {
	node_with_two
	nos-keytable export --copy "${SEALED[@]}" >node.copy
	node_on "${FILE[@]}"
	node_stop
	run -0 nos-keytable import "${OTHER[@]}" "${KEY[@]}" <node.copy
	[[ $output == *'a copy: life 2 begins, see nos-rekey(1)' ]]
	[ "$(nos-keytable "${OTHER[@]}" audit | jq -r .what | tail -n 1)" = restore ]
	nos-keytable "${OTHER[@]}" "${KEY[@]}" audit --verify
	STORE=("${OTHER[@]}") SEALED=("${OTHER[@]}" "${KEY[@]}")
	node_start --print
	send 22
	eventually out_has 3
}

@test "who has another node key, or no key, imports nothing" {
	node_with_two
	nos-keytable export "${SEALED[@]}" >node.moved
	nos-serve --init --store sqlite:x.db --node-key x.key
	run -77 nos-keytable import "${OTHER[@]}" --node-key x.key <node.moved
	[[ $output == *'made under another node key' ]]
	run -66 nos-keytable import "${OTHER[@]}" --node-key none.key <node.moved
	[ ! -e other.db ] || [ "$(sqlite3 other.db 'select count(*) from state')" = 0 ]
	# Its line says which node it is; names, kinds and ids are not to be seen.
	[ "$(head -n 1 node.moved | jq -c '[.nos, .node, .lanes, .copy]')" = '["moved node",1,1,false]' ]
	fails grep -aqe campodenno -e weather-station -e "$(jq -r .source a.key)" node.moved
}

@test "a file that was cut or changed is not imported" {
	node_with_two
	nos-keytable export "${SEALED[@]}" >node.moved
	size=$(stat -c %s node.moved)
	for keep in $((size - 1)) $((size / 2)) 100 0; do
		head -c "$keep" node.moved >cut
		run -65 nos-keytable import "${OTHER[@]}" "${KEY[@]}" <cut
	done
	for at in 20 $((size / 2)) $((size - 1)); do
		cp node.moved changed
		byte=$(od -An -tu1 -j "$at" -N 1 node.moved)
		printf "\\x$(printf %x $((byte ^ 1)))" | dd of=changed bs=1 seek="$at" conv=notrunc status=none
		run -65 nos-keytable import "${OTHER[@]}" "${KEY[@]}" <changed
	done
	cat node.moved <(echo more) >longer
	run -65 nos-keytable import "${OTHER[@]}" "${KEY[@]}" <longer
	run -65 nos-keytable import "${OTHER[@]}" "${KEY[@]}" <a.key
	# Nothing of it is there, and the file as it was is good.
	[ "$(sqlite3 other.db 'select count(*) from state')" = 0 ]
	nos-keytable import "${OTHER[@]}" "${KEY[@]}" <node.moved
}

@test "an import that broke off is no node, and is begun again" {
	node_with_two
	# So that the end is not in the first chunk.
	nos-token new --count 400 "${SEALED[@]}" >/dev/null
	nos-keytable export "${SEALED[@]}" >node.moved
	[ "$(stat -c %s node.moved)" -gt 70000 ]
	# Of a pipe the end is not known before it is there.
	run -65 nos-keytable import "${OTHER[@]}" "${KEY[@]}" < <(head -c -1 node.moved)
	run -78 timeout 30 nos-serve --init "${OTHER[@]}" "${KEY[@]}"
	[[ $output == *'nos-keytable import broke off'* ]]
	run -78 nos-keytable "${OTHER[@]}" sources
	cat node.moved | nos-keytable import "${OTHER[@]}" "${KEY[@]}"
	state_of node.db >a
	state_of other.db >b
	cmp a b
	nos-keytable "${OTHER[@]}" "${KEY[@]}" audit --verify
	nats_start
	run -65 nos-keytable import "${NATS[@]}" "${KEY[@]}" < <(head -c -1 node.moved)
	run -78 timeout 30 nos-serve --init "${NATS[@]}" "${KEY[@]}"
	nos-keytable import "${NATS[@]}" "${KEY[@]}" <node.moved
	nos-keytable "${NATS[@]}" "${KEY[@]}" audit --verify
	cmp <(nos-keytable "${FILE[@]}" audit) <(nos-keytable "${NATS[@]}" audit)
	cmp <(nos-keytable "${FILE[@]}" sources) <(nos-keytable "${NATS[@]}" sources)
}

@test "an import of nothing, or of something else, leaves a store in which a node may be made" {
	nos-serve --init "${SEALED[@]}"
	# As where the export before it in a pipe was refused.
	for input in /dev/null err; do
		echo 'nos-keytable: a nos-serve runs on the store: end it first' >err
		run -65 nos-keytable import "${OTHER[@]}" "${KEY[@]}" < <(cat "$input")
		[[ $output == *'not what nos-keytable export writes' ]]
		[ "$(sqlite3 other.db 'select count(*) from state')" = 0 ]
	done
	nos-serve --init "${OTHER[@]}" "${KEY[@]}"
}

@test "nothing is imported over a node" {
	node_with_two
	nos-keytable export "${SEALED[@]}" >node.moved
	nos-serve --init "${OTHER[@]}" "${KEY[@]}"
	state_of other.db >a
	run -73 nos-keytable import "${OTHER[@]}" "${KEY[@]}" <node.moved
	[[ $output == *'a node was made in this store' ]]
	cmp a <(state_of other.db)
}

@test "a node that runs is not moved, on a file or on servers" {
	nats_start
	node_on "${FILE[@]}"
	run -75 --separate-stderr nos-keytable export "${SEALED[@]}"
	[ -z "$output" ]
	[[ $stderr == *'a nos-serve runs on the store: end it first' ]]
	node_stop
	moved "${FILE[1]}" "${NATS[1]}" --lanes 2
	node_on "${NATS[@]}"
	run -75 --separate-stderr nos-keytable export "${SEALED[@]}"
	[[ $stderr == *"a nos-serve runs on the store, at $URL: end it first" ]]
	# One that was killed says no more, and goes by what it had said until others would.
	node_stop KILL
	nos-keytable export "${SEALED[@]}" >node.moved
	nos-keytable import "${OTHER[@]}" "${KEY[@]}" <node.moved
}

@test "a node stays while packs are not in its records" {
	node_with_two
	sqlite3 node.db "update state set value = '{\"v\":1,\"saved\":0}' where ns = 'node' and key = 'mark'"
	run -75 --separate-stderr nos-keytable export "${SEALED[@]}" --unpublished
	[ -z "$output" ]
	[[ $stderr == *'packs are not in the records yet (1): run nos-serve, and end it' ]]
	node_on "${FILE[@]}"
	node_stop
	nos-keytable export "${SEALED[@]}" >node.moved
}

@test "a node with records that no broker has yet stays, unless they are left behind" {
	node_with_two
	mark='{"v":1,"saved":1,"published":0}'
	sqlite3 node.db "update state set value = '$mark' where ns = 'node' and key = 'mark'"
	run -75 --separate-stderr nos-keytable export "${SEALED[@]}"
	[ -z "$output" ]
	[[ $stderr == *'records wait for the broker (2): run nos-serve until they are out, or leave them with --unpublished' ]]
	nos-keytable export --unpublished "${SEALED[@]}" >node.moved
	nos-keytable import "${OTHER[@]}" "${KEY[@]}" <node.moved
	nos-keytable export --undo "${SEALED[@]}"
	broker_start
	node_on "${FILE[@]}" --mqtt "$MQTT"
	all_out() { [ "$(curl -s "$ADMIN/metrics" | sed -n 's/^nos_outbox_records //p')" = 0 ]; }
	eventually all_out
	node_stop
	nos-keytable export "${SEALED[@]}" >node.moved
}

@test "an import that is ended while it waits ends as a signal has it, and has made no node" {
	node_with_two
	mkfifo pipe
	nos-keytable import "${OTHER[@]}" "${KEY[@]}" <pipe 3>&- &
	IMPORT=$!
	exec 8>pipe
	nos-keytable export "${SEALED[@]}" >node.moved
	head -c 1000 node.moved >&8
	kill -TERM "$IMPORT"
	STATUS=0
	wait "$IMPORT" || STATUS=$?
	exec 8>&-
	[ "$STATUS" = 143 ]
	fails nos-keytable "${OTHER[@]}" sources
}

@test "options of a move go with it alone" {
	run -64 nos-keytable sources --copy
	run -64 nos-keytable import --undo </dev/null
	run -64 nos-keytable export --lanes 2
	run -64 nos-keytable export --source a
	for wrong in '--undo --copy' '--unpublished --undo' '--undo --lanes 2' '--undo --state active'; do
		# shellcheck disable=SC2086 # words
		run -64 nos-keytable export $wrong
		[ "${#lines[@]}" = 1 ]
	done
	run -64 nos-keytable --undo
	run -64 nos-keytable import --unpublished </dev/null
	# What is set elsewhere is for others.
	run -66 env NOS_COPY=1 nos-keytable export --undo "${SEALED[@]}"
	run -64 nos-keytable export sources
}
