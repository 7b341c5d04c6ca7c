#!/usr/bin/env bats
# What fails in a cluster under load: no reading that was answered as stored is lost or doubled, and for how
# long nobody was answered is said, a line of JSON each.

setup() {
	load ../tool/helper
	load key
	load faults
	load cluster
	load failures
}
teardown() {
	everything_stops
	fails grep -sA 30 'Sanitizer' ./*.err
}

@test "a server that leads nothing and is killed costs no reading" {
	failures_begin a a b b
	server=1
	[[ $(curl -sf "http://127.0.0.1:${NATS_HTTP[1]}/jsz" | jq -r .meta_cluster.leader) != n1 ]] || server=2
	in_time leads_nothing $server
	server_dies $server
	goes_on
	nats_run $server
	failures_end follower
}

@test "the leader of a stream that is killed costs no reading" {
	failures_begin a a b b
	in_time leader_find "$(raw_of 1)"
	server_dies "$LEADER"
	goes_on
	nats_run "$LEADER"
	failures_end leader
}

@test "all servers that are killed at once and come again cost no reading" {
	failures_begin a a b b
	kill -9 "${NATS_PIDS[@]}"
	wait "${NATS_PIDS[@]}" || true
	for i in 1 2 3; do
		nats_run $i
	done
	failures_end servers
}

@test "the leader of a stream that is cut off from the others costs no reading, and doubles none" {
	between_servers() { ways_start; }
	failures_begin a a b b
	raw=$(raw_of 1)
	in_time leader_find "$raw"
	alone "$LEADER"
	in_time is_led_by_another "$raw" "$LEADER"
	goes_on
	together "$LEADER"
	failures_end cut-leader
}

@test "a nos-serve whose server is cut off from the others costs no reading, and doubles none" {
	between_servers() { ways_start; }
	STORE_OF=([b]=3)
	failures_begin a a b b
	alone 3
	# Whoever is there goes to another server.
	goes_on
	together 3
	failures_end cut-nos-serve
}

@test "a server that sleeps costs no reading, and doubles none when it wakes" {
	failures_begin a a b b
	in_time leader_find "$(raw_of 1)"
	kill -STOP "${NATS_PIDS[LEADER]}"
	goes_on
	kill -CONT "${NATS_PIDS[LEADER]}"
	failures_end server-sleeps
}

@test "a nos-serve that is killed costs no reading, and doubles none" {
	failures_begin a a a a
	serve_kill b
	in_time shared a 4
	goes_on
	serve_start b --mqtt "$MQTT"
	in_time shared a 2 b 2
	failures_end nos-serve
}

@test "each nos-serve that is killed in turn and comes again costs no reading, and doubles none" {
	failures_begin a a b b
	for name in b a; do
		serve_kill $name
		serve_start $name --mqtt "$MQTT"
		in_time shared a 2 b 2
	done
	failures_end each-nos-serve
}

@test "a nos-serve that is killed with its server costs no reading, and doubles none" {
	STORE_OF=([b]=3)
	failures_begin a a b b
	server_dies 3
	serve_kill b
	in_time shared a 4
	nats_run 3
	serve_start b --mqtt "$MQTT"
	in_time shared a 2 b 2
	failures_end nos-serve-and-server
}
