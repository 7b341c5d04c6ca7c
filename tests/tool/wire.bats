#!/usr/bin/env bats

# nos-wire(7) against a running node: what the page's tables and examples say, taken out of the page, and a
# source that is made of the pages alone (tests/twin/source.py).

setup() {
	load helper
	PAGE=$ROOT/man/nos-wire.7
}
teardown() { everything_stops; }

# What stands in the page as an example of this name and kind.
example() {
	awk -v mark=".\\\\\" EXAMPLE $1 $2" '$0 == mark {found = 1; next}
		found && /^\.Bd/ {on = 1; next} on && /^\.Ed/ {exit} on' "$PAGE" | tee example
	[ -s example ]
}
# A vector of nos-schemes(7), a text or bytes in hex.
vector() {
	awk -v name="$1" 'index($0, name ": ") == 1 || index($0, name " = ") == 1 {
			on = 1; sub(/^.*(: | = )/, ""); printf "%s", $0; next}
		on && /^  / {printf "%s", substr($0, 3); next} on {exit}' "$ROOT/man/nos-schemes.7" | tee vector
	[ -s vector ]
}
hex_to_base64url() { xxd -r -p | base64 -w 0 | tr '+/' '-_' | tr -d '='; }

# The rows of a table under this heading: method, path, body, status, answer; - for nothing.
rows() {
	sed -n "/^\.Sh $1\$/,/^\.S[sh] [^$1]/p" "$PAGE" | sed -nE 's/^\.It (GET|POST) Ta (.*)$/\1 Ta \2/p' |
		sed -E 's/\\&/-/g; s/ Ta / /g'
}

@test "a source that is made of the pages alone registers, sends, polls, acknowledges and asks" {
	node_start --print
	nos-token new "${SEALED[@]}" >enrolment
	python3 "$ROOT/tests/twin/source.py" "$URL" <enrolment >said
	taken() { [ "$(wc -l <out)" -eq 2 ]; }
	eventually taken
	jq -se '[.[].key] == ["p.1", "p.2"] and all(.scores.integrity == 1 and .scores.authentication == 1)' out
	false
}
