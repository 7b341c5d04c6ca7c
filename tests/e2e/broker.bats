#!/usr/bin/env bats
# The node with a real broker: what users get, also when the broker goes away.

setup() { load ../tool/helper; }
teardown() { everything_stops; }

# Readings A to B, one a line, of one type.
numbers() { jq -nc --argjson a "$1" --argjson b "$2" 'range($a; $b + 1) | {type: "count", value: .}'; }
send_numbers() {
	numbers "$1" "$2" >in
	post application/x-ndjson in '/v1/data?kind=test'
}
has() { [ "$(received "$1" | wc -l)" -ge "$2" ]; }
payloads() { received "$1" | sed 's/^[^ ]* //'; }

@test "records reach a subscriber on their topics, with n without a gap, and the status is retained" {
	broker_start
	node_start --mqtt "$MQTT"
	subscribe data 'nos/+/+/+/+'
	numbers 1 500 >in
	post application/x-ndjson in '/v1/data?kind=test'
	[ "$(jq .accepted <<<"$ANSWER")" -eq 500 ]
	eventually has data 500
	[ "$(received data | cut -d' ' -f1 | sort -u)" = nos/1/test/anonymous/count ]
	[ "$(payloads data | jq -s 'map(.n) == [range(1; 501)] and map(.value) == [range(1; 501)]')" = true ]
	[ "$(mosquitto_sub -p "$BROKER_PORT" -t nos/1/status -C 1 -W 10 | jq -r .status)" = online ]
	[ "$(curl -s "$ADMIN/healthz")" = '{"status":"ok","broker":"connected"}' ]
	node_stop
	[ "$NODE_STATUS" -eq 0 ]
	[ "$(mosquitto_sub -p "$BROKER_PORT" -t nos/1/status -C 1 -W 10 | jq -r .status)" = offline ]
}

@test "a type's odd bytes are escaped in its topic and kept in its record" {
	broker_start
	node_start --mqtt "$MQTT"
	subscribe data 'nos/#'
	post application/json - /v1/data <<<'{"type":"soil temp. #1/+","value":1}'
	eventually has data 2
	[ "$(received data | grep sensor | cut -d' ' -f1)" = 'nos/1/sensor/anonymous/soil=20temp=2E=20=231=2F=2B' ]
	[ "$(payloads data | jq -r 'select(.type) | .type')" = 'soil temp. #1/+' ]
}

@test "the last will says offline when the node is killed" {
	broker_start
	node_start --mqtt "$MQTT"
	subscribe status nos/1/status
	eventually has status 1
	node_stop KILL
	eventually has status 2
	[ "$(payloads status | tail -n 1 | jq -r .status)" = offline ]
}

# What 40000 records waited for their acknowledgements, in seconds and summed, with set_tcp_nodelay of the broker.
waited() {
	BROKER_MORE=$'allow_anonymous true\nset_tcp_nodelay '$1 broker_start
	node_start --mqtt "$MQTT"
	for _ in {1..8}; do send_numbers 1 5000; done
	all() { curl -s "$ADMIN/metrics" | grep -qx 'nos_readings_published_total 40000'; }
	eventually all
	curl -s "$ADMIN/metrics" | sed -n 's/^nos_publish_seconds_sum //p' >"waited-$1"
	node_stop
	broker_stop
	rm -f node.db* node.key
}

@test "a broker that holds acknowledgements back until TCP has seen the last does not slow its node down" {
	# TCP would let it wait for 40 ms each time, which is over ten times as long. The machine may be busy in one
	# of two, not always in the same.
	for _ in {1..10}; do
		waited true
		waited false
		! jq -ne --slurpfile a waited-true --slurpfile b waited-false '$b[0] < 4 * $a[0]' || return 0
	done
	return 1
}

@test "a broker that is away costs no answer and no record" {
	broker_start
	port=$BROKER_PORT
	node_start --mqtt "$MQTT"
	subscribe data 'nos/+/+/+/+'
	send_numbers 1 100
	eventually has data 100
	# The subscriber stays: its session outlives the broker, and it comes back by itself.
	broker_stop
	away() { [ "$(curl -s "$ADMIN/healthz")" = '{"status":"ok","broker":"away"}' ]; }
	eventually away
	for i in 1 2 3 4 5 6 7 8 9; do
		send_numbers $((i * 100 + 1)) $((i * 100 + 100))
		[ "$STATUS" = 202 ]
	done
	waiting() { curl -s "$ADMIN/metrics" | grep -qx 'nos_outbox_records 900'; }
	eventually waiting
	broker_start "$port"
	all() { [ "$(payloads data | jq -s 'map(.value) | unique | length')" -eq 1000 ]; }
	eventually all
	empty() { curl -s "$ADMIN/metrics" | grep -qx 'nos_outbox_records 0'; }
	eventually empty
	fails grep -q 'status="5' <(curl -s "$ADMIN/metrics")
}

@test "records of a source that is forgotten are waited for no more, and who is registered is counted" {
	metric() { curl -s "$ADMIN/metrics" | grep -qx "$1 $2"; }
	broker_start
	port=$BROKER_PORT
	node_start --mqtt "$MQTT"
	for name in a b; do
		nos-token new --url "$URL" "${SEALED[@]}" 2>/dev/null | nos-register --keyring $name.key --name $name >/dev/null
	done
	eventually metric nos_sources 2
	subscribe data 'nos/+/+/+/+'
	broker_stop
	numbers 1 30 | nos-send --keyring a.key >/dev/null
	numbers 31 50 | nos-send --keyring b.key >/dev/null
	numbers 51 70 | nos-send --keyring a.key >/dev/null
	eventually metric nos_outbox_records 70
	nos-token forget a "${SEALED[@]}" >/dev/null
	eventually metric nos_outbox_records 20
	eventually metric nos_sources 1
	broker_start "$port"
	eventually metric nos_outbox_records 0
	eventually has data 20
	[ "$(payloads data | jq -cs 'map(.value) | unique')" = "$(jq -nc '[range(31; 51)]')" ]
	# Nothing is left to wait for, and what comes goes on.
	node_stop
	[ "$NODE_STATUS" -eq 0 ]
	[ "$(sqlite3 node.db "select json_extract(value, '\$.published') from state where key = 'mark'")" = 70 ]
	node_start --mqtt "$MQTT"
	numbers 71 71 | nos-send --keyring b.key --url "$URL" >/dev/null
	eventually has data 21
	metric nos_sources 1
}

@test "records wait over a restart of the node without its broker" {
	broker_start
	port=$BROKER_PORT
	node_start --mqtt "$MQTT"
	send_numbers 1 10
	empty() { curl -s "$ADMIN/metrics" | grep -qx 'nos_readings_published_total 10'; }
	eventually empty
	broker_stop
	send_numbers 11 20
	node_stop KILL
	node_start --mqtt "$MQTT" --limit drain=0
	send_numbers 21 30
	node_stop
	broker_start "$port"
	subscribe data 'nos/+/+/+/+'
	node_start --mqtt "$MQTT"
	late() { [ "$(payloads data | jq -cs 'map(.value) | unique | map(select(. > 10))')" = "$(jq -nc '[range(11; 31)]')" ]; }
	eventually late
}

@test "a broker that is added later begins at now" {
	node_start
	send_numbers 1 10
	node_stop
	broker_start
	subscribe data 'nos/+/+/+/+'
	node_start --mqtt "$MQTT"
	send_numbers 11 12
	eventually has data 2
	[ "$(payloads data | jq -cs 'map([.n, .value])')" = '[[11,11],[12,12]]' ]
}

@test "a broker's password comes from a file that others cannot read, and a wrong one is said" {
	mosquitto_passwd -b -c users node secret 2>/dev/null
	BROKER_MORE=$'allow_anonymous false\npassword_file '$PWD/users broker_start
	(umask 077; echo secret >password; echo wrong >other)
	node_start --mqtt "mqtt://node@127.0.0.1:$BROKER_PORT" --mqtt-password other
	eventually grep -q 'refused the user or password' err
	fails grep -q 'wrong' err
	node_stop
	node_start --mqtt "mqtt://node@127.0.0.1:$BROKER_PORT" --mqtt-password password
	eventually grep -q 'broker: connected' err
	node_stop
	chmod 644 password
	run -77 --separate-stderr nos-serve "${SEALED[@]}" --mqtt "mqtt://node@127.0.0.1:$BROKER_PORT" --mqtt-password password
	[ "$stderr" = "nos-serve: 'password' is open to others: chmod 600 password" ]
}

@test "SIGHUP reads the broker's password again, and only another one makes the connection anew" {
	mosquitto_passwd -b -c users node secret 2>/dev/null
	BROKER_MORE=$'allow_anonymous false\npassword_file '$PWD/users broker_start
	(umask 077; echo secret >password)
	node_start --mqtt "mqtt://node@127.0.0.1:$BROKER_PORT" --mqtt-password password
	connected() { [ "$(grep -c 'broker: connected' err)" = "$1" ]; }
	said() { [ "$(grep -c "$1" err)" = "$2" ]; }
	eventually connected 1
	kill -HUP "$NODE_PID"
	eventually said 'password: read again$' 1
	# The broker has another by now, which it takes from who comes.
	mosquitto_passwd -b users node changed 2>/dev/null
	kill -HUP "$BROKER_PID"
	mosquitto_pub -p "$BROKER_PORT" -u node -P changed -t tried -m x
	echo changed >password
	kill -HUP "$NODE_PID"
	eventually connected 2
	send_numbers 1 3
	published() { curl -s "$ADMIN/metrics" | grep -qx 'nos_readings_published_total 3'; }
	eventually published
	[ "$(mosquitto_sub -p "$BROKER_PORT" -u node -P changed -t nos/1/status -C 1 -W 10 | jq -r .status)" = online ]
	# A bad file leaves it as it was.
	chmod 644 password
	kill -HUP "$NODE_PID"
	eventually said "the broker's password stays as it was" 1
	chmod 600 password
	printf 'an\0other' >password
	kill -HUP "$NODE_PID"
	eventually said "holds a NUL: the broker's password stays as it was" 1
	connected 2
	said 'the broker is to know it' 1
	[ "$(curl -s "$ADMIN/healthz")" = '{"status":"ok","broker":"connected"}' ]
	# One that was refused is tried again with the good one.
	echo wrong >password
	kill -HUP "$NODE_PID"
	eventually grep -q 'refused the user or password' err
	echo changed >password
	kill -HUP "$NODE_PID"
	eventually connected 3
	fails grep -qE 'changed|wrong' err
}

@test "messages that the broker dropped are said and counted" {
	BROKER_MORE=$'allow_anonymous true\nsys_interval 1' broker_start
	# A subscriber with a session that went away, and a queue of one.
	sed -i 's/^max_queued_messages .*/max_queued_messages 1/' broker.conf
	broker_stop
	mosquitto -c broker.conf >>broker.log 2>&1 3>&- &
	BROKER_PID=$!
	eventually mosquitto_sub -p "$BROKER_PORT" -q 1 -c -i slow -t 'nos/+/+/+/+' -E
	node_start --mqtt "$MQTT"
	eventually grep -q 'broker: connected' err
	# The count as it was is known before it grows.
	[ "$(mosquitto_sub -p "$BROKER_PORT" -t '$SYS/broker/publish/messages/dropped' -C 1 -W 20)" = 0 ]
	send_numbers 1 200
	eventually grep -q 'broker: dropped 1[0-9]* messages: raise its max_queued_messages' err
	fails grep -qx 'nos_broker_dropped_total 0' <(curl -s "$ADMIN/metrics")
}
