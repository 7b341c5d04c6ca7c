#!/usr/bin/env bats
# A node's own keys are replaced, and everybody follows; nobody else's are.

setup() { load ../tool/helper; }
teardown() { everything_stops; }

reading() { echo "{\"type\":\"t\",\"value\":$1}" | nos-send --keyring "${2:-a.key}" --wait 2s; }
pin_of() { curl -s "$URL/v1/node" | jq -r '.keys[0] | {crv,kty,x,y}' | jose jwk thp -i- -a S256; }

@test "sources follow the node's new keys without a token, and the old ones go when all have" {
	node_start
	nos-token new "${SEALED[@]}" 2>/dev/null >early
	nos-token new "${SEALED[@]}" 2>/dev/null | nos-register --keyring a.key >/dev/null
	reading 1 >/dev/null
	old=$(jq -r .node.pin a.key)
	run -0 nos-rekey "${SEALED[@]}" --identity --reason yearly
	new=$(jq -r .pin <<<"$output")
	[ "$new" != "$old" ]
	shown() { [ "$(pin_of)" = "$new" ]; }
	eventually shown
	[ "$(curl -s "$URL/v1/node" | jq '.previous | length')" -eq 1 ]
	# The next answer tells it, and one ask under the new key is made.
	[ "$(reading 2 | jq -r .status)" = accepted ]
	[ "$(jq -r .node.pin a.key)" = "$new" ]
	[ "$(reading 3 | jq -r .status)" = accepted ]
	# An enrolment that pins the old key still registers, and its source follows as well.
	run -0 nos-register --keyring b.key <early
	[ "$(jq -r .node.pin b.key)" = "$old" ]
	[ "$(reading 4 b.key | jq -r .status)" = accepted ]
	[ "$(jq -r .node.pin b.key)" = "$new" ]
	# Until the enrolments that pin the old keys have expired they stay; then nobody needs them. A start
	# looks at once.
	node_stop
	sqlite3 node.db "update state set value = json_set(value, '$.expires', 1) where ns = 'tokens'"
	node_start
	gone() { [ "$(curl -s "$URL/v1/node" | jq 'has("previous")')" = false ]; }
	eventually gone
	nos-keytable audit "${STORE[@]}" | jq -se 'map(select(.what == "identity") | .to) == ["active", "destroyed"]'
}

@test "a node that says it has new keys, which the old ones did not sign, is not followed" {
	node_start
	nos-token new "${SEALED[@]}" 2>/dev/null | nos-register --keyring a.key >/dev/null
	old=$(jq -r .node.pin a.key)
	nos-rekey "${SEALED[@]}" --identity >/dev/null
	changed() { curl -s "$URL/v1/node" | jq -e .previous >/dev/null; }
	eventually changed
	# Who lies on the way puts a key of his own in place of the new one.
	curl -s "$URL/v1/node" >document
	key=$(jose jwk gen -i '{"kty":"EC","crv":"P-256"}' | jq -c '{kty,crv,x,y,use:"enc"}')
	jq -c --argjson key "$key" '.keys[0] = $key' document >forged
	cat >way.sh <<'END'
read -r line
head=$line
length=0
while read -r header && [[ $header != $'\r' ]]; do
	[[ ${header,,} != content-length:* ]] || length=$(tr -dc 0-9 <<<"$header")
	[[ ${header,,} = connection:* ]] || head+=$'\n'$header
done
if [[ $line == 'GET /v1/node '* ]]; then
	printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n' "$(stat -c %s forged)"
	cat forged
else
	{ printf '%s\nConnection: close\r\n\r\n' "$head"; head -c "$length"; } | socat -t 5 - "TCP:$NODE"
fi
END
	NODE=${URL#http://} socat -d -d TCP-LISTEN:0,bind=127.0.0.1,reuseaddr,fork SYSTEM:'bash way.sh' 2>way.log 3>&- &
	OTHER_PIDS=$!
	eventually grep -q 'listening on' way.log
	way=http://$(sed -n 's/.*listening on AF=2 //p' way.log)
	echo '{"type":"t","value":1}' | nos-send --keyring a.key --url "$way" --wait 2s >/dev/null || true
	[ "$(jq -r .node.pin a.key)" = "$old" ]
	# The control: by the straight way it is followed.
	[ "$(reading 2 | jq -r .status)" = accepted ]
	[ "$(jq -r .node.pin a.key)" != "$old" ]
}
