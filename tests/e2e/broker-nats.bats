#!/usr/bin/env bats
# The MQTT of a NATS server in the place of a broker.

setup() {
	load ../tool/helper
	load faults
	load group
	command -v nats-server >/dev/null || { echo 'no nats-server: scripts/install-deps test' >&2; return 1; }
}
teardown() { everything_stops; }

# A server that speaks MQTT, on ports that it finds, or again on those that it had: BROKER_PID,
# BROKER_PORT, MQTT, MONITOR. What a subscriber did not acknowledge before the server died comes again after
# ack_wait, by itself 30 s.
nats_run() {
	: >nats.log
	printf '%s\n' 'server_name: n1' "listen: 127.0.0.1:-1" 'http: 127.0.0.1:-1' "jetstream { store_dir: \"$PWD/js\", max_mem: 64M, max_file: 1G }" \
		"mqtt { listen: 127.0.0.1:${BROKER_PORT:--1}, ack_wait: 2s }" >nats.conf
	nats-server -c nats.conf -l nats.log 3>&- &
	BROKER_PID=$!
	eventually grep -q 'Server is ready' nats.log
	BROKER_PORT=$(sed -n 's|.*Listening for MQTT clients on mqtt://127.0.0.1:||p' nats.log)
	MONITOR=http://$(sed -n 's/.*Starting http monitor on //p' nats.log)
	MQTT=mqtt://127.0.0.1:$BROKER_PORT
}

has() { [ "$(received "$1" | wc -l)" -ge "$2" ]; }
payloads() { received "$1" | sed 's/^[^ ]* //'; }
# What is retained, as who comes late is told.
retained() { mosquitto_sub -p "$BROKER_PORT" -q 1 -t "$1" -C 1 -W 20 -F "${2:-%p}" 3>&-; }

member() { # NAME
	nos-token new --group roof --depth 3 --url "$URL" "${SEALED[@]}" 2>/dev/null |
		nos-register --keyring "$1.key" --name "$1" >/dev/null
}

@test "all topics reach a subscriber of a NATS server, what is retained who comes late, and the last will" {
	nats_run
	echo '{"v":1,"sets":[],"types":{},"filters":{"all_of-it":"bits >= 0"}}' >rules.json
	node_start --mqtt "$MQTT" --rules rules.json --pool 1,1
	subscribe data 'nos/#'
	for name in a b; do member $name; done
	nos-rekey --group roof "${SEALED[@]}" >/dev/null
	for name in a b; do numbers 1 1 | nos-send --keyring $name.key >/dev/null; done
	nos-rekey --revoke b "${SEALED[@]}" >/dev/null
	nos-rekey --invalidate w.1.1 "${SEALED[@]}" >/dev/null
	post application/json - /v1/data <<<'{"type":"soil temp. #1/+","value":1}'
	source=$(jq -r .source a.key)
	odd='sensor/anonymous/soil=20temp=2E=20=231=2F=2B'
	for topic in "sensor/$source/count" "only/all_of-it/sensor/$source/count" $odd only/all_of-it/$odd status keys/1 keys/evict-1 keys/invalid; do
		eventually grep -qaF "nos/1/$topic " data.debug
	done
	[ "$(received data | grep -aF "nos/1/$odd " | cut -d ' ' -f 2- | jq -r .type)" = 'soil temp. #1/+' ]
	order() { [ "$(retained nos/1/keys/1 %x)" = "$(order_now)" ]; }
	eventually order
	[ "$(retained nos/1/keys/evict-1 %x)" = "$(hex_of_text "$(group_of broadcast)")" ]
	[ "$(retained nos/1/keys/invalid %x | cut -c 1-12)" = 410101010101 ]
	is_on() { [ "$(retained nos/1/status | jq -r .status)" = online ]; }
	is_off() { [ "$(retained nos/1/status | jq -r .status)" = offline ]; }
	is_on
	node_stop
	eventually is_off
	[ "$(retained nos/1/audit | jq .n)" = "$(sqlite3 node.db 'select count(*) from stream_audit')" ]
	node_start --mqtt "$MQTT"
	eventually is_on
	node_stop KILL
	eventually is_off
}

# Readings A to B.
send_numbers() {
	numbers "$1" "$2" >in
	post application/x-ndjson in '/v1/data?kind=test'
	[ "$STATUS" = 202 ]
}

# A server is killed while it brings 2,000 readings, and comes back when there are 100 more.
killed_between() { # FIRST
	local some=$(($(received data | wc -l) + RANDOM % 500))
	send_numbers "$1" $(($1 + 1999))
	until has data $some; do :; done
	broker_stop KILL
	echo "# killed as $(received data | wc -l) had come" >&3
	send_numbers $(($1 + 2000)) $(($1 + 2099))
	nats_run
}

@test "a NATS server that is killed as it brings readings, and comes back, loses none; what comes twice is the same" {
	seeded
	RANDOM=$SEED
	nats_run
	node_start --mqtt "$MQTT" --limit window=50
	subscribe data 'nos/+/+/+/+'
	for first in 1 2101; do killed_between $first; done
	all() { [ "$(payloads data | jq -s 'map(.id) | unique | length')" -eq 4200 ]; }
	eventually all
	[ "$(payloads data | jq -cs 'unique | [length, (map(.value) | sort == [range(1; 4201)])]')" = '[4200,true]' ]
	empty() { curl -s "$ADMIN/metrics" | grep -qx 'nos_outbox_records 0'; }
	eventually empty
	# The server has of us no more than what was in flight as it died, each time; the rest is what
	# it brought again by itself.
	had=$(curl -s "$MONITOR/jsz?streams=true" | jq '[.. | objects | select(.name? == "$MQTT_msgs") | .state.last_seq] | max')
	echo "# the server was given $had messages; $(($(received data | wc -l) - 4200)) readings came twice" >&3
	[ "$had" -ge 4200 ]
	[ "$had" -le $((4200 + 2 * 50 + 20)) ]
}
