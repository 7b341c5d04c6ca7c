#!/usr/bin/env bats

# The node's side of a key's life over HTTP. The source's part is done by hand, a step a call
# (tests/help/keys.c), what an operator orders by tests/help/orders.c.

setup() { load helper; }
teardown() { everything_stops; }

HELP=build/${V:-release}/tests/help
keys() { "$ROOT/$HELP/keys" "$@"; }
orders() { "$ROOT/$HELP/orders" "$1" sqlite:node.db node.key "${@:2}"; }

# A node with these options, and a source of it: ID, its keyring c.key, its enrolment TOKEN.
with_source() {
	node_start "$@"
	source_new c.key
}
source_new() {
	nos-token new "${SEALED[@]}" >line
	TOKEN=$(jq -r .id line)
	ID=$(nos-register --keyring "$1" <line | jq -r .source)
}

# METHOD PATH and curl's arguments: STATUS, the body in the file body, the header in headers.
ask_node() {
	STATUS=$(curl -s -D headers -o body -w '%{http_code}' -X "$1" "${@:3}" "$URL$2")
	[ -e body ] || : >body
}
word() { # acks|resync FILE [ID]
	: >body
	ask_node POST "/v1/sources/${3:-$ID}/$1" -H 'Content-Type: application/octet-stream' --data-binary "@$2"
}
header() { sed -n "s/^$1: \(.*\)\r\$/\1/Ip" headers; }
nonce() { curl -sS -o challenge "$URL/v1/sources/$ID/keys" && jq -r .nonce challenge; }

# [SECONDS]: a poll that is proved; NONCE is what it was proved for.
poll() {
	NONCE=$(nonce)
	ask_node GET "/v1/sources/$ID/keys${1:+?wait=$1}" -H "Authorization: $(keys poll c.key "$NONCE")"
}
believed() { keys polled c.key "$NONCE" "$STATUS" "${1:-body}" "$(header nos-receipt)"; }
says() { [ "$(<body)" = "$1" ] || { cat body >&2; return 1; }; }

# A poll in the background: its answer comes into NAME.body, NAME.headers and NAME.status.
poll_held() { # NAME SECONDS
	NONCE=$(nonce)
	curl -s -D "$1.headers" -o "$1.body" -w '%{http_code}' -H "Authorization: $(keys poll c.key "$NONCE")" \
		"$URL/v1/sources/$ID/keys?wait=$2" >"$1.status" 3>&- &
	HELD="${HELD:-} $!"
}
metric() { curl -s "$ADMIN/metrics" | awk -v name="$1" '$1 == name {print $2}'; }
held() { [ "$(metric nos_long_polls)" = "$1" ]; }
held_answer() { # NAME: as ask_node leaves it
	cp "$1.body" body && cp "$1.headers" headers
	STATUS=$(<"$1.status")
}
all_answered() {
	local pid
	for pid in $HELD; do wait "$pid"; done
	HELD=
}

EMPTY='{"keys":[],"resync":false}'

@test "a poll without a proof is given a nonce, whatever the source" {
	with_source
	ask_node GET "/v1/sources/$ID/keys"
	[ "$STATUS" = 401 ]
	[ "$(jq '.nonce | length' body)" -eq 22 ]
	[ -z "$(header nos-receipt)" ]
	cp body known
	ask_node GET /v1/sources/s-0123456789/keys
	[ "$STATUS" = 401 ]
	cmp <(sed 's/"nonce":"[^"]*"/N/' known) <(sed 's/"nonce":"[^"]*"/N/' body)
}

@test "a good poll without a wait is answered at once, and under a receipt" {
	with_source
	poll
	[ "$STATUS" = 200 ] && says "$EMPTY"
	believed
	orders replace "$ID"
	poll
	[ "$STATUS" = 200 ]
	[ "$(jq -c '[(.keys | length), .resync, has("identity")]' body)" = '[1,false,false]' ]
	believed
	cp body first
	# The same bytes until they are acknowledged; a poll that may wait need not.
	poll 60
	cmp first body
	believed
}

@test "a key message goes from the poll to the acknowledgement, and is sent no more" {
	with_source
	orders replace "$ID"
	poll
	believed
	[ "$(keys take c.key <body)" = took ]
	keys ack c.key >ack
	word acks ack
	[ "$STATUS" = 204 ]
	[ ! -s body ]
	[ -z "$(header content-type)" ]
	poll
	says "$EMPTY"
	[ "$(nos-keytable ct "${STORE[@]}" --node-key node.key --format json | jq -r 'select(.state == "active") | .key')" = p.2 ]
	# The same once more is as good; other bytes, and those before them, are not.
	word acks ack
	[ "$STATUS" = 204 ]
	tail -c +2 ack >cut
	word acks cut
	[ "$STATUS" = 401 ]
	keys ack c.key >second
	word acks second
	[ "$STATUS" = 204 ]
	word acks ack
	[ "$STATUS" = 401 ] && [ "$(jq '.nonce | length' body)" -eq 22 ]
}

@test "a key that is replaced while a poll is held wakes it, and each other one of the source" {
	with_source
	poll_held one 60
	poll_held two 60
	eventually held 2
	orders replace "$ID"
	all_answered
	for name in one two; do
		held_answer "$name"
		[ "$STATUS" = 200 ]
		[ "$(jq '.keys | length' body)" -eq 1 ]
		believed
	done
	cmp one.body two.body
	eventually held 0
}

@test "another source's change leaves a held poll where it is" {
	with_source
	mine=$ID
	cp c.key mine.key
	poll_held one 60
	eventually held 1
	first=$HELD HELD=
	source_new d.key
	cp d.key c.key
	poll_held two 60
	eventually held 2
	orders replace "$ID"
	all_answered # who was asked for after the first has been looked at
	eventually held 1
	HELD=$first
	cp mine.key c.key
	orders replace "$mine"
	all_answered
	held_answer one
	[ "$(jq '.keys | length' body)" -eq 1 ]
	cmp -s one.body two.body && return 1
	[ "$(jq '.keys | length' two.body)" -eq 1 ]
}

@test "a poll for which nothing comes gets the empty answer after its time, an idle connection or not" {
	with_source --limit idle=1
	poll 3
	[ "$STATUS" = 200 ] && says "$EMPTY"
	believed
}

@test "what is asked for is heard of by a poll: an ask, and the node's present identity" {
	with_source
	poll_held one 60
	eventually held 1
	orders renew "$ID"
	all_answered
	held_answer one
	says '{"keys":[],"resync":true}'
	believed
	orders identity
	poll 60
	says '{"keys":[],"resync":true,"identity":true}'
	believed
}

@test "a new identity and a new life wake whoever is held" {
	with_source
	poll_held one 60
	eventually held 1
	orders identity
	all_answered
	held_answer one
	says '{"keys":[],"resync":false,"identity":true}'
	believed
	source_new c.key.2
	mv c.key.2 c.key
	poll_held two 60
	eventually held 1
	orders life
	all_answered
	held_answer two
	says '{"keys":[],"resync":true}'
	believed
}

@test "who was revoked is told so by who has its key alone, also while it waits" {
	with_source
	poll_held one 60
	eventually held 1
	orders revoke "$ID"
	all_answered
	held_answer one
	[ "$STATUS" = 403 ]
	[ "$(jq -r .type body)" = urn:nos:denied ]
	believed
	poll
	[ "$STATUS" = 403 ]
	believed
	# What another makes of it is not believed.
	sed 's/taken back/given back/' body >forged
	run -1 believed forged
	STATUS=200 run -1 believed
	ask_node GET "/v1/sources/$ID/keys" -H 'Authorization: Nos AAAAAAAAAAAAAAAAAAAAAA'
	[ "$STATUS" = 401 ]
}

@test "a proof for another source, another nonce or an older keyring is none" {
	with_source
	cp c.key mine.key
	mine=$ID
	source_new d.key
	proof=$(keys poll d.key "$(nonce)")
	ask_node GET "/v1/sources/$mine/keys" -H "Authorization: $proof"
	[ "$STATUS" = 401 ]
	ask_node GET "/v1/sources/$ID/keys" -H "Authorization: $(keys poll d.key AAAAAAAAAAAAAAAAAAAAAA)"
	[ "$STATUS" = 401 ]
	ask_node GET "/v1/sources/$ID/keys" -H "Authorization: $proof"
	[ "$STATUS" = 200 ]
}

@test "an ask is answered, the same bytes by the same bytes, and a pack or an acknowledgement takes it" {
	with_source
	curl -s "$URL/v1/node" >node.json
	keys ask c.key "$(nonce)" >ask
	word resync ask
	[ "$STATUS" = 200 ]
	[ "$(header content-type)" = application/octet-stream ]
	cp body answer
	word resync ask
	[ "$STATUS" = 200 ]
	cmp answer body
	# Another ask, and the first is an old one.
	cp c.key before.key
	keys ask c.key "$(nonce)" >second
	word resync second
	[ "$STATUS" = 200 ]
	fails cmp -s answer body
	cp body answer
	word resync ask
	[ "$STATUS" = 401 ]
	[ "$(keys answer c.key node.json <answer)" = p.3 ]
	keys ack c.key >ack
	word acks ack
	[ "$STATUS" = 204 ]
	word resync second
	[ "$STATUS" = 401 ]
	printf '{"type":"t","value":1}\n' | keys pack c.key >pack
	post application/jose pack /v1/data
	[ "$STATUS" = 202 ] && [ "$(jq .accepted <<<"$ANSWER")" -eq 1 ]
}

@test "a renew gives another Z, whose polls are good before and after it is taken" {
	with_source
	curl -s "$URL/v1/node" >node.json
	orders renew "$ID"
	keys ask c.key "$(nonce)" >ask
	word resync ask
	cp c.key old.key
	keys answer c.key node.json <body
	[ "$(jq .static.z c.key)" -eq 2 ]
	poll
	says "$EMPTY" # who has the new Z has the answer
	believed
	poll_held one 60
	eventually held 1
	keys ack c.key >ack
	word acks ack
	[ "$STATUS" = 204 ]
	orders replace "$ID"
	all_answered
	held_answer one
	[ "$(jq '.keys | length' body)" -eq 1 ]
	believed
	ask_node GET "/v1/sources/$ID/keys" -H "Authorization: $(keys poll old.key "$(nonce)")"
	[ "$STATUS" = 401 ]
}

@test "a poll with a bad proof ends at once also where an offer waits, or its source was revoked meanwhile" {
	with_source
	keys ask c.key "$(nonce)" renew >ask
	word resync ask
	[ "$STATUS" = 200 ]
	bad() { # whose Q is nobody's, and which would wait
		ask_node GET "/v1/sources/$ID/keys?wait=60" --max-time 20 -H 'Authorization: Nos AAAAAAAAAAAAAAAAAAAAAA'
		[ "$STATUS" = 401 ] && [ "$(jq '.nonce | length' body)" -eq 22 ]
	}
	bad
	# The node goes on: a good one is answered behind it.
	poll
	[ "$STATUS" = 200 ]
	believed
	orders revoke "$ID"
	bad
	poll
	[ "$STATUS" = 403 ]
	believed
	node_stop
	[ "$NODE_STATUS" -eq 0 ]
}

@test "the seventh ask within six minutes is one too many" {
	with_source
	for i in 1 2 3 4 5 6; do
		keys ask c.key "$(nonce)" >ask
		word resync ask
		[ "$STATUS" = 200 ]
	done
	keys ask c.key "$(nonce)" >ask
	word resync ask
	[ "$STATUS" = 429 ]
	[ "$(header retry-after)" = 60 ]
	[ "$(jq -r .type body)" = urn:nos:busy ]
}

@test "what does not authenticate is refused with the same bytes, whatever was wrong" {
	with_source
	keys ask c.key "$(nonce)" >ask
	keys ask c.key AAAAAAAAAAAAAAAAAAAAAA >stale
	{ head -c -1 ask; printf x; } >wrong
	mine=$ID
	source_new d.key
	keys ask d.key "$(nonce)" >another
	keys ack d.key >ack
	revoked=$ID
	orders revoke "$revoked"
	refused() { # acks|resync FILE ID
		word "$@"
		[ "$STATUS" = 401 ] || { echo "$*: $STATUS" >&2; return 1; }
		sed 's/"nonce":"[^"]*"/N/' body >one
		grep -vi '^date:' headers >>one
		[ -e like ] || cp one like
		cmp one like
	}
	refused resync wrong "$mine"
	refused resync stale "$mine"
	refused resync ask s-0123456789
	refused resync another "$mine"
	refused resync another "$revoked"
	refused acks ack "$mine"
	refused acks ack "$revoked"
	refused acks ack s-0123456789
	: >empty
	refused acks empty "$mine"
	ask_node GET "/v1/sources/$revoked/keys" -H 'Authorization: Nos AAAAAAAAAAAAAAAAAAAAAA'
	[ "$STATUS" = 401 ]
	cmp <(sed 's/"nonce":"[^"]*"/N/' body; grep -vi '^date:' headers) like
	ask_node GET "/v1/sources/$mine/keys" -H 'Authorization: Basic AAAAAAAAAAAAAAAAAAAAAA'
	cmp <(sed 's/"nonce":"[^"]*"/N/' body; grep -vi '^date:' headers) like
	word resync ask "$mine"
	[ "$STATUS" = 200 ]
}

@test "a request that cannot be right has its own status" {
	with_source
	refused() { # STATUS slug METHOD PATH ARGS…
		: >body
		ask_node "${@:3}"
		[ "$STATUS" = "$1" ] && [ "$(jq -r .type body)" = "urn:nos:$2" ] || { echo "$*: $STATUS $(<body)" >&2; return 1; }
	}
	octets=(-H 'Content-Type: application/octet-stream' --data-binary)
	refused 404 absent GET "/v1/sources/$ID/other"
	refused 404 absent GET "/v1/sources/$ID"
	refused 404 absent GET "/v1/sources/$ID/keys/"
	refused 404 absent GET /v1/sources/s-012345678/keys
	refused 404 absent GET /v1/sources/s-0123456789a/keys
	refused 404 absent GET /v1/sources/s-012345678A/keys
	refused 405 usage POST "/v1/sources/$ID/keys" -d x
	[ "$(header allow)" = GET ]
	refused 405 usage GET "/v1/sources/$ID/acks"
	[ "$(header allow)" = POST ]
	refused 405 usage GET "/v1/sources/$ID/resync"
	[ "$(header allow)" = POST ]
	for query in wait= wait=-1 wait=1.5 wait=1s wait=01 'wait=1&x' x=1 wait; do
		refused 400 data GET "/v1/sources/$ID/keys?$query"
	done
	refused 400 data POST "/v1/sources/$ID/acks?x=1" "${octets[@]}" x
	refused 400 data POST "/v1/sources/$ID/resync" "${octets[@]}" 'no ask'
	refused 415 media POST "/v1/sources/$ID/acks" -d x
	refused 415 media POST "/v1/sources/$ID/resync" -H 'Content-Encoding: gzip' "${octets[@]}" x
	head -c 513 /dev/zero >large
	refused 413 large POST "/v1/sources/$ID/acks" "${octets[@]}" @large
	head -c 2049 /dev/zero >large
	refused 413 large POST "/v1/sources/$ID/resync" "${octets[@]}" @large
}

@test "SIGTERM answers who is held, and the node ends" {
	with_source
	poll_held one 60
	poll_held two 60
	eventually held 2
	node_stop
	[ "$NODE_STATUS" -eq 0 ]
	all_answered
	for name in one two; do
		held_answer "$name"
		[ "$STATUS" = 200 ] && says "$EMPTY"
		believed
	done
}

@test "over the limit polls one more is sent away, and comes in once there is room" {
	with_source --limit polls=1
	poll_held one 60
	eventually held 1
	poll 60
	[ "$STATUS" = 503 ]
	[ "$(header retry-after)" = 5 ]
	orders replace "$ID"
	all_answered
	poll
	[ "$STATUS" = 200 ] && [ "$(jq '.keys | length' body)" -eq 1 ]
}

@test "polls take no more than half of the requests in hand, so that readings find room" {
	with_source --limit requests=2
	poll_held one 60
	eventually held 1
	poll 60
	[ "$STATUS" = 503 ]
	post application/json - /v1/data <<<'{"type":"t","value":1}'
	[ "$STATUS" = 202 ]
}

@test "a client that goes away hinders nobody" {
	with_source
	poll_held one 60
	eventually held 1
	kill -9 $HELD
	all_answered || true
	orders replace "$ID"
	eventually held 0
	poll
	[ "$(jq '.keys | length' body)" -eq 1 ]
	node_stop
	[ "$NODE_STATUS" -eq 0 ]
}

@test "a source that is registered in place of another ends the polls of who had its keys" {
	with_source
	poll_held one 60
	eventually held 1
	# As an enrolment that names the source to be replaced.
	nos-token new "${SEALED[@]}" >line
	sqlite3 -cmd '.timeout 5000' node.db "update state set value = replace(value, '\"uses\":', '\"replaces\":\"$ID\",\"uses\":')
		where ns = 'tokens' and key = '$(jq -r .id line)'"
	[ "$(nos-register --keyring new.key <line | jq -r .source)" = "$ID" ]
	all_answered
	held_answer one
	[ "$STATUS" = 401 ]
	[ -z "$(header nos-receipt)" ]
	mv new.key c.key
	poll
	[ "$STATUS" = 200 ]
	believed
}

@test "what was counted of keys is in the metrics" {
	with_source
	orders replace "$ID"
	poll
	keys take c.key <body
	keys ack c.key >ack
	word acks ack
	word resync ack
	[ "$(metric 'nos_key_changes_total{scheme="pairwise",to="active"}')" -eq 2 ] # registered, confirmed
	[ "$(metric 'nos_key_changes_total{scheme="pairwise",to="deactivated"}')" -eq 1 ]
	[ "$(metric 'nos_http_requests_total{path="/v1/sources/{id}/keys",status="200"}')" -eq 1 ]
	[ "$(metric 'nos_http_requests_total{path="/v1/sources/{id}/keys",status="401"}')" -eq 1 ]
	[ "$(metric 'nos_http_requests_total{path="/v1/sources/{id}/acks",status="204"}')" -eq 1 ]
	[ "$(metric 'nos_http_requests_total{path="/v1/sources/{id}/resync",status="400"}')" -eq 1 ]
	[ "$(metric 'nos_queue_limit{queue="polls"}')" -eq 1000 ]
}

# The node is started anew, and shows so many old sets of its keys.
old_sets() {
	node_stop
	node_start
	# What it does at its start it does before it answers who asks for keys.
	poll
	curl -s "$URL/v1/node" >node.json
	[ "$(jq '.previous | length' node.json)" -eq "$1" ] || { cat node.json >&2; return 1; }
}

@test "the node's old keys go once all sources have followed and no enrolment is left from before" {
	with_source
	nos-token withdraw "${SEALED[@]}" "$TOKEN"
	nos-token new "${SEALED[@]}" >open
	orders identity
	old_sets 1
	[ "$(keys follow c.key node.json)" = followed ]
	keys ask c.key "$(nonce)" >ask
	word resync ask
	[ "$STATUS" = 200 ]
	keys answer c.key node.json <body
	keys ack c.key >ack
	old_sets 1 # the source has not confirmed
	word acks ack
	[ "$STATUS" = 204 ]
	old_sets 1 # the enrolment is open
	nos-token new "${SEALED[@]}" >later # pins the present set
	nos-token withdraw "${SEALED[@]}" "$(jq -r .id open)"
	old_sets 0
	says "$EMPTY"
	believed
	[ "$(nos-keytable audit "${SEALED[@]}" --format json | jq -c 'select(.what == "identity") | [.to, .reason, .by]')" = \
		'["destroyed","followed by all","nos-serve"]' ]
}

@test "a source that was revoked keeps no old key of the node alive" {
	with_source
	nos-token withdraw "${SEALED[@]}" "$TOKEN"
	orders identity
	old_sets 1
	orders revoke "$ID"
	old_sets 0
}

@test "the audit stream's signed head is published, retained, and again to a broker that lost it" {
	broker_start
	with_source --mqtt "$MQTT"
	node_stop
	subscribe heads 'nos/+/audit'
	head_of() { received heads | sed -n "$1s/^nos.1.audit //p"; }
	first() { [ -n "$(head_of 1)" ]; }
	eventually first
	[ "$(head_of 1 | jq -c 'keys_unsorted')" = '["node","n","time","hash","signature"]' ]
	[ "$(head_of 1 | jq .n)" -eq "$(entries -n node.db audit)" ]
	nos-keytable audit "${SEALED[@]}" --verify
	broker_stop
	rm -f mosquitto.db
	broker_start "$BROKER_PORT"
	node_start --mqtt "$MQTT"
	subscribe again 'nos/+/audit'
	same() { [ "$(received again | sed 's/^nos.1.audit //')" = "$(head_of 1)" ]; }
	eventually same
}
