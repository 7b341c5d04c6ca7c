#!/usr/bin/env bats
# Records of a topic read again, GET /v1/records: who may, what is asked, what is answered.

setup() {
	load helper
	TOKEN=a-token-of-32-bytes-for-the-tests
	tokens tokens $TOKEN
}
teardown() { everything_stops; }

tokens() { (umask 077 && printf '%s\n' "${@:2}" >"$1"); }
# GET /v1/records with a query: STATUS, ANSWER, headers.
ask() {
	ANSWER=$(curl -s -D headers -H "Authorization: Bearer $TOKEN" "${@:2}" "$URL/v1/records${1:+?$1}")
	STATUS=$(sed -n '1s/^HTTP\/1.1 \([0-9]*\).*/\1/p' headers)
}
answers() { ask "${@:2}" && [ "$STATUS" = "$1" ]; }
send() { jq -nc "range(1; $1) | {type: \"soil temp.\", value: .}" >in && post application/x-ndjson in '/v1/data?kind=test' && [ "$STATUS" = 202 ]; }
topic=nos/1/test/anonymous/soil=20temp=2E

@test "without --records-bearer there is nothing there" {
	node_start
	send 2
	answers 404 "topic=$topic"
	[ "$(jq -r .detail <<<"$ANSWER")" = 'nothing is at /v1/records' ]
	answers 404 '' -X POST -d ''
}

@test "records come as they were published, oldest first, from the one that is asked for" {
	node_start --print --records-bearer tokens
	send 251
	all() { [ "$(wc -l <out)" -eq 250 ]; }
	eventually all
	answers 200 "topic=$topic"
	grep -qi '^content-type: application/x-ndjson' headers
	cmp <(head -n 100 out) <(printf '%s\n' "$ANSWER")
	answers 200 "topic=${topic//\//%2F}&after=200&limit=3"
	cmp <(sed -n 201,203p out) <(printf '%s\n' "$ANSWER")
	answers 200 "limit=1000&after=249&topic=$topic"
	cmp <(tail -n 1 out) <(printf '%s\n' "$ANSWER")
	answers 200 "topic=$topic&after=250" && [ -z "$ANSWER" ]
	answers 200 "topic=$topic&after=9007199254740991" && [ -z "$ANSWER" ]
	# Over a restart as well.
	node_stop
	node_start --records-bearer tokens
	answers 200 "topic=$topic&limit=1000"
	cmp out <(printf '%s\n' "$ANSWER")
	curl -s "$ADMIN/metrics" | grep -qx 'nos_http_requests_total{path="/v1/records",status="200"} 1'
}

@test "what is asked of another topic, another node or in another way is refused and says why" {
	node_start --records-bearer tokens
	send 2
	answers 404 "topic=nos/1/test/anonymous/other" && [ "$(jq -r .detail <<<"$ANSWER")" = 'no record is on this topic' ]
	answers 404 "topic=nos/1/other/anonymous/soil=20temp=2E"
	answers 404 "topic=nos/1/test/s-0123456789/soil=20temp=2E"
	answers 404 "topic=nos/2/test/anonymous/soil=20temp=2E" && [[ $(jq -r .detail <<<"$ANSWER") == *"another node's" ]]
	answers 400 "topic=nos/1/status" && [[ $(jq -r .detail <<<"$ANSWER") == *'nos/NODE/KIND/SOURCE/TYPE' ]]
	answers 400 "topic=$topic&limit=1001"
	answers 400 ''
	answers 405 "topic=$topic" -X DELETE && grep -qi '^allow: GET' headers
}

@test "a wrong token, or none, is told the same, and nothing of what is there" {
	node_start --records-bearer tokens
	send 2
	for TOKEN in wrong "${TOKEN}x" "${TOKEN%s}" ''; do
		answers 401 "topic=$topic"
		grep -qi '^www-authenticate: Bearer' headers
		[ "$ANSWER" = '{"type":"urn:nos:tag","title":"not authenticated","status":401,"detail":"no token that may read records"}' ]
		answers 401 'topic=nonsense'
	done
}

@test "in plain HTTP records are handed out to this machine alone" {
	mine=$(hostname -I | tr ' ' '\n' | grep -m 1 '^[0-9.]*$' || true)
	[ -n "$mine" ] || skip 'this machine has no address but its own'
	LISTEN=0.0.0.0:0 node_start --records-bearer tokens
	URL=http://127.0.0.1:${URL##*:}
	send 2
	answers 200 "topic=$topic"
	URL=http://$mine:${URL##*:}
	answers 403 "topic=$topic"
	[[ $(jq -r .detail <<<"$ANSWER") == 'records are handed out over TLS'* ]]
	# Nor is it said whether the token was right.
	TOKEN=wrong
	answers 403 "topic=$topic"
}

@test "this machine is known by each of its own addresses" {
	[ -s /proc/net/if_inet6 ] || skip 'no IPv6 here'
	LISTEN=:0 node_start --records-bearer tokens
	port=${URL##*:}
	for host in 127.0.0.1 127.0.0.2 '[::1]' '[::ffff:127.0.0.1]'; do
		URL=http://$host:$port
		answers 404 "topic=$topic"
	done
}

@test "SIGHUP reads the tokens again, and a bad file keeps those that were" {
	node_start --records-bearer tokens
	send 2
	old=$TOKEN new=another-token-of-this-node
	tokens tokens $new short
	kill -HUP "$NODE_PID"
	eventually grep -q "tokens: line 2: a token is 16 to 512 bytes without a blank: the tokens stay as they were$" err
	answers 200 "topic=$topic"
	tokens tokens $new
	kill -HUP "$NODE_PID"
	eventually grep -q 'tokens: read again$' err
	answers 401 "topic=$topic"
	TOKEN=$new
	answers 200 "topic=$topic"
	fails grep -e $old -e $new err
}

@test "a file that others may read, or without a token, is refused at the start" {
	run -0 nos-serve --check "${SEALED[@]}" --records-bearer tokens
	chmod 644 tokens
	run -77 --separate-stderr nos-serve --check "${SEALED[@]}" --records-bearer tokens
	[[ $stderr == *"'tokens' is open to others"* ]]
	tokens empty ''
	run -78 --separate-stderr nos-serve --check "${SEALED[@]}" --records-bearer empty
	[ "$stderr" = 'nos-serve: empty: no token is in it' ]
	run -66 nos-serve --check "${SEALED[@]}" --records-bearer none
}

@test "what is asked at once is answered or told to come again" {
	node_start --records-bearer tokens --limit records=1
	send 1001
	for i in {1..40}; do echo "url=\"$URL/v1/records?topic=$topic&limit=1000\""; done >urls
	eventually answers 200 "topic=$topic&after=999"
	curl -s --no-progress-meter -Z --parallel-immediate --parallel-max 40 -H "Authorization: Bearer $TOKEN" -K urls -w '%{stderr}%{http_code}\n' 2>statuses >all
	[ "$(wc -l <statuses)" -eq 40 ]
	grep -qx 200 statuses && ! grep -vx -e 200 -e 503 statuses
	answers 200 "topic=$topic&after=999"
}
