#!/usr/bin/env bats
# A re-key heals wherever one of those who take part in it is killed; at some of their steps.

setup() {
	load ../tool/helper
	load faults
	seeded
}
teardown() { everything_stops; }

@test "nos-rekey killed beside a node and run again: each source has the next key and no other" {
	rekey_is_killed_beside_node 6
}

@test "nos-rekey killed with the store to itself and run again: each source has one key that waits" {
	rekey_is_killed_alone 10
}

@test "nos-serve killed at a sync through new keys, asks, a renewed source and another life" {
	serve_is_killed 10 fdatasync
}

@test "nos-serve killed at a write of its log" {
	serve_is_killed 60 pwrite64
}

@test "nos-send killed while it takes a new key, and run again, has it, and gives no number twice" {
	send_is_killed 6
}
