#!/usr/bin/env bats
# As evict-crash.bats, at each step.

setup() {
	load ../tool/helper
	load faults
	load group
	seeded
}
teardown() { everything_stops; }

@test "nos-rekey killed while it puts a member out, between every two commits" {
	rekey_evicts_and_is_killed 1
}

@test "nos-serve killed while it puts a member out, at every sync and every write of its log" {
	serve_evicts_and_is_killed 1 fdatasync
	rm -rf before node.* ./*.key
	serve_evicts_and_is_killed 3 pwrite64
}
