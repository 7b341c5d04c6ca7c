#!/usr/bin/env bats

# What all scripts that measure have in common; none is let to measure.

setup() { load helper; }

@test "each script that measures says what it takes, and refuses what is no number before it does anything" {
	local script name count=0
	for script in "$ROOT"/scripts/measure-* "$ROOT/scripts/bench-peers"; do
		name=${script##*/}
		for help in --help -h; do
			run -0 --separate-stderr "$script" "$help"
			[[ $output == *"$name "* ]]
			[[ $output != *set\ -e* ]]
			[ -z "$stderr" ]
		done
		count=$((count + 1))
	done
	[ "$count" -ge 9 ]
	while read -r name words; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr "$ROOT/scripts/$name" $words
		[ -z "$output" ]
		[[ $stderr == "$name: "*"see $name --help" ]] || { echo "$name $words: $stderr"; return 1; }
	done <<-'END'
		measure-day many
		measure-day 100 0
		measure-ingest -1
		measure-ingest 3 5s
		measure-rekey x
		measure-score 3 2 1.5
		measure-stores 3 many
		measure-units
		measure-units kafka
		measure-units nats 0
		bench-peers --runs 0
		bench-peers --seconds 0
	END
}
