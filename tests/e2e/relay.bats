#!/usr/bin/env bats
# A source that does not reach its node, and relays that may be anyone's.

setup() {
	load ../tool/helper
	load faults
	load relay
}
teardown() {
	everything_stops
	# What a sanitizer said of a relay that was killed in the end.
	! grep -sA 30 'Sanitizer' ./*.err
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
	node_there
	one_global_key
	join m --scheme dini
	relay_start m
	lives_behind dini 'd\.1\.[0-9]+' 'd\.1\.[0-9]+'
	[ "$(jq -c .global[0].value s.key)" = "$(jq -c .global[0].value m.key)" ]
	is_revoked_behind
}
