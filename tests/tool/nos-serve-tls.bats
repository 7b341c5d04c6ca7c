#!/usr/bin/env bats

# Two certificates for 127.0.0.1 with their keys, made once: NAME.pem, NAME.key.
setup_file() {
	local name
	for name in first second; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$name" \
			-addext subjectAltName=IP:127.0.0.1 -keyout "$BATS_FILE_TMPDIR/$name.key" \
			-out "$BATS_FILE_TMPDIR/$name.pem" 2>/dev/null
	done
}

setup() {
	load helper
	cp -p "$BATS_FILE_TMPDIR"/{first,second}.{pem,key} .
}
teardown() { everything_stops; }

reading='{"type":"air_temperature","value":-7.9,"unit":"Cel","time":1547812800}'

# A node under TLS beside its plain address: TLS_URL.
tls_start() {
	cp first.pem cert.pem
	cp -p first.key cert.key
	node_start --listen-tls 127.0.0.1:0 --tls-cert cert.pem --tls-key cert.key --print "$@"
	TLS_URL=https://$(jq -r '.listen_tls[0]' <<<"$READY")
}

# The last record's scores: confidentiality, integrity, authentication, privacy.
scores() {
	jq -r '.scores | [.confidentiality, .integrity, .authentication, .privacy] | join(" ")' <(tail -n 1 out)
}
records() { [ "$(wc -l <out)" = "$1" ]; }
shows() { curl -s --cacert "$1.pem" "$TLS_URL/v1/node" >/dev/null; }

@test "sources are served under TLS and in plain, and the log says which is which" {
	tls_start
	grep -q "^nos-serve: ready: $URL\$" err
	grep -q "^nos-serve: ready: $TLS_URL\$" err
	[ "$(curl -s --cacert first.pem "$TLS_URL/v1/node" | jq .node)" = 1 ]
	[ "$(curl -s "$URL/v1/node" | jq .node)" = 1 ]
	run ! curl -s "$TLS_URL/v1/node"
	run ! curl -s "http://${TLS_URL#https://}/v1/node"
	run ! curl -s --tls-max 1.1 --cacert first.pem "$TLS_URL/v1/node"
	openssl s_client -connect "${TLS_URL#https://}" -tls1_3 </dev/null 2>/dev/null | grep -q 'Cipher is TLS_.*GCM'
	run ! openssl s_client -connect "${TLS_URL#https://}" -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA </dev/null
	# Whoever listens does not read them, and nobody has said who sent them.
	curl -s --cacert first.pem -H 'Content-Type: application/json' -d "$reading" "$TLS_URL/v1/data"
	eventually test -s out
	[ "$(scores)" = '1 0.5 0 1' ]
	node_stop
	[ "$NODE_STATUS" -eq 0 ]
}

@test "a source registers and sends over https, where nothing else is listened on" {
	cp first.pem cert.pem
	rm -f ready
	mkfifo ready
	nos-serve "${SEALED[@]}" --listen-tls 127.0.0.1:0 --tls-cert cert.pem --tls-key first.key --admin '' \
		--ready-fd 9 --print 9>ready >out 2>err 3>&- &
	NODE_PID=$!
	read -r -t 120 READY <ready
	[ "$(jq -c .listen <<<"$READY")" = '[]' ]
	nos-token new "${SEALED[@]}" >enrolment
	[[ $(jq -r .url enrolment) == https://127.0.0.1:* ]]
	run -69 nos-register --keyring s.key --wait 1ms <enrolment
	nos-register --keyring s.key --ca cert.pem <enrolment
	run -0 nos-send --keyring s.key --ca cert.pem <<<"$reading"
	[ "$(jq -r .status <<<"$output")" = accepted ]
	eventually test -s out
	[ "$(scores)" = '1 1 1 0.8' ]
	node_stop
}

@test "SIGHUP takes another certificate, and a bad one changes nothing" {
	tls_start
	shows first
	cp second.pem cert.pem
	kill -HUP "$NODE_PID"
	eventually grep -q 'the key is not that of the certificate: certificate and key stay as they were' err
	shows first
	cp second.key cert.key
	kill -HUP "$NODE_PID"
	eventually grep -q '^nos-serve: cert.pem: read again$' err
	shows second
	run ! shows first
	node_stop
	[ "$NODE_STATUS" -eq 0 ]
}

@test "--check looks at certificate and key, and says what is wrong" {
	check() { nos-serve --check "${SEALED[@]}" --listen-tls 127.0.0.1:0 "$@"; }
	run -0 check --tls-cert first.pem --tls-key first.key
	[ -z "$output" ]
	run -78 --separate-stderr check --tls-cert first.pem --tls-key second.key
	[ "$stderr" = 'nos-serve: first.pem, second.key: the key is not that of the certificate' ]
	run -78 check --tls-cert first.key --tls-key first.key
	run -66 check --tls-cert none --tls-key first.key
	: >empty
	echo text >text
	chmod 600 empty text
	for file in empty text first.pem; do
		chmod 600 $file
		run -78 --separate-stderr check --tls-cert first.pem --tls-key $file
		[ "$stderr" = "nos-serve: first.pem, $file: key: no private key in PEM is in it" ]
	done
	for file in empty text first.key; do
		run -78 --separate-stderr check --tls-cert $file --tls-key first.key
		[ "$stderr" = "nos-serve: $file, first.key: certificate: none in PEM is in it" ]
	done
	chmod 644 second.key
	run -77 --separate-stderr check --tls-cert second.pem --tls-key second.key
	[ "$stderr" = "nos-serve: 'second.key' is open to others: chmod 600 second.key" ]
	run -64 check --tls-cert first.pem
	run -64 nos-serve --check "${SEALED[@]}" --tls-cert first.pem --tls-key first.key
	run -64 check --tls-cert first.pem --tls-key first.key --tls-proxy 128
	openssl req -x509 -key first.key -days -1 -subj /CN=old -out old.pem 2>/dev/null ||
		openssl x509 -in first.pem -signkey first.key -days -1 -out old.pem 2>/dev/null
	run -0 --separate-stderr check --tls-cert old.pem --tls-key first.key
	[ "$stderr" = 'nos-serve: old.pem: the certificate has expired' ]
}

@test "behind a proxy that speaks TLS, readings score as under it, with one more who holds the key" {
	node_start --print --tls-proxy 128
	curl -s -H 'Content-Type: application/json' -d "$reading" "$URL/v1/data"
	eventually test -s out
	[ "$(jq -c '.raw | [.bits, .tag, .holders, .proof]' out)" = '[128,128,3,"none"]' ]
}

# ---- webhooks ----

# TOKEN, ID and SOURCE of a new bearer token.
bearer() {
	nos-token new "${SEALED[@]}" --bearer "$@" >enrolment
	TOKEN=$(jq -r .token enrolment)
	ID=$(jq -r .id enrolment)
	SOURCE=$(jq -r .source enrolment)
}
# POST standard input as JSON to a URL with a token: the status.
hook() {
	curl -s -o answer -w '%{http_code}' --cacert first.pem -H 'Content-Type: application/json' \
		-H "Authorization: Bearer ${2-$TOKEN}" --data-binary @- "$1/v1/data${3-}"
}
is() { [ "$(state)" = "$1" ]; }
state() { nos-token list "${SEALED[@]}" | jq -r "select(.id == \"$ID\").state"; }

@test "a webhook's readings are those of the token's source, and score what a token under TLS is worth" {
	tls_start
	bearer --kind gateway
	[ "$(jq -r .url enrolment)" = "$TLS_URL" ]
	[ "$(jq -r '[.v, .node, .kind, .bearer, has("expires"), has("pin")] | map(tostring) | join(" ")' enrolment)" = \
		'1 1 gateway true false false' ]
	[ "$(hook "$TLS_URL" <<<"[$reading,{\"type\":\"humidity\",\"value\":40},{\"type\":7,\"value\":1}]")" = 202 ]
	[ "$(jq -c '[.accepted, .duplicates, .position, .rejected[0].index, has("next"), has("keys")]' answer)" = \
		'[2,0,1,2,false,false]' ]
	eventually records 2
	[ "$(scores)" = '1 0.5 0.6 0.8' ]
	[ "$(jq -rs '.[0] | [.source, .kind, .mode, .raw.proof, .raw.bits, .raw.holders, .raw.fresh, has("seq"), has("key")] | map(tostring) | join(" ")' out)" = \
		"$SOURCE gateway push bearer 128 2 false false false" ]
	# Without numbers nothing tells a second sending from a second reading.
	[ "$(hook "$TLS_URL" <<<"$reading")" = 202 ]
	eventually records 3
	[ "$(jq -s '[.[] | select(.type == "air_temperature").n] | join(" ")' out)" = '"1 2"' ]
	[ "$(nos-keytable sources "${SEALED[@]}" | jq -c '[.source, .scheme, .state, .readings, has("seq"), has("key"), has("last_seen")]')" = \
		"[\"$SOURCE\",\"bearer\",\"active\",3,false,false,true]" ]
	# A node that is started again goes on, and a look beside it counts the same.
	node_stop KILL
	tls_start
	[ "$(hook "$TLS_URL" <<<"$reading")" = 202 ]
	eventually grep -q '"n":3,' out
	[ "$(nos-keytable sources "${SEALED[@]}" | jq .readings)" = 4 ]
}

@test "what a token does not fit is refused alike, and the token is nowhere in the store" {
	tls_start
	# Its second goes by meanwhile.
	bearer --expires 1s
	[ "$(jq 'has("expires")' enrolment)" = true ]
	brief=$TOKEN brief_id=$ID
	bearer
	[ "$(hook "$TLS_URL" "${TOKEN%?}" <<<"$reading")" = 401 ]
	jq -S 'del(.nonce)' answer >short
	[ "$(hook "$TLS_URL" "$(tr A-Za-z N-ZA-Mn-za-m <<<"$TOKEN")" <<<"$reading")" = 401 ]
	jq -S 'del(.nonce)' answer | cmp - short
	[ "$(hook "$TLS_URL" "$TOKEN" '?kind=other' <<<"$reading")" = 400 ]
	[ "$(hook "$TLS_URL" <<<'{"type":1}')" = 422 ]
	[ "$(curl -s -o answer -w '%{http_code}' --cacert first.pem -H "Authorization: Bearer $TOKEN" -H 'Content-Type: text/plain' -d x "$TLS_URL/v1/data")" = 415 ]
	[ "$(hook "$TLS_URL" <<<"$reading")" = 202 ]
	run ! grep -aqF "$TOKEN" node.db* err out
	bytes=$(basenc --base64url -d <<<"$TOKEN=" | head -c 16 | od -An -tx1 | sed 's/ /\\x/g')
	LC_ALL=C run ! grep -aqP "$bytes" node.db*
	nos-token withdraw "${SEALED[@]}" "$ID"
	[ "$(hook "$TLS_URL" <<<"$reading")" = 401 ]
	jq -S 'del(.nonce)' answer | cmp - short
	[ "$(state)" = withdrawn ]
	TOKEN=$brief ID=$brief_id
	eventually is expired
	[ "$(hook "$TLS_URL" <<<"$reading")" = 401 ]
}

@test "a token that came in plain is exposed, and never taken again" {
	tls_start
	bearer
	[ "$(hook "$URL" unknown <<<"$reading")" = 401 ]
	jq -S 'del(.nonce)' answer >unknown
	[ "$(hook "$URL" <<<"$reading")" = 401 ]
	jq -S 'del(.nonce)' answer | cmp - unknown
	[ "$(state)" = exposed ]
	[ "$(hook "$TLS_URL" <<<"$reading")" = 401 ]
	jq -S 'del(.nonce)' answer | cmp - unknown
	[ "$(nos-keytable audit "${SEALED[@]}" | jq -c 'select(.what == "token" and .to == "exposed") | [.source, .from, .by]')" = \
		"[\"$SOURCE\",\"open\",\"nos-serve\"]" ]
	[ ! -s out ]
	nos-keytable audit "${SEALED[@]}" --verify
	# Once, and without the token.
	[ "$(grep -c "^nos-serve: bearer token $ID of source $SOURCE came in plain: it is not taken any more$" err)" = 1 ]
	run ! grep -qF "$TOKEN" err
	curl -s "$ADMIN/metrics" | grep -qx 'nos_tokens_exposed_total 1'
}

@test "a token that came in plain is exposed whatever becomes of its request" {
	tls_start
	nos-token new "${SEALED[@]}" --bearer --count 10 --url "$TLS_URL" >made
	head -c 1048577 /dev/zero >large
	plain() { # STATUS [options]
		at=$((at + 1))
		[ "$(curl -s -o answer -w '%{http_code}' -H 'Content-Type: application/json' "${@:2}")" = "$1" ]
	}
	shown() { echo "Authorization: Bearer $(sed -n "$((at + 1))p" made | jq -r .token)"; }
	at=0
	plain 411 -H "$(shown)" -X POST -H Content-Length: "$URL/v1/data"
	plain 411 -H "$(shown)" -H 'Transfer-Encoding: chunked' -d "$reading" "$URL/v1/data"
	plain 413 -H "$(shown)" --data-binary @large "$URL/v1/data"
	plain 405 -H "$(shown)" "$URL/v1/data"
	plain 404 -H "$(shown)" "$URL/elsewhere"
	plain 401 -H "$(shown) and more" -d "$reading" "$URL/v1/data"
	plain 401 -H "$(shown)more" -d "$reading" "$URL/v1/data"
	plain 404 -H "$(shown)" "$ADMIN/v1/data"
	first=$(shown)
	plain 400 -H "$first" -H "$(at=9 shown)" -d "$reading" "$URL/v1/data"
	all() { [ "$(nos-token list "${SEALED[@]}" | jq -r .state | sort | uniq -c | tr -s ' ')" = ' 10 exposed' ]; }
	eventually all
}

@test "what came by a token that was exposed is corrected when its source is revoked and since when is said" {
	tls_start
	bearer
	[ "$(hook "$TLS_URL" <<<"$reading")" = 202 ]
	# What came by a token that is good stands.
	[ "$(nos-rekey "${SEALED[@]}" --compromised "$SOURCE" --since 0 | jq -r .status)" = unchanged ]
	[ "$(hook "$URL" <<<"$reading")" = 401 ]
	[ "$(state)" = exposed ]
	eventually records 1
	nos-rekey "${SEALED[@]}" --revoke "$SOURCE" --since 0
	eventually records 2
	[ "$(jq -cs '.[1] | [.corrects == "1-1-0", .raw.key_state, .scores.confidentiality, .scores.authentication]' out)" = \
		'[true,"compromised",0,0]' ]
	[ "$(tail -n 1 out | nos-score --records | jq -c .scores)" = "$(tail -n 1 out | jq -c .scores)" ]
	through() { [ "$(nos-keytable taint "${SEALED[@]}" --source "$SOURCE" | jq -c '[.id, has("key"), .corrected]')" = '["1-1-0",false,true]' ]; }
	eventually through
}

@test "orders for keys pass a webhook's source over, and revoking or forgetting it ends it" {
	tls_start
	bearer
	nos-rekey "${SEALED[@]}" --all >rows
	[ ! -s rows ]
	[ "$(nos-rekey "${SEALED[@]}" --source "$SOURCE" | jq -r .status)" = unchanged ]
	[ "$(nos-rekey "${SEALED[@]}" --renew "$SOURCE" | jq -r .status)" = unchanged ]
	[ "$(hook "$TLS_URL" <<<"$reading")" = 202 ]
	nos-rekey "${SEALED[@]}" --revoke "$SOURCE"
	[ "$(hook "$TLS_URL" <<<"$reading")" = 401 ]
	[ "$(nos-keytable sources "${SEALED[@]}" | jq -r .state)" = compromised ]
	bearer
	[ "$(hook "$TLS_URL" <<<"$reading")" = 202 ]
	eventually records 2
	nos-token forget "${SEALED[@]}" "$SOURCE"
	[ "$(hook "$TLS_URL" <<<"$reading")" = 401 ]
	[ -z "$(state)" ]
	run ! grep -aq "$SOURCE" <(sqlite3 node.db 'SELECT * FROM state' | grep -v forgotten)
}

@test "behind a proxy a token is worth the proxy's TLS, with one more who holds the key" {
	node_start --print --tls-proxy 256 --anonymous no
	[ "$(curl -s -o answer -w '%{http_code}' -H 'Content-Type: application/json' -d "$reading" "$URL/v1/data")" = 403 ]
	bearer --url https://proxy.example
	[ "$(hook "$URL" <<<"$reading")" = 202 ]
	eventually test -s out
	[ "$(jq -c '.raw | [.bits, .holders, .proof]' out)" = '[256,3,"bearer"]' ]
	[ "$(state)" = open ]
}
