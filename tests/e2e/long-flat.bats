#!/usr/bin/env bats
# What 10^5 sources take of a node: its memory is held against what nos-serve(8) says, its processor time is shown.

setup() {
	load ../tool/helper
	mkdir tmp
	export TMPDIR=$PWD/tmp
}

@test "10^5 sources take no more memory than is said, and nothing of theirs is lost or doubled" {
	nos-bench ingest --quick --runs 1 --sources 100,100000 >rows
	jq -se 'map(select(.sources == 100000 and (.what | startswith("memory")))) | length == 12 and
		all(.median <= 64 * 1048576 + 100000 * (640 + 128))' rows
	jq -se 'map(select(.what | startswith("lost") or startswith("duplicated"))) | length == 48 and all(.median == 0)' rows
	jq -sr 'map(select(.what | startswith("node CPU, packs"))) | group_by(.what)[] |
		"\(.[0].what): \(.[0].median) us at 100 sources, \(.[1].median) at 100000"' rows >&3
}
