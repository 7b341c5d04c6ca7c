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
	run --separate-stderr nos-send --keyring a.key --url "$BETWEEN" --wait 0s < <(numbers 2 2)
	[ "$status" -ne 77 ] && [ "$status" -ne 0 ]
	[[ $stderr != *revoked* ]]
	run -77 --separate-stderr nos-send --keyring a.key --url "$BETWEEN" --wait 0s < <(numbers 2 4)
	[[ $stderr == *'the source was revoked'* ]]
	[ "$(jq -r .error.code <<<"$output" | sort -u)" = denied ]
	[ "$(sqlite3 node.db 'select count(*) from stream_raw')" -eq 1 ]
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
