#!/usr/bin/env bats
# A re-key heals wherever one of those who take part in it is killed; at each of their steps.

setup() {
	load ../tool/helper
	load faults
	seeded
}
teardown() { everything_stops; }

@test "nos-rekey killed at each step beside a node" {
	rekey_is_killed_beside_node 1
}

@test "nos-rekey killed at each step with the store to itself" {
	rekey_is_killed_alone 1
}

@test "nos-serve killed at each sync, and each change of its files' names and lengths" {
	serve_is_killed 1 fdatasync ftruncate unlink
}

@test "nos-serve killed at writes of its log, of its store and to its sources" {
	serve_is_killed 4 pwrite64 sendto
}

@test "nos-send killed at each sync and each change of its keyring, and at each request" {
	send_is_killed 1
}
