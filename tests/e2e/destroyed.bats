#!/usr/bin/env bats
# A key that was destroyed is found nowhere: neither it, nor what was made of it, nor the bytes that it
# was sealed in. What finds nothing afterwards has found it before.

setup() {
	load ../tool/helper
	load key
	load faults
	SEARCH=$ROOT/build/${V:-release}/tests/help/search
}
teardown() { everything_stops; }

# A node and a source, which sends what it is told to: say.
begin() { # option of the node…
	node_start -v "$@"
	register a
	mkfifo told
	nos-send --keyring a.key --batch 1 -v <told >answers 2>send.err 3>&- &
	SENDER=$!
	OTHER_PIDS="${OTHER_PIDS:-} $SENDER"
	exec 7>told
	said=0
	say
	say
}
say() {
	said=$((said + 1))
	numbers $said $said >&7
	answered() { [ "$(wc -l <answers)" -eq $said ]; }
	eventually answered
}

# Of the source's first key, as name and hex, in files: of_key the key and what its packs are sealed under,
# of_chain what the next key's message is made under, of_base what all keys are, sealed the record.
take_secrets() {
	derived a.key 0
	[ "$P" = "$(to_hex "$(nos-keytable ct --source a --show-secrets "${SEALED[@]}" | jq -r .value)")" ]
	printf 'P %s\nD %s\nC %s\n' "$P" "$D" "$C" >of_key
	echo "Z $(to_hex "$(jq -r .static.key a.key)")" >of_base
	printf 'down %s\nup %s\n' "$(to_hex "$(jq -r .control.down.key a.key)")" \
		"$(to_hex "$(jq -r .control.up.key a.key)")" >of_chain
	take_sealed
	# That secrets were shown is seen with the first pack, which drops what was held; the next reads it.
	say
	say
}
# In pieces, wherever a page or a buffer cuts it.
take_sealed() {
	local hex i
	hex=$(to_hex "$(sqlite3 -readonly node.db "select value from state where ns = 'sources'" | jq -r .sealed)")
	for ((i = 0; i + 64 <= ${#hex}; i += 64)); do echo "sealed$i ${hex:i:64}"; done >>sealed
	[ ${#hex} -ge 256 ]
}

# Into the array PLACES.
all_places() {
	# shellcheck disable=SC2207 # words
	PLACES=(node.db* err out answers send.err a.key $(memory "$NODE_PID") $(memory "$SENDER"))
}
node_places() {
	# shellcheck disable=SC2207 # words
	PLACES=(node.db* err out answers send.err $(memory "$NODE_PID"))
}

# Is each of these found, in this place?
is_found() { # PLACE NAME…
	local name
	cat of_key of_chain of_base sealed | "$SEARCH" "$1" >found || true
	for name in "${@:2}"; do
		grep -q "^$name " found || { echo "$name is not in $1" >&2; return 1; }
	done
}
# None of what these files hold is in PLACES.
are_gone() { # FILE…
	local status=0
	cat "$@" | "$SEARCH" "${PLACES[@]}" >found || status=$?
	[ $status = 1 ]
}
gone() { # FILE…
	eventually are_gone "$@" || { cat found >&2; return 1; }
}

# The search finds each, where it must be.
control() {
	is_found a.key P Z down up
	sqlite3 node.db 'pragma wal_checkpoint(passive)' >/dev/null
	is_found node.db sealed0 sealed64 sealed128
	[ -z "$(memory "$NODE_PID")" ] || is_found "$(memory "$NODE_PID")" D C
	[ -z "$(memory "$SENDER")" ] || is_found "$(memory "$SENDER")" P Z down up
}

@test "a key that is replaced without an overlap" {
	begin --overlap 0s
	take_secrets
	control
	nos-rekey --all "${SEALED[@]}" >/dev/null
	take_sealed
	say
	say
	[ "$(kids a)" = 'p.2 active' ]
	all_places
	gone of_key of_chain sealed
	# Control: what still is in use is found by the same search.
	is_found a.key Z
}

@test "a key whose overlap is over" {
	begin --overlap 2s
	take_secrets
	control
	nos-rekey --all "${SEALED[@]}" >/dev/null
	say
	say
	take_sealed
	all_places
	gone of_key of_chain sealed
	[ "$(kids a)" = 'p.2 active' ]
}

@test "everything of a source that is renewed" {
	begin --overlap 0s
	take_secrets
	control
	nos-rekey --renew "${SEALED[@]}" >/dev/null
	take_sealed
	say
	say
	[ "$(kids a)" = 'p.2 active' ]
	all_places
	gone of_key of_chain of_base sealed
}

@test "everything of a source that is revoked, which never comes back" {
	begin
	take_secrets
	control
	nos-rekey --revoke a "${SEALED[@]}" >/dev/null
	node_places
	gone of_key of_chain of_base sealed
	# Control: the source still has it.
	is_found a.key P Z down up
}
