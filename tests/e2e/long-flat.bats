#!/usr/bin/env bats
# What 10^5 sources take of a node: its memory is held against what nos-serve(8) says, and what a reading costs
# against what it costs where there are 100, by turns, and by instructions and what is asked of the kernel, which
# no load of the machine changes.

setup() {
	load ../tool/helper
	mkdir tmp
	export TMPDIR=$PWD/tmp
}

# Of what was measured of touch or pack: at 10^5 sources, over that at 100; and how much more in a pack of 50.
ratio() { jq -s --arg what "$1" "map(select(.what == \$what).$2) | .[1] / .[0]" grown; }
at_most() { echo "# $1, $2: $(ratio "$1" "$2")" >&3; jq -e ". <= $3" <<<"$(ratio "$1" "$2")"; }
more_a_pack() { jq -s "map(select(.what == \"pack\").$1) | (.[1] - .[0]) * 50" grown; }

@test "10^5 sources take no more memory than is said, no more of a processor, and nothing of theirs is lost" {
	nos-bench ingest --quick --runs 1 --sources 100,100000 >rows
	jq -se 'map(select(.sources == 100000 and (.what | startswith("memory")))) | length == 12 and
		all(.median <= 64 * 1048576 + 100000 * (640 + 128))' rows
	jq -se 'map(select(.what | startswith("lost") or startswith("duplicated"))) | length == 48 and all(.median == 0)' rows
	jq -sr 'map(select(.what | startswith("ratio of node CPU"))) | .[] | "\(.what): \(.median)"' rows >&3
	# Each shape is one short run; of all twelve, the middle.
	jq -se 'map(select(.what | startswith("ratio of node CPU")).median) | sort | length == 12 and
		(.[5] + .[6]) / 2 <= 1.15' rows
}

@test "a reading costs a node of 10^5 sources no more than 15 in a hundred over one of 100, each written down anew" {
	"$ROOT/scripts/measure-grow" --built 100 100000 >grown
	[ "$(jq -c '[.sources, .what]' grown | paste -sd' ')" = '[100,"touch"] [100,"pack"] [100000,"touch"] [100000,"pack"]' ]
	at_most pack instructions 1.15
	# The pages of what is written down: a node of 100 sources writes none for a source.
	echo "# writes a pack: $(more_a_pack writes) more" >&3
	jq -e '. <= 5' <<<"$(more_a_pack writes)"
	at_most touch instructions 1.25
	at_most pack writes 1.15
}
