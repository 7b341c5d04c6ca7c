#!/usr/bin/env bats

setup() { load helper; }
teardown() { everything_stops; }

reading='{"type":"air_temperature","value":-7.9,"unit":"Cel","time":1547812800}'
NDJSON=application/x-ndjson

records() { wc -l <out; }

@test "a first start makes store and key, says so, and serves" {
	node_start
	[ "$(jq -r '.node, .store' <<<"$READY" | tr '\n' ' ')" = '1 sqlite:node.db ' ]
	[ "$(stat -c %a node.key)" = 600 ]
	[ "$(stat -c %a node.db)" = 600 ]
	grep -q '^nos-serve: made node 1: sqlite:node.db, key node.key$' err
	grep -q "^nos-serve: ready: $URL\$" err
	[ "$(curl -s "$URL/v1/node" | jq -r '[.v, .node, .keys[0].crv, .keys[1].crv, .schemes[0], .register] | join(" ")')" = '1 1 P-256 Ed25519 pairwise token' ]
	node_stop
	[ "$NODE_STATUS" -eq 0 ]
}

@test "--init makes what is missing, and a second one changes nothing" {
	run -0 nos-serve --init "${SEALED[@]}" --node 7
	sum=$(sha256sum node.key)
	run -0 --separate-stderr nos-serve --init "${SEALED[@]}"
	[ -z "$stderr" ]
	[ "$sum" = "$(sha256sum node.key)" ]
	run -78 --separate-stderr nos-serve --init "${SEALED[@]}" --node 8
	[ "$stderr" = "nos-serve: the store is node 7's, not 8's" ]
}

@test "a lost node key is not made anew over a store that needs it" {
	nos-serve --init "${SEALED[@]}"
	rm node.key
	run -78 --separate-stderr nos-serve --init "${SEALED[@]}"
	[ "$stderr" = "nos-serve: the store's node key 'node.key' is missing: put it back, it cannot be made anew" ]
	run -0 --separate-stderr nos-serve --init --store sqlite:other.db --node-key node.key
	run -0 --separate-stderr nos-serve --init --store sqlite:third.db --node-key node.key
	[ "$stderr" = 'nos-serve: made node 1: sqlite:third.db, under the key that was in node.key' ]
	run -77 --separate-stderr nos-serve --init "${SEALED[@]}"
	[[ $stderr == *'another node key?' ]]
	chmod 644 node.key
	run -77 --separate-stderr nos-serve --init "${SEALED[@]}"
	[ "$stderr" = "nos-serve: 'node.key' is open to others: chmod 600 node.key" ]
}

@test "--check tests the settings, and with -v lists the limits" {
	run -0 nos-serve --check "${SEALED[@]}"
	[ -z "$output" ]
	[ ! -e node.db ]
	run -0 nos-serve --check -v "${SEALED[@]}" --limit pack=64K
	grep -q '^pack  *65536  bytes of a body with readings$' <<<"$output"
	run -0 --separate-stderr nos-serve --check -v "${SEALED[@]}" --limit polls=3000
	[ "$stderr" = 'nos-serve: polls: 1000 at once, not 3000: half of requests and of connections at most, raise those' ]
	grep -q '^polls  *1000 ' <<<"$output"
	run -64 --separate-stderr nos-serve --check "${SEALED[@]}" --limit none=1
	[ "$stderr" = "nos-serve: no limit 'none', see nos-serve --check -v" ]
	run -64 --separate-stderr nos-serve --check "${SEALED[@]}" --limit pack=1G
	[[ $stderr == "nos-serve: limit 'pack=1G': take a number from 1024 to 1048576" ]]
	echo '{"v":1,"sets":["wether"]}' >rules
	run -78 nos-serve --check "${SEALED[@]}" --rules rules
	run -66 nos-serve --check "${SEALED[@]}" --rules none
	run -64 nos-serve --check --init "${SEALED[@]}"
	run -66 nos-serve --check "${SEALED[@]}" --mqtt mqtts://127.0.0.1 --ca none
	run -64 nos-serve --check "${SEALED[@]}" --mqtt http://127.0.0.1
	run -64 nos-serve --check "${SEALED[@]}" --listen localhost
	run -64 nos-serve --check "${SEALED[@]}" --url ftp://x
	run -64 --separate-stderr nos-serve --check "${SEALED[@]}" --ready-fd 99
	[ "$stderr" = 'nos-serve: --ready-fd: no descriptor 99 is open' ]
}

# The status of an answer on a connection that stays, which is left in CONNECTION.
asked_on_another() {
	local word
	exec {CONNECTION}<>"/dev/tcp/127.0.0.1/${URL##*:}"
	printf 'GET /v1/node HTTP/1.1\r\nHost: x\r\n\r\n' >&"$CONNECTION"
	read -r -t 60 word STATUS word <&"$CONNECTION"
}
lets_in() { exec {CONNECTION}>&-; asked_on_another && [ "$STATUS" = 200 ]; }

@test "who comes when no more files may be open is refused, and not left without a word" {
	AT_N=(prlimit --nofile=64:300)
	node_start
	grep -qF 'connections: 150 at once, not 4000, since 300 files may be open: raise ulimit -n, or LimitNOFILE=' err
	local open=() n
	for ((n = 0; n < 150; n++)); do
		asked_on_another
		[ "$STATUS" = 200 ]
		open+=("$CONNECTION")
	done
	for ((n = 0; n < 40; n++)); do
		asked_on_another
		[ "$STATUS" = 503 ]
		exec {CONNECTION}>&-
	done
	for CONNECTION in "${open[@]:1}"; do exec {CONNECTION}>&-; done
	CONNECTION=${open[0]}
	eventually lets_in
}

@test "--check says of node key, number and cluster URL what a start would say" {
	check() { run "-$1" --separate-stderr nos-serve --check "${SEALED[@]}" "${@:3}"; [ "$stderr" = "${2:+nos-serve: $2}" ]; }
	nos-serve --init "${SEALED[@]}"
	check 0 '' --node 1
	check 78 "the store is node 1's, not 2's" --node 2
	chmod 644 node.key
	check 77 "'node.key' is open to others: chmod 600 node.key"
	chmod 600 node.key
	mv node.key away
	check 78 "the store's node key 'node.key' is missing: put it back, it cannot be made anew"
	[ ! -e node.key ]
	(umask 077 && echo key >node.key)
	run -78 --separate-stderr nos-serve --check "${SEALED[@]}"
	[[ $stderr == 'nos-serve: node.key: '* ]]
	run -78 nos-serve --check --store sqlite:none.db --node-key node.key
	mv away node.key
	for url in http://0.0.0.0:8080 'https://[::]' http://:80; do
		check 64 "--cluster-url: $url is no machine's: others reach this one by its own name or address" --cluster-url "$url"
	done
	check 0 '' --cluster-url http://n1:8080
}

@test "--check says of peers what a start would say" {
	check() { run "-$1" --separate-stderr nos-serve --check "${SEALED[@]}" --peers peers "${@:3}"; [ "$stderr" = "${2:+nos-serve: $2}" ]; }
	a=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
	peers() { echo '{"v":1,"peers":[{"node":'"$1"',"url":"http://h","pin":"'$a'","sign":"'$a'","may":[]}]}' >peers; }
	own() { echo "peers: node $1 is this one's own number: each node has another (nos-serve --init --node)"; }
	peers 2
	check 0 ''
	check 66 "no CA file 'none'" --ca none
	chmod 666 peers
	check 77 "others may write 'peers': chmod o-w peers"
	chmod 644 peers
	sed 's|//h|//0.0.0.0:9|' peers >any
	check 78 "any: line 1, column 33: 'url' is no machine's: a node is reached by its own name or address" --peers any
	# A node that is still to be made has the number that is asked for, or 1.
	check 78 "$(own 2)" --node 2
	peers 1
	check 78 "$(own 1)"
	nos-serve --init "${SEALED[@]}" --node 7
	check 0 ''
	peers 7
	check 78 "$(own 7)"
	run -78 --separate-stderr nos-serve "${SEALED[@]}" --peers peers --listen 127.0.0.1:0 --admin ''
	[ "$stderr" = "nos-serve: $(own 7)" ]
}

@test "a store on servers needs a URL by which others reach this one, which --check and a start say before they look at it" {
	store=(--store nats://127.0.0.1:1 --node-key node.key)
	for listen in 0.0.0.0:0 '[::]:0' :0; do
		for how in --check -q; do
			run -64 --separate-stderr nos-serve $how "${store[@]}" --admin '' --listen $listen
			[ "$stderr" = 'nos-serve: --cluster-url: by which URL do others that share the store reach this one?' ]
		done
	done
	[ ! -e node.key ]
	run -69 nos-serve --check "${store[@]}" --listen 0.0.0.0:0 --listen 127.0.0.1:0
	run -69 nos-serve --check "${store[@]}" --listen 0.0.0.0:0 --cluster-url http://n1
	run -0 nos-serve --check "${SEALED[@]}" --listen 0.0.0.0:0
}

@test "a setting that no tool has is refused with its line" {
	printf 'keep = 7d\n\nkeeep = 7d\n' >nos.conf
	run -78 --separate-stderr nos-serve --config nos.conf --check "${SEALED[@]}"
	[ "$stderr" = "nos-serve: nos.conf: line 3: no tool has 'keeep'" ]
}

@test "an open reading becomes a record with the members of the manual in their order" {
	node_start --print
	post application/json - '/v1/data?kind=weather-station' <<<"$reading"
	[ "$STATUS" = 202 ]
	[ "$ANSWER" = '{"accepted":1,"duplicates":0,"rejected":[],"position":1}' ]
	eventually test -s out
	[ "$(sed 's/"received":[0-9.]*/"received":R/; s/"age":[0-9.]*/"age":A/' out)" = '{"id":"1-1-0","node":1,"n":1,"source":"anonymous","kind":"weather-station","type":"air_temperature","value":-7.9,"unit":"Cel","time":1547812800,"received":R,"via":[],"scores":{"confidentiality":0,"integrity":0,"privacy":0.7,"authentication":0,"accuracy":0.8,"precision":1,"timeliness":0,"completeness":1},"raw":{"bits":0,"tag":0,"proof":"none","fresh":false,"identity":"none","age":A,"validity":3600,"error":0.2,"resolution":0.1},"flags":["past"]}' ]
}

@test "broken JSON in line 7 of 10 is named by its index and the other nine are kept" {
	node_start --print
	{ for i in 1 2 3 4 5 6; do printf '%s\n' "$reading"; done; echo '{"type":'; for i in 8 9 10; do printf '%s\n' "$reading"; done; } >in
	post $NDJSON in /v1/data
	[ "$STATUS" = 202 ]
	[ "$ANSWER" = '{"accepted":9,"duplicates":0,"rejected":[{"index":6,"error":{"code":"data","message":"JSON is cut off","offset":8}}],"position":1}' ]
	nine() { [ "$(records)" -eq 9 ]; }
	eventually nine
	[ "$(jq -s 'map(.id) == ["1-1-0","1-1-1","1-1-2","1-1-3","1-1-4","1-1-5","1-1-7","1-1-8","1-1-9"]' out)" = true ]
}

@test "NaN, numbers as text, sentinels and odd times are kept and flagged" {
	node_start --print
	cat >in <<'END'
{"type":"air_temperature","value":NaN}
{"type":"air_temperature","value":"7.5"}
{"type":"air_temperature","value":-999}
{"type":"t","value":1,"time":1547812800000}
{"type":"t","value":1,"time":12}
{"type":"t","value":1,"time":"2130-01-01T00:00:00Z"}
{"value":1}
END
	post $NDJSON in /v1/data
	[ "$(jq -c '[.accepted, .rejected[0].index, .rejected[0].error.message]' <<<"$ANSWER")" = '[6,6,"type is missing"]' ]
	all_six() { [ "$(records)" -eq 6 ]; }
	eventually all_six
	[ "$(jq -cs 'map([.value, .flags])' out)" = '[[null,["missing","no-time"]],[null,["missing","no-time"]],[null,["missing","no-time"]],[1,["past"]],[1,["past"]],[1,["future"]]]' ]
}

@test "a request that cannot be right is refused with its status and a problem document" {
	node_start
	try() { # status slug content-type path, body on stdin
		post "$3" - "$4" "${@:5}"
		[ "$STATUS" = "$1" ] || { echo "$4 $3: $STATUS $ANSWER" >&2; return 1; }
		[ "$(jq -r .type <<<"$ANSWER")" = "urn:nos:$2" ]
		grep -qi '^content-type: application/problem+json' headers
	}
	head -c 2097152 /dev/zero | tr '\0' x >big
	post application/json big /v1/data
	[ "$STATUS" = 413 ]
	[ "$(jq -r .type <<<"$ANSWER")" = urn:nos:large ]
	try 411 length application/json /v1/data -H 'Transfer-Encoding: chunked' <<<"$reading"
	try 415 media text/plain /v1/data <<<"$reading"
	try 415 media application/json /v1/data -H 'Content-Encoding: gzip' <<<"$reading"
	try 400 data application/json /v1/data <<<'{"type":'
	try 400 data application/json '/v1/data?map=ttn' <<<"$reading"
	try 400 data application/json '/v1/data?kind=status' <<<"$reading"
	try 422 data application/json /v1/data <<<'{"value":1}'
	try 422 data $NDJSON /v1/data <<<''
	try 404 absent application/json /v1/nothing <<<"$reading"
	try 405 usage application/json /v1/node <<<"$reading"
	[ "$(jq -r .detail <<<"$ANSWER")" = '/v1/node takes GET alone' ]
	printf '{"type":' >in
	post application/json in /v1/data
	[ "$ANSWER" = '{"type":"urn:nos:data","title":"bad input","status":400,"detail":"JSON is cut off","offset":8}' ]
}

@test "an unknown source is told no more than a nonce" {
	node_start
	post application/jose - /v1/data < <(printf %s 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIiwia2lkIjoicC4xIiwic3JjIjoicy0wMTIzNDU2Nzg5Iiwic2VxIjoxfQ..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA')
	[ "$STATUS" = 401 ]
	[ "$(jq -c 'del(.nonce)' <<<"$ANSWER")" = '{"type":"urn:nos:tag","title":"not authenticated","status":401,"detail":"does not verify"}' ]
	[ "$(jq '.nonce | length' <<<"$ANSWER")" -eq 22 ]
	fails grep -qi nos-receipt headers
}

@test "a node that takes no open readings and no registration says so" {
	node_start --anonymous no --register closed
	post application/json - /v1/data <<<"$reading"
	[ "$STATUS" = 403 ]
	post application/jose - /v1/sources <<<x
	[ "$STATUS" = 403 ]
	[ "$(curl -s "$URL/v1/node" | jq -r .register)" = closed ]
}

@test "a second nos-serve on the store, and one on the same port, are refused" {
	node_start
	run -75 --separate-stderr nos-serve "${SEALED[@]}" --listen 127.0.0.1:0 --admin ''
	[ "$stderr" = "nos-serve: another nos-serve has the store 'sqlite:node.db'" ]
	run -73 nos-serve --store sqlite:b.db --node-key b.key --listen "${URL#http://}" --admin ''
}

@test "n goes on and nothing is lost or doubled over a restart and over kill -9" {
	node_start --print
	post application/json - /v1/data <<<"$reading"
	node_stop
	node_start --print
	post application/json - /v1/data <<<"$reading"
	node_stop KILL
	node_start --print
	post application/json - /v1/data <<<"$reading"
	node_stop
	[ "$(entries -n node.db raw)" -eq 3 ]
	[ "$(entries -n node.db processed)" -eq 3 ]
	[ "$(entries node.db processed | grep '^{' | jq -cs 'map(.n)')" = '[1,2,3]' ]
}

@test "what was stored and not weighed when it was killed is weighed at the next start" {
	node_start
	for i in 1 2 3; do post application/json - /v1/data <<<"$reading"; done
	node_stop
	# As if the records of the last two packs, and what was kept of them, had not been written.
	sqlite3 node.db "delete from stream_processed where position > 1; update sqlite_sequence set seq = 1 where name = 'stream_processed';
		delete from state where ns = 'tracks' or key = 'mark'"
	node_start
	node_stop
	[ "$(entries node.db processed | grep '^{' | jq -cs 'map([.id, .n])')" = '[["1-1-0",1],["1-2-0",2],["1-3-0",3]]' ]
	grep -q 'gone through 3 packs again' err
}

@test "SIGHUP reads the rules again, and bad ones leave the old ones in force" {
	echo '{"v":1,"types":{"t":{"lo":0,"hi":10,"soft":10}}}' >rules
	node_start --print --rules rules
	accuracy() { # of a reading of 15, as the n-th record
		post application/json - /v1/data <<<'{"type":"t","value":15}'
		nth() { [ "$(records)" -ge "$1" ]; }
		eventually nth "$1"
		sed -n "$1p" out | jq .scores.accuracy
	}
	[ "$(accuracy 1)" = 0.5 ]
	echo '{"v":1,"types":{"t":{"lo":0,"hi":20,"soft":10}}}' >rules
	kill -HUP "$NODE_PID"
	eventually grep -q 'rules: read again' err
	[ "$(accuracy 2)" = 1 ]
	echo '{"v":1,"typs":{}}' >rules
	kill -HUP "$NODE_PID"
	eventually grep -q 'the rules stay as they were' err
	[ "$(accuracy 3)" = 1 ]
}

@test "the admin listener says how it is and what was counted" {
	node_start
	post application/json - /v1/data <<<"$reading"
	[ "$(curl -s "$ADMIN/healthz")" = '{"status":"ok"}' ]
	curl -s "$ADMIN/metrics" >metrics
	grep -qx 'nos_readings_accepted_total 1' metrics
	grep -qx 'nos_http_requests_total{path="/v1/data",status="202"} 1' metrics
	grep -qx 'nos_build_info{version="0.1.0"} 1' metrics
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$ADMIN/v1/node")" = 404 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/healthz")" = 404 ]
}

@test "a reader of --print that has gone stops nothing" {
	node_start --print > >(head -n 1 >/dev/null)
	for i in 1 2 3 4; do post application/json - /v1/data <<<"$reading"; done
	[ "$STATUS" = 202 ]
	node_stop
	[ "$NODE_STATUS" -eq 0 ]
}

@test "types of one kind of anonymous source are bounded, and the others are kept" {
	node_start --limit types=2
	printf '{"type":"t%d","value":1}\n' 1 2 3 1 >in
	post $NDJSON in /v1/data
	[ "$(jq -c '[.accepted, .rejected[0].index, .rejected[0].error.code]' <<<"$ANSWER")" = '[3,2,"large"]' ]
}

@test "old readings go by age, all of them, and positions go on" {
	node_start --keep 1s
	for i in 1 2 3; do post application/json - /v1/data <<<"$reading"; done
	none_left() { [ "$(sqlite3 node.db 'select (select count(*) from stream_raw) + (select count(*) from stream_processed)' 2>/dev/null)" = 0 ]; }
	eventually none_left
	post application/json - /v1/data <<<"$reading"
	[ "$(jq .position <<<"$ANSWER")" -eq 4 ]
	node_stop
	node_start --keep 1s
	eventually none_left
	post application/json - /v1/data <<<"$reading"
	[ "$(jq .position <<<"$ANSWER")" -eq 5 ]
}

@test "over --keep-size the oldest readings go, and the newest stay" {
	node_start --keep-size 1M --print
	noise 300 300 >in
	for i in {1..30}; do post $NDJSON in /v1/data; done
	[ "$(jq .position <<<"$ANSWER")" -eq 30 ]
	kept() { sqlite3 node.db "select $1(position) from stream_raw" 2>/dev/null; }
	used() { curl -s "$ADMIN/metrics" | awk '$1 == "nos_store_bytes" {print $2}'; }
	fits() { [ "$(kept count)" -lt 15 ] && [ "$(used)" -le 1048576 ]; }
	eventually fits
	[ "$(kept count)" -ge 1 ]
	[ "$(kept max)" -eq 30 ]
	all_printed() { [ "$(records)" -eq 9000 ]; }
	eventually all_printed
}
