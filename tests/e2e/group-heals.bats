#!/usr/bin/env bats
# Members of a group come back to its key whatever has parted them from their node: a store that was put
# back without a word, an order that was bent on the way, a tree without a leaf, a poll that waits.

setup() {
	load ../tool/helper
	load faults
	load group
}
teardown() { everything_stops; }

# Members of a group, each with its first key. GROUP_OPTIONS, NAMES.
members() { # option…
	node_start
	sent=0
	for name in $NAMES; do
		nos-token new --group roof "$@" --url "$URL" "${SEALED[@]}" 2>/dev/null |
			nos-register --keyring "$name.key" --name "$name" >/dev/null
	done
	nos-rekey --group roof "${SEALED[@]}" >/dev/null
	contacts 2
}
contacts() { # COUNT
	for ((i = 0; i < $1; i++)); do
		for name in $NAMES; do
			sent=$((sent + 1))
			numbers $sent $sent | nos-send --keyring "$name.key" >answer
			[ "$(jq -r .status answer)" = accepted ]
		done
	done
}
# All of them go by the group's present key, and the node says so.
all_there() {
	local want
	want=$(nos-keytable groups "${STORE[@]}" | jq -r 'if .scheme == "tree" then "t.\(.number).\(.epoch)" else "s.\(.number).\(.epoch).\(.session)" end')
	for name in $NAMES; do
		[ "$(nos-keytable --keyring "$name.key" ct | jq -r 'select(.state == "active" and (.key | startswith("p.") | not)).key')" = "$want" ]
	done
	[ "$(nos-keytable groups "${STORE[@]}" | jq .pending)" -eq 0 ]
	# The last of each came under it.
	tail -n "$(wc -w <<<"$NAMES")" <(entries node.db processed | grep '^{') | jq -r .key | sort -u | grep -qx "$want"
}
back_up() { sqlite3 node.db ".backup saved.db"; }
put_back() {
	node_stop
	rm node.db*
	cp saved.db node.db
	chmod 600 node.db
	LISTEN=${URL#http://}
	node_start
	sent=$((sent + 100))
}

@test "a store put back without a word, with orders and epochs missing: all are back within three contacts" {
	NAMES='a b c'
	for options in '--scheme dipietro' '--scheme tree'; do
		rm -rf node.* ./*.key saved.db
		LISTEN=$(address_free)
		# shellcheck disable=SC2086 # words
		members $options
		for then in --group --heal; do
			back_up
			nos-rekey --group roof "${SEALED[@]}" >/dev/null
			contacts 1
			nos-rekey $then roof "${SEALED[@]}" >/dev/null
			contacts 2
			all_there
			put_back
			nos-rekey --heal roof "${SEALED[@]}" >/dev/null
			contacts 3
			all_there
			put_back
			contacts 3
			all_there
		done
		node_stop
	done
}

@test "an order whose epoch was bent down leads a member astray, and its next contacts lead it back" {
	NAMES='a b c'
	broker_start
	node_start --mqtt "$MQTT"
	node_stop
	members
	nos-rekey --revoke c "${SEALED[@]}" >/dev/null
	NAMES='a b'
	# The order of epoch 1, told as one of epoch 0.
	order_now | sed 's/^310101/310100/' >bent
	basenc --base16 -d <<<"$(tr a-f A-F <bent)" >bent.bin
	mosquitto_pub -p "$BROKER_PORT" -t nos/1/keys/1 -r -f bent.bin
	mkfifo in
	nos-send --keyring a.key --follow --mqtt "$MQTT" --batch 1 <in >answers 2>send.err 3>&- &
	OTHER_PIDS=$!
	exec 8>in
	is_astray() { [ "$(jq -c '.group.clock | [.epoch, .t]' a.key)" = '[0,2]' ]; }
	eventually is_astray
	exec 8>&-
	wait $OTHER_PIDS
	OTHER_PIDS=
	contacts 3
	all_there
}

@test "a full group: who is renewed, and who takes the place of one that was revoked, has a leaf again" {
	NAMES='a b'
	members --depth 1
	run nos-register --keyring c.key --name c --wait 0s < <(nos-token new --group roof --url "$URL" "${SEALED[@]}" 2>/dev/null)
	[ "$status" -eq 73 ]
	[[ $output == *"the group 'roof' is full"* ]]
	nos-rekey --renew a "${SEALED[@]}" >/dev/null
	contacts 1
	eventually is_over
	contacts 1
	eventually is_over
	# It has its leaf, and as who is new in it the key with the next order.
	contacts 1
	nos-rekey --group roof "${SEALED[@]}" >/dev/null
	contacts 2
	all_there
	nos-rekey --revoke b "${SEALED[@]}" >/dev/null
	nos-token new --replace b --url "$URL" "${SEALED[@]}" 2>/dev/null | nos-register --keyring b.key --replace >/dev/null
	eventually is_over
	contacts 1
	nos-rekey --group roof "${SEALED[@]}" >/dev/null
	contacts 3
	all_there
}

@test "who only waits for keys hears of a new epoch, and of its first key" {
	NAMES='a b'
	for options in '--scheme dipietro' '--scheme tree'; do
		rm -rf node.* ./*.key in
		# shellcheck disable=SC2086 # words
		members $options
		nos-token new --group roof --url "$URL" "${SEALED[@]}" 2>/dev/null | nos-register --keyring c.key >/dev/null
		mkfifo in
		for name in a c; do
			nos-send --keyring $name.key --follow <in >/dev/null 2>>send.err 3>&- &
			OTHER_PIDS="${OTHER_PIDS:-} $!"
		done
		exec 8>in
		held_by() { nos-keytable --keyring "$1.key" ct | jq -r 'select(.state == "active" and (.key | startswith("p.") | not)).key'; }
		nos-rekey --heal roof "${SEALED[@]}" >/dev/null
		key=$(nos-rekey --group roof --older-than 1h "${SEALED[@]}" | jq -r .key)
		have_it() { [ "$(held_by a) $(held_by c)" = "$key $key" ]; }
		eventually have_it
		exec 8>&-
		# shellcheck disable=SC2086 # numbers
		wait $OTHER_PIDS
		OTHER_PIDS=
		node_stop
	done
}
