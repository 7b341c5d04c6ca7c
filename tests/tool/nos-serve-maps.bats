#!/usr/bin/env bats

setup() {
	load helper
	mkdir maps
	echo '{"v":1,"time":"/at","type":"*","value":"/p/*","rename":{"t":"air_temperature"},"units":{"t":"Cel"}}' >maps/x.json
	echo '{"v":1,"type":"/1","value":"/2","csv":{"separator":";","decimal":",","header":false}}' >maps/y.json
	echo '{"at":1547812800,"p":{"t":-7.9,"h":81}}' >message
}
teardown() { everything_stops; }

brief() { jq -c '[.kind, .type, .value, .unit, .time]' out; }

@test "a message is read through the map that its query names, and kept as it came" {
	node_start --map-dir maps --print
	post application/json message '/v1/data?map=x&kind=garden'
	[ "$STATUS" -eq 202 ]
	[ "$(jq .accepted <<<"$ANSWER")" = 2 ]
	printf 'wind;1,5\nrain;\n' >csv
	post text/csv csv '/v1/data?map=y'
	[ "$STATUS" -eq 202 ]
	[ "$(jq .accepted <<<"$ANSWER")" = 2 ]
	node_stop
	[ "$(brief)" = '["garden","air_temperature",-7.9,"Cel",1547812800]
["garden","h",81,null,1547812800]
["sensor","wind",1.5,null,null]
["sensor","rain",null,null,null]' ]
}

@test "a query that names no map, or one of another form, is refused before the body" {
	node_start --map-dir maps
	refused() {
		post "$1" message "/v1/data?$2"
		[ "$STATUS" -eq 400 ] && [ "$(jq -r .detail <<<"$ANSWER")" = "$3" ]
	}
	refused application/json map=z "there is no map 'z' here"
	refused text/csv map=x "the map 'x' is of JSON"
	refused application/json map=y "the map 'y' is of CSV: send text/csv"
	refused text/csv kind=k 'text/csv takes map=NAME, a map of CSV'
	refused application/senml+json map=x 'a SenML pack takes no map'
	refused application/json 'map=x&map=x' "query 'map=x&map=x': take kind=NAME and map=NAME"
	echo '{"q":1}' >other
	post application/json other '/v1/data?map=x'
	[ "$STATUS" -eq 422 ]
}

@test "a CSV whose header no line can go by is refused whole, and its header said" {
	echo '{"v":1,"type":"/t","value":"/v","csv":{}}' >maps/w.json
	node_start --map-dir maps
	while IFS='|' read -r header why; do
		printf "$header\na,1\nb,2\n" >csv
		post text/csv csv '/v1/data?map=w'
		[ "$STATUS" -eq 400 ]
		[[ $(jq -r .detail <<<"$ANSWER") == "header: $why"* ]]
	done <<-'END'
		t,V|there is no column 'v', which holds the value
		t,v,t|two columns are named 't'
		t,v\ra,1\r|a carriage return stands within the line
	END
}

@test "SIGHUP reads the maps again, and a bad one leaves all as they were" {
	node_start --map-dir maps --print
	post application/json message '/v1/data?map=x'
	sed -i 's/air_temperature/t2m/' maps/x.json
	kill -HUP "$NODE_PID"
	eventually grep -q 'maps: read again' err
	post application/json message '/v1/data?map=x'
	echo '{"v":1}' >maps/z.json
	sed -i 's/t2m/t3m/' maps/x.json
	kill -HUP "$NODE_PID"
	eventually grep -q "maps/z.json: 'type' is missing: the maps stay as they were" err
	post application/json message '/v1/data?map=x'
	node_stop
	[ "$(jq -r 'select(.value == -7.9).type' out | tr '\n' ' ')" = 'air_temperature t2m t2m ' ]
	run -78 nos-serve --check "${SEALED[@]}" --map-dir maps
	run -66 nos-serve --check "${SEALED[@]}" --map-dir none
}

@test "what came through a map is gone through again by it when its file is gone" {
	node_start --map-dir maps --print
	post application/json message '/v1/data?map=x'
	kill -9 "$NODE_PID"
	wait "$NODE_PID" || true
	rm maps/x.json
	[ "$(sqlite3 node.db 'SELECT COUNT(*) FROM state WHERE ns = "maps"')" = 2 ]
	node_start --map-dir maps --print
	grep -q 'gone through 1 packs again' err
	node_stop
	[ "$(brief | sort -u)" = '["sensor","air_temperature",-7.9,"Cel",1547812800]
["sensor","h",81,null,1547812800]' ]
}
