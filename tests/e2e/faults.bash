# Tools that are killed at their steps, and whether all is whole behind it: what rekey-crash.bats does at
# some of them, and long-rekey-crash.bats at each.
numbers() { jq -nc --argjson a "$1" --argjson b "$2" 'range($a; $b + 1) | {type: "count", value: .}'; }

# Each value of 1..N in exactly one record, each (source, seq) in one raw entry; n goes on by one, and behind an
# era.
is_whole() { # N
	entries node.db processed | grep '^{' >all
	[ "$(jq -s "map(.value) | sort == [range(1; $1 + 1)]" all)" = true ] || {
		echo "not each of 1..$1 once: $(wc -l <all) records" >&2
		return 1
	}
	[ "$(jq -s 'group_by(.source + .type) | all(.[]; map(.n) | . as $n | $n[0] == 1 and
		all(range(1; length); $n[.] == $n[. - 1] + 1 or ($n[.] > 1e12 and $n[. - 1] < 1e12)))' all)" = true ]
	no_number_twice
}
no_number_twice() {
	entries node.db raw | grep '^{"source"' | jq -r '"\(.source) \(.seq)"' | sort | uniq -d >twice
	[ ! -s twice ]
}

keytable() { nos-keytable "$@" "${STORE[@]}"; }
kids() { keytable ct --source "$1" | jq -r '"\(.key) \(.state)"' | xargs; }
kids_of() { nos-keytable ct --keyring "$1" | jq -r '"\(.key) \(.state)"' | xargs; }
register() { # NAME
	nos-token new "${SEALED[@]}" 2>/dev/null | nos-register --keyring "$1.key" --name "$1" >/dev/null
}

# ---- a fault ----

# A command that is killed when one of its threads enters the Nth of these system calls: what comes
# before is done, that call and what is behind it is not.
under_fault() { # CALL N command…
	# No leak check can be made within strace.
	ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" \
		strace -f -qq -o /dev/null -e trace="$1" -e inject="$1:signal=KILL:when=$2" "${@:3}"
}

# STATUS: 137 where it was killed, 0 where it came to its end before.
killed_at() { # CALL N command…
	STATUS=0
	under_fault "$@" || STATUS=$?
	[ $STATUS = 0 ] || [ $STATUS = 137 ]
}

# A function, with CALL N, over the Ns until one was not killed. At each of them with a stride of 1, else
# at some, each up to a stride behind the one before, of a seed that is printed.
at_points() { # stride function CALL…
	local stride=$1 what=$2 call n met
	RANDOM=$SEED
	for call in "${@:3}"; do
		met=0
		for ((n = 1 + RANDOM % (stride < 3 ? stride : 3); ; n += 1 + RANDOM % stride)); do
			"$what" "$call" $n
			[ $STATUS = 137 ] || break
			met=$((met + 1))
		done
		# A call that is never met shows nothing.
		[ $met -gt 0 ] || [ "$stride" -gt 1 ]
		echo "# $call: killed at $met up to $((n - 1))" >&3
	done
}
seeded() {
	SEED=${NOS_TEST_SEED:-$RANDOM}
	echo "# seed $SEED" >&3
}

# ---- nos-rekey ----

# Each of three sources sends a pack, which brings its new key, and one under that.
each_sends() {
	local pids=() name
	for name in a b c; do
		numbers $((sent + 1)) $((sent + 2)) | nos-send --batch 1 --keyring $name.key >>answers 3>&- &
		pids+=($!)
		sent=$((sent + 2))
	done
	wait "${pids[@]}"
}

rekey_beside_node() { # CALL N
	local name
	killed_at "$1" "$2" nos-rekey --all "${SEALED[@]}" >/dev/null
	[ $STATUS = 0 ] || nos-rekey --all "${SEALED[@]}" >/dev/null
	version=$((version + 1))
	each_sends
	for name in a b c; do
		[ "$(kids_of $name.key)" = "p.$version active" ]
		[ "$(kids $name)" = "p.$version active" ]
	done
}

rekey_is_killed_beside_node() { # stride
	node_start --overlap 0s
	for name in a b c; do register $name; done
	sent=0 version=1
	at_points "$1" rekey_beside_node fdatasync pwrite64
	nos-keytable audit --verify "${SEALED[@]}" >/dev/null
	node_stop
	is_whole $sent
}

rekey_alone() { # CALL N
	rm -f node.db*
	cp before/* .
	killed_at "$1" "$2" nos-rekey --all "${SEALED[@]}" >/dev/null
	nos-rekey --all "${SEALED[@]}" >/dev/null
	[ "$(keytable ct | jq -r '"\(.key) \(.state)"' | sort | uniq -c | xargs)" = '3 p.1 active 3 p.2 pre-active' ]
	[ "$(keytable audit | jq -r 'select(.reason == "issued") | .key' | xargs)" = 'p.2 p.2 p.2' ]
	nos-keytable audit --verify "${SEALED[@]}" >/dev/null
}

rekey_is_killed_alone() { # stride
	LISTEN=$(address_free)
	node_start
	for name in a b c; do register $name; done
	node_stop
	mkdir before
	cp node.db* before
	at_points "$1" rekey_alone fdatasync pwrite64 unlink
	sent=0
	node_start
	each_sends
	for name in a b c; do
		[ "$(kids_of $name.key)" = 'p.2 active' ]
		# The policy was an hour's overlap.
		[ "$(kids $name)" = 'p.1 deactivated p.2 active' ]
	done
	node_stop
	is_whole $sent
}

# ---- nos-serve ----

# As node_start, killed at the Nth CALL; one that was killed before it was ready is started
# anew.
node_start_under() { # CALL N
	rm -f ready
	mkfifo ready
	under_fault "$1" "$2" nos-serve "${SEALED[@]}" --listen "$LISTEN" --admin 127.0.0.1:0 --overlap 0s \
		--ready-fd 9 9>ready >>out 2>>err 3>&- &
	NODE_PID=$!
	STATUS=0
	read -r -t 30 READY <ready || READY=
	node_mend
}

# What was killed is started again; STATUS is 137 from then on.
node_mend() {
	# Not by kill -0: the number may be another process's by now.
	[ -n "$READY" ] && jobs -pr | grep -qx "$NODE_PID" && return
	wait "$NODE_PID" || STATUS=$?
	[ $STATUS = 137 ] || { echo "the node ended with $STATUS" >&2; return 1; }
	node_start --overlap 0s
}

# Killed on its way out, or just before: what it had accepted is weighed when it starts again.
node_end() {
	local status=0
	kill -TERM "$(jq .pid <<<"$READY")" 2>/dev/null || true
	wait "$NODE_PID" || status=$?
	[ $status = 0 ] && return
	[ $status = 137 ]
	STATUS=137
	node_start --overlap 0s
	node_stop
}

# A source whose p.1 is due to be destroyed, p.2 active, and p.3 waiting; in the folder before.
prepare() {
	LISTEN=$(address_free)
	node_start
	register a
	numbers 1 1 | nos-send --keyring a.key >/dev/null
	nos-rekey --all --overlap 1ms "${SEALED[@]}" >/dev/null
	numbers 2 2 | nos-send --keyring a.key >/dev/null
	node_stop KILL
	nos-rekey --all --overlap 0s "${SEALED[@]}" >/dev/null
	[[ $(kids a) = *'p.2 active p.3 pre-active' ]]
	mkdir before
	cp node.db* a.key before
}

# The next two numbers, a pack each; a node that was killed meanwhile is started again.
step() {
	numbers $((sent + 1)) $((sent + 2)) |
		nos-send --keyring a.key --batch 1 --spool spool --wait 500ms "$@" >>answers 2>>send.err
	sent=$((sent + 2))
	node_mend
}

# Everything that waited is there, under one key that both sides have.
is_healed() {
	node_mend
	sent=$((sent + 1))
	numbers $sent $sent | nos-send --keyring a.key --spool spool >>answers 2>>send.err
	[ -z "$(ls spool/*/*.jwe 2>/dev/null)" ] && [[ $(kids a) =~ ^p\.[0-9]+\ active$ ]] && [ "$(kids a)" = "$(kids_of a.key)" ]
}

# The old key is swept; delivery and first use of p.3, whose acknowledgement is lost; a key that is
# acknowledged; an ask with which all is made anew; and with a process of its own, an ask of another life.
play() { # CALL N
	local first
	rm -rf node.db* spool a.key* answers send.err
	cp before/* .
	sent=2
	node_start_under "$1" "$2"
	between_start "${LISTEN#*:}" pass void
	step --url "$BETWEEN"
	kill "${OTHER_PIDS##* }"
	nos-rekey --all --overlap 0s "${SEALED[@]}" >/dev/null
	step
	nos-rekey --renew "${SEALED[@]}" >/dev/null
	step
	node_end
	first=$STATUS
	nos-rekey --after-restore "${SEALED[@]}" >/dev/null
	node_start_under "$1" "$2"
	[ "$first" = 0 ] || STATUS=$first
	step
	eventually is_healed
	node_end
	is_whole $sent
	nos-keytable audit --verify "${SEALED[@]}" >/dev/null
	[ -z "$(jq -c 'select(.status as $s | ["accepted", "spooled", "duplicate"] | index($s) | not)' answers)" ]
	! grep 'old copy' send.err
}

serve_is_killed() { # stride CALL…
	prepare
	at_points "$1" play "${@:2}"
}

# ---- nos-send ----

# A source that takes a new key, killed, and run again.
send_once() { # CALL N
	nos-rekey --all "${SEALED[@]}" >/dev/null
	version=$((version + 1))
	killed_at "$1" "$2" nos-send --keyring a.key --batch 1 < <(numbers $((sent + 1)) $((sent + 3))) >part 2>>send.err
	jq -r "select(.status == \"accepted\") | $sent + .line" part >>accepted
	sent=$((sent + 3))
	# Never half a file, and never without the key that the node takes it to have.
	kids_of a.key >held
	for key in $(keytable ct --state active | jq -r .key); do grep -qw "$key" held; done
	numbers $((sent + 1)) $((sent + 2)) | nos-send --keyring a.key --batch 1 >>answers 2>>send.err
	printf '%d\n' $((sent + 1)) $((sent + 2)) >>accepted
	sent=$((sent + 2))
	[ "$(kids_of a.key)" = "p.$version active" ]
	[ "$(kids a)" = "p.$version active" ]
	# What was written beside the keyring, and not put in its place, is gone.
	[ "$(echo a.key*)" = 'a.key a.key.lock' ]
}

send_is_killed() { # stride
	node_start --overlap 0s
	register a
	sent=0 version=1
	at_points "$1" send_once fsync rename sendto
	node_stop
	[ "$(jq -r .status answers | sort -u)" = accepted ]
	entries node.db processed | grep '^{' | jq .value | sort >stored
	[ -z "$(uniq -d stored)" ]
	[ -z "$(sort accepted | comm -23 - stored)" ]
	no_number_twice
	# A number that is given twice is refused, and its pack goes under another with this word.
	! grep 'old copy' send.err
}
