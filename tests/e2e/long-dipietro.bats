#!/usr/bin/env bats
# As dipietro.bats, with a thousand members, three hundred of which missed up to five hundred orders.

setup_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	load ../tool/helper
	load fleet
	fleet_make 1000 --group roof
}
teardown_file() { rm -rf "$MEMORY"; }
setup() {
	load ../tool/helper
	load fleet
	load faults
	load group
	fleet_take
	cp "$BATS_FILE_TMPDIR/ids" .
}
teardown() {
	everything_stops
	rm -rf "$KEYS"
}

@test "one order moves a thousand members, three hundred of which missed from one to five hundred, and none needs the node" {
	one_order_moves_all 200 100 80 50 30 20 10 5 4 1
}

@test "one of a thousand is put out, and the others follow by what they are answered" {
	one_is_put_out
}

@test "of a thousand that send sources change their group and their scheme, come and go: no reading is lost" {
	comes_and_goes
}
