#!/usr/bin/env bats
# Keys that others may have known: what came under them comes once more, and is worth what it is then.

setup() {
	load ../tool/helper
	load faults
}
teardown() { everything_stops; }

payloads() { received "$1" | sed 's/^[^ ]* //'; }
send() { numbers "$1" "$2" | nos-send --keyring a.key --batch "${3:-1}" >/dev/null; }
stored() { entries node.db processed | grep '^{'; }
corrections() { stored | jq -c 'select(.corrects)'; }
count_is() { [ "$(corrections | wc -l)" -eq "$1" ]; }
# Until all that waits is corrected.
are_through() { [ "$(sqlite3 node.db "select count(*) from state where ns = 'taint-due'")" -eq 0 ]; }
# By a clock of the node's machine, behind all that came and before all that comes.
moment() {
	read -r -t 0.01 <> <(:) || true
	date +%s.%3N
	read -r -t 0.01 <> <(:) || true
}
# Ids of what was received by now from a source, from a time on.
ids_since() { # NAME TIME
	local source
	source=$(keytable sources --source "$1" | jq -r .source)
	stored | jq -r --arg s "$source" --argjson t "$2" 'select(.source == $s and .received >= $t and (.corrects | not)).id' | sort
}
each_once() {
	[ "$(stored | jq -s 'map(.id) | length == (unique | length)')" = true ]
	[ "$(stored | jq -s 'group_by(.source + .type) | all(.[]; map(.n) == [range(1; length + 1)])')" = true ]
}

# Ten under p.1, five on the way to p.2, then fifteen under that; SINCE is among them.
two_keys() {
	register a
	send 1 10
	SINCE=$(moment)
	nos-rekey --source a "${SEALED[@]}" >/dev/null
	send 11 15
	jq -nc 'range(16; 31) | {type: "other", value: .}' | nos-send --keyring a.key --batch 4 >/dev/null
}

@test "what came from then on comes once more, corrected; nothing else does" {
	broker_start
	subscribe data 'nos/+/+/+/+'
	node_start --mqtt "$MQTT"
	two_keys
	numbers 1 5 >in
	post application/x-ndjson in '/v1/data?kind=test'
	nos-rekey --revoke a --since "$SINCE" "${SEALED[@]}" >/dev/null
	ids_since a "$SINCE" >expected
	[ "$(wc -l <expected)" -eq 20 ]
	all_came() { [ "$(payloads data | wc -l)" -eq $((30 + 5 + 20)) ]; }
	eventually all_came
	payloads data | jq -c 'select(.corrects)' >corrections
	jq -r .corrects corrections | sort | cmp - expected
	[ "$(jq -s 'all(.[]; .id == .corrects + "~1" and (keys_unsorted | last) == "corrects")' corrections)" = true ]
	[ "$(jq -cs 'map(.scores | [.confidentiality, .integrity, .authentication, .privacy]) | unique' corrections)" = '[[0,0,0,0.5]]' ]
	[ "$(jq -cs 'map(.raw.key_state) | unique' corrections)" = '["compromised"]' ]
	# All else is as it was, on the topic that it had.
	payloads data | jq -cS --slurpfile c corrections '. as $r | select(any($c[]; .corrects == $r.id)) |
		del(.id, .n, .raw.key_state, .scores[("confidentiality", "integrity", "authentication", "privacy")])' | sort >before
	jq -cS 'del(.id, .n, .corrects, .raw.key_state, .scores[("confidentiality", "integrity", "authentication", "privacy")])' \
		corrections | sort | cmp - before
	[ "$(received data | grep '"corrects"' | cut -d ' ' -f 1 | sort | uniq -c | xargs)" = \
		"$(received data | grep -f <(sed 's/.*/"id":"&"/' expected) | cut -d ' ' -f 1 | sort | uniq -c | xargs)" ]
	each_once
	# Weighed again they come to the same.
	nos-score --records <corrections | jq -c 'del(.line)' | cmp - <(jq -c 'del(.line)' corrections | jq -c '. as $r |
		del(.scores, .raw, .flags) + {scores: $r.scores, raw: $r.raw, flags: $r.flags}')
	# The list of what the keys protected is the same.
	eventually are_through
	for key in p.1 p.2; do keytable taint --key $key --source a --since "$SINCE"; done >listed
	jq -r .id listed | sort | cmp - expected
	[ "$(jq -cs 'map(.corrected) | unique' listed)" = '[true]' ]
	[ "$(keytable audit | jq -r 'select(.reason // "" | test("since 20..-..-..T")) | "\(.what) \(.to)"')" = 'source compromised' ]
	[ "$(curl -s "$ADMIN/metrics" | sed -n 's/^nos_records_corrected_total //p')" -eq 20 ]
}

@test "who took a record by a filter gets its correction, and whose filter it passes now" {
	broker_start
	echo '{"v":1,"filters":{"trusted":"authentication >= 0.9","lost":"key_state == '"'compromised'"'","odd":"bits == 1"}}' >rules
	subscribe data 'nos/+/only/+/+/+/+'
	node_start --mqtt "$MQTT" --rules rules
	register a
	send 1 3
	nos-rekey --revoke a --since 0 "${SEALED[@]}" >/dev/null
	all_came() { [ "$(payloads data | wc -l)" -eq 9 ]; }
	eventually all_came
	said() { received data | awk -F/ '{ print $4 }' | paste -d ' ' - <(payloads data | jq -r 'if .corrects then "correction" else "record" end') |
		sort | uniq -c | xargs; }
	[ "$(said)" = '3 lost correction 3 trusted correction 3 trusted record' ]
}

@test "without a time none does; with an earlier one what lies before does, with a later one nothing" {
	node_start
	two_keys
	nos-rekey --revoke a "${SEALED[@]}" >/dev/null
	eventually are_through
	count_is 0
	nos-rekey --revoke a --since "$SINCE" "${SEALED[@]}" >/dev/null
	eventually are_through
	count_is 20
	nos-rekey --revoke a --since "$(moment)" "${SEALED[@]}" >/dev/null
	eventually are_through
	count_is 20
	nos-rekey --revoke a --since 0 "${SEALED[@]}" >/dev/null
	eventually are_through
	count_is 30
	each_once
	[ "$(keytable taint --key p.1 --source a | jq -s 'length >= 10 and all(.[]; .corrected)')" = true ]
	# What is forgotten is so with its corrections.
	nos-token forget a "${SEALED[@]}" >/dev/null
	[ "$(stored | wc -l)" -eq 0 ]
	[ "$(sqlite3 node.db "select count(*) from state where ns like 'taint%'")" -eq 0 ]
}

@test "what a source had before is said to be known, and its successor is left as it is" {
	node_start
	register a
	send 1 3
	SINCE=$(moment)
	send 4 5
	nos-rekey --revoke a "${SEALED[@]}" >/dev/null
	nos-token new --replace a "${SEALED[@]}" 2>/dev/null | nos-register --keyring b.key --name a >/dev/null
	numbers 6 9 | nos-send --keyring b.key --batch 1 >/dev/null
	run -0 nos-rekey --compromised a --since "$SINCE" "${SEALED[@]}"
	[ "$(jq -r .status <<<"$output")" = noted ]
	eventually are_through
	[ "$(corrections | jq -c .value | sort | xargs)" = '4 5' ]
	numbers 10 11 | nos-send --keyring b.key --batch 1 >/dev/null
	said() { keytable taint --source a | jq -c '[.key, .corrected]' | sort | uniq -c | xargs; }
	as_said() { [ "$(said)" = '3 [p.1,false] 2 [p.1,true] 6 [p.2,false]' ]; }
	eventually as_said
	# Its keys are good still, also once they are replaced, when those before are what it had.
	nos-rekey --source a "${SEALED[@]}" >/dev/null
	numbers 12 13 | nos-send --keyring b.key --batch 1 >/dev/null
	nos-rekey --compromised a --since 0 "${SEALED[@]}" >/dev/null
	eventually are_through
	as_said() { [[ "$(said)" =~ ^'5 [p.1,true] '[67]' [p.2,true] '[12]' [p.3,false]'$ ]]; }
	eventually as_said
	each_once
	[ "$(keytable audit | jq -r 'select(.reason // "" | test("that it had")) | [.what, .to] | join(" ")' | uniq -c | xargs)" = '2 source' ]
}

@test "of a member's keys that of its group is in use too" {
	node_start
	nos-token new --group roof "${SEALED[@]}" 2>/dev/null | nos-register --keyring a.key --name a >/dev/null
	nos-rekey --group roof "${SEALED[@]}" >/dev/null
	# The first brings what it lacks of its group's key.
	send 1 1
	send 2 2
	send 3 3
	all_stored() { [ "$(stored | wc -l)" -ge "$1" ]; }
	eventually all_stored 3
	kid=$(stored | tail -n 1 | jq -r .key)
	[[ $kid == s.* ]]
	nos-rekey --compromised a --since 0 "${SEALED[@]}" >/dev/null
	eventually are_through
	[ "$(keytable taint --source a --key "$kid" | jq -s 'length >= 1 and all(.[]; .corrected | not)')" = true ]
	nos-rekey --group roof --overlap 0s "${SEALED[@]}" >/dev/null
	send 4 4
	send 5 5
	send 6 6
	eventually all_stored 6
	[ "$(stored | tail -n 1 | jq -r .key)" != "$kid" ]
	nos-rekey --compromised a --since 0 "${SEALED[@]}" >/dev/null
	eventually are_through
	[ "$(keytable taint --source a --key "$kid" | jq -s 'all(.[]; .corrected)')" = true ]
	[ "$(keytable taint --source a | jq -s "any(.[]; .corrected | not)")" = true ]
}

@test "a node that was off, or that is killed meanwhile, corrects each once while readings flow" {
	seeded
	RANDOM=$SEED
	LISTEN=$(address_free)
	node_start
	register a
	register b
	numbers 1 3000 | nos-send --keyring a.key --batch 50 >/dev/null
	node_stop
	nos-rekey --revoke a --since 0 "${SEALED[@]}" >/dev/null
	numbers 3001 3060 | nos-send --keyring b.key --batch 1 --spool spool --wait 1s >/dev/null 2>send.err 3>&- &
	sender=$!
	OTHER_PIDS=$sender
	# A group is one fdatasync, and has 200 at most: killed a few groups behind each start, or by hand.
	kills=0
	until are_through; do
		ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" strace -f -qq -o /dev/null \
			-e trace=fdatasync -e inject=fdatasync:signal=KILL:when=$((3 + RANDOM % 3)) \
			nos-serve "${SEALED[@]}" --listen "$LISTEN" --admin 127.0.0.1:0 --ready-fd 9 9>said >>out 2>>err 3>&- &
		pid=$!
		ended() { ! kill -0 $pid 2>/dev/null || are_through; }
		eventually ended
		# By the number that it says: what was started is strace.
		! kill -0 $pid 2>/dev/null || kill -9 "$(jq .pid said)" 2>/dev/null || true
		wait $pid || true
		kills=$((kills + 1))
		[ $kills -lt 60 ]
		[ "$(corrections | jq -r .id | sort | uniq -d | wc -l)" -eq 0 ]
	done
	[ $kills -ge 4 ]
	echo "# killed $kills times" >&3
	node_start
	wait $sender || true
	emptied() { nos-send --keyring b.key --spool spool </dev/null 2>>send.err && [ -z "$(ls spool/*/*.jwe 2>/dev/null)" ]; }
	eventually emptied
	all_stored() { [ "$(stored | jq -r 'select(.corrects | not).value' | wc -l)" -eq 3060 ]; }
	eventually all_stored
	node_stop
	count_is 3000
	each_once
	[ "$(stored | jq -s 'map(select(.corrects | not).value) | sort == [range(1; 3061)]')" = true ]
}

@test "of a global key that was taken back those are corrected whose local key was made of it" {
	node_start --pool 1,1
	nos-token new --scheme dini "${SEALED[@]}" 2>/dev/null | nos-register --keyring a.key --name a >/dev/null
	send 1 5
	kid=$(jq -r '.keys[] | select(.key | startswith("d.")).key' a.key | tail -n 1)
	send 6 10
	register b
	numbers 1 3 | nos-send --keyring b.key >/dev/null
	nos-rekey --invalidate w.1 --since 0 "${SEALED[@]}" >/dev/null
	eventually are_through
	keytable taint --key "$kid" | jq -r .id | sort >listed
	[ "$(wc -l <listed)" -ge 5 ]
	corrections | jq -r .corrects | sort | cmp - listed
	[ "$(keytable audit | jq -r 'select(.reason // "" | test("since 1970")) | .key')" = "$kid" ]
	each_once
}
