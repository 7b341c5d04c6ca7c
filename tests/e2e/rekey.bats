#!/usr/bin/env bats
# Keys of many real sources are replaced while they send, and no reading is lost or refused.

setup_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	load ../tool/helper
	load fleet
	if [[ ${V:-release} == release ]]; then fleet_make 300; else fleet_make 60; fi
}
teardown_file() { rm -rf "$MEMORY"; }
setup() {
	load ../tool/helper
	load fleet
	fleet_take
}
teardown() {
	everything_stops
	rm -rf "$KEYS"
}

@test "one round gives each source its new key, and who was away is named and has it at its next contact" {
	replace_twice 0s 0
}

@test "so it is where the old keys serve for another hour" {
	replace_twice 1h 2
}

@test "keys are replaced in mid-stream three times, and each of all the readings is accepted at once" {
	replace_in_stream
}

# What the tests above would see if a key went too early.
@test "sources whose key is gone are refused, ask, and send again what has waited" {
	node_start
	round
	while read -r id; do cp "$KEYS/$id.key" .; done <offline
	rekey --all --overlap 0s >rows
	round
	rekey --all --overlap 0s >rows
	round
	[ "$(known)" = "$COUNT p.3" ]
	while read -r id; do cp "$id.key" "$KEYS"; done <offline
	node_stop
	round --skip online --spool spool --wait 0s
	[ "$(jq .spooled <<<"$LINE")" -eq "$AWAY" ]
	[ "$(held)" = "$AWAY p.1, $((COUNT - AWAY)) p.3" ]
	node_start
	round --skip online --spool spool
	[ "$(jq -c '.answers["401"], .asks, .accepted, .failed' <<<"$LINE" | xargs)" = "$AWAY $AWAY $((2 * AWAY)) 0" ]
	run ! all_accepted
	[ "$(held)" = "$(known)" ]
	round
	[ "$(jq -c .answers <<<"$LINE")" = "{\"202\":$COUNT}" ]
	none_lost
}
