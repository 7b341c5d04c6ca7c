#!/usr/bin/env bats

# Packs that come to a node through relays, each sealed by hand (tests/help/hop.c).

setup() { load helper; }
teardown() { everything_stops; }

HELP=build/${V:-release}/tests/help
hop() { "$ROOT/$HELP/hop" "$@"; }
keys() { "$ROOT/$HELP/keys" "$@"; }
orders() { "$ROOT/$HELP/orders" "$1" sqlite:node.db node.key "${@:2}"; }
reading='{"type":"air_temperature","value":-7.9,"unit":"Cel","time":1547812800}'
NDJSON=application/x-ndjson

register() { # KEYRING: its id
	nos-token new --kind weather-station "${SEALED[@]}" | nos-register --keyring "$1" | jq -r .source
}
# A node with these options, a source S with s.key, and as many relays: their ids M, keyrings m1.key …
with_relays() {
	local i
	node_start --print "${@:2}"
	S=$(register s.key)
	for ((i = 1; i <= $1; i++)); do M[i]=$(register "m$i.key"); done
}

# SEQ [READING]: a pack of the source's, in the file pack.
sealed() { printf '%s\n' "${2:-$reading}" | hop seal s.key "$1" $NDJSON >pack; }
# The file pack becomes what relay I makes of it, under number SEQ: from SOURCE, HOPS times raised.
carried() { # I SEQ SOURCE [HOPS]
	cp pack inner
	hop frame "m$1.key" "$3" "${4:-1}" <inner | hop seal "m$1.key" "$2" application/nos-hop >pack
}
# The same, of a body that came without a frame.
carried_from_nobody() { # I SEQ MEDIA
	cp pack inner
	hop nobody "$3" 1 <inner | hop seal "m$1.key" "$2" application/nos-hop >pack
}
# POST the file pack: STATUS, RECEIPT and the file body.
send() {
	post application/jose "${1:-pack}" /v1/data
	RECEIPT=$(sed -n 's/^nos-receipt: \(.*\)\r$/\1/Ip' headers)
	printf %s "$ANSWER" >body
}
# What the answer holds for who is inside becomes the answer.
go_inside() {
	STATUS=$(jq -r .hop.status body) RECEIPT=$(jq -r '.hop.receipt // ""' body)
	ANSWER=$(jq -r '.hop.body | gsub("-"; "+") | gsub("_"; "/") | @base64d' body)
	printf %s "$ANSWER" >body
}
says() { # STATUS FILTER of the answer
	[ "$STATUS" = "$1" ] && jq -e "$2" body >said || { echo "$STATUS $ANSWER" >&2; return 1; }
}
stored() { [ "$(entries -n node.db raw)" -eq "$1" ]; }
records() { [ "$(wc -l <out)" -eq "$1" ]; }
metric() { curl -s "$ADMIN/metrics" | awk -v name="$1" '$1 == name {print $2}'; }
table() { nos-keytable "$@" "${STORE[@]}"; }

@test "a pack through a relay is its source's, and both are answered under their own receipts" {
	with_relays 1
	sealed 1
	cp pack of_s
	carried 1 7 "$S"
	send
	says 202 '.accepted == 1 and .duplicates == 0 and .rejected == [] and .next == 8 and .resync == false and (has("position") or has("same") | not)'
	hop receipt m1.key pack body "$RECEIPT"
	go_inside
	says 202 '.accepted == 1 and .position == 1 and .next == 2 and (has("hop") | not)'
	hop receipt s.key of_s body "$RECEIPT"
	run ! hop receipt m1.key of_s body "$RECEIPT"
	eventually records 1
	jq -e --arg s "$S" --arg m "${M[1]}" '.source == $s and .seq == 1 and .via == [$m] and .raw.proof == "key" and .raw.holders == 2 and .scores.authentication == 1 and .scores.integrity == 1' out
	[ "$(metric nos_readings_accepted_total)" -eq 1 ]
	[ "$(metric nos_readings_duplicate_total)" -eq 0 ]
}

@test "the tables tell the last way of a source's packs, and count what a relay sealed" {
	with_relays 2
	sealed 1
	carried 1 1 "$S"
	carried 2 1 "${M[1]}" 2
	send
	says 202 '.hop.status == 202'
	both() {
		[ "$(table sources --source "$S" | jq -c .via)" = "[\"${M[1]}\",\"${M[2]}\"]" ]
		[ "$(table ct --source "$S" | jq -c .path)" = "[\"$S\",\"${M[1]}\",\"${M[2]}\",1]" ]
		[ "$(table ct --source "${M[2]}" | jq -c '[.uses, .path]')" = "[1,[\"${M[2]}\",1]]" ]
		[ "$(table sources --source "${M[1]}" | jq -c '[.seq, .readings, .via, has("last_seen")]')" = '[1,0,null,true]' ]
	}
	both
	node_stop # every track is saved
	both
	node_start
	sealed 2
	send
	[ "$(table sources --source "$S" | jq -c 'has("via")')" = false ]
	[ "$(table ct --source "$S" | jq -c .path)" = "[\"$S\",1]" ]
}

@test "four relays carry, and each is answered inside the next one's answer" {
	with_relays 4
	sealed 1
	cp pack level0
	carried 1 1 "$S"
	cp pack level1
	for i in 2 3 4; do
		carried $i 1 "${M[i - 1]}" $i
		cp pack level$i
	done
	send
	for i in 4 3 2 1; do
		says 202 '.accepted == 1 and .next == 2 and has("hop")'
		hop receipt "m$i.key" "level$i" body "$RECEIPT"
		go_inside
	done
	says 202 '.accepted == 1 and .position == 1'
	hop receipt s.key level0 body "$RECEIPT"
	eventually records 1
	[ "$(jq -c .via out)" = "$(jq -nc '$ARGS.positional' --args "${M[@]}")" ]
	stored 1
}

@test "a fifth relay is refused, whether its frame says so or it hides how many there were" {
	with_relays 5
	sealed 1
	carried 1 1 "$S"
	for i in 2 3 4; do carried $i 1 "${M[i - 1]}" $i; done
	carried 5 1 "${M[4]}" 5
	send
	says 400 '.detail == "not a hop frame"'
	hop receipt m5.key pack body "$RECEIPT"
	sealed 1
	for i in 1 2 3 4 5; do carried_from_nobody $i 2 application/jose; done
	send
	for i in 5 4 3 2; do
		says 202 .accepted==1
		go_inside
	done
	says 400 '.detail == "over 4 relays"'
	[ -n "$RECEIPT" ]
	stored 0
}

@test "who is twice in the path is refused: the relay that made the frame is told" {
	with_relays 2
	sealed 1
	carried 1 1 "$S"
	carried 2 1 "${M[1]}" 2
	cp pack twice
	hop frame m1.key "${M[2]}" 3 <twice | hop seal m1.key 2 application/nos-hop >pack
	send # 1 around 2 around 1
	says 202 .accepted==1
	go_inside
	says 400 ".detail == \"'${M[1]}' is twice in the path\""
	hop receipt m2.key twice body "$RECEIPT"
	printf '%s\n' "$reading" | hop seal m1.key 9 $NDJSON >pack
	carried 1 3 "${M[1]}"
	send # its own readings, carried by itself
	says 400 ".detail == \"'${M[1]}' is twice in the path\""
	hop receipt m1.key pack body "$RECEIPT"
	stored 0
	# The control: each once.
	sealed 1
	carried 1 4 "$S"
	carried 2 2 "${M[1]}" 2
	send
	says 202 '.hop.status == 202'
	stored 1
}

@test "a flipped bit anywhere stores nothing: the relay is refused, or who is inside" {
	with_relays 1
	sealed 1
	cp pack good
	bits=$(($(wc -c <good) * 8))
	for ((bit = 0, n = 1; bit < bits; bit += 211, n++)); do
		hop flip $bit <good >pack
		carried 1 $n "$S"
		send
		if [ "$STATUS" = 202 ]; then
			go_inside
			[ -z "$RECEIPT" ]
		fi
		[[ $STATUS = 40[01] ]]
	done
	cp good pack
	carried 1 $n "$S"
	cp pack whole
	bits=$(($(wc -c <whole) * 8))
	for ((bit = 3; bit < bits; bit += 307)); do
		hop flip $bit <whole >pack
		send
		[[ $STATUS = 40[01] ]]
		[ -z "$RECEIPT" ]
	done
	stored 0
	send whole
	says 202 .hop.status==202
	stored 1
}

@test "what is no frame, or not the named one's, is refused to the relay under its receipt" {
	with_relays 2
	refused() { # DETAIL
		send
		says 400 ".detail == \"$1\""
		hop receipt m1.key pack body "$RECEIPT"
	}
	printf '%s\n' "$reading" | hop seal m1.key 1 application/nos-hop >pack
	refused 'not a hop frame'
	sealed 1
	carried 1 1 "$S" 0
	refused 'a hop frame that no relay has raised'
	sealed 1
	carried 1 1 "${M[2]}"
	refused 'the pack in the frame is not of the source it names'
	printf '\341\001\000\000%016d' 0 | hop seal m1.key 1 application/nos-hop >pack
	refused 'no media type in a frame without a source'
	stored 0
	# Its number is not used up by it.
	sealed 1
	carried 1 1 "$S"
	send
	says 202 '.accepted == 1 and .hop.status == 202'
}

@test "what a relay was sent in no form that the node takes is refused inside, without a receipt" {
	with_relays 1
	refused() { # STATUS
		carried_from_nobody 1 "$((++n))" "$2"
		send
		says 202 .accepted==1
		go_inside
		[ "$STATUS" = "$1" ]
		[ -z "$RECEIPT" ]
	}
	n=0
	echo "$reading" >pack
	refused 415 text/plain
	echo "$reading" >pack
	refused 400 'application/json?map=x'
	echo '{"type"' >pack
	refused 400 application/json
	echo '{"value":1}' >pack
	refused 422 application/json
	sealed 1
	refused 400 'application/jose?kind=x'
	sealed 1
	head -c 100 pack >cut && mv cut pack
	refused 400 application/jose
	stored 0
}

@test "a relay's pack that comes again is stored once, and so is the pack in another of its packs" {
	with_relays 1
	sealed 1
	cp pack of_s
	carried 1 1 "$S"
	send
	send
	says 202 '.accepted == 0 and .duplicates == 1 and .same == true'
	go_inside
	says 202 '.accepted == 0 and .duplicates == 1 and .same == true'
	hop receipt s.key of_s body "$RECEIPT"
	cp of_s pack
	carried 1 2 "$S"
	send
	says 202 '.accepted == 1'
	go_inside
	says 202 '.duplicates == 1 and .same == true'
	stored 1
	[ "$(metric nos_readings_accepted_total)" -eq 1 ]
	[ "$(metric nos_readings_duplicate_total)" -eq 2 ]
}

@test "under a number that had another frame nothing inside is looked at" {
	with_relays 1
	sealed 1
	carried 1 1 "$S"
	send
	sealed 2
	cp pack of_s
	carried 1 1 "$S"
	send
	says 202 '.accepted == 0 and .duplicates == 1 and .next == 2 and (has("hop") or has("same") | not)'
	hop receipt m1.key pack body "$RECEIPT"
	stored 1
	# The control: under the next one it is.
	cp of_s pack
	carried 1 2 "$S"
	send
	says 202 '.hop.status == 202'
	stored 2
}

@test "a relay's own readings and what it carries have one row of numbers" {
	with_relays 1
	printf '%s\n' "$reading" | hop seal m1.key 1 $NDJSON >pack
	send
	says 202 '.position == 1'
	sealed 1
	carried 1 1 "$S"
	send
	says 202 '.duplicates == 1 and (has("hop") | not)'
	sealed 1
	carried 1 2 "$S"
	send
	says 202 '.accepted == 1 and .hop.status == 202'
	printf '%s\n' "$reading" | hop seal m1.key 3 $NDJSON >pack
	send
	says 202 '.position == 3'
	eventually records 3
	jq -es '.[2].raw | .received == 3 and .expected == 3' out
}

@test "a relay that was revoked carries nothing more" {
	with_relays 2
	sealed 1
	carried 1 1 "$S"
	send
	says 202 .hop.status==202
	nos-rekey --revoke "${M[1]}" "${SEALED[@]}" >/dev/null
	sealed 2
	cp pack of_s
	carried 1 2 "$S"
	send
	says 401 'has("nonce")'
	[ -z "$RECEIPT" ]
	carried 2 1 "${M[1]}" 2
	send # behind another relay
	says 202 .accepted==1
	go_inside
	says 401 'has("nonce")'
	[ -z "$RECEIPT" ]
	stored 1
	# The control: the source is none the worse for it.
	cp of_s pack
	carried 2 2 "$S"
	send
	says 202 .hop.status==202
	stored 2
}

@test "a source that was revoked is an unknown one behind a relay as well" {
	with_relays 1
	sealed 1
	cp pack of_s
	nos-rekey --revoke "$S" "${SEALED[@]}" >/dev/null
	carried 1 1 "$S"
	send
	says 202 '.accepted == 1'
	hop receipt m1.key pack body "$RECEIPT"
	go_inside
	says 401 '.type == "urn:nos:tag" and (.nonce | length) == 22'
	[ -z "$RECEIPT" ]
	cp of_s pack
	send # by itself: the same words
	says 401 '.type == "urn:nos:tag" and (.nonce | length) == 22'
	stored 0
}

@test "a source whose frame does not name it gets its link to that relay with the answer" {
	with_relays 1
	sealed 1
	carried_from_nobody 1 1 application/jose
	send
	go_inside
	says 202 '.accepted == 1 and (.keys | length) == 1'
	# The same until it is acknowledged.
	jq -c .keys body >first
	sealed 2
	carried_from_nobody 1 2 application/jose
	send
	go_inside
	says 202 '.keys | length == 1'
	jq -c .keys body | diff - first
	[ "$(keys take s.key <body)" = took ]
	[ "$(jq -r '.links[0].relay' s.key)" = "${M[1]}" ]
	[ "$(jq -r '.links[0].value' s.key)" = "$(hop link m1.key "$S")" ]
	keys ack s.key >ack
	curl -sf -H 'Content-Type: application/octet-stream' --data-binary @ack "$URL/v1/sources/$S/acks"
	sealed 3
	carried 1 3 "$S"
	send
	sealed 4
	send
	says 202 '.keys == []'
}

@test "no link is made for a source that its frame names, for a replay, or for readings in the open" {
	with_relays 1
	sealed 1
	cp pack of_s
	carried 1 1 "$S"
	send
	cp of_s pack
	carried_from_nobody 1 2 application/jose
	send
	says 202 '.hop.status == 202'
	printf '%s\n' "$reading" >pack
	carried_from_nobody 1 3 $NDJSON
	send
	sealed 2
	send
	says 202 '.keys == []'
}

@test "a relay that comes through another without being named gets a link to that one" {
	with_relays 2
	sealed 1
	carried 1 1 "$S"
	carried_from_nobody 2 1 application/jose
	send
	says 202 '.keys == []'
	sealed 2
	carried 1 2 "$S"
	send
	says 202 '.keys | length == 1'
	[ "$(keys take m1.key <body)" = took ]
	[ "$(jq -r '.links[0].value' m1.key)" = "$(hop link m2.key "${M[1]}")" ]
}

@test "a key of a relay that nobody had used is confirmed by a frame under it" {
	with_relays 1
	orders replace "${M[1]}"
	sealed 1
	carried 1 1 "$S"
	send
	says 202 '.keys | length == 1'
	[ "$(keys take m1.key <body)" = took ]
	[ "$(table ct --source "${M[1]}" --state pre-active | jq -r .key)" = p.2 ]
	sealed 2
	carried 1 2 "$S"
	send
	says 202 '.hop.status == 202'
	[ "$(table ct --source "${M[1]}" --state active | jq -r .key)" = p.2 ]
	[ "$(table ct --source "${M[1]}" --state deactivated | jq -r .key)" = p.1 ]
}

@test "readings in the open through a relay are an anonymous source's, for which the relay vouches" {
	with_relays 2
	printf '%s\n' "$reading" >pack
	carried_from_nobody 1 1 "$NDJSON?kind=weather-station"
	send
	says 202 .accepted==1
	go_inside
	says 202 '. == {"accepted":1,"duplicates":0,"rejected":[],"position":1}'
	[ -z "$RECEIPT" ]
	printf '%s\n' "$reading" >pack
	carried_from_nobody 1 2 "$NDJSON?kind=weather-station"
	carried 2 1 "${M[1]}" 2
	send
	eventually records 2
	jq -es --arg a "${M[1]}" --arg b "${M[2]}" 'map(.source == "anonymous" and .kind == "weather-station" and (has("seq") or has("key") | not) and .raw.proof == "vouched" and .raw.bits == 0 and .raw.tag == 0 and (.raw.fresh | not) and .scores.confidentiality == 0 and .scores.integrity == 0 and .scores.authentication < 0.25) == [true, true] and map(.via) == [[$a], [$a, $b]] and map(.raw.holders) == [3, 4]' out
	[ "$(jq -s 'map(.scores.authentication)' -c out)" = '[0.218104,0.2]' ]
	# A user weighs them anew, to the digit.
	jq -c . out | nos-score --records | jq -es 'map(.scores.authentication) == [0.218104, 0.2]'
	# The control: what comes by itself nobody vouches for.
	post application/json - /v1/data <<<"$reading"
	eventually records 3
	jq -es '.[2].scores.authentication == 0 and .[2].raw.proof == "none"' out
}

@test "readings in the open have the relay's number for their own" {
	with_relays 1
	printf '%s\n' "$reading" >pack
	carried_from_nobody 1 1 $NDJSON
	send
	send
	says 202 '.duplicates == 1 and .same == true'
	go_inside
	says 202 '.accepted == 0 and .duplicates == 1 and .same == true'
	stored 1
}

@test "a node that takes no open readings takes none through a relay" {
	with_relays 1 --anonymous no
	printf '%s\n' "$reading" >pack
	carried_from_nobody 1 1 $NDJSON
	send
	says 202 .accepted==1
	go_inside
	says 403 '.type == "urn:nos:denied"'
	stored 0
}

@test "a node that is killed knows the numbers of source and relay again" {
	with_relays 1
	sealed 1
	carried 1 1 "$S"
	cp pack first
	send
	sealed 2
	cp pack of_s
	carried 1 2 "$S"
	send
	printf '%s\n' "$reading" >pack
	carried_from_nobody 1 3 $NDJSON
	cp pack third
	send
	node_stop KILL
	node_start --print
	send first
	says 202 '.same == true and .next == 4'
	go_inside
	says 202 '.same == true and .next == 3'
	send third
	says 202 '.same == true and .hop.status == 202'
	sealed 3
	carried 1 2 "$S"
	send
	says 202 '.duplicates == 1 and (has("hop") | not)'
	cp of_s pack
	send
	says 202 '.same == true'
	stored 3
	[ "$(table ct --source "${M[1]}" | jq -r .uses)" -eq 3 ]
}

@test "a relay that is replaced goes on above the numbers of what it carried" {
	with_relays 1
	sealed 1
	carried 1 41 "$S"
	send
	nos-token new --replace "${M[1]}" "${SEALED[@]}" | nos-register --keyring new.key >/dev/null
	[ "$(jq .seq.next new.key)" -eq 42 ]
}
