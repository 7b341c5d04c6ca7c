#!/usr/bin/env bats
# What a broker or a connection loses on the way to a user is closed by scripts/close-gaps, and each record
# of a topic is reached, whatever the node went through.

setup() {
	load ../tool/helper
	load faults
	PATH=$ROOT/scripts:$PATH
	(umask 077 && echo 'a-token-of-32-bytes-for-the-tests' >token)
}
teardown() { everything_stops; }

# Records FROM to TO of types a, b, …: as many of each.
records() {
	jq -nc --argjson from "$1" --argjson to "$2" --argjson types "$3" \
		'range($from; $to + 1) as $i | range($types) | {type: ([. + 97] | implode), value: $i}'
}
send() { records "$@" >in && post application/x-ndjson in '/v1/data?kind=test' && [ "$STATUS" = 202 ]; }
# Is the file's topic of each type n FROM to TO, in order, each once?
is_in_order() {
	[ "$(jq -s --argjson from "$2" --argjson to "$3" \
		'group_by(.type) | map(map(.n) == [range($from; $to + 1)]) | all and length > 0' "$1")" = true ]
}
has() { [ "$(wc -l <"$1")" -ge "$2" ]; }
# What it said, but for how far it was behind, which is the machine's.
said() { grep -vxE 'close-gaps: ([0-9]+ s behind the node|has caught up with the node)' <<<"$stderr" || true; }

@test "what a broker drops for a subscriber that was away arrives once and in order" {
	BROKER_MORE=$'allow_anonymous true\nmax_inflight_messages 20\nmax_queued_messages 50'
	broker_start
	node_start --mqtt "$MQTT" --records-bearer token
	mosquitto_sub -p "$BROKER_PORT" -q 1 -c -i user -t 'nos/+/+/+/+' -E
	send 1 300 1
	published() { curl -s "$ADMIN/metrics" | grep -qx "nos_readings_published_total $1"; }
	eventually published 300
	stdbuf -oL mosquitto_sub -p "$BROKER_PORT" -q 1 -c -i user -t 'nos/+/+/+/+' 3>&- \
		> >(tee raw | close-gaps --token token --url "$URL" >whole 2>notes) &
	OTHER_PIDS=$!
	eventually has whole 20
	send 301 301 1
	eventually has whole 301
	[ "$(wc -l <raw)" -lt 200 ]
	is_in_order whole 1 301
	grep -q '^close-gaps: nos/1/test/anonymous/a: .* to 300 put in their place$' notes
}

@test "gaps of every length on many topics are closed, and what comes twice goes once" {
	node_start --print --records-bearer token
	send 1 1400 3
	eventually has out 4200
	# Of each topic the first and the last stay; one gap of type a is longer than an answer.
	jq -c 'select(.n == 1 or .n == 1400 or ((.n / 20 | floor) * 7919 % 13 < 6 and (.type != "a" or .n < 100 or .n > 1250)))' out >lost
	awk '{ print } NR % 5 == 0 { print before } { before = $0 }' lost >came
	run -0 --separate-stderr close-gaps --token token --url "$URL/" <came
	printf '%s\n' "$output" >whole
	[ "$(wc -l <whole)" -eq 4200 ] && is_in_order whole 1 1400
	# As they were published, to the byte.
	cmp <(sort out) <(sort whole)
	# Nothing is asked for where nothing is missing.
	run -0 --separate-stderr close-gaps --token token --url http://127.0.0.1:1 <out
	[ -z "$(said)" ] && cmp out <(printf '%s\n' "$output")
}

@test "what the node does not keep any more is said to be gone, and what follows goes on" {
	node_start --print --records-bearer token
	send 1 200 1
	eventually has out 200
	node_stop
	# As retention does, at a place that is known.
	entries -t 150 node.db processed
	node_start --print --records-bearer token
	run -0 --separate-stderr close-gaps --token token --url "$URL" < <(jq -c 'select([.n] | inside([120, 121, 180]))' out)
	[ "$(jq -cs 'map(.n)' <<<"$output")" = "[120,121,$(seq -s, 151 180)]" ]
	[ "$(said)" = $'close-gaps: nos/1/test/anonymous/a: 122 to 150 are not kept any more\nclose-gaps: nos/1/test/anonymous/a: 151 to 179 put in their place' ]
	# As retention does, all of it.
	node_stop
	node_start --print --records-bearer token --keep 1s
	gone() { ask_records 'topic=nos/1/test/anonymous/a&after=199'; [ "$STATUS" = 410 ]; }
	eventually gone
	[ "$(jq -c '[.type, .status, .first]' <<<"$ANSWER")" = '["urn:nos:absent",410,201]' ]
	ask_records 'topic=nos/1/test/anonymous/a&after=200'
	[ "$STATUS" = 200 ] && [ -z "$ANSWER" ]
}

@test "a node that is away or wants another token ends it, and nothing is passed on out of order" {
	node_start --print --records-bearer token
	send 1 3 1
	eventually has out 3
	jq -c 'select(.n != 2)' out >came
	(umask 077 && echo 'not-a-token-of-this-node' >wrong)
	run -77 --separate-stderr close-gaps --token wrong --url "$URL" <came
	[ "$(jq .n <<<"$output")" = 1 ]
	[ "$(said)" = 'close-gaps: nos/1/test/anonymous/a: no token that may read records' ]
	node_stop
	node_start
	run -66 --separate-stderr close-gaps --token token --url "$URL" <came
	[ "$(jq .n <<<"$output")" = 1 ]
	[ "$(said)" = 'close-gaps: nos/1/test/anonymous/a: nothing is at /v1/records' ]
	# Who is late is told so.
	jq -c '.received = now - 10000, (.n += 1 | .received = now + 10000)' < <(tail -n 1 out) | close-gaps --token token >came 2>notes
	[ "$(jq -s length came)" = 2 ] && grep -qE '^close-gaps: 1[0-9]{4} s behind the node$' notes
	[ "$(tail -n 1 notes)" = 'close-gaps: has caught up with the node' ]
	# What anybody may publish is no command.
	echo '{"node":1,"kind":"a[$(touch pwned)]","source":"s","type":"t","n":1,"received":1}' |
		close-gaps --token token 2>notes
	grep -q '^close-gaps: no record: ' notes && [ ! -e pwned ]
}

@test "a record of another node, or with an n that none has, is passed over in one line and drops no other" {
	node_start --print --records-bearer token
	send 1 6 1
	eventually has out 6
	other() { jq -c "select(.n == 1) | .node = 2 | .n = $1" out; }
	far() { jq -c 'select(.n == 1)' out | sed "s/\"n\":1,/\"n\":$1,/"; }
	grep -q '"n":9007199254740992,' <(far 9007199254740992)
	for first in true 'other 3'; do
		{
			$first
			jq -c 'select(.n == 1)' out
			far 9007199254740992
			far 9999999999999999
			far 99999999999999999999
			other 7
			jq -c 'select(.n > 3)' out
			other 9
		} >came
		run -0 --separate-stderr close-gaps --token token --url "$URL" <came
		[ "$(jq -cs 'map(select(.node == 1)) | map(.n)' <<<"$output")" = '[1,2,3,4,5,6]' ]
		[ "$(said | grep -vc '^close-gaps: no record: ')" = 2 ]
		[ "$(said | grep -c '^close-gaps: no record: ')" = 3 ]
		[ "$(said | grep -v 'no record')" = "close-gaps: records of node 2 are passed over: $URL is node 1
close-gaps: nos/1/test/anonymous/a: 2 to 3 put in their place" ]
	done
	# Where that is all that comes, it is known at its first gap.
	{ other 3; other 7; other 8; } >came
	run -0 --separate-stderr close-gaps --token token --url "$URL" <came
	[ "$(jq .n <<<"$output")" = 3 ]
	[ "$(said)" = "close-gaps: records of node 2 are passed over: $URL is node 1" ]
}

@test "a signal ends it also while it tries to reach the node, and nothing is left of it" {
	mkdir tmp
	for signal in TERM:143 INT:130; do
		rm -f came
		mkfifo came
		# A child in the background of a shell does not hear of SIGINT, unless it is told to.
		TMPDIR=$PWD/tmp env --default-signal=INT close-gaps --token token --url http://127.0.0.1:1 <came >out 2>notes 3>&- &
		OTHER_PIDS=$!
		jq -nc '(1, 3) | {node: 1, kind: "k", source: "s", type: "t", n: ., received: now}' >came
		asks() { [ -n "$(ls tmp/*/status 2>/dev/null)" ]; }
		eventually asks
		kill -"${signal%:*}" "$OTHER_PIDS"
		status=0
		wait "$OTHER_PIDS" || status=$?
		[ "$status" = "${signal#*:}" ]
		[ "$(jq .n out)" = 1 ]
		[ -z "$(ls tmp)" ]
	done
}

@test "a token that others can read, or that is no file, is refused in one line" {
	chmod 640 token
	run -77 --separate-stderr close-gaps --token token </dev/null
	[ "$stderr" = 'close-gaps: token: is open to others: chmod 600 token' ]
	run -74 --separate-stderr close-gaps --token /tmp </dev/null
	[ "$stderr" = 'close-gaps: /tmp: is no regular file' ]
	run -66 --separate-stderr close-gaps --token not-there </dev/null
	[ "$stderr" = 'close-gaps: not-there: there is no such file' ]
}

# GET /v1/records: STATUS and ANSWER.
ask_records() {
	STATUS=$(curl -s -o answer -w '%{http_code}' -H "Authorization: Bearer $(<token)" "$URL/v1/records?$1")
	ANSWER=$(<answer)
}
# All of a topic, page by page, into a file.
read_all() {
	local after=0
	: >"$2"
	while ask_records "topic=$1&after=$after&limit=97"; do
		[ "$STATUS" = 200 ] || { echo "$ANSWER" >&2; return 1; }
		[ -n "$ANSWER" ] || return 0
		cat answer >>"$2"
		after=$(tail -n 1 answer | jq .n)
	done
}

# N records; each is linked to the one of its topic before it, and to the newest before it whose n is a
# multiple of 64.
are_linked() {
	entries -p node.db processed | awk -v count="$1" '
		/^[0-9]/ { at = $1; topic = $2; bad += $3 != last[topic] + 0 || $4 != far[topic] + 0 }
		/^{/ {
			match($0, /"n":[0-9]+/)
			n = substr($0, RSTART + 4, RLENGTH - 4)
			bad += n != ++newest[topic]
			last[topic] = at
			if (n % 64 == 0) far[topic] = at
			count--
		}
		END { if (bad || count) { print bad " bad, " count " missing"; exit 1 } }'
}

@test "over a node killed 10 times under load every record of every topic is reached, n without a gap" {
	seed=${NOS_TEST_SEED:-$RANDOM}
	echo "# seed $seed" >&3
	RANDOM=$seed
	LISTEN=$(address_free)
	node_start --records-bearer token --limit replay=100
	nos-token new "${SEALED[@]}" 2>/dev/null | nos-register --keyring a.key
	records 1 300 5 | nos-send --keyring a.key --batch 7 --spool spool --wait 1s >answers 2>send.err 3>&- &
	sender=$!
	OTHER_PIDS=$sender
	for kill in {1..10}; do
		# A moment that is chosen at random, of up to 0.1 s: nothing is waited for.
		read -r -t "0.0$((RANDOM % 10))$((RANDOM % 10))" <> <(:) || true
		node_stop KILL
		node_start --records-bearer token --limit replay=100
	done
	wait $sender
	emptied() { nos-send --keyring a.key --spool spool </dev/null 2>>send.err && [ -z "$(ls spool/*/*.jwe 2>/dev/null)" ]; }
	eventually emptied
	source=$(jq -r .source a.key)
	for type in a b c d e; do
		complete() { ask_records "topic=nos/1/sensor/$source/$type&after=299"; [ "$STATUS" = 200 ] && [ -n "$ANSWER" ]; }
		eventually complete
		read_all "nos/1/sensor/$source/$type" got
		[ "$(jq -s 'map(.n) == [range(1; 301)] and map(.value) == [range(1; 301)]' got)" = true ]
	done
	node_stop
	are_linked 1500
}
