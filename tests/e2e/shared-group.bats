#!/usr/bin/env bats
# What a group shares and what it does not: its members hear the broker, may read one another where the
# group was made so, and only there; the scores say it.

setup() {
	load ../tool/helper
	load faults
	load key
	load group
}
teardown() { everything_stops; }

members() { # option…
	broker_start
	node_start --mqtt "$MQTT" --print
	for name in a b; do
		nos-token new --group roof "$@" --url "$URL" "${SEALED[@]}" 2>/dev/null |
			nos-register --keyring $name.key --name $name >/dev/null
	done
	nos-rekey --group roof "${SEALED[@]}" >/dev/null
	for i in 1 2; do
		for name in a b; do numbers $i $i | nos-send --keyring $name.key >/dev/null; done
	done
}

# The content key of b, of the group's key that a has: in the file key.jwk.
key_of_b() { # label
	local index kid c
	index=$(jq '[.keys[].key | startswith("p.")] | index(false)' a.key)
	kid=$(jq -r ".keys[$index].key" b.key)
	derived a.key "$index"
	[ "$1" = group ] || P=$D # of its own static key alone: all that it has
	c=$(expand "$P" 16 "$(hex_of "nos/1 $1")00$(field "$kid")$(field "$(jq -r .source b.key)")$(field A128GCM)")
	printf '{"kty":"oct","k":"%s"}' "$(tr a-f A-F <<<"$c" | basenc --base16 -d | basenc --base64url -w0 | tr -d =)" >key.jwk
}
pack_of_b() {
	cp a.key a.own
	cp b.key a.key
	numbers 7 7 >reading
	capture_pack
	cp a.own a.key
}

@test "in a shared group a member reads what another sends, and the scores count all who hold the key" {
	members --shared
	eventually test "$(jq -r .key out | grep -c '^g.1.0.1$')" -ge 1
	[ "$(jq -c 'select(.key == "g.1.0.1") | [.raw.holders, (.scores | .confidentiality, .authentication)]' out | sort -u)" = '[3,0.872417,0.872417]' ]
	pack_of_b
	key_of_b group
	[ "$(jose jwe dec -i ours -k key.jwk)" = "$(cat reading)" ]
}

@test "in a group that is not shared a member does not, and two hold a key" {
	members
	[ "$(jq -c 'select(.key == "s.1.0.1") | [.raw.holders, .scores.confidentiality]' out | sort -u)" = '[2,1]' ]
	pack_of_b
	for label in group data; do
		key_of_b $label
		run jose jwe dec -i ours -k key.jwk
		[ "$status" -ne 0 ]
	done
}

@test "a source that hears the broker sends under the next key without a word from the node" {
	members
	mkfifo in
	nos-send --keyring a.key --follow --mqtt "$MQTT" --batch 1 <in >answers 2>send.err 3>&- &
	OTHER_PIDS=$!
	exec 8>in
	told() { [ "$(wc -l <answers)" -ge "$1" ]; }
	numbers 3 3 >&8
	eventually told 1
	for t in 2 3; do
		nos-rekey --group roof "${SEALED[@]}" >/dev/null
		has_moved() { [ "$(jq -r '.group.clock.t' a.key)" -eq $t ]; }
		eventually has_moved
	done
	nos-rekey --revoke b "${SEALED[@]}" >/dev/null
	turned() { [ "$(jq -c '.group.clock | [.epoch, .t]' a.key)" = '[1,4]' ]; }
	eventually turned
	before=$(other_requests)
	numbers 4 5 >&8
	eventually told 3
	[ "$(jq -r 'select(.value >= 4).key' out | sort -u)" = s.1.1.4 ]
	exec 8>&-
	wait $OTHER_PIDS
	OTHER_PIDS=
	jq -se 'all(.[]; .status == "accepted")' answers
	echo "# $(($(other_requests) - before)) requests but for packs" >&3
}

@test "a shared group moves on when a member goes: what that one still has speaks for nobody" {
	members --shared
	numbers 9 9 >reading
	cp a.key a.own
	pack_of_b
	nos-rekey --revoke a "${SEALED[@]}" >/dev/null
	# A pack of b under the key that a had as well, made before or by a: refused, with the way on.
	post application/jose ours /v1/data
	[ "$STATUS" = 401 ]
	[ "$(jq 'has("order")' <<<"$ANSWER")" = true ]
	for i in 11 12 13; do numbers $i $i | nos-send --keyring b.key | jq -e '.status == "accepted"'; done
	[ "$(jq -r 'select(.value == 13).key' out)" = g.1.1.2 ]
}
