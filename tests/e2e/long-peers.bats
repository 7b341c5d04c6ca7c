#!/usr/bin/env bats
# scripts/bench-peers with all peers; it installs what it lacks. The table is printed. Asserted is what
# holds by far: other ratios move with the machine.

setup() { load ../tool/helper; }

@test "all peers are measured, and who keeps its word over a kill -9 has it kept" {
	HOME=$(getent passwd "$(id -u)" | cut -d: -f6) "$ROOT/scripts/bench-peers" --runs 3 --seconds 1 --json peers.json --markdown peers.md
	sed 's/^/# /' peers.md >&3
	jq -e '.rows | length == 20 and all(.n == 3)' peers.json
	jq -e '.rows | all(.durability == "none" or .proof.left >= .proof.acknowledged * 0.99)' peers.json
	jq -e '.rows[] | select(.peer == "nos") | .proof.syncs > 0' peers.json
	jq -e '.rows[] | select(.peer == "nats-tls" and .arrangement == "apart") | .ratio.median >= 2' peers.json
	# Mosquitto that keeps all writes its whole file for each message.
	jq -e '.rows[] | select(.peer == "mosquitto-psk-saved" and .arrangement == "apart") |
		.ratio.median >= 10 and .cpu_ratio.median >= 10' peers.json
	jq -e '.rows[] | select(.peer == "node-red-https" and .arrangement == "single") | .cpu_ratio.median >= 5' peers.json
}
