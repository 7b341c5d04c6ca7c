#!/usr/bin/env bats

# scripts/bench-peers: its shape, not its figures, which tests/e2e/long-peers.bats looks at.

setup() {
	load helper
	mkdir tmp
	export TMPDIR=$PWD/tmp
	BENCH=$ROOT/scripts/bench-peers
}
nothing_is_left() { [ -z "$(ls tmp)" ] && ! readlink /proc/[0-9]*/cwd | grep -F "$PWD/tmp"; }

@test "a peer and a node have a row for each arrangement, with a ratio of the same run and what outlasts a kill" {
	"$BENCH" --runs 1 --seconds 0.5 --peers mosquitto-psk --json peers.json --markdown peers.md
	[ "$(jq -c '.rows | map([.peer, .arrangement, .durability, .n])' peers.json)" = \
		'[["nos","single","power loss",1],["nos","apart","power loss",1],["mosquitto-psk","single","none",1],["mosquitto-psk","apart","none",1],["mosquitto-psk","whole","none",1]]' ]
	jq -e '.rows | all(.readings_s.median > 0 and .load_us > 0 and .p50_ms > 0 and .p50_ms <= .p99_ms)' peers.json
	# Whole packs of a peer are held against ours, which are apart.
	jq -e '(.rows | map({"\(.peer) \(.arrangement)": .}) | add) as $r | $r["nos single"].ratio == null and
		([["single", "single"], ["apart", "apart"], ["apart", "whole"]] | all(
			($r["nos " + .[0]].readings_s.median / $r["mosquitto-psk " + .[1]].readings_s.median) as $ratio |
			$r["mosquitto-psk " + .[1]].ratio | .n == 1 and (.median - $ratio | fabs) <= 0.01))' peers.json
	jq -e '.rows | all(.peer == "nos" or (.cpu_ratio.n == 1 and .cpu_ratio.median >= 0))' peers.json
	jq -e '.rows | all((.proof | .acknowledged > 0) and (.peer != "nos" or (.proof.left >= .proof.acknowledged and .proof.syncs > 0)))' peers.json
	jq -e '.rows | all(.peer == "nos" or (.proof.left == 0 and .proof.syncs == 0))' peers.json
	jq -e '.versions | keys == ["Mosquitto", "OpenSSL", "nos"]' peers.json
	jq -e '.machine.processors > 0 and (.machine.kernel | length) > 0' peers.json
	[ "$(grep -c '^| nos |' peers.md)" = 3 ]
	[ "$(grep -c '^| mosquitto-psk |' peers.md)" = 4 ]
	[ "$(grep '^|' peers.md | awk -F'|' '{print NF}' | sort -u | paste -sd,)" = 14,7 ]
	nothing_is_left
}

@test "a peer that cannot be installed has a row that says so" {
	mkdir bin
	printf '#!/bin/sh\nexit 1\n' >bin/npm
	cp bin/npm bin/node
	chmod +x bin/npm bin/node
	PATH=$PWD/bin:$PATH run -0 --separate-stderr "$BENCH" --runs 1 --seconds 0.1 --peers node-red-http --json peers.json
	[[ $stderr == 'bench-peers: node-red-http is left out: npm cannot install Node-RED '* ]]
	[ "$(jq -c '.rows | map(.peer)' peers.json)" = '["nos","nos","node-red-http"]' ]
	jq -e '.rows[2] | .n == 0 and (.left_out | startswith("npm cannot install"))' peers.json
	nothing_is_left
}

@test "Ctrl-C ends what was started, and says what there is" {
	env --default-signal=INT "$BENCH" --runs 100 --seconds 0.2 --peers mosquitto-plain --json peers.json 3>&- &
	pid=$!
	until [ -s tmp/*/figures ] || ! kill -0 $pid; do read -r -t 0.05 <> <(:) || true; done
	kill -INT $pid
	status=0
	wait $pid || status=$?
	[ $status = 130 ]
	jq -e '.rows[0] | .peer == "nos" and .n >= 1' peers.json
	nothing_is_left
}

@test "who it does not know, and a number that is none, are said" {
	run -64 --separate-stderr "$BENCH" --peers kafka
	[[ $stderr == "bench-peers: no peer 'kafka', take of: nos mosquitto-psk "* ]]
	run -64 --separate-stderr "$BENCH" --runs 0
	[ "$stderr" = "bench-peers: '0' is no number of runs, see bench-peers --help" ]
	run -64 --separate-stderr "$BENCH" --seconds
	[[ $stderr == 'usage: bench-peers [--runs N]'* ]]
}
