#!/usr/bin/env bats
# The node's store in trouble: each fault has its status, its exit code and one line that says it.

setup() { load helper; }
teardown() { everything_stops; }

reading='{"type":"air_temperature","value":-7.9}'

@test "a disk that is full is said with 503, and what was accepted is there once it has room" {
	# A small file system of the node's own, in a mount namespace; a filler takes its room.
	mkdir small
	cat >inside.sh <<'END'
mount -t tmpfs -o size=12M tmpfs small
exec nos-serve --store sqlite:small/node.db --node-key small/node.key --listen 127.0.0.1:0 \
	--admin 127.0.0.1:0 --print --limit reserve=2M --ready-fd 9
END
	mkfifo ready
	unshare --map-root-user --mount bash inside.sh 9>ready >>out 2>>err 3>&- &
	NODE_PID=$!
	read -r -t 120 READY <ready
	URL=http://$(jq -r '.listen[0]' <<<"$READY")
	ADMIN=http://$(jq -r .admin <<<"$READY")
	inside=/proc/$NODE_PID/root$PWD/small
	post application/json - /v1/data <<<"$reading"
	[ "$STATUS" = 202 ]
	head -c 10M /dev/zero >"$inside/filler" 2>/dev/null || true
	post application/json - /v1/data <<<"$reading"
	[ "$STATUS" = 503 ]
	[ "$(jq -r .type <<<"$ANSWER")" = urn:nos:io ]
	grep -qi '^retry-after: ' headers
	[ "$(curl -s -o health -w '%{http_code}' "$ADMIN/healthz")" = 503 ]
	[ "$(jq -r .status health)" = io ]
	eventually grep -q 'nothing is stored: the disk of the store is full' err
	rm "$inside/filler"
	accepted() { post application/json - /v1/data <<<"$reading"; [ "$STATUS" = 202 ]; }
	eventually accepted
	two() { [ "$(wc -l <out)" -eq 2 ]; }
	eventually two
	[ "$(jq -cs 'map(.n)' out)" = '[1,2]' ]
	grep -q 'storing again' err
	[ "$(curl -s "$ADMIN/healthz" | jq -r .status)" = ok ]
}

@test "what has had its time goes also where there is no room for what comes, and makes some" {
	node_start --print
	readings() { seq -f '{"type":"t","value":%g}' "$1"; }
	readings 3000 | nos-send --anonymous --url "$URL" >answers
	node_stop
	[ "$(entries -n node.db processed)" -eq 3000 ]
	# So much is free nowhere.
	node_start --limit reserve=1T --keep 1s
	full() { [ "$(curl -s -o answer -w '%{http_code}' -H 'Content-Type: application/json' -d '{"type":"t","value":1}' "$URL/v1/data")" = 503 ]; }
	emptied() { full && [ "$(entries -n node.db processed)" -le 1 ]; }
	eventually emptied
	node_stop
	grep -q 'the disk of the store is full.*--keep' err
}

@test "a disk that fills without a reserve loses nothing that was accepted" {
	mkdir small
	cat >inside.sh <<'END'
mount -t tmpfs -o size=4M tmpfs small
exec nos-serve --store sqlite:small/node.db --node-key small/node.key --listen 127.0.0.1:0 \
	--admin 127.0.0.1:0 --print --limit reserve=0 --ready-fd 9
END
	mkfifo ready
	unshare --map-root-user --mount bash inside.sh 9>ready >>out 2>>err 3>&- &
	NODE_PID=$!
	read -r -t 120 READY <ready
	URL=http://$(jq -r '.listen[0]' <<<"$READY")
	inside=/proc/$NODE_PID/root$PWD/small
	noise 500 500 >in
	accepted=0
	for i in {1..40}; do
		post application/x-ndjson in /v1/data
		[ "$STATUS" = 202 ] || break
		accepted=$((accepted + 1))
	done
	[ "$STATUS" = 503 ]
	[ "$accepted" -ge 1 ]
	# As an operator does: the store moves to a larger disk, and the node starts again.
	kill -STOP "$NODE_PID"
	cp "$inside"/node.* .
	kill -9 "$NODE_PID"; wait "$NODE_PID" || true
	node_start
	node_stop
	[ "$(entries -n node.db raw)" -eq "$accepted" ]
	[ "$(entries -n node.db processed)" -eq $((accepted * 500)) ]
}

@test "on a disk that is really full no store is opened, and it is said that this is why" {
	mkdir small
	cat >inside.sh <<'END'
mount -t tmpfs -o size=1M tmpfs small
sealed=(--store sqlite:small/node.db --node-key small/node.key)
nos-serve --init "${sealed[@]}" 2>/dev/null
cp small/node.* .
cat /dev/zero >small/filler 2>/dev/null || true
for tool in 'nos-serve --listen 127.0.0.1:0' 'nos-rekey --all' 'nos-token new'; do
	status=0
	$tool "${sealed[@]}" >/dev/null || status=$?
	echo "$status"
done
rm small/filler
nos-rekey --all "${sealed[@]}"
END
	run -0 unshare --map-root-user --mount timeout 60 bash inside.sh
	[ "$output" = "$(printf '%s: the disk of the store is full: make room on it\n74\n' nos-serve nos-rekey nos-token)" ]
	# Where there is room, another fault is called what it is.
	mkdir node.db-wal
	run -74 nos-rekey --all "${SEALED[@]}"
	[ "$output" = 'nos-rekey: store: PRAGMA journal_mode=WAL: unable to open database file' ]
}

@test "a store that a newer nos wrote is refused" {
	nos-serve --init "${SEALED[@]}"
	cp node.db copy.db
	sqlite3 node.db 'PRAGMA user_version = 99' >/dev/null
	run -78 --separate-stderr nos-serve "${SEALED[@]}"
	[ "$stderr" = 'nos-serve: store: written by a newer nos' ]
	cp copy.db node.db
	rm -f node.db-*
	sqlite3 node.db "update state set value = '{\"v\":9}' where ns = 'node' and key = 'format'"
	run -78 --separate-stderr nos-serve "${SEALED[@]}"
	[ "$stderr" = 'nos-serve: store: written by a newer nos' ]
}

@test "a store that was cut off or overwritten is said to be damaged" {
	node_start
	for i in {1..20}; do jq -nc 'range(100) | {type: "t", value: ("x" * 200)}' | post application/x-ndjson - /v1/data; done
	node_stop
	cp node.db good.db
	truncate -s 10000 node.db
	rm -f node.db-*
	run -74 --separate-stderr nos-serve "${SEALED[@]}"
	[[ $stderr == *'store: damaged, restore it from a backup'* ]]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	head -c 100000 /dev/urandom >node.db
	run -74 --separate-stderr nos-serve "${SEALED[@]}"
	[[ $stderr == *'damaged'* ]]
	# A page in the middle: what stands on it cannot be read, and it is said when it is met.
	cp good.db node.db
	dd if=/dev/urandom of=node.db bs=4096 seek=1 count=3 conv=notrunc status=none
	rm -f node.db-*
	run -74 --separate-stderr timeout 20 nos-serve "${SEALED[@]}" --listen 127.0.0.1:0 --admin 127.0.0.1:0
	[[ $stderr == *'damaged'* ]]
}

@test "another user's store is not opened" {
	store=/etc/hostname
	[ "$EUID" != 0 ] || { store=node.db; nos-serve --init "${SEALED[@]}"; chown 1 node.db; }
	run -77 --separate-stderr nos-serve --store sqlite:$store --node-key node.key
	[[ $stderr == *'belongs to another user: run as its owner' ]]
}

@test "a store that others may read, and a link, are refused with the remedy" {
	nos-serve --init "${SEALED[@]}"
	chmod 640 node.db
	run -77 --separate-stderr nos-serve "${SEALED[@]}"
	[ "$stderr" = "nos-serve: store 'node.db' is open to others: chmod 600 node.db" ]
	chmod 600 node.db
	ln -s node.db link.db
	run -77 --separate-stderr nos-serve --store sqlite:link.db --node-key node.key
	[ "$stderr" = "nos-serve: store 'link.db' is a link: name the file itself" ]
}

@test "a tool beside a node under load is not kept waiting, and the node notices what it did" {
	node_start
	numbers() { jq -nc 'range(200) | {type: "t", value: .}'; }
	numbers >in
	for i in {1..8}; do
		(while post application/x-ndjson in /v1/data 2>/dev/null && [ "$STATUS" = 202 ]; do :; done) 3>&- &
		OTHER_PIDS="${OTHER_PIDS:-} $!"
	done
	for i in {1..10}; do
		run -0 nos-token new "${SEALED[@]}"
	done
	[ "$(nos-token list "${STORE[@]}" --node-key node.key --format json | wc -l)" -eq 10 ]
}
