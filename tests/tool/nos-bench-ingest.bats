#!/usr/bin/env bats

setup() {
	load helper
	mkdir tmp
	export TMPDIR=$PWD/tmp
}
teardown() { everything_stops; }
# What was started for the measurement has its folder in its arguments.
nothing_is_left() { [ -z "$(ls tmp)" ] && ! pgrep -f "$PWD/tmp"; }
# What reads the rows in the example of nos-bench(1) with these options.
example() { sed -n "/^\$ nos-bench ingest $1/,/^\.Ed/{/^ /p}" "$ROOT/man/nos-bench.1" >example; }

@test "each shape has its rows, nothing is lost or doubled, and the stages are no more than the whole" {
	run -0 --separate-stderr nos-bench ingest --quick --sources 7
	printf '%s\n' "${lines[@]}" | jq -c '. + (.what | capture(
		"^(?<row>.*), packs of (?<each>[0-9]+), (?<way>kept connections|a connection a pack)(?<sub>, subscriber)?$") |
		.sub = (.sub != null))' >rows
	[ "$(wc -l <rows)" = "${#lines[@]}" ]
	jq -se 'all(.bench == "ingest" and .sources == 7 and .profile == "default" and .scheme == "pairwise")' rows
	jq -se 'map([.each, .way, .sub]) | unique | length == 12' rows
	# A row of either shape, and two more with a subscriber.
	for row in readings 'node CPU' 'node CPU, '{http,open,parse,commit,score,encode,publish,rest} \
		'clock of the stages' 'load CPU' 'first touch' 'first touch, open' answer 'longest answer' 'to the node' \
		'to the source' memory lost duplicated; do
		jq -se --arg row "$row" 'map(select(.row == $row)) | length == 12' rows || { echo "$row"; return 1; }
	done
	jq -se 'map(select(.row == ("record", "subscriber CPU", "to the subscriber"))) | length == 18 and all(.sub)' rows
	jq -se 'map(select(.row == ("lost", "duplicated"))) | all(.median == 0)' rows
	jq -se 'map(select(.row == ("readings", "node CPU", "load CPU", "first touch", "answer", "record", "to the node", "to the source",
		"to the subscriber", "memory"))) | all(.median > 0)' rows
	# A loop counts one turn in 16, with those before it: of some packs before these the end is among them.
	jq -se 'map(select(.row | startswith("node CPU"))) | group_by([.each, .way, .sub]) | length == 12 and all(
		map({ (.row): .median }) | add | ."node CPU" as $whole | del(."node CPU", ."node CPU, rest") |
		length == 7 and (add <= $whole * 1.25))' rows
	jq -se --arg node "$ROOT/build/${V:-release}/cmd/nos-serve" \
		'map(select(.row == "readings")) | all(.how | endswith($node) and contains("; store on "))' rows
	# The example of nos-bench(1).
	example '--runs 1'
	[ "$(bash -eo pipefail example <rows | wc -l)" -eq 18 ]
	nothing_is_left
}

@test "a load is offered at half of what the node takes, and connections stand beside it in every second run" {
	run -0 --separate-stderr nos-bench ingest --quick --sources 7 --rate half --idle 5 --polls 9
	printf '%s\n' "${lines[@]}" >rows
	sub='(, subscriber)?'
	of() { jq -se --arg re "^$1, packs of (1|50), kept connections$sub$2\$" \
		"map(select(.what | test(\$re))) | length == 4 and ($3)" rows; }
	for row in readings 'node CPU' answer 'longest answer' memory; do
		of "$row" '' 'all(.median > 0)'
		of "$row" ', half load' 'all(.median > 0)'
		of "$row" ', half load, 5 idle, 9 polls' 'all(.median > 0)'
	done
	of ratio ', half load, 5 idle, 9 polls' 'all(.median > 0 and .n == 1)'
	jq -se 'map(select(.what | test("^(lost|duplicated)"))) | length == 24 and all(.median == 0)' rows
	# The clock offers it: no run brings more, and what comes is within its time or later.
	jq -se 'map(select(.what | startswith("readings"))) | map({ (.what): .median }) | add as $r |
		all($r | keys[] | select(endswith("half load")); $r[.] < $r[sub(", half load"; "")] * 0.6)' rows
	nothing_is_left
}

@test "a load at a rate takes its time, and a rate or a number of connections that cannot be is refused" {
	run -0 --separate-stderr nos-bench ingest --quick --sources 3 --rate 1000
	printf '%s\n' "${lines[@]}" | jq -se 'map(select(.what | test("^readings, .*, 1000 readings/s$"))) |
		length == 4 and all(.median > 0 and .median <= 1060)'
	for rate in 0 100001 fast -1; do
		run -64 --separate-stderr nos-bench ingest --rate "$rate"
		[ "$stderr" = "nos-bench: --rate: '$rate': take half, or a number from 1 to 100000" ]
	done
	ulimit -n 300
	run -64 --separate-stderr nos-bench ingest --idle 150 --polls 100
	[ "$stderr" = 'nos-bench: --idle and --polls take 350 open files, and 300 may be: take fewer, or raise ulimit -Hn' ]
	nothing_is_left
}

@test "numbers of sources are measured by turns, and the second has its ratios to the first" {
	run -0 --separate-stderr nos-bench ingest --quick --runs 1 --sources 10,20
	printf '%s\n' "${lines[@]}" >rows
	of() { jq -se --arg row "$1" --argjson sources "$2" \
		"map(select((.what | startswith(\$row + \", packs of \")) and .sources == \$sources)) | length == $3 and all($4)" rows; }
	for sources in 10 20; do
		for row in readings 'node CPU' answer memory; do of "$row" $sources 12 '.median > 0'; done
		for row in lost duplicated; do of "$row" $sources 12 '.median == 0'; done
	done
	for row in ratio 'ratio of node CPU'; do
		of "$row" 10 0 true
		of "$row" 20 12 '.median > 0 and .n == 1 and (.how | endswith(" of a run with 10 sources, in pairs"))'
	done
	# By turns: the rows of both, shape by shape.
	jq -se 'map(select(.what | startswith("readings"))) | map(.sources) == [range(12) | 10, 20]' rows
	# The ratio is that of the two runs.
	jq -se 'map(select(.what == ("readings", "ratio" | . + ", packs of 50, kept connections")).median) |
		(.[1] / .[0] / .[2] - 1 | fabs) < 0.01' rows
	example '--sources'
	[ "$(bash -eo pipefail example <rows | wc -l)" -eq 24 ]
	nothing_is_left
}

@test "a run of as many packs as were asked for has one shape, by turns and at a rate as well" {
	run -0 --separate-stderr nos-bench ingest --runs 1 --sources 10,20 --packs 130
	printf '%s\n' "${lines[@]}" >rows
	jq -se 'all(.what | endswith(", packs of 50, kept connections"))' rows
	jq -se 'map(select(.what | startswith("answer,"))) | map([.sources, .n]) == [[10, 130], [20, 130]]' rows
	jq -se 'map(select(.what | startswith("ratio"))) | length == 2 and all(.sources == 20 and .median > 0)' rows
	jq -se 'map(select(.what | startswith("lost", "duplicated"))) | length == 4 and all(.median == 0)' rows
	run -0 --separate-stderr nos-bench ingest --runs 1 --sources 10 --packs 33 --rate 5000
	printf '%s\n' "${lines[@]}" | jq -se 'map(select(.what | startswith("answer,"))) | map(.n) == [33]'
	run -64 --separate-stderr nos-bench ingest --packs 0
	nothing_is_left
}

# One NATS server: NATS_PORT. The setting for servers that are one alone.
nats_start() {
	command -v nats-server >/dev/null || { echo 'no nats-server: scripts/install-deps test' >&2; return 1; }
	for _ in {1..50}; do
		NATS_PORT=$((10000 + RANDOM % 20000))
		printf '%s\n' 'server_name: n1' "listen: 127.0.0.1:$NATS_PORT" 'max_payload: 8MB' \
			"jetstream { store_dir: \"$PWD/js\", max_mem: 64M, max_file: 1G }" >nats.conf
		nats-server -c nats.conf -l nats.log 3>&- &
		OTHER_PIDS=$!
		while kill -0 "$OTHER_PIDS" 2>/dev/null; do
			listens "$OTHER_PIDS" "$NATS_PORT" && return
		done
		wait "$OTHER_PIDS" || true
	done
	return 1
}

@test "two stores are measured by turns, and the second has its ratio to the first" {
	nats_start
	nats=nats://127.0.0.1:$NATS_PORT/measured
	# What the settings name is a node's that runs, and none of this.
	export NOS_STORE=$nats
	run -0 --separate-stderr nos-bench ingest --quick --sources 7 --store sqlite --store "$nats"
	printf '%s\n' "${lines[@]}" >rows
	of() { jq -se --arg re "^$1, packs of (1|50), kept connections(, subscriber)?\$" --arg store "$2" \
		"map(select((.what | test(\$re)) and .store == \$store)) | length == $3 and all($4)" rows; }
	for row in readings 'node CPU' answer memory; do
		of "$row" sqlite 4 '.median > 0'
		of "$row" "$nats" 4 '.median > 0'
	done
	for row in lost duplicated; do
		of "$row" sqlite 4 '.median == 0'
		of "$row" "$nats" 4 '.median == 0'
	done
	for row in ratio 'ratio of node CPU'; do
		of "$row" "$nats" 4 '.median > 0 and .n == 1'
		of "$row" sqlite 0 true
	done
	# It is a node with lanes, all of which had sources.
	[ "$(nos-keytable sources --format json | wc -l)" = 7 ]
	# Nothing is made where one is.
	run -73 --separate-stderr nos-bench ingest --quick --store "$nats"
	[ -z "$output" ]
	[ "$stderr" = "nos-bench: --store: there is a node at $nats already: take another PREFIX" ]
	nothing_is_left
}

@test "a store that cannot be, or what does not go by turns, is refused before anything is measured" {
	for store in sqlite:node.db node.db nats:here; do
		run -64 --separate-stderr nos-bench ingest --store "$store"
		[ "$stderr" = "nos-bench: --store: '$store': take sqlite, nats://HOST,…/PREFIX or tls://HOST,…/PREFIX" ]
	done
	run -64 --separate-stderr nos-bench ingest --store sqlite --store sqlite --idle 1
	[ "$stderr" = 'nos-bench: --rate half, --idle and --polls go with one --store alone' ]
	for more in '--rate half' '--idle 1' '--polls 1'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr nos-bench ingest --sources 1,2 $more
		[ "$stderr" = 'nos-bench: --rate half, --idle and --polls go with one number of sources alone' ]
	done
	run -64 --separate-stderr nos-bench ingest --store sqlite --sources 1,2
	[ "$stderr" = 'nos-bench: --sources: with --store ingest takes one number' ]
	run -69 --separate-stderr nos-bench ingest --store "nats://127.0.0.1:1/measured"
	[[ $stderr == *'no NATS server is reached at 127.0.0.1:1'* ]]
	nothing_is_left
}

@test "a broker and a node that do not come up have the last word" {
	mkdir bin
	cp "$ROOT/build/${V:-release}/cmd/nos-bench" bin
	printf '#!/bin/sh\necho "no room" >&2\nexit 1\n' | tee bin/nos-serve >bin/mosquitto
	chmod +x bin/nos-serve bin/mosquitto
	PATH=$PWD/bin:$PATH run -69 --separate-stderr bin/nos-bench ingest --quick
	[ -z "$output" ]
	[ "$stderr" = 'nos-bench: mosquitto does not start: no room' ]
	run -69 --separate-stderr bin/nos-bench ingest --quick
	[ -z "$output" ]
	[ "$stderr" = "nos-bench: $PWD/bin/nos-serve does not come up: no room" ]
	nothing_is_left
}

@test "without a broker one line says what to install" {
	mkdir bin
	printf '#!/bin/sh\nexit 127\n' >bin/mosquitto
	chmod +x bin/mosquitto
	PATH=$PWD/bin:$PATH run -66 --separate-stderr nos-bench ingest --quick
	[ -z "$output" ]
	[ "$stderr" = 'nos-bench: no mosquitto on PATH: apt install mosquitto' ]
	run -64 --separate-stderr nos-bench ingest --sources 5,100001
	[ "$stderr" = 'nos-bench: --sources: ingest takes 1 to 100000' ]
	nothing_is_left
}

@test "Ctrl-C in the midst of ingest leaves whole rows, no folder and no process" {
	# A shell has whatever it starts beside itself ignore it.
	env --default-signal=INT nos-bench ingest --runs 1 >rows 3>&- &
	pid=$!
	begun() { [ -s rows ]; }
	eventually begun
	kill -INT $pid
	status=0
	wait $pid || status=$?
	[ $status = 130 ]
	[ "$(wc -l <rows)" = "$(jq -c . rows | wc -l)" ]
	fails grep -q 'packs of 50' rows
	nothing_is_left
}
