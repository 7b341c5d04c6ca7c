#!/usr/bin/env bats
# What is computed here by hand is of the round costs in tests/data/plan/units.json.

setup() { load helper; }

plan() { "$ROOT/scripts/plan-cluster" "$@" >rows; }
# ROOM WHAT: its value.
value() { jq -r --arg room "$1" --arg what "$2" 'select(.room == $room and .what == $what).value' rows; }
# ROOM WHAT VALUE, to a thousandth of it.
is() {
	jq -es --arg room "$1" --arg what "$2" --argjson value "$3" 'map(select(.room == $room and .what == $what)) |
		length == 1 and ((.[0].value - $value) | fabs) <= ($value | fabs) / 1000' rows >/dev/null ||
		{ echo "$1, $2: $(value "$1" "$2"), not $3"; return 1; }
}

@test "a plan of a million sources that send ten readings a pack is what one computes by hand" {
	plan --units "$DATA/plan/units.json" --sources 1000000 --interval 100 --pack 10 --rekey-days 10 --leaving 0.0365
	is http readings 10000
	is http requests 1000
	# 277.55 bytes a pack, 94.45 a reading.
	is http 'bytes in' 1222040
	# 50 us and 100 a pack; 50 a pack that is handed on; 700 for one in ten packs, each of which takes a restart as
	# long as 3.25 of one reading; a lane.
	is nos-serve cores 0.8795
	is nos-serve machines 1
	is nos-serve processes 1
	is nos-serve memory 782000000
	is nos-serve lanes 1
	# 98 us and 200 a pack; 2000 for one of those in ten; 100000 keys a day of 14 ms; a lane.
	is store 'cores of servers' 1.856
	is store servers 3
	# 100 bytes and 400 a pack, and a record of 900; thirty days, three times.
	is store streams 80870400000000
	is store state 6000000000
	# 10 us, and 5 for who hears it.
	is mqtt 'cores of brokers' 0.15
	is keys 'messages to sources' 100000
	is keys 'bytes of both' 4200000
	is keys 'sources that leave' 100
	is keys 'messages of evictions' 0
	is onboarding 'processor of nos-serve' 1
	is onboarding 'processor of servers' 2
}

@test "a scheme with groups is planned with its orders and its evictions" {
	plan --units "$DATA/plan/units.json" --sources 1000000 --rekey-days 10 --leaving 0.0365 --scheme dipietro
	is keys 'orders for a whole group' 100
	is keys acknowledgements 0
	is keys 'bytes of both' 2000000
	is keys 'messages of evictions' 99900
	is keys 'records for keys' 300
	plan --units "$DATA/plan/units.json" --sources 1000000 --rekey-days 10 --scheme tree
	is keys acknowledgements 100000
	is keys 'records for keys' 200200
}

@test "twice the sources are twice the readings, bytes, cores and keys, whatever the store and the scheme" {
	for store in nats sqlite; do
		for scheme in pairwise dini dipietro tree; do
			plan --sources 50000000 --store $store --scheme $scheme
			mv rows half
			plan --store $store --scheme $scheme
			jq -es --slurpfile half half '($half | map({key: "\(.room) \(.what)", value}) | from_entries) as $half |
				map(select(.what | test("^(--limit|bytes on|memory of each|days)") | not)) | length > 25 and
				all(.[]; .value as $v | $half["\(.room) \(.what)"] |
					if . == 0 then $v == 0 else ($v / .) as $times | $times > 1.9 and $times < 2.1 or (. < 20 and $times >= 1 and $times <= 3) end)' rows >/dev/null
		done
	done
}

@test "half the headroom left free, or packs, take less of machines" {
	plan
	before=$(value nos-serve machines) servers=$(value store servers)
	plan --pack 10
	[ "$(value nos-serve machines)" -lt "$before" ]
	[ "$(value store servers)" -lt "$servers" ]
	plan --headroom 0
	[ "$(value nos-serve machines)" -lt "$before" ]
}

@test "each line says of what it was computed, and each cost where it was measured" {
	plan
	jq -es 'length > 30 and all(.[]; (.of | length > 0) and (.unit | length > 0))' rows >/dev/null
	jq -e 'all(.[]; .measured.by != null)' "$ROOT/scripts/plan/units.json" >/dev/null
	jq -e 'all(.nats, .sqlite, .scheme, .wire; .measured | .n >= 3 and .date != null and .machine != null)' "$ROOT/scripts/plan/units.json" >/dev/null
}

# A row of each kind that units.json is made of.
measured_rows() {
	jq -nc '
		def units($store; $whats): $whats[] | {bench: "units", store: $store, what: ., n: 10, machine: "m", node_us: 5, servers_us: 6, broker_us: 7,
			messages: 8, rss: 9, stages_us: {commit: 1, score: 1, encode: 1, publish: 1}, bytes: {raw: 1, processed: 1, sources: 1, tracks: 1,
			audit: 1, stream_raw: 1, stream_processed: 1, stream_audit: 1}};
		def row($bench; $whats): $whats[] | {bench: $bench, what: ., n: 3, machine: "m", median: 4};
		["packs of 1", "packs of 50", "packs of 1, one in ten with its source", "register", "two rounds", "re-key and two rounds", "idle"] as $both |
		units("sqlite"; $both),
		units("nats"; $both + ["packs of 1, half of them handed on", "packs of 50, half of them handed on", "first packs of 1", "packs of 50, heard by one"]),
		("pairwise", "dini", "dipietro", "tree" | . as $scheme |
			row("scale"; ["store for a source", "register, bytes", "register, written", "re-key, bytes", "re-key, written", "acknowledge, written"] +
				if . == "tree" then ["follow, bytes", "follow, written"] else [] end) + {$scheme},
			row("overhead"; ["message ack"] + if . == "dipietro" then ["message evict"] else [] end) + {$scheme}),
		row("ingest"; ["readings, packs of 1", "to the node, packs of 1", "to the node, packs of 50", "to the source, packs of 1",
			"to the source, packs of 50"] | map(. + ", kept connections")),
		row("ingest"; ["to the subscriber, packs of 50, kept connections, subscriber"])'
}

@test "of measured rows costs are made that plan, and where one is missing it is named in a line" {
	measured_rows >measured
	plan --measured <measured
	jq -e '[paths(. == null)] == []' rows
	mv rows made.json
	plan --units made.json
	while read -r row; do
		what=$(jq -r .what <<<"$row")
		run -65 --separate-stderr "$ROOT/scripts/plan-cluster" --measured < <(grep -vxF -e "$row" measured)
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" = 1 ]
		[[ $stderr == "plan-cluster: --measured: no row of "*": $what" ]]
	done < <(shuf -n 5 measured)
	for rows in '' '{"bench":"units"}' '[1]' words; do
		run -65 --separate-stderr "$ROOT/scripts/plan-cluster" --measured <<<"$rows"
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" = 1 ]
	done
	run -65 --separate-stderr "$ROOT/scripts/plan-cluster" --measured < <(jq -c 'del(.node_us)' measured)
	[ "${#stderr_lines[@]}" = 1 ]
}

@test "a terminal gets a table" {
	script -qec "$ROOT/scripts/plan-cluster" /dev/null >table
	grep -Eq '^http +readings +166.67 k/s += sources / interval' table
	fails grep -q '[{}]' table
}

@test "an option that is none, and a value that it does not take, are wrong usage" {
	for wrong in '--source 5' '--sources' '--sources -5' '--sources 0' '--interval 0' '--scheme rsa' '--store etcd' \
		'--headroom 1' '--leaving 2' '--pack 1.5' '--units absent' '--' 'words' '--measured 5'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr "$ROOT/scripts/plan-cluster" $wrong
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" = 1 ]
	done
}
