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
