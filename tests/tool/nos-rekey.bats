#!/usr/bin/env bats

setup() {
	load helper
	HELP=$ROOT/build/${V:-release}/tests/help
}
teardown() { everything_stops; }

init() { nos-serve --init "${SEALED[@]}" 2>/dev/null; }

# Sources s-0000000001 and so on, of whom nobody has the keys.
fill() { "$HELP/load" sqlite:node.db node.key "$1"; }

# The first packs under their new keys have come.
confirm() { "$HELP/confirm" sqlite:node.db node.key "$@"; }

rekey() { nos-rekey "$@" "${SEALED[@]}"; }
keytable() { nos-keytable "$@" "${STORE[@]}"; }

# Registered, named campodenno: A is its id, packs of it are in the files pack.1 and pack.2.
register() {
	nos-token new --kind weather-station "${SEALED[@]}" |
		nos-register --keyring a.key --name campodenno >/dev/null
	A=$(jq -r .source a.key)
	"$HELP/packs" 1 2 a.key | split -l 1 -a 1 --numeric-suffixes=1 --filter='tr -d "\n" >$FILE' - pack.
}

# Sources by the states of their keys, "p.1 active p.2 pre-active" a line.
states() { keytable ct | jq -rs 'group_by(.source)[] | map("\(.key) \(.state)") | join(" ")'; }

@test "a new key waits, and the next answer carries the one message that brings it" {
	node_start
	register
	run -0 --separate-stderr rekey --all
	[ "$output" = "{\"source\":\"$A\",\"key\":\"p.2\",\"replaces\":\"p.1\",\"status\":\"pending\"}" ]
	[ -z "$stderr" ]
	[ "$(states)" = 'p.1 active p.2 pre-active' ]
	[ "$(keytable ct | jq -r 'select(.state == "active") | .next')" = p.2 ]
	post application/jose pack.1 /v1/data
	[ "$STATUS" = 202 ]
	[ "$(jq -c '[(.keys | length), .resync]' <<<"$ANSWER")" = '[1,false]' ]
	grep -qi '^Nos-Receipt:' headers
	before=$ANSWER
	post application/jose pack.2 /v1/data
	[ "$(jq -c .keys <<<"$ANSWER")" = "$(jq -c .keys <<<"$before")" ]
}

@test "a second run prints the same rows and changes nothing" {
	init
	fill 5
	rekey --all >first
	keytable audit >audit
	run -0 rekey --all
	[ "$output" = "$(<first)" ]
	[ "$(keytable audit)" = "$(<audit)" ]
	[ "$(states | sort | uniq -c | xargs)" = '5 p.1 active p.2 pre-active' ]
}

@test "sources are named by id or name, and one that is not there is said while the others are done" {
	node_start
	register
	fill 2
	run -66 --separate-stderr rekey --source s-ffffffffff campodenno nobody s-0000000002
	[ "$stderr" = "$(printf '%s\n' "nos-rekey: no source 's-ffffffffff'" "nos-rekey: no source 'nobody'")" ]
	[ "$(jq -rs 'map("\(.source) \(.key)") | join(" ")' <<<"$output")" = "$A p.2 s-0000000002 p.2" ]
	[ "$(keytable ct --source s-0000000001 | jq -r .key)" = p.1 ]
}

@test "keys that are younger stay: said of a source that is named, passed over with --all" {
	init
	fill 2
	run -0 rekey --all --older-than 1h
	[ -z "$output" ]
	run -0 rekey --source s-0000000001 --older-than 1h
	[ "$output" = '{"source":"s-0000000001","key":"p.1","status":"unchanged"}' ]
	[ "$(states | sort -u)" = 'p.1 active' ]
	run -0 rekey --all --older-than 1ms
	[ "${#lines[@]}" -eq 2 ]
	[ "$(states | sort -u)" = 'p.1 active p.2 pre-active' ]
}

@test "a dry run prints the rows and changes no byte" {
	init
	fill 3
	before=$(sha256sum node.*)
	run -0 rekey --all --dry-run
	[ "${#lines[@]}" -eq 3 ]
	[ "${lines[2]}" = '{"source":"s-0000000003","key":"p.2","replaces":"p.1","status":"pending","dry_run":true}' ]
	run -0 rekey --source s-0000000003 --older-than 1h --dry-run
	[ "$output" = '{"source":"s-0000000003","key":"p.1","status":"unchanged","dry_run":true}' ]
	[ "$(sha256sum node.*)" = "$before" ]
	NOS_DRY_RUN=1 run -64 --separate-stderr rekey --revoke s-0000000003
	[ "$stderr" = 'nos-rekey: --dry-run makes no sense here' ]
	[ "$(sha256sum node.*)" = "$before" ]
}

@test "the pipeline of the manual replaces what jq has found" {
	init
	fill 3
	rekey --source s-0000000002 >/dev/null
	export NOS_STORE=sqlite:node.db NOS_NODE_KEY=node.key
	run -0 bash -c "nos-keytable ct --format json | jq -r 'select(.next == null and .state == \"active\") | .source' |
		xargs -r nos-rekey --source"
	[ "$(jq -r .source <<<"$output" | xargs)" = 's-0000000001 s-0000000003' ]
	run -0 bash -c "nos-keytable ct --format json | jq -r 'select(.age > 86400) | .source' | xargs -r nos-rekey --source"
	[ -z "$output" ]
	# The lines of the manual are these.
	grep -q "select(.age > 86400) | .source' | xargs -r nos-rekey --source" "$ROOT/man/nos-rekey.1"
}

@test "--overlap says how long the old key serves behind the confirmation" {
	init
	fill 3
	rekey --source s-0000000001 --overlap 0s >/dev/null
	rekey --source s-0000000002 --overlap 2h >/dev/null
	rekey --source s-0000000003 >/dev/null
	confirm s-000000000{1,2,3}
	[ "$(states | xargs -d '\n')" = 'p.2 active p.1 deactivated p.2 active p.1 deactivated p.2 active' ]
}

@test "--wait prints a row when its source has confirmed, and ends with 0 when all have" {
	init
	fill 2
	nos-rekey --all --wait 600s >rows 2>err "${SEALED[@]}" 3>&- &
	pid=$!
	issued() { [ "$(keytable ct | jq -r 'select(.state == "pre-active") | .source' | wc -l)" -eq 2 ]; }
	eventually issued
	confirm s-0000000001 s-0000000002
	wait $pid
	[ "$(<rows)" = "$(printf '{"source":"s-000000000%d","key":"p.2","replaces":"p.1","status":"confirmed"}\n' 1 2)" ]
	[ ! -s err ]
}

@test "--wait ends with 75 and names who has not confirmed, 20 of them at most" {
	init
	fill 23
	rekey --all >/dev/null
	confirm s-0000000002
	run -75 --separate-stderr rekey --all --older-than 1ms --wait 0s
	[ "$(jq -r .status <<<"$output" | sort | uniq -c | xargs)" = '23 pending' ]
	[[ $stderr == 'nos-rekey: 23 of 23 have not confirmed: s-0000000001, s-0000000002, '*', s-0000000014 (and 3 more)' ]]
	confirm $(printf 's-%010x ' {4..23})
	run -75 --separate-stderr rekey --source s-0000000001 s-0000000003 --wait 1ms
	[ "$stderr" = 'nos-rekey: 2 of 2 have not confirmed: s-0000000001, s-0000000003' ]
	[ "${#lines[@]}" -eq 2 ]
}

@test "a signal while it waits prints what is known, with 143" {
	init
	fill 2
	nos-rekey --all --wait 600s >rows 2>err "${SEALED[@]}" 3>&- &
	pid=$!
	issued() { [ "$(keytable ct | jq -r 'select(.state == "pre-active") | .source' | wc -l)" -eq 2 ]; }
	eventually issued
	# The lock is let go before it waits.
	run -0 rekey --source s-0000000001
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 143 ]
	[ "$(jq -r .status rows | xargs)" = 'pending pending' ]
}

@test "--renew has a source ask anew, all of them without a name, and --wait tells that they have not" {
	node_start
	register
	fill 2
	rekey --revoke s-0000000001 >/dev/null
	run -0 rekey --renew
	[ "$output" = "$(printf '{"source":"%s","status":"pending"}\n' s-0000000002 "$A" | sort)" ]
	post application/jose pack.1 /v1/data
	[ "$STATUS" = 202 ]
	[ "$(jq -c '[.keys, .resync]' <<<"$ANSWER")" = '[[],true]' ]
	run -0 rekey --renew s-0000000001
	[ "$output" = '{"source":"s-0000000001","status":"revoked"}' ]
	run -75 --separate-stderr rekey --renew campodenno --wait 0s
	[ "$output" = "{\"source\":\"$A\",\"status\":\"pending\"}" ]
	[ "$stderr" = "nos-rekey: 1 of 1 have not confirmed: $A" ]
	# Its key cannot be replaced before that: the answer to its ask brings one.
	run -0 rekey --source campodenno
	[ "$output" = "{\"source\":\"$A\",\"status\":\"pending\"}" ]
	[ "$(keytable audit --source "$A" | jq -rs '.[-1] | "\(.what) \(.to) \(.reason)"')" = 'source active renewed' ]
}

@test "a revoked source is refused from the next pack on, and revoking it again is fine" {
	node_start
	register
	post application/jose pack.1 /v1/data
	[ "$STATUS" = 202 ]
	run -0 --separate-stderr rekey --revoke campodenno --reason 'stolen from its mast'
	[ "$output" = "{\"source\":\"$A\",\"status\":\"revoked\"}" ]
	post application/jose pack.2 /v1/data
	[ "$STATUS" = 401 ]
	run -0 rekey --revoke "$A"
	[ "$output" = "{\"source\":\"$A\",\"status\":\"revoked\"}" ]
	run -0 rekey --source "$A"
	[ "$output" = "{\"source\":\"$A\",\"status\":\"revoked\"}" ]
	[ -z "$(keytable ct)" ]
	[ "$(keytable sources | jq -r .state)" = compromised ]
	[ "$(keytable audit --source "$A" | jq -r '"\(.what) \(.key) \(.from) \(.to) \(.reason)"' | tail -n +3)" = "$(printf '%s\n' \
		'key p.1 active compromised stolen from its mast' 'key p.1 compromised destroyed stolen from its mast' \
		'source null active compromised stolen from its mast')" ]
}

@test "a revocation waits for no lock, and of those that are not there each is said" {
	init
	fill 2
	exec 8>node.db.rekey
	flock 8
	run -66 --separate-stderr rekey --revoke nobody s-0000000002 s-0000000001
	[ "${#lines[@]}" -eq 2 ]
	[ "$stderr" = "nos-rekey: no source 'nobody'" ]
	run -75 --separate-stderr rekey --all 8>&-
	[ "$stderr" = 'nos-rekey: another nos-rekey is at work' ]
}

@test "sources are revoked whoever reads the rows" {
	init
	fill 3
	run -74 --separate-stderr bash -c "nos-rekey --revoke s-000000000{1,2,3} ${SEALED[*]} >/dev/full"
	[ "$(keytable sources | jq -r .state | uniq -c | xargs)" = '3 compromised' ]
	fill 3000
	run -0 --separate-stderr bash -o pipefail -c "nos-rekey --all ${SEALED[*]} | head -n 1"
	[ "${#lines[@]}" -eq 1 ]
	[ -z "$stderr" ]
}

@test "two at once do each source once" {
	init
	fill 1000
	nos-rekey --all >one "${SEALED[@]}" 3>&- &
	pid=$!
	rekey --all >two
	wait $pid
	cmp one two
	[ "$(states | sort | uniq -c | xargs)" = '1000 p.1 active p.2 pre-active' ]
	[ "$(keytable audit | jq -r 'select(.reason == "issued") | .key' | sort | uniq -c | xargs)" = '1000 p.2' ]
}

@test "killed in the middle it has done whole groups, and the next run goes on" {
	init
	fill 3000
	nos-rekey --all >rows "${SEALED[@]}" 3>&- &
	pid=$!
	eventually test -s rows
	kill -KILL $pid
	wait $pid || true
	done=$(keytable ct --state pre-active | wc -l)
	echo "# $done of 3000 were done" >&3
	[ $((done % 200)) -eq 0 ]
	[ "$done" -gt 0 ]
	[ "$done" -ge "$(grep -c pending rows)" ]
	run -0 rekey --all
	[ "${#lines[@]}" -eq 3000 ]
	[ "$(states | sort | uniq -c | xargs)" = '3000 p.1 active p.2 pre-active' ]
	nos-keytable audit --verify "${SEALED[@]}"
}

@test "SIGTERM ends it behind the group in hand, and the rows of what was done are printed" {
	init
	fill 3000
	nos-rekey --all >rows "${SEALED[@]}" 3>&- &
	pid=$!
	eventually test -s rows
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	done=$(keytable ct --state pre-active | wc -l)
	[ "$status" -eq 143 ] || [ "$done" -eq 3000 ]
	[ "$done" -eq "$(wc -l <rows)" ]
}

@test "a node that runs has the new set of its own keys, signed by the one before" {
	node_start
	before=$(jq -r .pin <<<"$READY")
	run -0 --separate-stderr rekey --identity --reason 'each year'
	pin=$(jq -r .pin <<<"$output")
	[ "$output" = "{\"identity\":2,\"pin\":\"$pin\",\"status\":\"pending\"}" ]
	[ "$pin" != "$before" ]
	followed() { [ "$(curl -s "$URL/v1/node" | jq -c '.keys[0] | {kty, crv, x, y}' | jose jwk thp -i -)" = "$pin" ]; }
	eventually followed
	[ "$(keytable audit | jq -r '"\(.what) \(.to) \(.reason)"')" = 'identity active each year' ]
	for i in 3 4 5; do [ "$(rekey --identity | jq .identity)" = $i ]; done
	run -75 rekey --identity
	[[ $output == 'nos-rekey: 4 old sets of the node'\''s keys are in use: '* ]]
}

@test "after a restore the node has another life, and its sources are to ask" {
	node_start
	register
	node_stop
	run -0 rekey --after-restore
	[ "$output" = '{"life":2,"status":"confirmed"}' ]
	node_start
	post application/jose pack.1 /v1/data
	[ "$STATUS" = 202 ]
	[ "$(jq -c .resync <<<"$ANSWER")" = true ]
	# Its records count from an era on.
	[ "$(jq '.position > 1e15' <<<"$ANSWER")" = true ]
	node_stop
	[ "$(rekey --after-restore --format csv | xargs)" = 'life,status 3,confirmed' ]
	[ "$(keytable audit | jq -r 'select(.what == "restore") | .reason' | uniq)" = 'a backup was put back' ]
}

@test "beside a nos-serve that runs there is no --after-restore, and nothing of the store changes" {
	node_start
	before=$(sqlite3 node.db 'select count(*), total(length(value)) from state')
	run -75 --separate-stderr rekey --after-restore
	[ "$stderr" = 'nos-rekey: a nos-serve runs on the store: end it first' ]
	[ -z "$output" ]
	# Nor where its file was replaced under it.
	cp node.db put.back
	mv put.back node.db
	run -75 --separate-stderr rekey --after-restore
	[ "$stderr" = 'nos-rekey: a nos-serve runs on the store: end it first' ]
	[ "$(sqlite3 node.db 'select count(*), total(length(value)) from state')" = "$before" ]
	[ -z "$(keytable audit | jq -r 'select(.what == "restore")')" ]
}

@test "a clock that is over a day behind what the store has seen is said where an era begins by it" {
	init
	rekey --identity >/dev/null
	sees() { # SECONDS from now
		sqlite3 node.db "update stream_audit set entry = json_set(entry, '\$.time', $(date +%s) + $1) where position = 1"
	}
	cp node.db before.db
	sees 86000
	run -0 --separate-stderr rekey --after-restore
	[ -z "$stderr" ]
	cp before.db node.db
	rm -f node.db-*
	sees 260000
	nos-keytable export --copy "${SEALED[@]}" >copy 2>/dev/null
	said='the clock is over 3 days behind what the store has seen: if it is wrong, set it right and run nos-rekey --after-restore before nos-serve is started'
	run -0 --separate-stderr rekey --after-restore
	[ "$output" = '{"life":2,"status":"confirmed"}' ]
	[ "$stderr" = "nos-rekey: $said" ]
	# And told it is right, it goes on by it.
	run -0 --separate-stderr rekey --after-restore
	[ -z "$stderr" ]
	run -0 --separate-stderr nos-keytable import --store sqlite:other.db --node-key node.key <copy
	[ "${stderr_lines[1]}" = "nos-keytable: $said" ]
}

@test "rows come as table, json or csv" {
	init
	fill 2
	run -0 rekey --all --format csv
	[ "${lines[0]}" = source,group,key,replaces,status,dry_run ]
	[ "${lines[2]}" = s-0000000002,,p.2,p.1,pending, ]
	run -0 rekey --source s-0000000001 --format table
	[[ ${lines[1]} == 's-0000000001  p.2  p.1       pending  -' ]]
}

@test "what makes no sense is refused before the store is touched" {
	while IFS='|' read -r args why; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr rekey $args
		[ "$stderr" = "nos-rekey: $why" ] || { echo "$args: $stderr" >&2; return 1; }
		[ -z "$output" ]
	done <<-END
		|nothing to do, take one of --all, --source, --group, --heal, --renew, --revoke, --invalidate, --compromised, --identity and --after-restore
		--all --group x|one thing at a time, take one of --all, --source, --group, --heal, --renew, --revoke, --invalidate, --compromised, --identity and --after-restore
		--all x|name no source: this is for all of them
		--identity x|name no source: this is for the node itself
		--source|name the sources by their ids or names
		--revoke|name the sources by their ids or names
		--revoke x --wait 1s|--wait makes no sense here
		--revoke x --overlap 1s|--overlap makes no sense here
		--renew --older-than 1s|--older-than makes no sense here
		--renew --dry-run|--dry-run makes no sense here
		--identity --wait 1s|--wait makes no sense here
		--all --reason x|--reason makes no sense here
		--all --since 1|--since makes no sense here
		--renew x --since 1|--since makes no sense here
		--revoke x --since noon|--since: 'noon' is not a time: RFC 3339 with an offset, or seconds since 1970
		--revoke x --since 2026-11-29T00:00:00|--since: '2026-11-29T00:00:00' is not a time: RFC 3339 with an offset, or seconds since 1970
		--compromised --since 1|name the sources by their ids or names
		--compromised x|--compromised: say --since when
		--compromised x --since 1 --reason y|--reason makes no sense here
		--compromised x --since -5|--since: that is before 1970
		--revoke x --since -5|--since: that is before 1970
		--revoke x --since 1969-12-31T23:59:59Z|--since: that is before 1970
		--revoke x --since 2999-01-01T00:00:00Z|--since: that is still to come
		--invalidate w.1 --since -5|--since: that is before 1970
		--invalidate w.1 --since $(($(date +%s) + 60))|--since: that is still to come
		--all --dry-run --wait 1s|--wait: a dry run has nothing to wait for
		--revoke x --reason $(printf 'x%.0s' {1..201})|--reason: 1 to 200 bytes
		--group|name the groups, as nos-keytable groups shows them
		--heal|name the groups, as nos-keytable groups shows them
		--all --team g|no option '--team', try 'nos-rekey --help'
	END
	[ ! -e node.db ]
	run -66 rekey --all
	[ ! -e node.db ] && [ ! -e node.db.rekey ]
}

# Two members of the group roof, a, which has its key, and b, which has sent nothing since.
members() {
	node_start
	for name in a b; do
		nos-token new --group roof "$@" --url "$URL" "${SEALED[@]}" 2>/dev/null |
			nos-register --keyring $name.key --name $name >/dev/null
	done
	sends a
}
sends() { for _ in 1 2; do nos-send --keyring "$1.key" <<<'{"type":"t","value":1}' >/dev/null; done; }

@test "a group gets its next key, and one whose key is younger than asked for keeps it" {
	members
	[ "$(rekey --group roof)" = '{"group":"roof","key":"s.1.0.1","status":"confirmed"}' ]
	sends a
	[ "$(rekey --group roof --dry-run)" = '{"group":"roof","key":"s.1.0.2","replaces":"s.1.0.1","status":"pending","dry_run":true}' ]
	[ "$(rekey --group roof)" = '{"group":"roof","key":"s.1.0.2","replaces":"s.1.0.1","status":"confirmed"}' ]
	[ "$(rekey --group roof --older-than 1h)" = '{"group":"roof","key":"s.1.0.2","status":"unchanged"}' ]
	[ "$(rekey --heal roof)" = '{"group":"roof","key":"s.1.1.3","replaces":"s.1.0.2","status":"confirmed"}' ]
	run -66 --separate-stderr rekey --group wall roof
	[ "$stderr" = "nos-rekey: no group 'wall'" ]
	[ "$(jq -r .key <<<"$output")" = s.1.1.4 ]
	# All: what is each source's own, then what is a group's.
	rekey --all >rows
	[ "$(jq -r '[.source // .group, .key, .status] | join(" ")' rows | sed 's/^s-[^ ]*/S/' | xargs)" = 'S p.2 pending S p.2 pending roof s.1.1.5 confirmed' ]
	[ "$(keytable audit | jq -r 'select(.what == "group" and .reason == "healed").key')" = s.1.1.3 ]
}

@test "with --wait a group's members are waited for until they are known to be in its epoch" {
	members
	rekey --group roof >/dev/null
	sends a
	run -75 --separate-stderr rekey --heal roof --wait 0s
	[ "$(jq -r '.status' <<<"$output" | sort | uniq -c | xargs)" = '1 confirmed 2 pending' ]
	[[ $stderr == 'nos-rekey: 2 of 2 have not confirmed: s-'* ]]
	sends a
	sends b
	run -0 rekey --group roof --wait 10s
	[ "$(jq -r '[.group, .key, .status] | join(" ")' <<<"$output")" = 'roof s.1.1.3 confirmed' ]
}

@test "a group of the scheme tree gets a key with each epoch" {
	members --scheme tree
	[ "$(rekey --group roof)" = '{"group":"roof","key":"t.1.1","status":"confirmed"}' ]
	sends a
	[ "$(keytable ct --source a --state active | jq -r .key | sort | xargs)" = 'p.1 t.1.1' ]
	rekey --revoke b >/dev/null
	sends a
	sends a
	[ "$(keytable ct --source a --state active | jq -r .key | sort | xargs)" = 'p.1 t.1.2' ]
	[ "$(keytable groups | jq -c '[.scheme, .members, .epoch, .pending]')" = '["tree",1,2,0]' ]
}

@test "settings that are for other tools as well hinder no revocation" {
	init
	fill 1
	printf 'wait = 30s\noverlap = 2h\nsince = 1\n' >nos.conf
	NOS_OLDER_THAN=1h run -0 rekey --revoke s-0000000001 --config nos.conf
	[ "$output" = '{"source":"s-0000000001","status":"revoked"}' ]
	# Nor is anything corrected that nobody has said so of.
	[ "$(sqlite3 node.db "select count(*) from state where ns like 'taint%'")" -eq 0 ]
}

@test "another user's store is refused" {
	[ "$EUID" = 0 ] || skip 'only root makes one'
	init
	chown 1 node.db
	run -77 --separate-stderr rekey --all
	[[ $stderr == *'belongs to another user'* ]]
}

@test "memory stays small over many sources" {
	[[ ${V:-release} == release ]] || skip 'a sanitizer has memory of its own'
	init
	fill 100000
	nos-rekey --all --wait 0s >rows 2>err "${SEALED[@]}" 3>&- &
	pid=$!
	kib=0
	gone() {
		local now
		now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB$/\1/p' /proc/$pid/status 2>/dev/null) || true
		kib=${now:-$kib}
		[ -z "$now" ]
	}
	until gone; do read -r -t 0.05 <> <(:) || true; done
	wait $pid || true
	echo "# $kib KiB for 100000 sources" >&3
	[ "$(wc -l <rows)" -eq 100000 ]
	[ "$kib" -gt 0 ] && [ "$kib" -lt 65536 ]
}

@test "a key of the ring that no local key was made of is taken back, and the local key stays" {
	node_start --pool 2,2
	nos-token new --scheme dini "${SEALED[@]}" 2>/dev/null | nos-register --keyring d.key >/dev/null
	send() { echo "{\"type\":\"t\",\"value\":$1}" | nos-send --keyring d.key >/dev/null; }
	send 1
	local=$(nos-keytable gt "${STORE[@]}" | jq -r 'select(.local_keys == 1) | .key')
	other=$(nos-keytable gt "${STORE[@]}" | jq -r 'select(.local_keys == 0) | .key')
	run -0 nos-rekey --invalidate "$other" "${SEALED[@]}"
	[ "$(jq -c 'select(.source) | [.key, .replaces, .status]' <<<"$output")" = '["d.1.1",null,"pending"]' ]
	send 2
	[ "$(nos-keytable gt --keyring d.key | jq -r .key | sort)" = "$(printf '%s\n' "$local" "${other%.1}.2" | sort)" ]
	[ "$(nos-keytable ct --keyring d.key | jq -r 'select(.scheme == "dini") | .key')" = d.1.1 ]
}

@test "a larger --pool gives sources what they lack with the answer to whatever they send" {
	node_start --pool 2,1
	nos-token new --scheme dini "${SEALED[@]}" 2>/dev/null | nos-register --keyring d.key >/dev/null
	send() { echo "{\"type\":\"t\",\"value\":$1}" | nos-send --keyring d.key >/dev/null; }
	send 1
	LISTEN=${URL#http://}
	node_stop
	node_start --pool 40,4
	send 2
	[ "$(nos-keytable gt "${STORE[@]}" | jq -s 'map(.holders) | add')" -ge 4 ]
	[ "$(nos-keytable gt --keyring d.key | wc -l)" -ge 4 ]
	# What is over a smaller one keeps its name, and is given to nobody.
	node_stop
	node_start --pool 1,1
	[ "$(nos-keytable gt "${STORE[@]}" | wc -l)" -eq 40 ]
	nos-token new --scheme dini "${SEALED[@]}" 2>/dev/null | nos-register --keyring e.key >/dev/null
	[ "$(nos-keytable gt --keyring e.key | jq -r .key)" = w.1.1 ]
}
