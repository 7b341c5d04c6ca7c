#!/usr/bin/env bats

setup() { load helper; }

@test "no step reads or writes more records among two thousand sources than among twenty" {
	run -0 --separate-stderr nos-bench scale --sources 20,2000 --runs 5
	# But where a block of numbers, a page of a tree or of what is free begins anew.
	printf '%s\n' "${lines[@]}" | jq -se '
		map(select(.unit == "records")) | group_by([.scheme, .what]) |
		length > 40 and all(.[]; length == 2 and (sort_by(.sources) | .[1].median <= .[0].median + 6))'
}

@test "each scheme has every step, with its bytes and its time" {
	run -0 --separate-stderr nos-bench scale --sources 30 --runs 2
	for step in register acknowledge send re-key revoke; do
		printf '%s\n' "${lines[@]}" | jq -se --arg step $step '
			[.[] | select(.what | startswith($step + ","))] | group_by(.scheme) |
			length == 4 and all(.[]; length == 4 and (map(select(.unit == "us").min > 0) | any))' ||
			{ echo "$step"; return 1; }
	done
	# A re-key of dipietro is one order, whoever hears it, and a revocation without a group is silent.
	[ "$(printf '%s\n' "${lines[@]}" | jq -r 'select(.what == "re-key, bytes" and .scheme == "dipietro").median')" = 20 ]
	[ "$(printf '%s\n' "${lines[@]}" | jq -r 'select(.what == "revoke, bytes" and .scheme == "dini").median')" = 0 ]
}

@test "the store and the memory of a table of sources grow with their number, what a step takes does not" {
	run -0 --separate-stderr nos-bench scale --sources 100,3000 --runs 2 --scheme pairwise,tree
	printf '%s\n' "${lines[@]}" | jq -se '
		map(select(.what == "store")) | group_by(.scheme) | length == 2 and
		all(.[]; sort_by(.sources) | .[1].median > 10 * .[0].median)'
	printf '%s\n' "${lines[@]}" | jq -se 'map(select(.what == "store for a source" and .median > 100)) | length == 4'
	printf '%s\n' "${lines[@]}" | jq -se 'map(select(.what == "memory at most" and .median > 0)) | length == 4'
}

@test "the paper's profile, which has no store, is said not to be measured" {
	run -0 --separate-stderr nos-bench scale --profile paper
	[ -z "$output" ]
	[[ $stderr == *"the paper's profile has no store"* ]]
}

@test "more sources than a group can have are left out, and said to be" {
	run -0 --separate-stderr nos-bench scale --scheme tree,dipietro --sources 1048576 --runs 1
	[ -z "$output" ]
	[[ $stderr == *'scale: tree with 1048576 sources is left out: a group has 1048576 at most'* ]]
}

@test "Ctrl-C leaves whole rows and no folder behind" {
	mkdir tmp
	# A shell has whatever it starts beside itself ignore it.
	TMPDIR=$PWD/tmp env --default-signal=INT nos-bench scale --sources 20,1000000 --scheme pairwise >rows 3>&- &
	pid=$!
	made() { [ -n "$(ls tmp)" ]; }
	eventually made
	kill -INT $pid
	status=0
	wait $pid || status=$?
	[ $status = 130 ]
	[ "$(wc -l <rows)" = "$(jq -c . rows | wc -l)" ]
	[ -z "$(ls tmp)" ]
}
