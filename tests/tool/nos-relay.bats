#!/usr/bin/env bats
# Sources that do not reach their node, and neighbours that do: real nodes, relays and sources.

setup() { load helper; }
teardown() {
	everything_stops
	# What a sanitizer said of a relay that was killed in the end.
	fails grep -sA 30 'Sanitizer' ./*.err
}

# Where nobody listens.
NOWHERE=http://127.0.0.1:1

# NAME.key, of a source that was registered straight.
register() { # NAME [options]
	nos-token new "${SEALED[@]}" --url "$URL" 2>/dev/null | nos-register --keyring "$1.key" --name "$1" "${@:2}" >"$1.receipt"
}
id_of() { jq -r .source "$1.key"; }

# nos-relay with NAME.key: RELAY is its URL, RELAY_PID; its notes in NAME.err.
relay_start() { # NAME [options]
	rm -f "$1.ready"
	mkfifo "$1.ready"
	nos-relay --keyring "$1.key" --listen "${LISTEN:-127.0.0.1:0}" --ready-fd 9 -v "${@:2}" 9>"$1.ready" 2>>"$1.err" 3>&- &
	RELAY_PID=$!
	OTHER_PIDS="${OTHER_PIDS:-} $RELAY_PID"
	read -r -t 120 RELAY_READY <"$1.ready" || { cat "$1.err" >&2; return 1; }
	RELAY=http://$(jq -r '.listen[0]' <<<"$RELAY_READY")
}
relay_stop() { # [PID]: RELAY_STATUS
	kill "${1:-$RELAY_PID}"
	RELAY_STATUS=0
	wait "${1:-$RELAY_PID}" || RELAY_STATUS=$?
}

# A node, a relay "m", and s.key, of a source whose keyring knows no way that works.
neighbourhood() {
	node_start --print "$@"
	register m
	relay_start m
	nos-token new "${SEALED[@]}" --url $NOWHERE 2>/dev/null |
		nos-register --keyring s.key --name s --via "$RELAY" >s.receipt
}

# And s has its link to it, after two packs.
linked() {
	neighbourhood
	send --batch 1 < <(readings 2) >/dev/null
}

readings() { seq "${2:-1}" $((${2:-1} + $1 - 1)) | sed 's/.*/{"type":"t","value":&}/'; }
send() { nos-send --keyring s.key --via "$RELAY" "$@"; }
values() { jq -s -c 'map(.value) | sort' out; }
has_values() { [ "$(values)" = "$1" ]; }
all_of() { jq -nc "[range(1; $1 + 1)]"; }
posts() { grep -c "nos-relay: $2, " "$1.err"; }

@test "who does not reach the node registers and sends through a neighbour, and is proven as ever" {
	neighbourhood
	[ "$(jq -c .node.urls s.key)" = "[\"$NOWHERE\"]" ]
	run -0 --separate-stderr send < <(readings 3)
	[ -z "$stderr" ]
	[ "$(jq -c -s 'map([.status, .seq])' <<<"$output")" = '[["accepted",1],["accepted",1],["accepted",1]]' ]
	eventually has_values '[1,2,3]'
	[ "$(jq -c -s 'map([.source, .scores.confidentiality, .scores.integrity, .scores.authentication]) | unique' out)" = \
		"[[\"$(id_of s)\",1,1,1]]" ]
}

@test "with an answer comes a link, and packs go in frames from then on" {
	linked
	[ "$(jq -r '.links[].relay' s.key)" = "$(id_of m)" ]
	[ "$(posts m /v1/data)" -eq 1 ]
	hops=$(posts m /v1/hop)
	send < <(readings 1 3) >/dev/null
	[ "$(posts m /v1/data)" -eq 1 ]
	[ "$(posts m /v1/hop)" -eq $((hops + 1)) ]
	eventually has_values '[1,2,3]'
	# The control: a source without neighbours does not reach the node.
	run -69 nos-send --keyring s.key --wait 0s < <(readings 1 4)
}

@test "a wrong link costs one request more, and is mended with the answer" {
	linked
	good=$(jq -r '.links[0].value' s.key)
	jq -c '.links[0].value = "AAAAAAAAAAAAAAAAAAAAAA"' s.key >t && cat t >s.key
	run -0 --separate-stderr send --batch 1 < <(readings 2 3)
	[ -z "$stderr" ]
	[ "$(jq -r '.links[0].value' s.key)" = "$good" ]
	[ "$(jq '.links | length' s.key)" -eq 1 ]
	send < <(readings 1 5) >/dev/null
	# The first had no link, the third a wrong one: they went on without. The others went in frames.
	[ "$(posts m /v1/data)" -eq 2 ]
	[ "$(posts m /v1/hop)" -eq 3 ]
	eventually has_values '[1,2,3,4,5]'
}

@test "a new key comes through the neighbour, with an answer and by a poll" {
	neighbourhood
	send < <(readings 1) >/dev/null
	nos-rekey "${SEALED[@]}" --source s >/dev/null
	send < <(readings 1 2) >/dev/null
	send < <(readings 1 3) >/dev/null
	[ "$(nos-keytable ct "${STORE[@]}" --source s --state active | jq -r .key)" = p.2 ]
	mkfifo in
	nos-send --keyring s.key --via "$RELAY" --follow <in >answers 3>&- &
	pid=$!
	OTHER_PIDS="$OTHER_PIDS $pid"
	exec 7>in
	run -0 nos-rekey "${SEALED[@]}" --source s --wait 30s
	[ "$(jq -r '.status' <<<"$output")" = confirmed ]
	exec 7>&-
	wait $pid
	[ "$(jq -r '.keys[0].key' s.key)" = p.3 ]
}

@test "the relay itself takes new keys while nothing goes through it" {
	neighbourhood
	run -0 nos-rekey "${SEALED[@]}" --source m --wait 30s
	[ "$(jq -r '.status' <<<"$output")" = confirmed ]
	run -0 send < <(readings 1)
}

@test "a renew of the source, of the relay, and of both go through; links are made anew" {
	neighbourhood
	send < <(readings 1) >/dev/null
	nos-rekey "${SEALED[@]}" --renew s m >/dev/null
	for i in 2 3 4; do
		run -0 --separate-stderr send < <(readings 1 $i)
		[ -z "$stderr" ]
	done
	[ "$(jq .static.z s.key)" -eq 2 ]
	eventually eval '[ "$(jq .static.z m.key)" -eq 2 ]'
	run -0 send < <(readings 1 5)
	before=$(posts m /v1/hop)
	run -0 send < <(readings 1 6)
	[ "$(posts m /v1/hop)" -gt "$before" ]
	eventually has_values "$(all_of 6)"
}

@test "a revoked source is told so through the neighbour, and stops" {
	neighbourhood
	send < <(readings 1) >/dev/null
	nos-rekey "${SEALED[@]}" --revoke s --reason stolen >/dev/null
	run -77 --separate-stderr send --wait 5s < <(readings 1 2)
	[[ $stderr == *'the source was revoked'* ]]
	has_values '[1]'
}

@test "a relay that is revoked ends, and its neighbours take another way" {
	neighbourhood
	revoked=$RELAY_PID first=$RELAY
	register m2
	relay_start m2
	send < <(readings 1) >/dev/null
	nos-rekey "${SEALED[@]}" --revoke m --reason stolen >/dev/null
	RELAY_STATUS=0
	wait $revoked || RELAY_STATUS=$?
	[ $RELAY_STATUS -eq 77 ]
	tail -n 1 m.err | grep -q 'the source was revoked'
	run -0 nos-send --keyring s.key --via "$first" --via "$RELAY" < <(readings 1 2)
	eventually has_values '[1,2]'
}

@test "a relay that is killed in the stream costs nothing: the next neighbour has it" {
	neighbourhood
	first=$RELAY first_pid=$RELAY_PID
	register m2
	relay_start m2
	mkfifo in
	nos-send --keyring s.key --via "$first" --via "$RELAY" --batch 1 <in >answers 3>&- &
	pid=$!
	OTHER_PIDS="$OTHER_PIDS $pid"
	exec 7>in
	readings 30 >&7
	eventually eval '[ "$(wc -l <answers)" -ge 10 ]'
	kill -9 $first_pid
	readings 30 31 >&7
	exec 7>&-
	wait $pid
	[ "$(jq -s 'map(.line) == [range(1; 61)] and all(.[]; .status == "accepted" or .status == "duplicate")' answers)" = true ]
	eventually has_values "$(all_of 60)"
	[ "$(posts m /v1/hop)" -ge 1 ] && [ "$(posts m2 /v1/data)" -ge 1 ]
}

@test "many neighbours at once are each answered, and each reading is there once" {
	neighbourhood
	nos-token new "${SEALED[@]}" --url $NOWHERE --count 8 2>/dev/null | nos-register --keyring-dir keys --via "$RELAY" >receipts
	[ "$(wc -l <receipts)" -eq 8 ]
	pids=()
	for key in keys/*.key; do
		nos-send --keyring "$key" --via "$RELAY" --batch 1 < <(readings 10) >"$key.answers" 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	[ "$(cat keys/*.answers | jq -r .status | sort | uniq -c | xargs)" = '80 accepted' ]
	each_once() { [ "$(jq -s -c 'map([.source, .value]) | (unique | length) == 80 and length == 80' out)" = true ]; }
	eventually each_once
}

@test "four relays in a chain are taken, a fifth is not, and it is said why" {
	node_start --print
	for i in 1 2 3 4 5; do register m$i; done
	relay_start m1
	for i in 2 3 4; do relay_start m$i --url $NOWHERE --via "$RELAY"; done
	nos-token new "${SEALED[@]}" --url $NOWHERE 2>/dev/null |
		nos-register --keyring s.key --name s --via "$RELAY" >s.receipt
	# The first by packs as they are, as long as there are no links, the others in frames.
	for i in 1 2 3; do run -0 send < <(readings 1 $i); done
	eventually has_values '[1,2,3]'
	# As long as a pack may be where each of them seals around it.
	long() { printf '{"type":"t","value":%s,"more":"%s"}\n' "$1" "$(head -c "$2" /dev/zero | tr '\0' x)"; }
	run -0 send < <(long 4 65000 && long 5 65000 && long 6 65000)
	[ "$(jq -c -s 'map([.status, .seq])' <<<"$output")" = '[["accepted",4],["accepted",4],["accepted",5]]' ]
	run -65 send < <(long 7 131072)
	[ "$(jq -r .error.message <<<"$output")" = 'a reading is over 131072 bytes' ]
	for i in 1 2 3 4; do [ "$(posts m$i /v1/hop)" -ge 1 ]; done
	grep -q '/v1/hop, hop 4, ' m1.err
	relay_start m5 --url $NOWHERE --via "$RELAY"
	run -69 --separate-stderr send --wait 0s < <(readings 1 7)
	[[ $stderr == *'it has passed 4 relays, and no more are taken' ]]
	run -0 nos-send --keyring s.key --url "$URL" < <(readings 1 7)
	eventually has_values "$(all_of 7)"
}

@test "two relays that name each other and no node that is reached: it ends, and is said" {
	node_start
	register a
	register b
	register s
	relay_start a --url $NOWHERE
	port=${RELAY##*:} pid=$RELAY_PID
	relay_start b --url $NOWHERE --via "$RELAY"
	relay_stop "$pid"
	LISTEN=127.0.0.1:$port relay_start a --url $NOWHERE --via "$RELAY"
	run -69 --separate-stderr nos-send --keyring s.key --url $NOWHERE --via "$RELAY" --wait 0s < <(readings 1)
	[[ $stderr == *'disconnected: neither the node nor a neighbour is reached: '* ]]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$RELAY/v1/node")" -eq 503 ]
	# Where one of them reaches it, so do both.
	relay_stop
	LISTEN=127.0.0.1:$port relay_start a
	run -0 nos-send --keyring s.key --url $NOWHERE --via "$RELAY" < <(readings 1)
}

@test "a relay is stopped in good order and started again, and its sources go on" {
	neighbourhood
	port=${RELAY##*:}
	send < <(readings 1) >/dev/null
	relay_stop
	[ $RELAY_STATUS -eq 0 ]
	tail -n 1 m.err | grep -qx 'nos-relay: ending: Terminated'
	[ "$(jq .seq.next m.key)" -eq 2 ]
	run -69 --separate-stderr send --wait 0s < <(readings 1 2)
	LISTEN=127.0.0.1:$port relay_start m
	run -0 send < <(readings 1 2)
	eventually has_values '[1,2]'
}

@test "where the relay does not reach the node readings wait at their source, and arrive later" {
	neighbourhood
	send < <(readings 1) >/dev/null
	port=${URL##*:}
	node_stop
	run -0 --separate-stderr send --spool spool --wait 1s < <(readings 3 2)
	[ "$(jq -r .status <<<"$output" | uniq)" = spooled ]
	[[ $stderr == *'this relay does not reach the node'* ]]
	[ "$(curl -s "$RELAY/v1/node" | jq -r .type)" = urn:nos:away ]
	node_start --listen "127.0.0.1:$port" --print
	run -0 send --spool spool </dev/null
	eventually has_values '[1,2,3,4]'
}

@test "readings in the open go through too" {
	neighbourhood
	run -0 nos-send --anonymous --url $NOWHERE --via "$RELAY" --kind weather-station < <(readings 2)
	eventually has_values '[1,2]'
	[ "$(jq -r .kind out | uniq)" = weather-station ]
}

@test "a webhook's token is not for a relay, which says so and sends nothing on" {
	neighbourhood
	run -0 curl -s -H 'Content-Type: application/json' -H 'Authorization: Bearer abc' \
		-w ' %{http_code}' -d '{"type":"t","value":1}' "$RELAY/v1/data"
	[[ $output == *'a bearer token is for its node, over TLS'*' 401' ]]
	run -0 curl -s -H 'Content-Type: application/json' -H 'Authorization: Basic abc' \
		-w ' %{http_code}' -d '{"type":"t","value":1}' "$RELAY/v1/data"
	[[ $output == *'a relay takes none'*' 401' ]]
	[ ! -s out ]
	[ "$(posts m 202)" = 0 ]
}

@test "a message of somebody else's goes through too, and it is the node that has the map" {
	mkdir maps
	echo '{"v":1,"type":"*","value":"/p/*"}' >maps/x.json
	neighbourhood --map-dir maps
	echo '{"p":{"t":1,"u":2}}' >message
	URL=$RELAY
	post application/json message '/v1/data?map=x&kind=garden'
	[ "$STATUS" -eq 202 ]
	eventually has_values '[1,2]'
	[ "$(jq -c '[.kind, .type, .raw.proof]' out)" = '["garden","t","vouched"]
["garden","u","vouched"]' ]
	post application/json message '/v1/data?map=y'
	[ "$STATUS" -eq 400 ] && [ "$(jq -r .detail <<<"$ANSWER")" = "there is no map 'y' here" ]
}

@test "polls that are held do not keep the relay from its end, nor packs from their way" {
	neighbourhood
	send < <(readings 1) >/dev/null
	mkfifo in
	nos-send --keyring s.key --via "$RELAY" --follow <in >answers 3>&- &
	pid=$!
	OTHER_PIDS="$OTHER_PIDS $pid"
	exec 7>in
	held() { curl -s "$ADMIN/metrics" | grep -q '^nos_long_polls 2$'; }
	eventually held
	readings 1 2 >&7
	eventually has_values '[1,2]'
	relay_stop
	[ $RELAY_STATUS -eq 0 ]
	exec 7>&-
	wait $pid
}

# A node that takes what comes and says nothing: SILENT.
silent_start() {
	socat -d -d -u TCP-LISTEN:0,bind=127.0.0.1,fork OPEN:/dev/null 2>silent.log 3>&- &
	OTHER_PIDS="${OTHER_PIDS:-} $!"
	eventually grep -q 'listening on' silent.log
	SILENT=http://$(sed -n 's/.*listening on AF=2 //p' silent.log)
}

# Requests in the background: a line "STATUS RETRY-AFTER" of each in a file, once it is answered.
ask_often() { # FILE COUNT curl's…
	local i
	for ((i = 0; i < $2; i++)); do
		curl -s -o /dev/null -w '%{http_code} %header{retry-after}\n' "${@:3}" >>"$1" 3>&- &
		ASKING+=($!)
	done
}
answered() { [ "$(wc -l <"$1")" -eq "$2" ]; }

@test "a node that says nothing: what is over the limits is told to come again, and the relay ends" {
	node_start
	register m
	silent_start
	relay_start m --url "$SILENT" --wait 60s
	ASKING=()
	ask_often polls 33 -H 'Authorization: Nos x' "$RELAY/v1/sources/s-0123456789/keys?wait=60"
	eventually answered polls 1
	[ "$(<polls)" = '503 5' ]
	# One is under way, and 64 wait.
	ask_often packs 66 -H 'Content-Type: application/jose' -d a.b.c.d.e "$RELAY/v1/data"
	eventually answered packs 1
	relay_stop
	[ $RELAY_STATUS -eq 0 ]
	wait "${ASKING[@]}"
	[ "$(sort polls | uniq -c | xargs)" = '32 503 1 1 503 5' ]
	[ "$(sort packs | uniq -c | xargs)" = '66 503 1' ]
}

# A host that says the same to all that ask it, as a captive portal does: PORTAL.
portal_start() {
	printf '#!/bin/sh\nhead -c 16 >/dev/null\nprintf "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Type: text/html\\r\\nContent-Length: 6\\r\\n\\r\\n<html>"\ncat >/dev/null\n' >portal
	chmod +x portal
	socat -d -d -t 1 TCP-LISTEN:0,bind=127.0.0.1,fork EXEC:./portal 2>portal.log 3>&- &
	OTHER_PIDS="${OTHER_PIDS:-} $!"
	eventually grep -q 'listening on' portal.log
	PORTAL=http://$(sed -n 's/.*listening on AF=2 //p' portal.log | head -n 1)
}

@test "who answers in the place of the node, or of a neighbour, hides no neighbour behind it" {
	node_start --print
	register m
	relay_start m
	portal_start
	ways=(--url "$PORTAL" --via "$PORTAL" --via "$RELAY")
	nos-token new "${SEALED[@]}" --url "$PORTAL" 2>/dev/null |
		nos-register --keyring s.key --name s --via "$PORTAL" --via "$RELAY" >s.receipt
	for i in 1 2; do
		run -0 --separate-stderr nos-send --keyring s.key "${ways[@]}" < <(readings 1 $i)
		[ -z "$stderr" ]
	done
	run -0 nos-send --anonymous "${ways[@]}" < <(readings 1 3)
	eventually has_values '[1,2,3]'
	# The control: alone it is none, and is named.
	run -69 --separate-stderr nos-send --keyring s.key --url $NOWHERE --via "$PORTAL" --wait 0s < <(readings 1 4)
	[[ $stderr == *"$PORTAL: answered 200 without a receipt"* ]]
	nos-token new "${SEALED[@]}" --url $NOWHERE 2>/dev/null >enrolment
	run -77 --separate-stderr nos-register --keyring t.key --via "$PORTAL" --wait 0s <enrolment
	[[ $stderr == *"the node at $PORTAL is not the one that the enrolment names" ]]
}

@test "a relay whose key the node does not know says whose it is, and what helps" {
	node_start
	register m
	register s
	node_stop
	SEALED=(--store sqlite:other.db --node-key other.node)
	node_start
	relay_start m --url "$URL"
	run -69 --separate-stderr nos-send --keyring s.key --url $NOWHERE --via "$RELAY" --wait 0s < <(readings 1)
	[[ $stderr == *"the node does not know the key of the relay $(id_of m): nos-token new --replace" ]]
}

@test "readings in the open that have passed four relays are not wrong, but away" {
	node_start --print
	for i in 1 2 3 4 5; do register m$i; done
	relay_start m1
	last=$RELAY
	for i in 2 3 4 5; do relay_start m$i --url $NOWHERE --via "$RELAY"; done
	run -69 nos-send --anonymous --url $NOWHERE --via "$RELAY" --wait 0s < <(readings 1)
	# Where there is a shorter way, that one is taken.
	run -0 nos-send --anonymous --url $NOWHERE --via "$RELAY" --via "$last" < <(readings 1)
}

@test "a relay that is at work keeps no other waiting: that one goes by its next way" {
	node_start --print
	for i in a b c s; do register $i; done
	silent_start
	relay_start a --url "$SILENT" --wait 60s
	stuck=$RELAY stuck_pid=$RELAY_PID
	relay_start c
	ASKING=()
	ask_often packs 2 -H 'Content-Type: application/jose' -d a.b.c.d.e "$stuck/v1/data"
	at_work() { grep -qs 'accepting connection' silent.log; }
	eventually at_work
	relay_start b --url $NOWHERE --via "$stuck" --via "$RELAY"
	run -0 --separate-stderr nos-send --keyring s.key --url $NOWHERE --via "$RELAY" --wait 20s < <(readings 1)
	[ -z "$stderr" ]
	eventually has_values '[1]'
	# What a source itself sent there waits on.
	[ ! -s packs ]
	kill -9 "$stuck_pid"
	wait "${ASKING[@]}" || true
}

@test "the relay names itself in the node's document, and one before it not" {
	neighbourhood
	[ "$(curl -s "$RELAY/v1/node" | jq -r .relay)" = "$(id_of m)" ]
	[ "$(curl -s "$RELAY/v1/node" | jq -c 'del(.relay)')" = "$(curl -s "$URL/v1/node" | jq -c .)" ]
	register m2
	relay_start m2 --url "$RELAY"
	[ "$(curl -s "$RELAY/v1/node" | jq -r .relay)" = "$(id_of m2)" ]
}

@test "what is no request of a source's, or too large, is refused before it is read" {
	neighbourhood
	status() { curl -s -o answer -w '%{http_code}' "$@"; }
	type=(-H 'Content-Type: application/octet-stream')
	[ "$(status "$RELAY/v1/hop" "${type[@]}" -d x)" = 400 ]
	printf '\xe1\x00\x03s-1\x01x0123456789abcdef' >frame
	[ "$(status "$RELAY/v1/hop" "${type[@]}" --data-binary @frame)" = 401 ]
	[ "$(jq -r '.type, .nonce' answer | xargs)" = 'urn:nos:tag null' ]
	printf '\xe1\x00\x00\x01x0123456789abcdef' >frame
	[ "$(status "$RELAY/v1/hop" "${type[@]}" --data-binary @frame)" = 400 ]
	printf '\xe1\x04\x03s-1\x01x0123456789abcdef' >frame
	[ "$(status "$RELAY/v1/hop" "${type[@]}" --data-binary @frame)" = 503 ]
	grep -q 'it has passed 4 relays' answer
	[ "$(status "$RELAY/v1/hop" "${type[@]}" -H 'Content-Length: 900000' -d x)" = 413 ]
	[ "$(status "$RELAY/v1/hop" -d x)" = 415 ]
	[ "$(status "$RELAY/v1/data" -H 'Content-Type: text/html' -d x)" = 415 ]
	[ "$(status "$RELAY/v1/data?form=x" -H 'Content-Type: application/json' -d x)" = 400 ]
	[ "$(status "$RELAY/v1/records")" = 404 ]
	[ "$(status --path-as-is "$RELAY/v1/sources/../keys")" = 404 ]
	grep -q 'nothing is at /v1/sources/../keys' answer
	[ "$(status "$RELAY/v1/hop")" = 405 ]
	[ "$(status "$RELAY/v1/node" -H "Nos-Via: s-1,$(id_of m)")" = 503 ]
	[ "$(status "$RELAY/v1/node" -H 'Nos-Via: s-1,s-2,s-3,s-4')" = 503 ]
	[ "$(status "$RELAY/v1/node" -H 'Nos-Via: s-1,s-2,s-3')" = 200 ]
	[ "$(grep -c 'hop' m.err)" -eq 0 ]
}

@test "one relay uses a keyring, and wrong usage is said" {
	neighbourhood
	run -75 --separate-stderr nos-relay --keyring m.key --listen 127.0.0.1:0 --wait 1s
	run -66 nos-relay --keyring none.key --listen 127.0.0.1:0
	run -73 nos-relay --keyring s.key --listen "${RELAY#http://}"
	for args in '' '--keyring m.key' '--listen 127.0.0.1:0' '--keyring m.key --listen x' '--keyring m.key --listen 127.0.0.1:0 --via x' \
		'--keyring m.key --listen 127.0.0.1:0 --ready-fd 99' '--keyring m.key --listen 127.0.0.1:0 x'; do
		# shellcheck disable=SC2086
		run -64 nos-relay $args
	done
}

@test "nothing that a relay says holds a key or a reading" {
	linked
	send < <(echo '{"type":"t","value":123456}') >/dev/null
	fails grep -q 123456 m.err
	for value in $(jq -r '.. | .value? // empty' m.key s.key) $(jq -r '.static.key' m.key s.key); do
		fails grep -qF "$value" m.err
	done
}
