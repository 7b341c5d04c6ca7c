#!/usr/bin/env bats
# Servers of a store that two nos-serve share die under load.

setup() {
	load ../tool/helper
	load key
	load faults
	load cluster
}
teardown() {
	everything_stops
	fails grep -sA 30 'Sanitizer' ./*.err
}

@test "a server of the store that is killed under load costs no reading, and doubles none" {
	both_start
	load_begin
	for i in 1 2 3; do
		kill -9 "${NATS_PIDS[i]}"
		wait "${NATS_PIDS[i]}" || true
		nats_run "$i"
	done
	load_end
	eventually shared a 2 b 2
}
