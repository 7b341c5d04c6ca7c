#!/usr/bin/env bats
# What can be read on the way between a source and its node.

setup() {
	load ../tool/helper
	load key
	SEARCH=$ROOT/build/${V:-release}/tests/help/search
}
teardown() { everything_stops; }

# A proxy to the node that writes down both directions: PROXY.
proxy_start() {
	export TARGET=${URL#http://}
	socat -d -d TCP-LISTEN:0,bind=127.0.0.1,reuseaddr,fork \
		SYSTEM:'tee -a up | socat - "TCP\:${TARGET%:*}\:${TARGET#*:}" | tee -a down' 2>proxy.log 3>&- &
	OTHER_PIDS="${OTHER_PIDS:-} $!"
	eventually grep -q 'listening on' proxy.log
	PROXY=http://$(sed -n 's/.*listening on AF=2 //p' proxy.log | head -n 1)
}

b64url() { basenc --base64url -w0 | tr -d =; }

# Does the wire show these bytes (hex), in any form that tests/help/search.c looks for?
shows() { # hex
	"$SEARCH" up down <<<"it $1" >/dev/null
}

# Every key of a keyring, the token, and words of the readings, as hex.
secrets() {
	jq -r '.. | objects | (.key?, .value?) | select(type == "string" and length == 43)' a.key | while read -r key; do to_hex "$key"; echo; done
	to_hex "$(jq -r .token enrolment)"; echo
	printf 'air_temperature' | basenc --base16 -w0 | tr A-F a-f; echo
	printf -- '-17.25' | basenc --base16 -w0 | tr A-F a-f; echo
}

@test "no key, seed, token or reading is found on the wire, and a control finds what is sent open" {
	node_start --print
	proxy_start
	nos-token new "${SEALED[@]}" --url "$PROXY" 2>/dev/null >enrolment
	nos-register --keyring a.key --name campodenno <enrolment
	echo '{"type":"air_temperature","value":-17.25}' >reading
	run -0 nos-send --keyring a.key <reading
	[ "$(jq -r .status <<<"$output")" = accepted ]
	[ -s up ]
	[ -s down ]
	secrets >looked_for
	[ "$(wc -l <looked_for)" -ge 7 ]
	while read -r secret; do
		! shows "$secret" || { echo "found on the wire: $secret" >&2; return 1; }
	done <looked_for
	# The description goes sealed as well.
	fails shows "$(printf campodenno | basenc --base16 -w0)"
	# Control: the same reading without its seal is found, so the search can find.
	nos-send --anonymous --url "$PROXY" <reading
	shows "$(printf 'air_temperature' | basenc --base16 -w0 | tr A-F a-f)"
	shows "$(printf -- '-17.25' | basenc --base16 -w0 | tr A-F a-f)"
	# Control: a key sent open in each of the forms is found.
	key=$(head -n 1 looked_for)
	for form in "$key" "$(basenc --base16 -d <<<"${key^^}" | base64 -w0)" "x$(basenc --base16 -d <<<"${key^^}" | b64url)" \
		"$( (printf zz; basenc --base16 -d <<<"${key^^}") | b64url)"; do
		: >up
		curl -s -H 'Content-Type: text/plain' -d "$form" "$PROXY/v1/data" >/dev/null
		shows "$key"
	done
}

@test "a man in the middle cannot pose as the node, and a wrong pin is said" {
	node_start
	nos-serve --init --store sqlite:other.db --node-key other.key
	# Another node's enrolment, led to this one.
	nos-token new --store sqlite:other.db --node-key other.key --url "$URL" >enrolment 2>/dev/null
	run -77 --separate-stderr nos-register --keyring a.key <enrolment
	[[ $stderr == *'not the one that the enrolment names'* ]]
	[ ! -e a.key ]
}
