#!/usr/bin/env bats
# A group whose members make the next key for themselves: one order moves them all, whoever missed how
# many; what is forged or old moves nobody; and who is put out stays out.

setup_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	load ../tool/helper
	load fleet
	if [[ ${V:-release} == release ]]; then fleet_make 200 --group roof; else fleet_make 40 --group roof; fi
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

@test "one order moves all members, also those who missed up to fifty, and none needs the node" {
	one_order_moves_all 20 10 6 4 3 2 2 1 1 1
}

@test "a forged order, one of before, and a bent one send nobody to the node and move nobody" {
	node_start
	all_join
	order_now >first
	steps 2
	order_now >third
	hear third
	[ "$(held)" = "$COUNT s.1.0.3" ]
	before=$(other_requests)
	# h of another chain at the next t, and far ahead; the present one with other numbers; old ones.
	{
		echo "31010004$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')"
		echo "3101008a04$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')"
		sed 's/^31010003/31010004/' third
		sed 's/^31010003/31020003/' third
		cat first third
	} >heard
	hear heard
	[ "$(jq .took <<<"$LINE")" -eq 0 ]
	[ "$(held)" = "$COUNT s.1.0.3" ]
	round
	[ "$(jq -c .answers <<<"$LINE")" = "{\"202\":$COUNT}" ]
	[ "$(jq -c '[.asks, .acks]' <<<"$LINE")" = '[0,0]' ]
	[ "$(other_requests)" -eq "$before" ]
	none_lost
}

@test "who is put out hears what is said and has nothing of it; the others follow by what they are answered" {
	one_is_put_out
}

@test "sources change their group and their scheme, come and go, while the group sends and moves on: no reading is lost" {
	comes_and_goes
}
