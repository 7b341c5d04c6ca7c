#!/usr/bin/env bats
# Nothing accepted is lost, nothing is stored twice: whatever dies, and whoever lies on the way.

setup() {
	load ../tool/helper
	load faults
}
teardown() { everything_stops; }

@test "a node killed 20 times under load loses and doubles nothing" {
	seed=${NOS_TEST_SEED:-$RANDOM}
	echo "# seed $seed" >&3
	RANDOM=$seed
	count=3000
	LISTEN=$(address_free)
	broker_start
	subscribe data 'nos/+/+/+/+'
	node_start --mqtt "$MQTT"
	nos-token new "${SEALED[@]}" 2>/dev/null | nos-register --keyring a.key
	numbers 1 $count | nos-send --keyring a.key --batch 5 --spool spool --wait 1s >answers 2>send.err 3>&- &
	sender=$!
	OTHER_PIDS=$sender
	for kill in {1..20}; do
		# A moment that is chosen at random, of up to 0.1 s: nothing is waited for.
		read -r -t "0.0$((RANDOM % 10))$((RANDOM % 10))" <> <(:) || true
		node_stop KILL
		node_start --mqtt "$MQTT"
	done
	wait $sender
	# What still waits in the spool goes now.
	emptied() { nos-send --keyring a.key --spool spool </dev/null 2>>send.err && [ -z "$(ls spool/*/*.jwe 2>/dev/null)" ]; }
	eventually emptied
	[ "$(jq -s 'map(select(.status == "rejected" or .error)) | length' answers)" -eq 0 ]
	all_out() { [ "$(received data | sed 's/^[^ ]* //' | jq -s 'map(.value) | unique | length')" -eq $count ]; }
	eventually all_out
	node_stop
	is_whole $count
	echo "# $(jq -rs 'group_by(.status) | map("\(.[0].status) \(length)") | join(", ")' answers)" >&3
}

@test "a keyring put back loses no reading and doubles none" {
	node_start
	nos-token new "${SEALED[@]}" 2>/dev/null | nos-register --keyring a.key
	cp a.key old.key
	numbers 1 3 | nos-send --keyring a.key
	# The same keyring put back: the same number with other bytes, and the readings go under a new one.
	cp old.key a.key
	run -0 --separate-stderr nos-send --keyring a.key < <(numbers 4 6)
	[[ $stderr == *'old copy'* ]]
	[ "$(jq -cs 'map(.status) | unique' <<<"$output")" = '["accepted"]' ]
	node_stop
	is_whole 6
}

# An HTTP server that says the same to everyone: $1 status line, $2 body.
liar() {
	printf 'HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
		"$1" "${#2}" "$2" >lie
	cat >liar.sh <<'END'
while IFS=': ' read -r name value; do
	value=${value%$'\r'}
	[[ ${name,,} = content-length ]] && length=$value
	[[ $name = $'\r' || -z $name ]] && break
done
head -c "${length:-0}" >/dev/null
cat lie
END
	socat -d -d TCP-LISTEN:0,bind=127.0.0.1,reuseaddr,fork SYSTEM:'bash liar.sh' 2>liar.log 3>&- &
	OTHER_PIDS="${OTHER_PIDS:-} $!"
	eventually grep -q 'listening on' liar.log
	LIAR=http://$(sed -n 's/.*listening on AF=2 //p' liar.log | head -n 1)
}

@test "a forged 202 or 401 on the way makes the source lose nothing" {
	node_start
	nos-token new "${SEALED[@]}" 2>/dev/null | nos-register --keyring a.key
	for lie in '202 Accepted|{"accepted":3,"duplicates":0,"rejected":[],"position":1,"keys":[],"next":2,"resync":false}' \
		'401 Unauthorized|{"type":"urn:nos:tag","title":"not authenticated","status":401,"detail":"does not verify"}' \
		'422 Unprocessable|{"type":"urn:nos:data","title":"bad input","status":422,"detail":"no reading is good"}' \
		'403 Forbidden|{"type":"urn:nos:denied","title":"denied","status":403,"detail":"revoked"}'; do
		liar "${lie%%|*}" "${lie#*|}"
		run nos-send --keyring a.key --url "$LIAR" --spool spool --wait 1s < <(numbers 1 3)
		[ "$(jq -cs 'map(.status) | unique' <<<"$(grep '^{' <<<"$output")")" = '["spooled"]' ]
		kill ${OTHER_PIDS##* }
		rm -f liar.log
	done
	# Control: without a receipt to check, an anonymous source believes the first of these.
	liar '202 Accepted' '{"accepted":3,"duplicates":0,"rejected":[],"position":1}'
	run -0 nos-send --anonymous --url "$LIAR" < <(numbers 1 3)
	[ "$(jq -cs 'map(.status) | unique' <<<"$output")" = '["accepted"]' ]
	# The truth again: everything that was spooled arrives, under its first number, once.
	run -0 --separate-stderr nos-send --keyring a.key --spool spool </dev/null
	[[ $stderr == *'4 packs accepted, 0 waiting'* ]]
	node_stop
	[ "$(sqlite3 node.db 'select count(*) from stream_raw')" -eq 4 ]
}
