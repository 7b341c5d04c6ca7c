#!/usr/bin/env bats
# An eviction that is killed, wherever: the same epoch is finished, once, and no member is lost; at some
# of its steps.

setup() {
	load ../tool/helper
	load faults
	load group
	seeded
}
teardown() { everything_stops; }

@test "nos-rekey killed while it puts a member out: the node finishes the same epoch, and the others follow" {
	rekey_evicts_and_is_killed 4
}

@test "nos-serve killed while it puts a member out, and started again" {
	serve_evicts_and_is_killed 5 fdatasync
}
