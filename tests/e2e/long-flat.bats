#!/usr/bin/env bats
# What 10^5 sources take of a node: its memory is held against what nos-serve(8) says, and what a reading costs
# against what it costs where there are 100, by instructions and by what is asked of the kernel, which no load
# of the machine changes. What nos-bench says of the processor's time is shown.

setup() {
	load ../tool/helper
	mkdir tmp
	export TMPDIR=$PWD/tmp
}

# Of what was measured of touch or pack: at 10^5 sources, over that at 100.
ratio() { jq -s --arg what "$1" "map(select(.what == \$what).$2) | .[1] / .[0]" grown; }
at_most() { echo "# $1, $2: $(ratio "$1" "$2")" >&3; jq -e ". <= $3" <<<"$(ratio "$1" "$2")"; }

@test "10^5 sources take no more memory than is said, and nothing of theirs is lost or doubled" {
	nos-bench ingest --quick --runs 1 --sources 100,100000 >rows
	jq -se 'map(select(.sources == 100000 and (.what | startswith("memory")))) | length == 12 and
		all(.median <= 64 * 1048576 + 100000 * (640 + 128))' rows
	jq -se 'map(select(.what | startswith("lost") or startswith("duplicated"))) | length == 48 and all(.median == 0)' rows
	jq -sr 'map(select(.what | startswith("node CPU, packs"))) | group_by(.what)[] |
		"\(.[0].what): \(.[0].median) us at 100 sources, \(.[1].median) at 100000"' rows >&3
}

@test "a reading costs a node of 10^5 sources no more than 15 in a hundred over one of 100, each written down anew" {
	"$ROOT/scripts/measure-grow" --built 100 100000 >grown
	[ "$(jq -c '[.sources, .what]' grown | paste -sd' ')" = '[100,"touch"] [100,"pack"] [100000,"touch"] [100000,"pack"]' ]
	at_most pack instructions 1.15
	at_most pack writes 1.15
	at_most touch instructions 1.25
}
