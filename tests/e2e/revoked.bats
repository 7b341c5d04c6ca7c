#!/usr/bin/env bats
# What a source that was revoked can still do: be told so.

setup() {
	load ../tool/helper
	load key
	load faults
	HELP=$ROOT/build/${V:-release}/tests/help
}
teardown() { everything_stops; }

revoke() { nos-rekey --revoke "$@" "${SEALED[@]}" >/dev/null; }

# One pack of the keyring $1, in the file $2.
pack() { "$HELP/packs" 1 1 "$1" | tr -d '\n' >"$2"; }

# Status, headers and body of the refusal of a pack, without what is another's in each answer.
refusal() { # FILE
	post application/jose "$1" /v1/data
	echo "$STATUS"
	grep -vi '^date:' headers
	jq -cS '.nonce |= length' <<<"$ANSWER"
	echo "${#ANSWER}"
}

@test "its packs are refused as those of a source that never was, byte by byte" {
	node_start
	register a
	pack a.key first
	jq '.source = "s-0000000000"' a.key >nobody.key
	chmod 600 nobody.key
	pack nobody.key nobodys
	post application/jose first /v1/data
	[ "$STATUS" = 202 ]
	revoke a
	refusal first >revoked
	refusal nobodys >unknown
	[ "$(head -n 1 revoked)" = 401 ]
	cmp revoked unknown
}

@test "an authenticated poll is told of it under a receipt, and the source stops" {
	node_start
	register a
	numbers 1 1 | nos-send --keyring a.key
	revoke a
	# Without the receipt anyone could say it: the refused pack, the node's card, the ask, then the poll.
	between_start "${URL##*:}" pass pass pass strip
	run -77 --separate-stderr nos-send --keyring a.key --url "$BETWEEN" --wait 0s < <(numbers 2 2)
	[[ $stderr == *'does not know the key of'*'nothing was deleted'* && $stderr != *revoked* ]]
	[ "$(jq -r .error.code <<<"$output")" = tag ]
	run -77 --separate-stderr nos-send --keyring a.key --url "$BETWEEN" --wait 0s < <(numbers 2 4)
	[[ $stderr == *'the source was revoked'* ]]
	[ "$(jq -r .error.code <<<"$output" | sort -u)" = denied ]
	[ "$(sqlite3 node.db 'select count(*) from stream_raw')" -eq 1 ]
}

# Of what was recorded, as files in the folder messages: the packs, acknowledgements and answers to asks as
# they are, and the key messages of lists.
sort_messages() {
	local file message n=0
	mkdir messages
	for file in record/*; do
		case $(head -c 3 "$file" | tr -d '\0') in
		eyJ) cp "$file" "messages/pack-${file##*/}" ;;
		'{"'*)
			while read -r message; do
				n=$((n + 1))
				to_hex "$message" | tr a-f A-F | basenc --base16 -d >"messages/key-$n"
			done < <(jq -r '.keys[]? | strings' "$file")
			;;
		?*) cp "$file" "messages/bytes-${file##*/}" ;;
		esac
	done
}
# The keyring's secrets, in hex.
held() {
	jq -r '.static.key, .control.down.key, .control.up.key, .keys[].value' "$1" |
		while read -r text; do to_hex "$text"; echo; done
}
opens() { "$HELP/opens" sqlite:node.db node.key a messages/* | grep -c ' opens$' || true; }

@test "nothing that it ever sent or was sent opens under what the node still has" {
	node_start --overlap 0s
	register a
	mkdir record
	BETWEEN_RECORD=record between_start "${URL##*:}"
	send() { nos-send --keyring a.key --url "$BETWEEN" --batch 1 >/dev/null; }
	held a.key >stolen
	numbers 1 2 | send
	nos-rekey --all "${SEALED[@]}" >/dev/null
	numbers 3 4 | send
	held a.key >>stolen
	nos-rekey --renew "${SEALED[@]}" >/dev/null
	numbers 5 6 | send
	held a.key >>stolen
	sort_messages
	# Six packs, a key message, two acknowledgements, an ask and its answer.
	[ "$(ls messages | sed 's/-.*//' | sort | uniq -c | xargs)" = '4 bytes 1 key 6 pack' ]
	# The node that holds a key opens what is under that, and no more.
	[ "$(opens </dev/null)" -eq 1 ]
	revoke a
	[ -z "$(nos-keytable ct --show-secrets "${SEALED[@]}")" ]
	[ "$(opens </dev/null)" -eq 0 ]
	# Control: who had stolen the keyring each time opens the packs, the key message and its
	# acknowledgement; the ask's exchange not, whose secrets no keyring has before or behind it.
	[ "$(opens <stolen)" -eq 8 ]
}

@test "of a request that begins when nos-rekey has ended none is accepted, 50 times" {
	node_start
	for i in {1..50}; do
		register "s$i"
		pack "s$i.key" one
		"$HELP/rush" "${URL##*:}" one >rushed 3>&- &
		pid=$!
		accepted() { grep -q ' 202$' rushed; }
		eventually accepted
		revoke "s$i"
		ended=$(date +%s%N)
		wait $pid
		[ "$(awk -v ended="$ended" '$1 "" > ended "" && $2 == 202' rushed)" = '' ]
		[ "$(awk '$2 != 202 && $2 != 401' rushed)" = '' ]
		[ "$(tail -n 1 rushed | cut -d ' ' -f 2)" = 401 ]
	done
}
