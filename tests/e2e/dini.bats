#!/usr/bin/env bats
# Global keys are taken back while sources send, and what was made of them is replaced.

setup_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	load ../tool/helper
	load fleet
	load dini
	if [[ ${V:-release} == release ]]; then fleet_make 100 --scheme dini; else fleet_make 40 --scheme dini; fi
}
teardown_file() { rm -rf "$MEMORY"; }
setup() {
	load ../tool/helper
	load fleet
	load dini
	fleet_take
}
teardown() {
	everything_stops
	rm -rf "$KEYS"
}

@test "a global key taken back in mid-stream: all that was made of it is replaced, nothing else is touched, nothing is lost" {
	invalidated_in_stream
}

@test "what was made of it opens nothing from the moment on, also where nos-rekey was killed right behind" {
	node_start $FLEET_NODE
	round
	busiest
	holders_of "$G" >made_of
	# Killed at a sync, each time one later, until it has been written, and no source was reached.
	for ((n = 1; n < 20; n++)); do
		run -137 strace -f -qq -o /dev/null -e trace=fdatasync -e inject=fdatasync:signal=KILL:when=$n \
			nos-rekey --invalidate "$G" "${SEALED[@]}"
		gt | jq -r .key | grep -q "^$(successor)\$" && break
	done
	[ "$(nos-keytable audit "${STORE[@]}" | jq -c 'select(.to == "compromised" and .source)')" = '' ]
	round
	[ "$(jq '.answers["401"]' <<<"$LINE")" -eq "$HOLDERS" ]
	[ "$(jq -c '[.accepted == .sent, .failed]' <<<"$LINE")" = '[true,0]' ]
	# They got what they lack with that answer, without an ask; nothing is left to be done.
	[ "$(jq .asks <<<"$LINE")" -eq 0 ]
	round
	[ "$(jq -c .answers <<<"$LINE")" = "{\"202\":$COUNT}" ]
	[ -z "$(holders_of "$G")" ] && holders_of "$(successor)" | diff - made_of
	# A second run finds that it was done.
	nos-rekey --invalidate "$G" "${SEALED[@]}" >rows
	[ "$(<rows)" = "{\"key\":\"$(successor)\",\"replaces\":\"$G\",\"status\":\"unchanged\"}" ]
	none_lost
}

@test "the list of what was taken back is retained at the broker, 70 bytes for one name, and signed" {
	broker_start
	node_start $FLEET_NODE --mqtt "$MQTT"
	G=w.1.1
	nos-rekey --invalidate "$G" "${SEALED[@]}" >rows
	mosquitto_sub -p "$BROKER_PORT" -t nos/1/keys/invalid -C 1 -W 20 >invalid 3>&-
	[ "$(head -c 70 invalid | wc -c)" -eq 70 ]
	# Kind and version, node 1, list 1, one name: domain 1, version 1.
	[ "$(od -An -tx1 -N 6 invalid | tr -d ' ')" = 410101010101 ]
	nos-rekey --identity "${SEALED[@]}" >/dev/null
	mosquitto_sub -p "$BROKER_PORT" -t nos/1/keys/invalid -C 2 -W 20 -F %x >both 3>&-
	[ "$(head -n 1 both | cut -c1-12)" = "$(tail -n 1 both | cut -c1-12)" ] && [ "$(head -n 1 both)" != "$(tail -n 1 both)" ]
}

# Of the messages in the answers that were recorded, "kind bytes" each, as it came first.
sizes() {
	jq -r '.keys[]?' record/*.down | awk '!seen[$0]++' | while read -r text; do
		# base64url, without its padding
		printf '%s%s' "$(tr '_-' '/+' <<<"$text" | tr -d '\n')" "$(printf '%*s' $(((4 - ${#text} % 4) % 4)) '' | tr ' ' =)" |
			base64 -d >message
		echo "$(od -An -tx1 -N 1 message | tr -d ' ') $(wc -c <message)"
	done
}

@test "on the wire an install has 20 bytes, 24 with long names; a global key 36, an invalidation 70 for one name" {
	mkdir own && cd own # a store with no name in it
	LISTEN=$(address_free)
	node_start --pool 1,1
	nos-token new --scheme dini "${SEALED[@]}" 2>/dev/null | nos-register --keyring a.key >/dev/null
	mkdir record
	BETWEEN_RECORD=record between_start "${URL##*:}"
	value=0
	send() { jq -nc --argjson v $((++value)) '{type: "t", value: $v}' | nos-send --keyring a.key --url "$BETWEEN" >/dev/null; }
	send
	rm record/*
	nos-rekey --all "${SEALED[@]}" >/dev/null
	send
	[ "$(sizes)" = '11 20' ]
	rm record/*
	nos-rekey --invalidate w.1.1 "${SEALED[@]}" >/dev/null
	send
	[ "$(sizes)" = $'41 70\n21 36\n11 20' ]
	rm record/*
	# A life further on names have five bytes.
	node_stop
	nos-rekey --after-restore "${SEALED[@]}" >/dev/null
	node_start --pool 1,1
	send
	rm record/*
	nos-rekey --all "${SEALED[@]}" >/dev/null
	send
	[ "$(sizes)" = '11 24' ]
}
