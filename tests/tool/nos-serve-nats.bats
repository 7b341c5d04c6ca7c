#!/usr/bin/env bats
# A node and the tools beside it on a store that NATS servers hold.

setup() {
	load helper
	command -v nats-server >/dev/null || { echo 'no nats-server: scripts/install-deps test' >&2; return 1; }
	nats_start
	STORE=(--store "$NATS")
	SEALED=("${STORE[@]}" --node-key node.key)
}
teardown() { everything_stops; }

# As we tell others to set one, on this port; and what sed does to it by the arguments.
nats_settings() { # PORT [ARGUMENT...]
	sed -e "s|^listen: .*|listen: 127.0.0.1:$1|; s|^\tstore_dir: .*|\tstore_dir: \"$PWD/js\"|" \
		-e '/^cluster {/,/^}/d' "${@:2}" "$ROOT/scripts/dist/nats-server.conf" >nats.conf
}

# A server on a free port, or on the one that it had: NATS_PID, NATS. Lines of NATS_MORE go into its settings.
nats_start() { # [PORT [ARGUMENT...]]
	local try port
	for try in {1..50}; do
		port=${1:-$((10000 + RANDOM % 20000))}
		nats_settings "$port" "${@:2}"
		echo "${NATS_MORE:-}" >>nats.conf
		nats-server -c nats.conf -l nats.log 3>&- &
		NATS_PID=$!
		OTHER_PIDS="${OTHER_PIDS:-} $NATS_PID"
		while kill -0 "$NATS_PID" 2>/dev/null; do
			if listens "$NATS_PID" "$port"; then
				NATS_PORT=$port NATS=nats://127.0.0.1:$port
				return
			fi
		done
		wait "$NATS_PID" || true
	done
	echo "no server after $try tries" >&2
	return 1
}

two_are_out() { [ "$(wc -l <out)" -eq 2 ]; }

@test "a source registers, sends, is revoked and forgotten on NATS servers as it is on a file" {
	node_start --print
	[ "$(jq -r .store <<<"$READY")" = "$NATS" ]
	(umask 077 && nos-token new "${SEALED[@]}" --kind weather-station --url "$URL" >enrolment)
	nos-register --keyring campo.key --name campo <enrolment >/dev/null
	printf '{"type":"air_temperature","value":%d,"unit":"Cel"}\n' 20 21 | nos-send --keyring campo.key >answers
	[ "$(jq -r .status answers | sort -u)" = accepted ]
	eventually two_are_out
	[ "$(nos-keytable "${STORE[@]}" sources --format json | jq -r .name)" = campo ]
	nos-rekey "${SEALED[@]}" --revoke campo >/dev/null
	run -77 nos-send --keyring campo.key <<<'{"type":"air_temperature","value":22,"unit":"Cel"}'
	node_stop
	[ "$NODE_STATUS" = 0 ]
	nos-token "${SEALED[@]}" forget campo >forgotten
	[ "$(jq -c '[.entries, .status]' forgotten)" = '[3,"forgotten"]' ]
	[ -z "$(nos-keytable "${STORE[@]}" sources)" ]
}

@test "a source is forgotten on NATS servers as on a file, and its records are waited for no more" {
	metric() { curl -s "$ADMIN/metrics" | grep -qx "$1 $2"; }
	broker_start
	port=$BROKER_PORT
	node_start --mqtt "$MQTT"
	for name in a b; do
		nos-token new "${SEALED[@]}" --url "$URL" 2>/dev/null | nos-register --keyring $name.key --name $name >/dev/null
		nos-send --keyring $name.key <<<'{"type":"t","value":1}' >/dev/null
	done
	# What is kept of them is written by the lanes first.
	node_stop
	node_start --mqtt "$MQTT"
	eventually metric nos_outbox_records 0
	metric nos_sources 2
	broker_stop
	for name in a b a; do
		printf '{"type":"t","value":%d}\n' {1..10} | nos-send --keyring $name.key --url "$URL" >/dev/null
	done
	eventually metric nos_outbox_records 30
	nos-token forget a "${SEALED[@]}" >/dev/null
	eventually metric nos_outbox_records 10
	eventually metric nos_sources 1
	nos-token forget b "${SEALED[@]}" >/dev/null
	eventually metric nos_outbox_records 0
	eventually metric nos_sources 0
	[ -z "$(nos-keytable "${STORE[@]}" sources)" ]
	broker_start "$port"
	connected() { [ "$(curl -s "$ADMIN/healthz")" = '{"status":"ok","broker":"connected"}' ]; }
	eventually connected
	node_stop
	[ "$NODE_STATUS" = 0 ]
}

@test "what a node on NATS servers accepted is there when both have died and come back" {
	node_start --print
	post application/json - /v1/data <<<'{"type":"air_temperature","value":1}'
	[ "$STATUS" = 202 ]
	node_stop KILL
	kill -9 "$NATS_PID"
	wait "$NATS_PID" || true
	run -69 nos-keytable "${STORE[@]}" sources
	[[ $output == *"no NATS server is reached at 127.0.0.1:$NATS_PORT"* ]]
	nats_start "$NATS_PORT"
	node_start --print
	post application/json - /v1/data <<<'{"type":"air_temperature","value":2}'
	[ "$STATUS" = 202 ]
	both() { jq -r .value out | sort -u | xargs | grep -qx '1 2'; }
	eventually both
}

@test "a server that asks for TLS and a password, as its settings have it, lets in who has both" {
	kill "$NATS_PID"
	wait "$NATS_PID" || true
	(
		umask 077
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=n1 \
			-addext subjectAltName=IP:127.0.0.1 -keyout tls.key -out tls.pem 2>/dev/null
		password=$(openssl rand -hex 16)
		printf 'nos\n%s\n' "$password" >creds
		printf 'nos\nanother\n' >wrong
		printf '%s\n' 's|^#accounts|accounts|; s|^#tls|tls|' "s|PASSWORD|$password|; s|/etc/nats/|$PWD/|g" >edits
	)
	nats_start "$NATS_PORT" -f edits
	TLS=(--store "tls://127.0.0.1:$NATS_PORT" --node-key node.key)
	nos-serve --init "${TLS[@]}" --store-creds creds --store-ca tls.pem
	nos-token new --url http://127.0.0.1 "${TLS[@]}" --store-creds creds --store-ca tls.pem >enrolment
	run -77 nos-keytable sources "${TLS[@]}" --store-ca tls.pem
	run -77 nos-keytable sources "${TLS[@]}" --store-creds wrong --store-ca tls.pem
	run -69 nos-keytable sources "${TLS[@]}" --store-creds creds
}

authority() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
# What nos-serve says is one line.
says() { # STATUS LINE OPTION…
	run "-$1" --separate-stderr nos-serve --store "$NATS" --node-key node.key "${@:3}"
	[ "$output" = '' ]
	[ "$stderr" = "nos-serve: $2" ]
}

@test "a password that is wrong, none, and an authority that did not sign the server are one line each, which names the remedy" {
	away="store: TLS with localhost:"
	NATS=tls://localhost:$NATS_PORT
	says 69 "$away$NATS_PORT: Secure Connection not available"
	authority server
	authority other
	(umask 077; printf 'me\nsecret\n' >creds; printf 'me\nother\n' >wrong)
	NATS_MORE="tls { cert_file: \"$PWD/server.pem\", key_file: \"$PWD/server.key\" }
		authorization { user: me, password: secret }"
	nats_start
	NATS=tls://localhost:$NATS_PORT
	unknown="$away$NATS_PORT: self-signed certificate: look at --store-ca"
	not_in="store: localhost:$NATS_PORT does not let us in: look at --store-creds"
	says 69 "$unknown" --store-ca other.pem --store-creds creds
	says 69 "$unknown" --store-creds creds
	says 77 "$not_in" --store-ca server.pem --store-creds wrong
	says 77 "$not_in" --store-ca server.pem
	NATS=tls://127.0.0.1:$NATS_PORT
	says 69 "store: TLS with 127.0.0.1:$NATS_PORT: IP address mismatch" --store-ca server.pem --store-creds creds
	NATS=tls://localhost:$NATS_PORT
	node_start --store "$NATS" --store-ca server.pem --store-creds creds
	[ "$(jq -r .store <<<"$READY")" = "$NATS" ]
}

# The server is there again, with another password.
password() {
	kill -9 "$NATS_PID"
	wait "$NATS_PID" || true
	NATS_MORE="authorization { user: me, password: $1 }"
	nats_start "$NATS_PORT"
}
answered() {
	post application/json - /v1/data <<<"{\"type\":\"count\",\"value\":$2}"
	[ "$STATUS" = "$1" ]
}

@test "a node whose password the servers change answers 503 until the file has the new one, and goes on" {
	password first
	(umask 077; printf 'me\nfirst\n' >creds)
	node_start --store-creds creds --print
	eventually answered 202 1
	password second
	eventually answered 503 2
	eventually grep -q "$NATS_PORT does not let us in any more: look at --store-creds" err
	printf 'me\nsecond\n' >creds
	eventually answered 202 3
	shown() { [ "$(jq -r .value out | sort -u | xargs)" = '1 3' ]; }
	eventually shown
	node_stop
	[ "$NODE_STATUS" = 0 ]
}

# The answer has it from no server: it says that none is reached.
is_away() { [ "$(jq -r .detail <<<"$ANSWER")" = 'the store cannot be reached now' ]; }
refused_at_once() {
	post application/jose - /v1/sources <<<junk
	[ "$STATUS" = 503 ] && grep -qi '^retry-after: 1' headers && is_away || return 1
	post application/json - /v1/data -H "Authorization: Bearer $(jq -r .token webhook.json)" <<<'{}'
	[ "$STATUS" = 503 ] && is_away || return 1
	ANSWER=$(curl -s -H 'Authorization: Nos AAAAAAAAAAAAAAAAAAAAAA' "$URL/v1/sources/s-0123456789/keys?wait=0")
	is_away || return 1
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$ADMIN/healthz")" = 503 ]
}

@test "a node that knows that its store is away refuses at once what needs it, until it is back" {
	node_start --tls-proxy 128
	(umask 077 && nos-token new --bearer "${SEALED[@]}" --url https://n >webhook.json)
	kill -9 "$NATS_PID"
	wait "$NATS_PID" || true
	eventually refused_at_once
	# Nobody has a lane meanwhile, and nobody is said to.
	answered 503 1
	[ "$(jq -r .detail <<<"$ANSWER")" = 'the store cannot be reached now' ]
	nats_start "$NATS_PORT"
	eventually answered 202 2
	post application/jose - /v1/sources <<<junk
	[ "$STATUS" = 400 ]
	node_stop
	[ "$NODE_STATUS" = 0 ]
}

@test "a node whose store is full says so at once to who sends, and answers who reads" {
	kill -9 "$NATS_PID"
	wait "$NATS_PID" || true
	nats_start "$NATS_PORT" -e 's/max_file: .*/max_file: 3MB/'
	node_start --keep-size 1G
	jq -nc '[range(400) | {type: "count", value: .}]' >many
	is_unwritten() { [ "$STATUS" = 503 ] && [ "$(jq -r .detail <<<"$ANSWER")" = 'the store cannot be written now' ]; }
	# What comes while it becomes full waits for an answer.
	fill() {
		curl -s -m 1 -o /dev/null -H 'Content-Type: application/json' --data-binary @many "$URL/v1/data" || true
		post application/jose - /v1/sources <<<junk
		is_unwritten
	}
	eventually fill
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$ADMIN/healthz")" = 503 ]
	unwritten_data() { post application/json - /v1/data <<<'{"type":"count","value":1}' && is_unwritten; }
	eventually unwritten_data
	[ "$(curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Nos AAAAAAAAAAAAAAAAAAAAAA' \
		"$URL/v1/sources/s-0123456789/keys?wait=0")" = 401 ]
}

@test "a server without JetStream, and one alone of which copies are asked, are one line each, which names the remedy" {
	says 78 "store: KV_nos-_store: there are fewer than 3 servers with JetStream in the cluster of 127.0.0.1:$NATS_PORT: start them, or ask for fewer copies with ?replicas=" \
		--store "$NATS/nos?replicas=3"
	kill -9 "$NATS_PID"
	wait "$NATS_PID" || true
	nats_start '' -e '/^jetstream {/,/^}/d'
	says 78 "store: 127.0.0.1:$NATS_PORT has no JetStream, or not for this account: it needs 'jetstream' in its settings"
}

@test "--check says of credentials and of the node in the store what a start would say" {
	nos-serve --init -q "${SEALED[@]}"
	(umask 077 && printf 'me\nsecret\n' >creds)
	run -0 nos-serve --check "${SEALED[@]}" --store-creds creds --node 1
	says 78 "the store is node 1's, not 2's" --check --node 2
	says 66 'none: is not there: look at --store-creds' --check --store-creds none
	says 66 'none: is not there: look at --store-creds' --store-creds none
	says 66 'none: is not there: look at --store-ca' --check --store-ca none
	chmod 644 creds
	says 77 "'creds' is open to others: chmod 600 creds" --check --store-creds creds
	chmod 600 creds
	echo me >creds
	says 78 'creds: neither credentials of NATS nor two lines, a name and a password' --check --store-creds creds
	# So it is where no server is there to be asked.
	kill -9 "$NATS_PID"
	wait "$NATS_PID" || true
	says 78 'creds: neither credentials of NATS nor two lines, a name and a password' --check --store-creds creds
	chmod 644 node.key
	says 77 "'node.key' is open to others: chmod 600 node.key" --check
}

@test "two nodes of one number that throw each other out of a broker say what it may be, and another number mends it" {
	broker_start
	node_start --mqtt "$MQTT"
	other_starts() { # PREFIX [ARGUMENT...]
		nos-serve --store "$NATS/$1" --node-key "$1.key" --listen 127.0.0.1:0 --admin '' --mqtt "$MQTT" "${@:2}" 2>"$1.err" 3>&- &
		OTHER=$!
		OTHER_PIDS="$OTHER_PIDS $OTHER"
	}
	other_starts two
	perhaps='nos-serve: broker: each connection ends at once: perhaps another node 1 is there, and they throw each other out: make the store of one of them with another --node'
	eventually grep -qx "$perhaps" err
	eventually grep -qx "$perhaps" two.err
	[ "$(grep -c perhaps err)" = 1 ]
	kill -9 "$OTHER"
	wait "$OTHER" || true
	other_starts three --node 3
	eventually grep -q 'broker: connected' three.err
	fails grep perhaps three.err
}

@test "what the account of a store holds on its servers, and may hold, is in the metrics" {
	kill -9 "$NATS_PID"
	wait "$NATS_PID" || true
	NATS_MORE='accounts { NOS { jetstream: { max_file: 1000000000 }, users: [{ user: nos, password: nos }] } }
		no_auth_user: nos'
	nats_start
	SEALED[1]=$NATS
	node_start
	eventually answered 202 1
	metric() { curl -s "$ADMIN/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }
	counted() { [ "$(metric nos_store_account_bytes)" -gt 0 ] && [ "$(metric nos_store_account_bytes)" -ge "$(metric nos_store_bytes)" ]; }
	eventually counted
	[ "$(metric nos_store_account_limit_bytes)" = 1000000000 ]
}
