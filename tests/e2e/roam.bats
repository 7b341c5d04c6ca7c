#!/usr/bin/env bats
# A source that sends to another node than its own.

setup() {
	load ../tool/helper
	load faults
	load roam
}
teardown() { everything_stops; ! grep -sA 30 Sanitizer n?/err; }

@test "registered at one node, its readings come out at another, and a third opens nothing of it" {
	broker_start
	roam_nodes
	roam_stop 2
	roam_start 2 --mqtt "$MQTT"
	subscribe seen 'nos/+/+/+/+'
	roam_register 1 a
	source=$(jq -r .source a.key)
	roam_stop 1
	roam_start 1
	run -0 --separate-stderr nos-send --keyring a.key --url http://127.0.0.1:1 --roam "$URL_2" < <(numbers 1 3)
	[ "$(jq -r .status <<<"$output" | sort | uniq -c | xargs)" = '3 accepted' ]
	[ "$(jq -r .id <<<"$output" | head -n 1)" = 2-1-0 ]
	three() { [ "$(received seen | grep -c "^nos/2/k/$source/")" -eq 3 ]; }
	eventually three
	received seen | head -n 1 | cut -d ' ' -f 2- | tee record >&2
	day=$(jq -r '.key | split(".")[2]' record)
	[ "$(jq -r .key record)" = "r.1.$day" ]
	[ "$(jq -c '[.raw.holders, .raw.proof, .raw.enrolled, .source]' record)" = "[3,\"key\",\"token\",\"$source\"]" ]
	run --separate-stderr nos-send --keyring a.key --url http://127.0.0.1:1 --roam "$URL_3" --wait 0s < <(numbers 4 4)
	[ "$status" -eq 77 ]
	[ "$(sqlite3 n3/node.db 'select count(*) from stream_raw')" -eq 0 ]
}
