#!/usr/bin/env bats
# A source that does not reach its node, and relays that may be anyone's.
#
# Each line of the paper's Algorithm 1, and the test that takes it. Lines 8-25, 29-31 and 37-42 are
# faults as they are printed (nos-schemes(7)): what stands in their place is tested, and that the
# attack that they allow is none here. The last test looks that no line is left out.
#
# Algorithm 1, lines 1-3: tests/unit/source/test_route.c: a_node_that_is_reached_is_all_that_is_asked
# Algorithm 1, lines 1-3: tests/tool/nos-send.bats: every reading of the station is accepted, in order, and scored as proven
# Algorithm 1, lines 4-7: tests/e2e/relay.bats: behind a relay a source registers, sends, has a new key and is revoked, as N sees it
# Algorithm 1, lines 5-6: tests/e2e/relay.bats: so it is with named local keys, which the global key that both have admits to
# Algorithm 1, lines 7-8: tests/tool/nos-relay.bats: with an answer comes a link, and packs go in frames from then on
# Algorithm 1, lines 9-11: tests/tool/nos-serve-hop.bats: a pack through a relay is its source's, and both are answered under their own receipts
# Algorithm 1, lines 12-13: tests/tool/nos-serve-hop.bats: the tables tell the last way of a source's packs, and count what a relay sealed
# Algorithm 1, lines 14-19: tests/e2e/relay.bats: whichever key a relay has to N, and whatever becomes of it, its source has its own and its way
# Algorithm 1, lines 17-18: tests/tool/nos-serve-hop.bats: a key of a relay that nobody had used is confirmed by a frame under it
# Algorithm 1, lines 20-25: tests/e2e/relay.bats: a global key is taken back: a relay and its source have keys of the next one, each its own
# Algorithm 1, lines 26-28: tests/tool/nos-relay.bats: four relays in a chain are taken, a fifth is not, and it is said why
# Algorithm 1, lines 28-31: tests/unit/source/test_route.c: each_way_is_tried_once_and_the_good_one_goes_first_from_then_on
# Algorithm 1, lines 28-31: tests/e2e/relay.bats: a relay is killed in mid-stream: the second one is taken, and each of 3,000 readings is there once
# Algorithm 1, lines 32-35: tests/unit/source/test_route.c: where_no_way_is_good_it_is_said_and_what_may_have_arrived_too
# Algorithm 1, lines 32-35: tests/tool/nos-relay.bats: where the relay does not reach the node readings wait at their source, and arrive later
# Algorithm 1, lines 36-43: tests/e2e/relay.bats: so it is with named local keys, which the global key that both have admits to
#
# The attacks, of which each must fail:
# Algorithm 1, lines 8-25: tests/e2e/relay.bats: a relay sees who sends, how much, how far and by the name of which key: no reading, key or token
# Algorithm 1, lines 8-25: tests/e2e/relay.bats: with all that it holds a relay opens no pack of a source's, and makes none
# Algorithm 1, lines 8-25: tests/e2e/relay.bats: a relay that flips a bit of what it carries, each of them, is refused, or told what it knows
# Algorithm 1, lines 29-31: tests/tool/nos-serve-hop.bats: a fifth relay is refused, whether its frame says so or it hides how many there were
# Algorithm 1, lines 29-31: tests/tool/nos-serve-hop.bats: who is twice in the path is refused: the relay that made the frame is told
# Algorithm 1, lines 29-31: tests/tool/nos-relay.bats: two relays that name each other and no node that is reached: it ends, and is said
# Algorithm 1, lines 37-42: tests/e2e/relay.bats: with all that it holds a relay opens no pack of a source's, and makes none
# Algorithm 1, lines 37-42: tests/e2e/relay.bats: a name that a source gives to a key of its own making opens nothing at N

setup() {
	load ../tool/helper
	load faults
	load key
	load relay
}
teardown() {
	everything_stops
	# What a sanitizer said of a relay that was killed in the end.
	fails grep -sA 30 'Sanitizer' ./*.err
}

# S registers, sends, is given another key and is revoked, all of it through M: KEYS are its keys
# in that time.
lives_behind() { # SCHEME KEY-BEFORE KEY-AFTER
	local m s
	join_through --scheme "$1"
	m=$(id_of m) s=$(id_of s)
	# The controls: M reaches N, and S does not.
	at_m curl -sf "$URL/v1/node" >/dev/null
	run ! at_s curl -sf -m 5 "$FAR/v1/node"
	run -69 at_s nos-send --keyring s.key --wait 0s < <(numbers 1 1)
	send --batch 1 < <(numbers 1 3) >answers
	[[ $(kids_of s.key) =~ ^($2)\ active ]]
	before=${BASH_REMATCH[1]}
	[ "$(path_of s)" = "[\"$s\",\"$m\",1]" ]
	nos-rekey --source s "${SEALED[@]}" >/dev/null
	send --batch 1 < <(numbers 4 5) >>answers
	[[ $(kids_of s.key) =~ ^($3)\ active ]]
	after=${BASH_REMATCH[1]}
	[ "$after" != "$before" ]
	# N had it used, and knows the way.
	[ "$(keytable ct --source s | jq -r --arg key "$after" 'select(.key == $key) | "\(.state) \(.uses)"')" = 'active 1' ]
	[ "$(keytable ct --source s | jq -r --arg key "$before" 'select(.key == $key) | .state')" = deactivated ]
	[ "$(path_of s)" = "[\"$s\",\"$m\",1]" ]
	eventually has_records 5
	[ "$(ways)" = "$(jq -nc --arg s "$s" --arg m "$m" --arg a "$before" --arg b "$after" \
		'range(1; 6) | [., $s, (if . < 5 then $a else $b end), [$m]]')" ]
	[ "$(jq -r .status answers | sort | uniq -c | xargs)" = '5 accepted' ]
}

# And is revoked, while it waits for readings and when it comes again.
is_revoked_behind() {
	mkfifo in
	"${AT_S[@]}" nos-send --keyring s.key --via "$RELAY" --follow <in >>answers 2>follow.err 3>&- &
	pid=$!
	OTHER_PIDS="$OTHER_PIDS $pid"
	exec 7>in
	numbers 6 6 >&7
	eventually has_records 6
	nos-rekey --revoke s --reason stolen "${SEALED[@]}" >/dev/null
	status=0
	wait $pid || status=$?
	exec 7>&-
	[ $status -eq 77 ]
	[[ $(<follow.err) == *'the source was revoked'* ]]
	run -77 --separate-stderr send < <(numbers 7 7)
	[[ $stderr == *'the source was revoked'* ]]
	node_stop
	is_whole 6
}

@test "behind a relay a source registers, sends, has a new key and is revoked, as N sees it" {
	places
	node_there
	join m
	relay_start m
	lives_behind pairwise 'p\.1' 'p\.2'
	is_revoked_behind
}

@test "so it is with named local keys, which the global key that both have admits to" {
	places
	node_there --pool 1,1 # all sources have the same global key
	join m --scheme dini
	relay_start m
	lives_behind dini 'd\.1\.[0-9]+' 'd\.1\.[0-9]+'
	[ "$(jq -c .global[0].value s.key)" = "$(jq -c .global[0].value m.key)" ]
	is_revoked_behind
}

@test "a relay is killed in mid-stream: the second one is taken, and each of 3,000 readings is there once" {
	stream
	numbers 1 1000 >&7
	eventually answered 500
	kill -9 $first_pid
	# However far it came by then.
	numbers 1001 3000 >&7
	stream_ends
	[ "$(posts m2 /v1/hop)" -ge 200 ]
}

@test "and back: the second one is killed when the first has come again" {
	stream
	numbers 1 600 >&7
	eventually answered 300
	kill -9 $first_pid
	wait $first_pid || true
	# However far it came by then.
	numbers 601 1000 >&7
	eventually carried m2 20
	before=$(posts m /v1/hop)
	relay_start m
	numbers 1001 2000 >&7
	eventually answered 1200
	kill -9 $second_pid
	numbers 2001 3000 >&7
	stream_ends
	[ "$(posts m /v1/hop)" -gt "$before" ]
}

# ---- what a relay sees ----

@test "a relay sees who sends, how much, how far and by the name of which key: no reading, key or token" {
	node_there --pool 1,1 # all sources have the same global key
	join m --scheme dini
	recorder mn "$URL"
	relay_start m --url "$SEEN"
	recorder sm "$RELAY"
	RELAY=$SEEN
	nos-token new "${SEALED[@]}" --scheme dini --url "$FAR" 2>/dev/null >enrolment
	nos-register --keyring s.key --name campodenno --via "$RELAY" <enrolment >s.receipt
	secrets >secret
	echo "token $(to_hex "$(jq -r .token enrolment)")" >>secret
	echo '{"type":"air_temperature","value":-17.25}' >reading
	mkfifo in
	nos-send --keyring s.key --via "$RELAY" --follow --batch 1 <in >answers 3>&- &
	pid=$!
	OTHER_PIDS="$OTHER_PIDS $pid"
	exec 7>in
	for i in 1 2 3; do
		cat reading >&7
		eventually has_records $i
	done
	# A key that is fetched by a poll.
	nos-rekey --source campodenno --wait 30s "${SEALED[@]}" >/dev/null
	cat reading >&7
	exec 7>&-
	wait $pid
	secrets >>secret
	words >>secret
	[ "$(sort -u secret | wc -l)" -ge 11 ]
	# shellcheck disable=SC2207 # words
	places=(sm/* mn/* m.err m.key $(memory "$RELAY_PID"))
	run -1 finds "${places[@]}" < <(sort -u secret)
	# The global key, which it has itself, is on no wire either.
	echo "global $(to_hex "$(jq -r .global[0].value s.key)")" >global
	run -1 finds sm/* mn/* m.err <global
	# What it sees of each pack, and of all that it is asked.
	s=$(id_of s)
	headers sm/*.up | jq -s --arg s "$s" 'map(select(.src)) | length >= 4 and all(.[];
		.src == $s and (keys - ["alg", "enc", "kid", "src", "seq", "cty"] == []) and .cty == "application/x-ndjson")' | grep -qx true
	headers mn/*.up | jq -s --arg m "$(id_of m)" 'map(select(.src)) | length >= 4 and all(.[];
		.src == $m and .cty == "application/nos-hop")' | grep -qx true
	grep -ahoE '(GET|POST) /[^ ?]+' sm/*.up | sort -u >asked
	printf '%s\n' "GET /v1/node" "GET /v1/sources/$s/keys" "POST /v1/data" "POST /v1/hop" "POST /v1/sources" "POST /v1/sources/$s/acks" |
		diff - asked
	run ! grep -vE '^nos-relay: (ready: http://127\.0\.0\.1:[0-9]+|/v1/(data|hop), hop 1, [0-9]+ bytes: 202)$' m.err
	# The controls: the same search finds what a keyring has, and what is sent without a seal.
	finds s.key global <secret
	finds s.key <global
	words >open
	nos-send --anonymous --url http://127.0.0.1:1 --via "$RELAY" <reading >/dev/null
	finds sm/*.up <open
	[ "$(cut -d ' ' -f 1 found | sort -u)" = word ]
}

@test "with all that it holds a relay opens no pack of a source's, and makes none" {
	node_there --pool 1,1 # all sources have the same global key
	for name in m other s; do join $name --scheme dini; done
	[ "$(jq -c .global[0].value m.key other.key s.key | sort -u | wc -l)" -eq 1 ]
	framed 1 7
	run -1 "$HELP/pry" pack m.key
	# Nor together with another source of the domain.
	run -1 "$HELP/pry" pack m.key other.key
	[ -z "$output" ]
	# The control: S's own keyring opens it, by the local key and K_S.
	run -0 "$HELP/pry" pack s.key
	[ "$output" = "$(jq -r '.keys[0].key' s.key) K_S" ]
	# A keyring with S's id and names, and everything else the relay's, or the other source's.
	n=0
	for name in m other; do
		n=$((n + 1))
		jq -c --slurpfile s s.key '.source = $s[0].source | .keys[0].key = $s[0].keys[0].key' $name.key >forger.key
		chmod 600 forger.key
		numbers 8 8 | hop seal forger.key 1 $NDJSON >forged
		hop frame m.key "$(id_of s)" 1 <forged | hop seal m.key $n $HOP >body
		netstring body | post_each
		say 'map([.status, .body.hop.status]) == [[202, 401]]'
	done
	stored 0
	hop seal m.key $((n + 1)) $HOP <frame >body
	netstring body | post_each
	say 'map([.status, .body.hop.status]) == [[202, 202]]'
	stored 1
}

# ---- whose key is whose ----

@test "whichever key a relay has to N, and whatever becomes of it, its source has its own and its way" {
	local i=0 a b
	node_there --pool 1,1 # all sources have the same global key
	join m
	join m2 --scheme dini
	for a in m m2; do
		relay_start $a
		for b in pairwise dini; do
			rm -f s.key*
			nos-token new "${SEALED[@]}" --scheme $b --url "$FAR" 2>/dev/null |
				nos-register --keyring s.key --name "${a}_$b" --via "$RELAY" >s.receipt
			send --batch 1 < <(numbers $((i + 1)) $((i + 2))) >>answers
			key=$(jq -r .keys[0].key s.key) theirs=$(jq -r .keys[0].key $a.key)
			nos-rekey --source $a "${SEALED[@]}" --wait 30s >/dev/null
			eventually changed $a "$theirs"
			send --batch 1 < <(numbers $((i + 3)) $((i + 4))) >>answers
			[ "$(jq -r .keys[0].key s.key)" = "$key" ]
			[ "$(path_of "$(id_of s)")" = "[\"$(id_of s)\",\"$(id_of $a)\",1]" ]
			eventually has_records $((i += 4))
			[ "$(tail -n 4 out | jq -c '[.key, .via]' | sort -u)" = "[\"$key\",[\"$(id_of $a)\"]]" ]
			[ "$(posts $a /v1/hop)" -ge 2 ]
		done
	done
	[ "$(jq -r .status answers | sort | uniq -c | xargs)" = '16 accepted' ]
}
changed() { [ "$(jq -r .keys[0].key "$1.key")" != "$2" ]; }

@test "a global key is taken back: a relay and its source have keys of the next one, each its own" {
	node_there --pool 1,1 # all sources have the same global key
	join m --scheme dini
	relay_start m
	join_through --scheme dini
	send --batch 1 < <(numbers 1 2) >answers
	old=$(jq -r .keys[0].key s.key) theirs=$(jq -r .keys[0].key m.key)
	nos-rekey --invalidate w.1.1 "${SEALED[@]}" >rows
	[ "$(jq -r '.source // empty' rows | sort | xargs)" = "$(printf '%s\n' "$(id_of m)" "$(id_of s)" | sort | xargs)" ]
	send --batch 1 < <(numbers 3 6) >>answers
	eventually changed m "$theirs"
	for name in m s; do
		[ "$(jq -r '.global[0] | "\(.domain).\(.version)"' $name.key)" = 1.2 ]
		[ "$(jq -c '[.keys[] | select(.domain)] | map(.version) | unique' $name.key)" = '[2]' ]
	done
	[ "$(jq -r .keys[0].value s.key)" != "$(jq -r .keys[0].value m.key)" ]
	send < <(numbers 7 7) >>answers
	[ "$(jq -r .status answers | sort | uniq -c | xargs)" = '7 accepted' ]
	node_stop
	[ "$(tail -n 1 out | jq -c '[.value, .key, .via]')" = "[7,\"$(jq -r .keys[0].key s.key)\",[\"$(id_of m)\"]]" ]
	[ "$(jq -r .key out | tail -n 5 | grep -cxF "$old")" -eq 0 ]
	is_whole 7
}

@test "a name that a source gives to a key of its own making opens nothing at N" {
	node_there --pool 1,1 # all sources have the same global key
	join m
	join s --scheme dini
	cp s.key whole.key
	local n=0 key
	key=$(jq -r .keys[0].key s.key)
	for name in d.1.0 d.1.777777 d.2.${key##*.} d.1.$((${key##*.} + 1)); do
		jq -c --arg name "$name" '.keys[0].key = $name' whole.key >s.key
		framed 1 1
		hop seal m.key $((n += 1)) $HOP <frame >body
		netstring body
	done | post_each
	say 'map([.status, .body.hop.status]) == [range(4) | [202, 401]]'
	stored 0
	# The control: under the name that N gave.
	cat whole.key >s.key
	framed 1 1
	hop seal m.key 5 $HOP <frame >body
	netstring body | post_each
	say 'map([.status, .body.hop.status]) == [[202, 202]]'
	stored 1
}

# ---- a relay that flips, drops, replays, reorders and lies ----

@test "a flipped bit anywhere on the way from a relay to N is refused, each of them" {
	node_there
	join m
	join s
	framed 1 7
	hop seal m.key 1 $HOP <frame >whole
	hop flips <whole | post_each
	say "length == $(bits whole) and all(.[]; (.status == 400 or .status == 401) and (.receipt | not))"
	stored 0
	# The control: with none flipped.
	netstring whole | post_each
	say 'map([.status, .body.hop.status]) == [[202, 202]]'
	stored 1
}

@test "a relay that flips a bit of what it carries, each of them, is refused, or told what it knows" {
	node_there
	join m
	join s
	framed 1 7
	hop flips-in m.key 1 <frame | post_each
	[ "$(wc -l <answers)" -eq "$(bits frame)" ]
	# How far it has come is a relay's own word, and the tag is between S and it: the pack is whole.
	own="(.n / 8 | floor) as \$at | \$at == 1 or \$at >= $(bits frame) / 8 - 16"
	say "map(select($own | not)) | length > 1000 and all(.[]; .status == 400 or
		(.status == 202 and (.body.hop | (.status == 400 or .status == 401) and (has(\"receipt\") | not))))"
	say "map(select($own) | select(.status == 202)) | length > 100 and all(.[]; .body.hop.status == 202) and
		all(.[1:][]; .body.hop.body | gsub(\"-\"; \"+\") | gsub(\"_\"; \"/\") | @base64d | fromjson |
			.accepted == 0 and .duplicates == 1 and .same)"
	stored 1
	eventually has_records 1
	node_stop
	[ "$(jq -c '[.value, .seq, .source]' out)" = "[7,1,\"$(id_of s)\"]" ]
}

@test "a relay that drops, replays and reorders: each pack is stored once, and what was dropped when it comes" {
	node_there
	join m
	join s
	for i in 1 2 3 4 5; do
		framed $i $i
		mv frame frame$i
		hop seal m.key $i $HOP <frame$i >pack$i
	done
	inside='map(.body.hop.body | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson)'
	# 2 is dropped, the others come in another order.
	for i in 5 1 4 3; do netstring pack$i; done | post_each
	say "$inside | map([.accepted, .next]) == [[1,6],[1,6],[1,6],[1,6]]"
	stored 4
	# As they were, and in packs of other numbers.
	for i in 3 1 5 4; do netstring pack$i; done | post_each
	say "$inside | map([.accepted, .duplicates, .same]) | unique == [[0,1,true]]"
	for i in 3 1 5 4; do hop seal m.key $((10 + i)) $HOP <frame$i >again; netstring again; done | post_each
	say "$inside | map([.accepted, .duplicates, .same]) | unique == [[0,1,true]]"
	stored 4
	# S had no receipt for it, and sends it again.
	netstring pack2 | post_each
	say "$inside | map([.accepted, .next]) == [[1,6]]"
	stored 5
	node_stop
	is_whole 5
}

@test "a relay that makes answers up, loses or bends them is not believed, and each reading is there once" {
	node_there
	join m
	relay_start m
	join_through
	send --batch 1 < <(numbers 1 2) >answers
	# The first that it is asked is who it is.
	between_start "${RELAY##*:}" pass void pass lose pass bend pass strip pass gone pass gate pass busy
	nos-send --keyring s.key --via "$BETWEEN" --batch 1 < <(numbers 3 12) >>answers
	[ "$(jq -s 'length == 12 and all(.[]; .status == "accepted" or .status == "duplicate")' answers)" = true ]
	node_stop
	is_whole 12
}

# ---- Algorithm 1 ----

# Of the table at the top of a file: "FIRST LAST FILE: NAME" of each line.
table_of() { sed -nE 's/^# Algorithm 1, lines ([0-9]+)-([0-9]+): (.*)$/\1 \2 \3/p' "$1"; }

# Is each test that a table names in the tree, and no line of 1 to 43 without one?
is_complete() { # FILE
	local first last test file name line covered=" "
	while read -r first last test; do
		file=$ROOT/${test%%: *} name=${test#*: }
		grep -qxF "@test \"$name\" {" "$file" || grep -qxF "static void $name(void **state)" "$file" ||
			{ echo "no test: $test"; return 1; }
		for ((line = first; line <= last; line++)); do covered+="$line "; done
	done < <(table_of "$1")
	for ((line = 1; line <= 43; line++)); do
		[[ $covered == *" $line "* ]] || { echo "no test of line $line"; return 1; }
	done
}

@test "each line of Algorithm 1 has a test that takes it, and each test that is named is there" {
	is_complete "$BATS_TEST_FILENAME"
	# The controls: a line less, and a test that is not there.
	grep -vE '^# Algorithm 1, lines 36-43: ' "$BATS_TEST_FILENAME" >less
	sed -E 's/^(# Algorithm 1, lines 1-3: .*)_asked$/\1_nowhere/' "$BATS_TEST_FILENAME" >other
	run -1 is_complete less
	[ "$output" = 'no test of line 36' ]
	run -1 is_complete other
	[[ $output == 'no test: '*_nowhere ]]
}
