#!/usr/bin/env bats
# scripts/cluster: what it says to try is done, and all of it ends. It builds and runs the release.

setup() { load helper; }
teardown() {
	[ -z "${CLUSTER:-}" ] || kill -TERM "$CLUSTER" 2>/dev/null && wait "$CLUSTER" || true
	everything_stops
}

cluster_begin() { # ARGUMENT...
	rm -f said # of the one before
	env -u MAKEFLAGS -u MAKELEVEL -u CFLAGS -u LDFLAGS "$ROOT/scripts/cluster" "$@" >said 2>err 3>&- &
	CLUSTER=$!
	# It gives up by itself.
	until grep -qs '^Ctrl-C ends all' said; do
		kill -0 "$CLUSTER" || { cat err >&2; return 1; }
		read -r -t 0.1 <> <(:) || true
	done
}
cluster_end() {
	local status=0
	kill -TERM "$CLUSTER"
	wait "$CLUSTER" || status=$?
	CLUSTER=
	[ "$status" = 0 ]
}
# The line of what is to be tried that has this in it, as one would type it.
try() {
	local line
	line=$(grep -F -m 1 -e "$1" said)
	(eval "$(grep -F '; . ./env' said)" && eval "$line")
}
accepted() { jq -e '.status == "accepted"' >/dev/null; }
ended() { ! kill -0 "$1" 2>/dev/null; }

@test "a cluster for trying out does what it says may be tried, and ends whole" {
	FOLDER="$PWD/kept here"
	cluster_begin --dir 'kept here'
	pids=$(cat kept\ here/*.pid)
	[ "$(wc -w <<<"$pids")" = 7 ]
	try nos-register >registered
	try '"value":21' | accepted
	killed=$(cat 'kept here/a.pid')
	try 'kill -9 $(cat a.pid)'
	# Where that takes the other long, it waits in the spool.
	try '"value":22' >answer
	jq -e '.status == "accepted" or .status == "spooled"' answer
	taken() { try '"value":22' </dev/null | accepted && [ -z "$(ls "$FOLDER"/spool/*/*.jwe 2>/dev/null)" ]; }
	eventually taken
	eventually grep -q 'a has ended with 137' said
	try 'kill -USR1'
	eventually grep -q 'a is there again' said
	again=$(cat 'kept here/a.pid')
	[ "$again" != "$killed" ]
	cluster_end
	for pid in $pids $again; do
		ended "$pid"
	done
	grep -q "what there was is in $FOLDER" said
	# It is taken up as it was: the source goes on.
	cluster_begin --dir 'kept here'
	run -75 "$ROOT/scripts/cluster" --dir 'kept here'
	[ "${lines[-1]}" = "cluster: $FOLDER is in use" ]
	try '"value":21' | jq -e '.seq > 2' >/dev/null
	cluster_end
}

@test "a cluster takes no other option" {
	run -64 "$ROOT/scripts/cluster" --folder x
	run -64 "$ROOT/scripts/cluster" --dir
	run -0 "$ROOT/scripts/cluster" --help
	[[ $output == 'A cluster for trying out'* ]]
}
