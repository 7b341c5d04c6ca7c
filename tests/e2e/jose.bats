#!/usr/bin/env bats
# Any JOSE library can be a source: packs of others are taken, and ours are opened by others. The
# content key is derived here by openssl alone, from a keyring, as nos-schemes(7) says.

setup() {
	load ../tool/helper
	load key
}
teardown() { everything_stops; }

registered() {
	node_start --print
	nos-token new "${SEALED[@]}" --kind weather-station 2>/dev/null | nos-register --keyring a.key
	content_key
	printf '{"kty":"oct","k":"%s"}' "$KEY" >key.jwk
	printf '{"type":"air_temperature","value":-7.9}' >reading
}

header() { printf '{"alg":"dir","enc":"A128GCM","kid":"p.1","src":"%s","seq":%d,"cty":"application/json"}' "$SOURCE" "$1"; }

@test "a pack made by the jose command is taken, and one of ours is opened by it" {
	registered
	jose jwe enc -i "{\"protected\":$(header 1)}" -k key.jwk -I reading -c -o pack
	printf %s "$(cat pack)" >one
	post application/jose one /v1/data
	[ "$STATUS" = 202 ]
	[ "$(jq .accepted <<<"$ANSWER")" -eq 1 ]
	grep -qi '^nos-receipt: [A-Za-z0-9_-]\{22\}' headers
	eventually test -s out
	[ "$(jq -c '[.source, .value, .scores.integrity]' out)" = "[\"$SOURCE\",-7.9,1]" ]
	# The same bytes again are the same pack.
	post application/jose one /v1/data
	[ "$(jq -c '[.accepted, .duplicates, .same]' <<<"$ANSWER")" = '[0,1,true]' ]
	capture_pack
	[ "$(jose jwe dec -i ours -k key.jwk)" = "$(cat reading)" ]
}

# A key that opens, and everything else as it should not be: $1 the header, or what is done to a good pack.
refused() { # status file
	post application/jose "$2" /v1/data
	[ "$STATUS" = "$1" ] || { echo "$2: $STATUS $ANSWER" >&2; return 1; }
	fails grep -qi '^nos-receipt:' headers
}

@test "packs that JOSE allows and nos does not are refused before a key is touched" {
	registered
	seal() { # protected header
		jose jwe enc -i "{\"protected\":$1}" -k key.jwk -I reading -c -o pack
		printf %s "$(cat pack)" >one
	}
	good=$(header 1)
	seal "$(jq -c '. + {zip: "DEF"}' <<<"$good")"
	refused 400 one
	seal "$(jq -c '. + {jku: "http://a"}' <<<"$good")"
	refused 400 one
	seal "$(jq -c 'del(.seq)' <<<"$good")"
	refused 400 one
	seal "$(jq -c '.seq = "1"' <<<"$good")"
	refused 400 one
	seal "$(jq -c '.seq = 0' <<<"$good")"
	refused 400 one
	seal "$(jq -c '.kid = "p.01"' <<<"$good")"
	refused 400 one
	# What no library makes is made of a good one's parts; its tag is then wrong as well.
	seal "$good"
	IFS=. read -r head _ iv text tag <<<"$(cat one)"
	b64url() { basenc --base64url -w0 | tr -d =; }
	bend() { # header text
		printf '%s..%s.%s.%s' "$(printf %s "$1" | b64url)" "$iv" "$text" "$tag" >bent
		refused 400 bent
	}
	bend "$(jq -c '. + {crit: ["exp"]}' <<<"$good")"
	bend "${good/\"seq\":1/\"seq\":1,\"seq\":1}"
	bend "${good/A128GCM/A256GCM}"
	bend "${good/dir/A128KW}"
	bend "${good/p.1/p\\u002e1}"
	bend "${good/\"seq\":1/\"seq\":1e0}"
	for one in "$head..$iv.$text.$tag.x" "$head..$iv.$text" "$head.AA.$iv.$text.$tag" "$head..$iv.$text.$tag=" \
		"$head..$iv..$tag" " $head..$iv.$text.$tag" "$head..${iv}AA.$text.$tag" "$head..$iv.$text.${tag%??}" \
		"$head..$iv.$text.${tag%?}B"; do
		printf %s "$one" >bent
		refused 400 bent
	done
	# And with a header that is good: a wrong tag, an unknown key, an unknown source all look alike.
	printf %s "$head..$iv.$text.A${tag#?}" >bent
	[ "${tag:0:1}" != A ] || printf %s "$head..$iv.$text.B${tag#?}" >bent
	refused 401 bent
	tag_answer=$(jq -c 'del(.nonce)' <<<"$ANSWER")
	seal "${good/p.1/p.2}"
	refused 401 one
	[ "$tag_answer" = "$(jq -c 'del(.nonce)' <<<"$ANSWER")" ]
	seal "${good/$SOURCE/s-0000000000}"
	refused 401 one
	[ "$tag_answer" = "$(jq -c 'del(.nonce)' <<<"$ANSWER")" ]
	# What is wrong behind a good tag is said under a receipt.
	seal "${good/application\/json/application/cbor}"
	post application/jose one /v1/data
	[ "$STATUS" = 415 ] && grep -qi '^nos-receipt:' headers
	# After all that the source is as it was.
	seal "$good"
	post application/jose one /v1/data
	[ "$STATUS" = 202 ]
}

@test "an old number is a duplicate, the same where its readings are; one below the window is not known any more" {
	registered
	cp reading first
	send() { # seq
		jose jwe enc -i "{\"protected\":$(header "$1")}" -k key.jwk -I reading -c -o pack
		printf %s "$(cat pack)" >one
		post application/jose one /v1/data
		jq -c '[.accepted, .duplicates, .same, .next]' <<<"$ANSWER"
	}
	[ "$(send 100)" = '[1,0,null,101]' ]
	[ "$(send 99)" = '[1,0,null,101]' ]
	# Sealed anew, another nonce in it: what is in it counts.
	[ "$(send 100)" = '[0,1,true,101]' ]
	jq -c '.value += 1' first >reading
	[ "$(send 100)" = '[0,1,null,101]' ]
	cp first reading
	[ "$(send 37)" = '[1,0,null,101]' ]
	[ "$(send 36)" = '[0,1,null,101]' ]
	[ "$(send 101)" = '[1,0,null,102]' ]
	# Its place in the window is 101's now.
	[ "$(send 37)" = '[0,1,null,102]' ]
}
