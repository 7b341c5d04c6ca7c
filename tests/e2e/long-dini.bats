#!/usr/bin/env bats
# As dini.bats, with a thousand sources.

setup_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	load ../tool/helper
	load fleet
	load dini
	fleet_make 1000 --scheme dini
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
