#!/usr/bin/env bats

setup() { load helper; }
teardown() { everything_stops; }

# Enrolments of the running node, with these options.
enrol() { nos-token new "${SEALED[@]}" --url "$URL" "$@" 2>/dev/null; }

@test "an enrolment becomes a keyring and a receipt without a secret" {
	node_start
	enrol --kind weather-station >line
	run -0 --separate-stderr nos-register --keyring c.key --name campodenno --mode event --type air_temperature,wind_speed <line
	[ -z "$stderr" ]
	[ "$(jq -c 'keys_unsorted' <<<"$output")" = '["source","name","node","url","scheme","kind","key","keyring"]' ]
	[ "$(jq -c 'del(.source)' <<<"$output")" = '{"name":"campodenno","node":1,"url":"'"$URL"'","scheme":"pairwise","kind":"weather-station","key":"p.1","keyring":"c.key"}' ]
	[ "$(stat -c %a c.key)" = 600 ]
	[ ! -e c.key.pending ]
	[ "$(jq -c '[.v,.source,.name,.kind,.mode,.types,.node.number,.node.urls,.scheme,.seq.next,.static.z,.keys[0].state]' c.key)" = \
		'[1,"'"$(jq -r .source <<<"$output")"'","campodenno","weather-station","event",["air_temperature","wind_speed"],1,["'"$URL"'"],"pairwise",1,1,"active"]' ]
	[ "$(jq -r .node.pin c.key)" = "$(jq -r .pin line)" ]
	for secret in "$(jq -r .token line)" "$(jq -r .static.key c.key)" "$(jq -r '.keys[0].value' c.key)"; do
		[[ ${#secret} -ge 22 && $output != *"$secret"* ]]
	done
}

@test "the node and the source hold the same keys" {
	node_start --print
	enrol | nos-register --keyring c.key
	run -0 nos-send --keyring c.key <<<'{"type":"t","value":1}'
	[ "$(jq -r .status <<<"$output")" = accepted ]
}

@test "a keyring that is there is refused before anything is sent, and --replace overwrites it" {
	node_start
	echo '{"mine":1}' >c.key
	enrol >line
	run -73 --separate-stderr nos-register --keyring c.key --url http://127.0.0.1:1 <line
	[ "$stderr" = "nos-register: line 1: 'c.key' is there already: --replace overwrites it" ]
	[ "$(<c.key)" = '{"mine":1}' ]
	[ ! -e c.key.pending ]
	run -0 nos-register --keyring c.key --replace <line
	[ "$(jq .v c.key)" = 1 ]
}

@test "a lost answer is asked for again with the same bytes and comes out the same" {
	node_start
	between_start "${URL##*:}" pass lose lose
	enrol >line
	run -0 nos-register --keyring c.key --url "$BETWEEN" <line
	[ "$(jq -r '.node.urls[0]' c.key)" = "$BETWEEN" ]
	[ "$(nos-token list "${SEALED[@]}" --format json | jq -r .source)" = "$(jq -r .source <<<"$output")" ]
}

@test "a run that broke off goes on from its pending file as the same source" {
	node_start
	between_start "${URL##*:}" pass lose lose
	enrol >line
	run -69 --separate-stderr nos-register --keyring c.key --name one --wait 0s --url "$BETWEEN" <line
	[[ $stderr == 'nos-register: line 1: not finished, run it again to go on: '* ]]
	[ ! -e c.key ]
	[ "$(stat -c %a c.key.pending)" = 600 ]
	[ "$(jq -r .id c.key.pending)" = "$(jq -r .id line)" ]
	[[ $(<c.key.pending) != *"$(jq -r .token line)"* ]]
	[ "$(nos-token list "${SEALED[@]}" --format json | jq -r .state)" = used ]
	run -0 nos-register --keyring c.key --url "$BETWEEN" <line
	[ "$(jq -r .name <<<"$output")" = one ]
	[ ! -e c.key.pending ]
	[ "$(nos-token list "${SEALED[@]}" --format json | jq -r .source)" = "$(jq -r .source <<<"$output")" ]
	# A new m1 under the same token is another registration, and refused.
	run -73 --separate-stderr nos-register --keyring d.key <line
	[[ $stderr == *'the token was used by another registration' ]]
	[ ! -e d.key ] && [ ! -e d.key.pending ]
}

@test "another registration under way is named, and --replace begins anew" {
	node_start
	enrol --count 2 >lines
	head -n 1 lines | run -69 nos-register --keyring c.key --wait 0s --url http://127.0.0.1:1
	[ ! -e c.key.pending ]
	between_start "${URL##*:}" pass lose lose
	head -n 1 lines >one
	run -69 nos-register --keyring c.key --wait 0s --url "$BETWEEN" <one
	tail -n 1 lines >two
	run -73 --separate-stderr nos-register --keyring c.key <two
	[ "$stderr" = "nos-register: line 1: 'c.key.pending' holds a registration under way, of enrolment $(jq -r .id one): finish it, or --replace" ]
	run -0 nos-register --keyring c.key --replace <two
}

@test "another node at the URL is refused by its key, whatever it says" {
	node_start
	enrol >line
	jq -c '.pin = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"' line >other
	run -77 --separate-stderr nos-register --keyring c.key <other
	[ "$stderr" = "nos-register: line 1: the node at $URL is not the one that the enrolment names" ]
	jq -c '.node = 2' line >other
	run -77 --separate-stderr nos-register --keyring c.key <other
	[ "$stderr" = "nos-register: line 1: the node at $URL is not the one that the enrolment names" ]
	[ ! -e c.key ]
}

@test "an answer that was changed on its way is not believed, and the next run finds the true one" {
	node_start
	between_start "${URL##*:}" pass bend
	enrol >line
	run -77 --separate-stderr nos-register --keyring c.key --url "$BETWEEN" <line
	[ "$stderr" = "nos-register: line 1: the answer to the registration is not the node's" ]
	[ ! -e c.key ]
	[ -e c.key.pending ]
	run -0 nos-register --keyring c.key --url "$BETWEEN" <line
}

@test "a token that is unknown, withdrawn or expired is refused alike" {
	node_start
	enrol --count 2 >lines
	head -n 1 lines | jq -c '.token = "AAAAAAAAAAAAAAAAAAAAAA"' >unknown
	run -77 --separate-stderr nos-register --keyring a.key <unknown
	[ "$stderr" = "nos-register: line 1: $URL: token refused" ]
	[ ! -e a.key.pending ]
	nos-token withdraw "${SEALED[@]}" "$(head -n 1 lines | jq -r .id)" >/dev/null
	head -n 1 lines >withdrawn
	run -77 --separate-stderr nos-register --keyring b.key <withdrawn
	[ "$stderr" = "nos-register: line 1: $URL: token refused" ]
	tail -n 1 lines | jq -c '.expires = 1547812800' >old
	run -0 --separate-stderr nos-register --keyring c.key <old
	[ "$stderr" = "nos-register: by this clock enrolment $(tail -n 1 lines | jq -r .id) expired at 2019-01-18T12:00:00Z" ]
}

@test "a name that is taken is 73, and another may be tried" {
	node_start
	enrol --count 2 >lines
	head -n 1 lines | nos-register --keyring a.key --name camp
	tail -n 1 lines >line
	run -73 --separate-stderr nos-register --keyring b.key --name camp <line
	[ "$stderr" = "nos-register: line 1: $URL: the name 'camp' is taken" ]
	[ ! -e b.key.pending ]
	run -0 nos-register --keyring b.key --name other <line
	[ "$(jq -r .name <<<"$output")" = other ]
}

@test "a refusal that is not the node's own ends nothing" {
	node_start
	between_start "${URL##*:}" pass gate
	enrol >line
	run -77 --separate-stderr nos-register --keyring c.key --url "$BETWEEN" <line
	[ "$stderr" = "nos-register: line 1: $BETWEEN: answered 403" ]
	[ -e c.key.pending ]
	run -0 nos-register --keyring c.key --url "$BETWEEN" <line
}

@test "enrolments of a folder that are done are known when it runs again" {
	node_start
	enrol --count 3 >in
	head -n 2 in | nos-register --keyring-dir keys >first
	touch keys/none.key
	run -0 --separate-stderr nos-register --keyring-dir keys <in
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 3 ]
	[ "$(head -n 2 <<<"$output")" = "$(<first)" ]
	[ "$(find keys -name '*.key' -size +0 | wc -l)" -eq 3 ] && ! ls keys/*.pending
	# One line twice, among others that are done, is one source.
	enrol >line
	run -0 nos-register --keyring-dir keys < <(cat in line line)
	[ "${lines[3]}" = "${lines[4]}" ]
	# Elsewhere nothing is known of it.
	run -65 nos-register --keyring-dir others <line
	[ "$(jq -r .error.code <<<"$output")" = exists ] && [ -z "$(ls others)" ]
}

@test "a run that was killed behind its keyring is finished by the next" {
	node_start
	between_start "${URL##*:}" pass lose lose pass lose lose
	enrol --count 2 >in
	head -n 1 in >line
	run -69 nos-register --keyring c.key --wait 0s --url "$BETWEEN" <line
	cp c.key.pending pending
	nos-register --keyring c.key <line >first
	cp pending c.key.pending
	run -0 nos-register --keyring c.key <line
	[ "$output" = "$(<first)" ]
	[ ! -e c.key.pending ]
	run -73 nos-register --keyring c.key <line
	tail -n 1 in >line
	id=$(jq -r .id line)
	run -69 nos-register --keyring-dir keys --wait 0s --url "$BETWEEN" <line
	cp "keys/$id.pending" pending
	nos-register --keyring-dir keys <line >first
	cp pending "keys/$id.pending"
	run -0 nos-register --keyring-dir keys <line
	[ "$output" = "$(<first)" ]
	[ ! -e "keys/$id.pending" ]
	# Another's pending file is left alone.
	cp pending c.key.pending
	run -73 nos-register --keyring c.key <line
	[ -e c.key.pending ]
}

@test "an enrolment of several uses gives as many sources in one folder, and is done then" {
	node_start
	enrol --uses 2 >line
	run -0 nos-register --keyring-dir keys < <(cat line line)
	[ "$(jq -r .source <<<"$output" | sort -u | wc -l)" -eq 2 ]
	both=$output
	run -0 nos-register --keyring-dir keys <line
	grep -qxF "$output" <<<"$both"
}

@test "many enrolments give a keyring each, and a bad one among them stops none" {
	node_start
	enrol --count 3 >lines
	{ head -n 1 lines; echo; echo '{"v":1}'; tail -n 2 lines; } >in
	run -65 --separate-stderr nos-register --keyring-dir keys -v <in
	[ "$stderr" = 'nos-register: 3 registered, 1 failed' ]
	[ "${#lines[@]}" -eq 4 ]
	[ "${lines[1]}" = '{"line":3,"error":{"code":"data","message":"id is missing or not a plain text","field":"id"}}' ]
	for i in 0 2 3; do
		[ "$(jq -r .keyring <<<"${lines[i]}")" = "keys/$(jq -r .source <<<"${lines[i]}").key" ]
		[ -s "$(jq -r .keyring <<<"${lines[i]}")" ]
	done
	[ "$(stat -c %a keys)" = 700 ] && ! ls keys/*.pending
}

@test "what a killed run left half written is removed by the next, and what is another's is not" {
	node_start
	enrol --count 2 >lines
	head -n 1 lines >line
	id=$(tail -n 1 lines | jq -r .id)
	mkdir -m 700 keys
	touch c.key.new.abc123 c.key.pending.new.abc123 d.key.new.abc123 "keys/$id.pending.new.abc123"
	nos-register --keyring c.key <line
	[ ! -e c.key.new.abc123 ]
	[ ! -e c.key.pending.new.abc123 ]
	[ -e d.key.new.abc123 ]
	tail -n 1 lines | nos-register --keyring-dir keys
	[ ! -e "keys/$id.pending.new.abc123" ]
}

@test "two at work in one folder take turns" {
	node_start
	enrol >line
	mkdir -m 700 keys
	exec 7>keys/.lock
	flock 7
	run -75 --separate-stderr nos-register --keyring-dir keys --wait 0s <line
	[ "$stderr" = "nos-register: line 1: 'keys/.lock' is locked by another process" ]
	exec 7>&-
	run -0 nos-register --keyring-dir keys <line
}

@test "a second enrolment for one keyring or one name is refused before anything is sent" {
	node_start
	enrol --count 2 >lines
	run -64 --separate-stderr nos-register --keyring c.key <lines
	[ "$stderr" = 'nos-register: 2 enrolments for one --keyring: --keyring-dir takes many' ]
	run -64 nos-register --keyring-dir keys --name n <lines
	[ "$(nos-token list "${SEALED[@]}" --format json | jq -s 'map(.state) | unique == ["open"]')" = true ]
}

@test "an open enrolment registers without a token" {
	node_start
	enrol --open >line
	[ "$(jq 'has("token")' line)" = false ]
	run -0 nos-register --keyring c.key <line
}

@test "what is no enrolment is named by its member, and never shown" {
	good='{"v":1,"id":"t-5c01d2aa90","token":"q1Jm0x7o2m0cJQ3xq0m3TA","url":"http://127.0.0.1:1","node":1,"pin":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","scheme":"pairwise","kind":"k","expires":1764115200}'
	run -78 --separate-stderr nos-register --keyring c.key <<<"${good/\"v\":1/\"v\":2}"
	[ "$stderr" = 'nos-register: line 1: enrolment: written by a newer nos' ]
	run -78 --separate-stderr nos-register --keyring c.key <<<"${good/pairwise/secret}"
	[ "$stderr" = "nos-register: line 1: this nos has no scheme 'secret'" ]
	run -65 --separate-stderr nos-register --keyring c.key <<<"${good/q1Jm/q1J!}"
	[[ $stderr == 'nos-register: line 1: token is '* && $stderr != *q1J* ]]
	run -65 --separate-stderr nos-register --keyring c.key <<<'no'
	for empty in '' $'\n \n'; do
		run -65 --separate-stderr nos-register --keyring c.key <<<"$empty"
		[ "$stderr" = 'nos-register: no enrolment on standard input' ]
		[ -z "$output" ]
		run -0 nos-register --keyring-dir keys <<<"$empty"
		[ -z "$output" ]
	done
	run -65 --separate-stderr nos-register --keyring c.key <<<"${good/\"k\"/\"only\"}"
	[ "$stderr" = 'nos-register: line 1: kind cannot be a kind' ]
	run -65 nos-register --keyring c.key < <(yes "$good" | head -c 2000000)
	[ -z "$(find . -name 'c.key*')" ]
}

@test "options that cannot be are usage errors" {
	for bad in '' '--keyring a --keyring-dir b' '--keyring a --name s-x' '--keyring a --name anonymous' '--keyring a --mode pull' \
		'--keyring a --url ftp://x' '--keyring a --url http://u:p@h' '--keyring a more'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr nos-register $bad </dev/null
		[ -n "$stderr" ] || { echo "$bad"; return 1; }
		[[ $stderr != *u:p* ]]
	done
}

@test "a node that is away is waited for, and is there in time" {
	LISTEN=$(address_free)
	node_start
	enrol >line
	node_stop
	nos-register --keyring c.key <line >receipt 3>&- &
	pid=$!
	OTHER_PIDS=$pid
	eventually test -e c.key.lock
	node_start
	wait "$pid"
	[ "$(jq -r .key receipt)" = p.1 ]
}

@test "--wait bounds a node that takes the connection and never answers" {
	node_start
	enrol >line
	kill -STOP "$NODE_PID"
	run -69 --separate-stderr nos-register --keyring c.key --wait 0s <line
	[[ $stderr =~ 'timed out after '[0-9]{4}' milliseconds' ]]
	kill -CONT "$NODE_PID"
	run -0 nos-register --keyring c.key <line
}

@test "SIGTERM ends a wait with 143, and a locked keyring is waited for" {
	node_start
	enrol >line
	nos-register --keyring c.key --url http://127.0.0.1:1 --wait 1h <line 2>err1 3>&- &
	OTHER_PIDS=$!
	eventually test -e c.key.lock
	run -75 --separate-stderr nos-register --keyring c.key --wait 0s <line
	[ "$stderr" = "nos-register: line 1: 'c.key.lock' is locked by another process" ]
	kill -TERM "$OTHER_PIDS"
	status=0
	wait "$OTHER_PIDS" || status=$?
	[ "$status" -eq 143 ]
}

@test "a reader that has gone ends it quietly, and the keyring stays" {
	node_start
	enrol >line
	mkfifo in receipts
	nos-register --keyring c.key <in >receipts 2>err1 3>&- &
	exec 7>in 8<receipts
	exec 8<&-
	cat line >&7
	exec 7>&-
	status=0
	wait $! || status=$?
	[ "$status" = 0 ] && [ ! -s err1 ] && [ -s c.key ]
}
