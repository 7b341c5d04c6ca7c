#!/usr/bin/env bats
# What users ask of a reading before they take it: filters of the rules, and their topics.

setup() { load ../tool/helper; }
teardown() { everything_stops; }

has() { [ "$(received "$1" | wc -l)" -ge "$2" ]; }
# Numbers on a topic, each once, in order.
values() { received "$1" | grep -a "^$2 " | sed 's/^[^ ]* //' | jq -cs 'map(.value) | unique'; }
rules() { printf '{"v":1,"sets":[],"types":{"count":{"lo":0,"hi":100}},"filters":%s}' "$1" >rules.json; }
post_numbers() {
	jq -nc --argjson a "$1" --argjson b "$2" 'range($a; $b + 1) | {type: "count", value: .}' >in
	post application/x-ndjson in '/v1/data?kind=test'
}

@test "what passes a filter comes on its topic too, unchanged, and what does not pass comes once" {
	broker_start
	rules '{"in-range":"accuracy == 1","small":"!(accuracy < 1) && bits == 0","sealed":"bits >= 128"}'
	node_start --mqtt "$MQTT" --rules rules.json --print
	subscribe data 'nos/1/#'
	post_numbers 99 102
	eventually has data 9
	post_numbers 1 1
	eventually has data 12
	[ "$(values data nos/1/test/anonymous/count)" = '[1,99,100,101,102]' ]
	[ "$(values data nos/1/only/in-range/test/anonymous/count)" = '[1,99,100]' ]
	[ "$(values data nos/1/only/small/test/anonymous/count)" = '[1,99,100]' ]
	[ "$(received data | grep -c only/sealed)" -eq 0 ]
	received data | grep only/small/ | cut -d' ' -f2- >filtered
	received data | grep '^nos/1/test/' | cut -d' ' -f2- | jq -c 'select(.value <= 100)' | diff - filtered
	# Printed once, counted once.
	node_stop
	[ "$(jq -cs 'map(.value)' out)" = '[99,100,101,102,1]' ]
}

@test "filters that SIGHUP brings are for what comes from then on, and wrong ones change nothing" {
	broker_start
	rules '{"one":"accuracy == 1"}'
	node_start --mqtt "$MQTT" --rules rules.json
	subscribe data 'nos/1/only/#'
	post_numbers 1 1
	eventually has data 1
	rules '{"two":"accuracy == 0"}'
	kill -HUP "$NODE_PID"
	eventually grep -q 'rules.json: read again' err
	post_numbers 2 2
	post_numbers 300 300
	eventually has data 2
	rules '{"two":"acuracy == 0"}'
	kill -HUP "$NODE_PID"
	eventually grep -q "rules.json: line 1, column 72: 'two': 'acuracy' is no score, measure or flag: the rules stay as they were" err
	post_numbers 301 301
	eventually has data 3
	[ "$(values data nos/1/only/one/test/anonymous/count) $(values data nos/1/only/two/test/anonymous/count)" = '[1] [300,301]' ]
	run -78 --separate-stderr nos-serve "${SEALED[@]}" --rules rules.json --check
	[ "$stderr" = "nos-serve: rules.json: line 1, column 72: 'two': 'acuracy' is no score, measure or flag" ]
}

@test "a broker that is away in the middle loses nothing under any topic, whatever the window" {
	broker_start
	port=$BROKER_PORT
	rules '{"all":"!late","odd":"no-time"}'
	# A record is three messages: the window holds no whole number of them.
	for window in 1 50; do
		node_start --mqtt "mqtt://127.0.0.1:$port" --rules rules.json --limit "window=$window"
		subscribe "data$window" 'nos/1/#'
		post_numbers 1 400
		eventually has "data$window" $((window == 1 ? 20 : 500))
		broker_stop
		post_numbers 401 500
		broker_start "$port"
		for topic in test only/all/test only/odd/test; do
			whole() { [ "$(values "data$window" "nos/1/$topic/anonymous/count")" = "$(jq -nc '[range(1; 501)]')" ]; }
			eventually whole
		done
		empty() { curl -s "$ADMIN/metrics" | grep -qx 'nos_outbox_records 0'; }
		eventually empty
		curl -s "$ADMIN/metrics" | grep -qx 'nos_readings_published_total 500'
		node_stop
		rm -f node.db* node.key
	done
}

@test "a node that is killed with messages on their way publishes them again under every topic" {
	broker_start
	port=$BROKER_PORT
	rules '{"all":"!late"}'
	node_start --mqtt "$MQTT" --rules rules.json
	broker_stop
	post_numbers 1 100
	# They are answered before they are weighed.
	weighed() { curl -s "$ADMIN/metrics" | grep -qx 'nos_readings_stored_total 100'; }
	eventually weighed
	node_stop KILL
	broker_start "$port"
	subscribe data 'nos/1/#'
	# The filters are those of when a reading was weighed.
	rules '{"none":"late"}'
	node_start --mqtt "$MQTT" --rules rules.json
	for topic in test only/all/test; do
		whole() { [ "$(values data "nos/1/$topic/anonymous/count")" = "$(jq -nc '[range(1; 101)]')" ]; }
		eventually whole
	done
	[ "$(received data | grep -c only/none)" -eq 0 ]
}
