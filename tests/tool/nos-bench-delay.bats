#!/usr/bin/env bats

# What nos-bench delay prints; how long things take is nothing to be tested.

setup() {
	load helper
	TMPDIR=$PWD
	export TMPDIR
}

delay() { nos-bench delay --quick --runs 3 --seed 1 "$@"; }

# Folders of stages, one a line.
stages() { find "$PWD" -maxdepth 1 -name 'nos-bench-*' | sort; }

# A program that asks it: of all rows, is this so?
rows() { jq -es "$1" rows >rows.said || { cat rows.said rows >&2; return 1; }; }

@test "each figure has its rows for both profiles, and both sides agree on every key" {
	delay --sources 2,3 >rows
	rows 'all(.bench == "delay" and .n == 3 and .seed == 1 and .min <= .median and .median <= .p99)'
	rows '[.[] | select(.what == "generate key" and .unit == "us") | "\(.scheme) \(.profile)"] | sort ==
		["dini default", "dini paper", "dipietro default", "dipietro paper", "pairwise default", "tree default"]'
	rows '[.[] | select(.what == "generate global keys" and .unit == "ms") | .profile] | sort == ["default", "paper"]'
	for way in "by global key" "by local key" "to who waits" "through 1 relay" "through 2 relays" "through 3 relays"; do
		rows "[.[] | select(.what == \"propagate $way\" and .scheme == \"dini\") | .profile] | sort == [\"default\", \"paper\"]"
	done
	rows '[.[] | select(.what == "find nobody") | .profile] | sort == ["default", "paper"]'
	for sources in 2 3; do
		for what in "replace" "replace, the node's part"; do
			rows "[.[] | select(.what == \"$what\" and .sources == $sources) | \"\(.scheme) \(.profile)\"] | sort ==
				[\"dini default\", \"dini paper\", \"dipietro default\", \"dipietro paper\", \"pairwise default\", \"tree default\"]"
		done
	done
}

@test "what was not asked for is not measured" {
	delay --sources 2 --scheme dipietro --profile paper >rows
	rows 'all(.scheme == "dipietro" and .profile == "paper")'
	rows 'map(.what) | unique == ["generate key", "replace", "replace, the node'"'"'s part"]'
}

@test "a distance is added to each hop" {
	delay --sources 2 --scheme dini --rtt 20ms >rows
	rows 'map(select(.what == "propagate by local key")) | length == 2 and all(.median >= 40)'
	rows 'map(select(.what == "propagate through 1 relay")) | length == 2 and all(.median >= 80)'
	rows 'map(select(.what == "propagate through 3 relays")) | length == 2 and all(.median >= 160)'
	rows 'map(select(.what == "replace")) | length == 2 and all(.median >= 40)'
}

@test "one that is stopped says what it has, and leaves no folder behind" {
	local before
	before=$(stages)
	nos-bench delay --sources 2,50 --runs 300 --scheme dini >rows 2>said 3>&- &
	OTHER_PIDS=$!
	eventually new_stage "$before"
	kill -TERM "$OTHER_PIDS"
	local status=0
	wait "$OTHER_PIDS" || status=$?
	OTHER_PIDS=
	[ "$status" -eq 143 ]
	[ ! -s said ]
	rows 'length > 0'
	[ "$(stages)" = "$before" ]
}
new_stage() { [ "$(stages)" != "$1" ]; }
teardown() { everything_stops; }
