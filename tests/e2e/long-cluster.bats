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

@test "of two that start at one moment under the URL of one that died one goes, and one that slept leaves it to another" {
	cluster_start 2
	SERVE_AT=([a]=$(address_free))
	serve_start a
	serve_kill a
	twin_starts b
	twin_starts c
	twin_goes b c
	kill -9 "${SERVE_PIDS[b]}" "${SERVE_PIDS[c]}" 2>/dev/null || true
	serve_start a
	kill -STOP "${SERVE_PIDS[a]}"
	SERVE_AT=()
	serve_start d --cluster-url "${SERVE_URLS[a]}"
	shared d 2
	kill -CONT "${SERVE_PIDS[a]}"
	eventually grep -qx "nos-serve: no lane is taken: $TWIN" a.err
	shared a 0 d 2
	serve_kill d TERM
	eventually shared a 2
}
