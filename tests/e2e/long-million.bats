#!/usr/bin/env bats
# Re-keying at a million sources: one costs what it costs among a thousand, all fit into little memory,
# and whatever is killed goes on. Keys are nobody's (tests/help/load.c).

MANY=1000000
SPACE_KIB=5000000 # that the stores take, copies among them

setup_file() {
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	load ../tool/helper
	local free
	free=$(df -k --output=avail . | tail -n 1)
	echo "# $((free / 1024)) MiB free, $((SPACE_KIB / 1024)) needed" >&3
	[ "$free" -gt $SPACE_KIB ] || return 0
	for count in 1000 100000 $MANY; do
		mkdir -m 700 $count
		cd $count
		nos-serve --init "${SEALED[@]}" 2>/dev/null
		took load "$ROOT/build/${V:-release}/tests/help/load" sqlite:node.db node.key $count
		echo "# $count sources: $(spent load), $(du -m node.db | cut -f 1) MiB" >&3
		cd ..
	done
}
setup() {
	load ../tool/helper
	[ -d "$BATS_FILE_TMPDIR/$MANY" ] || skip 'no room on the disk'
}
teardown() {
	everything_stops
	rm -f node.* rows
}

# The store of so many sources, as it was filled.
take() {
	rm -f node.*
	cp "$BATS_FILE_TMPDIR/$1"/node.{db,key} .
}

# A command, and what it took.
took() { "$ROOT/build/${V:-release}/tests/help/peak" "$1.took" "${@:2}"; }
spent() { jq -r '"\(.ms) ms, \(.cpu_ms) ms of the processor, \(.kib) KiB"' "$1.took"; }

# Values put and entries appended by a command.
written() {
	local counts='select rev, (select coalesce(sum(seq), 0) from sqlite_sequence) from revision'
	local rev entries puts appended before after
	before=$(sqlite3 -separator ' ' node.db "$counts")
	"$@" >/dev/null || return
	after=$(sqlite3 -separator ' ' node.db "$counts")
	read -r rev entries <<<"$before"
	read -r puts appended <<<"$after"
	WRITTEN="$((puts -= rev)) puts, $((appended -= entries)) entries"
	echo "$WRITTEN by $*"
	[ "$puts" -ge 1 ] && [ "$puts" -le 3 ] && [ "$appended" -ge 1 ] && [ "$appended" -le 3 ]
}

# Of each source both keys are there, the old one in use and the new one waiting.
whole() {
	nos-keytable ct --format csv "${STORE[@]}" |
		awk -F , 'NR > 1 { if ($1 != id) sources++; id = $1; keys[$2 " " $4]++ }
			END { print sources, keys["p.1 active"], keys["p.2 pre-active"], NR - 1 }' >counts
	[ "$(<counts)" = "$1 $1 $1 $((2 * $1))" ] || { cat counts >&2; return 1; }
}

@test "one source of a million is re-keyed, confirms and is revoked in as few records as one of a thousand" {
	local id=s-0000000200 other=s-0000000300
	declare -A of
	for count in 1000 $MANY; do
		take $count
		written took replace nos-rekey --source $id "${SEALED[@]}"
		of[$count]="replaced by $WRITTEN"
		written "$ROOT/build/${V:-release}/tests/help/confirm" sqlite:node.db node.key $id
		of[$count]+="; confirmed by $WRITTEN"
		written took revoke nos-rekey --revoke $other "${SEALED[@]}"
		of[$count]+="; revoked by $WRITTEN"
		echo "# one of $count: ${of[$count]}" >&3
		echo "# replacing it: $(spent replace); revoking it: $(spent revoke)" >&3
		[ "$(jq .cpu_ms replace.took)" -lt 500 ]
		[ "$(jq .cpu_ms revoke.took)" -lt 500 ]
	done
	[ "${of[1000]}" = "${of[$MANY]}" ]
}

@test "all are re-keyed in memory that a million fill no more than a hundred thousand" {
	declare -A kib
	for count in 100000 $MANY; do
		take $count
		took all nos-rekey --all "${SEALED[@]}" >rows
		echo "# all of $count: $(spent all), store $(du -m node.db | cut -f 1) MiB" >&3
		[ "$(wc -l <rows)" -eq $count ]
		kib[$count]=$(jq .kib all.took)
	done
	whole $MANY
	[ "${kib[$MANY]}" -lt $((128 * 1024)) ]
	[ "${kib[$MANY]}" -lt $((3 * kib[100000])) ]
}

@test "killed in the middle of a million it goes on, waits for all of them, and the node starts on that store" {
	take $MANY
	nos-rekey --all >rows "${SEALED[@]}" 3>&- &
	pid=$!
	OTHER_PIDS=$pid
	until [ "$(stat -c %s rows)" -gt 20000000 ]; do
		kill -0 $pid
		read -r -t 0.1 <> <(:) || true
	done
	kill -KILL $pid
	wait $pid || true
	OTHER_PIDS=
	waiting=$(nos-keytable ct --state pre-active "${STORE[@]}" | wc -l)
	echo "# killed behind $waiting" >&3
	[ "$waiting" -gt 0 ]
	[ "$waiting" -lt $MANY ]
	[ $((waiting % 200)) -eq 0 ]
	status=0
	took rest nos-rekey --all --wait 0s "${SEALED[@]}" >rows 2>err || status=$?
	echo "# the rest, and a look at all: $(spent rest)" >&3
	[ "$status" -eq 75 ]
	grep -q "^nos-rekey: $MANY of $MANY have not confirmed: s-0000000001, " err
	[ "$(wc -l <rows)" -eq $MANY ]
	[ "$(jq .kib rest.took)" -lt $((128 * 1024)) ]
	whole $MANY
	[ "$(sqlite3 node.db 'pragma quick_check')" = ok ]
	nos-keytable audit --verify "${SEALED[@]}"
	local since=${EPOCHREALTIME/[.,]/}
	node_start
	local ms=$(((${EPOCHREALTIME/[.,]/} - since) / 1000))
	echo "# nos-serve is ready within $ms ms" >&3
	[ $ms -lt 10000 ]
	node_stop
	[ "$NODE_STATUS" -eq 0 ]
}
