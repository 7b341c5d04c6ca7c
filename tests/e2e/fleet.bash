# A fleet: real keyrings by the hundred, driven by tests/help/fleet.c. They are registered once for a
# file of tests, each of which has copies of the store and of them.

# COUNT sources, of which each tenth is one of those that will be offline: in setup_file. Options behind
# it are their enrolments'; FLEET_NODE holds the node's.
fleet_make() { # COUNT option…
	# Keyrings are in memory where there is such a place: a thousand devices do not share a disk.
	export MEMORY=/dev/shm COUNT=$1
	[[ -w $MEMORY ]] || MEMORY=$BATS_FILE_TMPDIR
	MEMORY=$(mktemp -d -p "$MEMORY")
	# shellcheck disable=SC2086
	node_start ${FLEET_NODE:-}
	nos-token new "${SEALED[@]}" --count "$COUNT" --url "$URL" "${@:2}" 2>/dev/null |
		nos-register --keyring-dir "$MEMORY/made" | jq -r .source | sort >ids
	node_stop
	[ "$(wc -l <ids)" -eq "$COUNT" ]
	awk 'NR % 10 == 0' ids >offline
	awk 'NR % 10' ids >online
}

fleet_take() {
	FLEET=$ROOT/build/${V:-release}/tests/help/fleet
	KEYS=$MEMORY/$BATS_TEST_NUMBER
	cp -r "$MEMORY/made" "$KEYS"
	cp "$BATS_FILE_TMPDIR"/{node.db,node.key,online,offline} .
	AWAY=$(wc -l <offline)
	NEXT=1
}

# A reading of each source but those that are skipped: LINE says what became of them.
round() {
	LINE=$("$FLEET" "$KEYS" round --url "$URL" --from "$NEXT" "$@" 2>>fleet.err)
	NEXT=$(jq .next <<<"$LINE")
	tee -a rounds <<<"$LINE" >&2
}

# "30 p.1, 270 p.2": which keys the sources, and the node, would go by.
held() { jq -r '.keys | to_entries | sort_by(.key) | map("\(.value) \(.key)") | join(", ")' <<<"$LINE"; }
known() {
	nos-keytable ct --state active "${STORE[@]}" |
		jq -rs 'group_by(.key) | map("\(length) \(.[0].key)") | join(", ")'
}
count_state() { nos-keytable ct --state "$1" "${STORE[@]}" | wc -l; }

rekey() { nos-rekey "$@" "${SEALED[@]}"; }

# Each answer to each pack was that it is accepted, and each reading is in one record.
all_accepted() {
	jq -se 'all(.[]; .accepted == .sent and .duplicates + .rejected + .spooled + .failed == 0 and
		(.answers | keys) - ["202"] == []) and (map(.accepted) | add) == '$((NEXT - 1)) rounds
}
none_lost() {
	node_stop
	entries node.db processed | grep '^{' | jq .value | sort -n >values
	seq $((NEXT - 1)) | diff -q - values
}

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# Keys that are replaced twice while some sources are away, who come back then.
replace_twice() { # OVERLAP, the keys that are deactivated while it lasts
	local made online=$((COUNT - AWAY))
	made=$(now_ms)
	node_start
	round
	[ "$(held)" = "$COUNT p.1" ]
	rekey --all --overlap "$1" >rows
	[ "$(jq -r '"\(.replaces) \(.key) \(.status)"' rows | sort | uniq -c | xargs)" = "$COUNT p.1 p.2 pending" ]
	round --skip offline
	[ "$(held)" = "$AWAY p.1, $online p.2" ]
	[ "$(known)" = "$(held)" ]
	# Who still has the key that it was registered with is who was away.
	run -75 --separate-stderr rekey --all --older-than $(($(now_ms) - made))ms --wait 0s
	[ "$(jq -r .source <<<"$output" | sort)" = "$(<offline)" ]
	[[ $stderr == "nos-rekey: $AWAY of $AWAY have not confirmed: $(head -n 20 offline | paste -sd, | sed 's/,/, /g')"* ]]
	rekey --all --overlap "$1" >rows
	[ "$(jq -r '"\(.replaces) \(.key)"' rows | sort | uniq -c | xargs)" = "$AWAY p.1 p.2 $online p.2 p.3" ]
	round --skip offline
	[ "$(held)" = "$AWAY p.1, $online p.3" ]
	[ "$(count_state deactivated)" -eq $((online * $2)) ]
	round
	[ "$(held)" = "$AWAY p.2, $online p.3" ]
	[ "$(jq .acks <<<"$LINE")" -eq "$AWAY" ]
	[ "$(known)" = "$(held)" ]
	all_accepted
	none_lost
}

# Keys are replaced three times while the fleet sends without a pause.
replace_in_stream() {
	node_start
	: >rounds
	"$FLEET" "$KEYS" loop --url "$URL" >>rounds 2>fleet.err 3>&- &
	pid=$!
	OTHER_PIDS=$pid
	for overlap in 0s 1h 0s; do
		begun=$(wc -l <rounds)
		goes_on() { [ "$(wc -l <rounds)" -gt $((begun + 1)) ]; }
		eventually goes_on
		rekey --all --overlap $overlap --wait 600s >rows
		[ "$(jq -r .status rows | uniq -c | xargs)" = "$COUNT confirmed" ]
	done
	kill $pid
	wait $pid
	OTHER_PIDS=
	LINE=$(tail -n 1 rounds)
	NEXT=$(jq .next <<<"$LINE")
	[ "$(held)" = "$COUNT p.4" ]
	[ "$(known)" = "$COUNT p.4" ]
	all_accepted
	none_lost
	echo "# $((NEXT - 1)) readings of $COUNT sources" >&3
}
