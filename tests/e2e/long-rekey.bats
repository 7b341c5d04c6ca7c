#!/usr/bin/env bats
# As rekey.bats, with a thousand sources.

setup_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	load ../tool/helper
	load fleet
	fleet_make 1000
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

@test "--wait tells of 900 that have confirmed, names the 100 that are away, and ends with 75" {
	node_start
	round
	nos-rekey --all --wait 20s "${SEALED[@]}" >rows 2>rekey.err 3>&- &
	pid=$!
	OTHER_PIDS=$pid
	all_wait() { [ "$(count_state pre-active)" -eq "$COUNT" ]; }
	eventually all_wait
	round --skip offline
	[ "$(held)" = '100 p.1, 900 p.2' ]
	status=0
	wait $pid || status=$?
	OTHER_PIDS=
	[ "$status" -eq 75 ]
	[ "$(jq -r 'select(.status == "pending") | .source' rows | sort)" = "$(<offline)" ]
	[ "$(jq -r 'select(.status == "confirmed") | .source' rows | sort)" = "$(<online)" ]
	[ "$(<rekey.err)" = "nos-rekey: 100 of 1000 have not confirmed: $(head -n 20 offline | paste -sd, | sed 's/,/, /g') (and 80 more)" ]
	round
	[ "$(held)" = '1000 p.2' ]
	[ "$(known)" = '1000 p.2' ]
	all_accepted
	none_lost
}

@test "replaced twice while a tenth is away, old keys at an end at once" { replace_twice 0s 0; }

@test "replaced twice while a tenth is away, old keys good for an hour" { replace_twice 1h 2; }

@test "replaced in mid-stream" { replace_in_stream; }
