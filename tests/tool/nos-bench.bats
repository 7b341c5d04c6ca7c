#!/usr/bin/env bats

# The paper's evaluation run again: which claims there are, what of it is counted, and how a run ends.

setup_file() {
	PATH=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build/${V:-release}/cmd:$PATH
	cd "$BATS_FILE_TMPDIR" || exit 1
	for i in 1 2; do
		nos-bench paper --quick --seed 7 >paper.$i
		nos-bench overhead --quick --seed 7 >overhead.$i
	done
}

setup() {
	load helper
	PAPER=$BATS_FILE_TMPDIR/paper
	OVERHEAD=$BATS_FILE_TMPDIR/overhead
	export TMPDIR=$BATS_TEST_TMPDIR
}

# Rows of overhead in the default profile: what, and how many.
bytes() { jq -r "select(.profile == \"default\" and .scheme == \"$1\" and .what == \"$2\").median" "$OVERHEAD.1"; }

# A run with many more values than there is time for, which the signal $1 reaches: STATUS.
stopped_by() {
	env --default-signal=INT,TERM nos-bench paper --runs 1000000 --format json >out 2>err 3>&- &
	pid=$!
	# Its store is there, so it is at work.
	eventually compgen -G "$TMPDIR/nos-bench-*/node.db" >/dev/null
	kill "-$1" $pid
	STATUS=0
	wait $pid || STATUS=$?
}

@test "each claim of the paper has one row" {
	diff <(jq -r .claim "$PAPER.1" | grep -v '^O-' | sort) <(tr ' ' '\n' <<-'END' | sort
	S1 S2 D-Tseq D-Tc D-T0 D-T P-Tseq P-Tc P-T0 P-T D-GN D-GV D-KI D-LN D-LV D-ST D-IN D-RK D-RR
	D-ON D-OS P-ST P-OS F1-DG F1-DL F1-P F2 F3 F4
	END
	)
	[ "$(jq -r .claim "$PAPER.1" | grep '^O-' | xargs)" = 'O-generation O-storage O-messages' ]
	jq -se 'all(.how != "" and .why != "" and .seed == 7 and .machine != "")' "$PAPER.1"
}

@test "bytes, names and operations are the paper's in its own profile" {
	jq -se 'map(select(.unit == "B" and (.claim | startswith("O-") | not))) |
		length == 9 and all(.paper == .ours_paper and .verdict == "reproduced")' "$PAPER.1"
	for id in S1 S2 D-ON D-OS P-ST P-OS; do
		jq -se "map(select(.claim == \"$id\"))[0] | .verdict == \"reproduced\" and
			(.ours_paper as \$ours | if .paper | type == \"array\" then .paper == \$ours
			else .paper | to_entries | all(\$ours[.key] == .value) end)" "$PAPER.1"
	done
	[ "$(jq -c 'select(.claim == "D-IN").ours_default' "$PAPER.1")" = '[20,20]' ]
}

@test "what is measured has an interval around it, and a verdict that follows from it" {
	jq -se 'map(select(.unit == "ms" and .intervals and (.claim | test("^[DPF][^4]*-")))) | length == 11 and
		all([.ours_paper, .intervals.paper] | .[0] |= (if type == "array" then . else [.] end) |
			transpose | all(.[1][0] <= .[0] and .[0] <= .[1][1]))' "$PAPER.1"
	jq -se 'map(select(.unit == "ms" and (.paper | type) == "number")) | all(
		if .paper == 0 then .verdict == (if .ours_paper == 0 then "reproduced" else "contradicted" end)
		elif .ours_paper > 2 * .paper then .verdict == "contradicted"
		elif 2 * .ours_paper < .paper then .verdict == "explained"
		else .verdict == "reproduced" end)' "$PAPER.1"
	jq -se 'map(select(.claim | startswith("O-"))) |
		all({ dini: "reproduced", dipietro: "contradicted", neither: "not measurable here" }[.ours_paper.dearer]
			== .verdict)' "$PAPER.1"
	[ "$(jq -r 'select(.ours_paper == null) | [.claim, .verdict] | @csv' "$PAPER.1" | xargs)" = \
		'F2,not measurable here F3,not measurable here' ]
}

@test "a seed repeats what is counted" {
	for name in paper overhead; do
		for i in 1 2; do
			jq -c 'select(.unit != "ms" and .unit != "µs" and ((.what // "") | startswith("storage") | not)) |
				[.claim, .what, .scheme, .profile, .ours_paper, .ours_default, .median, .verdict]' \
				"$BATS_FILE_TMPDIR/$name.$i" >counted.$i
		done
		[ -s counted.1 ]
		diff counted.1 counted.2
	done
}

@test "the messages of the default profile are those of nos-schemes(7)" {
	while read -r scheme message bytes; do
		[ "$(bytes "$scheme" "message $message")" = "$bytes" ] || { echo "$scheme $message"; return 1; }
	done <<-'END'
		pairwise pair 19
		dini global 36
		dini install 20
		dini replace 20
		dini broadcast 70
		dipietro order 20
		dipietro join 69
		dipietro heal 37
		dipietro path 341
		dipietro evict 38
		dipietro broadcast 397
		tree heal 37
		tree evict 38
	END
	for message in m1 m2 ack ask answer pack receipt frame link; do
		for scheme in pairwise dini dipietro tree; do
			[ "$(bytes $scheme "message $message")" -gt 0 ] || { echo "$scheme $message"; return 1; }
		done
	done
}

@test "operations are counted where they are done" {
	[ "$(bytes dini 'operation node encryption')" = 1 ]
	[ "$(bytes dini 'operation source decryption')" = 1 ]
	# A local key is one extraction more than a key of pairwise.
	[ "$(bytes dini 'operation node hmac')" = $(($(bytes pairwise 'operation node hmac') + 2)) ]
	# Who follows an order opens nothing, and verifies one token.
	[ -z "$(bytes dipietro 'operation source decryption')" ]
	[ "$(bytes dipietro 'operation source hash')" = 1 ]
	# A wrap a level, and one that is undone.
	[ "$(bytes tree 'operation evict node xor')" = 20 ]
	[ "$(bytes tree 'operation evict source xor')" = 1 ]
	[ "$(bytes tree 'operation evict node signature')" = 1 ]
}

@test "what was not asked for is not measured" {
	run -0 nos-bench overhead --quick --scheme dini --profile paper
	jq -se 'length > 0 and all(.profile == "paper" and (.scheme == "dini" or .scheme == null))' <<<"$output"
	run -0 nos-bench paper --quick --scheme dipietro
	[ "$(jq -r '.scheme // "-"' <<<"$output" | sort -u | xargs)" = '- dipietro' ]
	run -0 --separate-stderr nos-bench overhead --quick --profile paper --scheme tree,pairwise --runs 3
	jq -se 'all(.scheme == null and .n == 3)' <<<"$output"
}

@test "--rtt is added to each message that is carried" {
	run -0 nos-bench paper --runs 3 --rtt 1s
	# Two sources: two messages, or one order.
	jq -se 'map(select(.claim == "D-T0")) | length == 1 and
		all(.ours_paper >= 2000 and .ours_paper < 2900 and .ours_default >= 2000)' <<<"$output"
	jq -se 'map(select(.claim == "P-T0")) | length == 1 and
		all(.ours_paper >= 1000 and .ours_paper < 1900 and .ours_default >= 1000)' <<<"$output"
}

@test "a table has a column for each figure, and csv as well" {
	run -0 nos-bench paper --runs 3 --scheme dini --format table
	[[ ${lines[0]} == claim*paper*ours_paper*ours_default*verdict*why* ]]
	run -0 nos-bench overhead --runs 3 --profile paper --scheme dini --format csv
	[ "${lines[0]}" = bench,what,scheme,profile,store,sources,unit,n,min,median,p95,p99,low,high ]
	grep -q '^overhead,message install,dini,paper,,2,B,1,,10,,,,$' <<<"$output"
}

@test "what cannot be meant is refused with 64, and measures nothing" {
	while IFS='|' read -r words why; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr nos-bench $words
		[ -z "$output" ]
		[[ $stderr == "nos-bench: $why"* ]] || { echo "$stderr"; return 1; }
	done <<-'END'
		|say what to run: paper|overhead
		paper overhead|say what to run: paper|overhead
		speed|no workload 'speed', take one of paper|overhead
		paper --scheme dinni|--scheme: 'dinni' is none of pairwise
		paper --profile weak|--profile: 'weak' is none of paper
		overhead --sources 0|--sources: '0': take 1 to 10000000
		overhead --sources 1,2,x|--sources: 'x': take 1 to 10000000
		overhead --sources 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1|--sources: over 16 numbers
		paper --runs many|--runs: 'many' is not a whole number
		paper --runs 0|--runs: '0' is under 1
		paper --seed 0|--seed: '0' is under 1
		overhead --rate 5|--rate makes no sense here
		scale --store sqlite|--store makes no sense here
		ingest --plot x|--plot makes no sense here
		ingest --rate x|--rate: 'x': take half, or a number from 1 to 100000
		ingest --scheme dini|ingest: its sources are pairwise, in the default profile, as nos-serve has them: leave out --scheme
		ingest --profile paper|ingest: its sources are pairwise, in the default profile, as nos-serve has them: leave out --profile
		ingest --store-creds file|--store-creds: no --store is on servers
		ingest --store sqlite --store-ca file|--store-ca: no --store is on servers
		paper --rtt 1h|--rtt:
	END
}

@test "SIGINT ends with 130 and SIGTERM with 143, and the rows up to then are whole" {
	for signal in INT:130 TERM:143; do
		stopped_by "${signal%:*}"
		[ "$STATUS" -eq "${signal#*:}" ]
		jq -se 'all(.claim and .verdict)' out
		[ ! -s err ]
		run ! compgen -G "$TMPDIR/nos-bench-*"
	done
}

# Stopped at $2 moments within 1.5 s of its begin, drawn from SEED.
stopped_anywhere() { # WORKLOAD TIMES
	local left pid ms status
	for ((left = $2; left > 0; left--)); do
		ms=$((100 + RANDOM % 1400))
		nos-bench "$1" --quick --runs 100 --sources 2,50 --format json >out 2>err 3>&- &
		pid=$!
		read -r -t "$((ms / 1000)).$(printf %03d $((ms % 1000)))" <> <(:) || true
		kill -TERM $pid 2>/dev/null || true
		status=0
		wait $pid || status=$?
		printf '# %s, stopped after %s ms: %s, %s rows\n' "$1" $ms $status "$(wc -l <out)"
		[ "$status" -eq 143 ] || [ "$status" -eq 0 ]
		[ ! -s err ] || { cat err; return 1; }
		jq -se 'all(.bench)' out
		[ -z "$(compgen -G "$TMPDIR/nos-bench*")" ]
	done
}

@test "whatever it was doing when it was stopped, that is no error, and nothing is left behind" {
	local seed=${SEED:-$RANDOM} workload
	echo "# SEED=$seed"
	RANDOM=$seed
	for workload in delay:16 overhead:2 robustness:2 scale:2; do
		stopped_anywhere "${workload%:*}" "${workload#*:}"
	done
}

@test "a reader that has gone is no error, and nothing is left behind" {
	nos-bench overhead --quick 2>err | head -n 1 >out
	[ "${PIPESTATUS[0]}" -eq 0 ]
	[ "$(jq -r .bench out)" = overhead ]
	[ ! -s err ]
	run ! compgen -G "$TMPDIR/nos-bench-*"
}

@test "where no store can be made that is said" {
	TMPDIR=$PWD/none run -74 --separate-stderr nos-bench paper --quick
	[ -z "$output" ]
	[ "$stderr" = "nos-bench: no folder can be made in '$PWD/none' (TMPDIR): No such file or directory" ]
}

@test "the examples of nos-bench(1) do what they say" {
	sed -n '/^\.Bd -literal/,/^\.Ed/{s/^\$ //;/^\./d;p}' "$ROOT/man/nos-bench.1" | grep -A 1 'nos-bench.*--quick' |
		grep -v '^--$' >examples
	[ "$(wc -l <examples)" -eq 3 ]
	run -0 bash -eo pipefail -c "$(sed -n 1p examples)"
	[[ $output == *P-T0*'The order by which all of them step'* ]]
	run -0 bash -eo pipefail -c "$(sed -n 2,3p examples)"
	[[ $output == *'message install'*20* ]]
}
