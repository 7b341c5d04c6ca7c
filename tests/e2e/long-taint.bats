#!/usr/bin/env bats
# What a key protected among ten million records; what it costs is printed.

setup() {
	load ../tool/helper
	HELP=$ROOT/build/${V:-release}/tests/help
	SOURCES=10000
	EACH=1000
	FREE_KIB=4000000
}
teardown() { everything_stops; }

taint() { nos-keytable taint "$@" "${STORE[@]}"; }
# Milliseconds that it takes, and how many rows there are.
timed() { # WHAT option…
	local begin=${EPOCHREALTIME/./}
	taint "${@:2}" >rows
	MS=$(((${EPOCHREALTIME/./} - begin) / 1000))
	echo "# $1: $(wc -l <rows) rows in $MS ms" >&3
}

@test "one key of one source is found at the cost of what the source holds" {
	[ "$(df -k --output=avail . | tail -n 1)" -gt $FREE_KIB ] || skip 'no room on the disk'
	nos-serve --init "${SEALED[@]}" 2>/dev/null
	"$HELP/load" sqlite:node.db node.key $SOURCES
	"$HELP/records" sqlite:node.db $SOURCES "$EACH"
	echo "# $((SOURCES * EACH)) records, $(($(stat -c %s node.db) >> 20)) MiB" >&3
	id=$(printf 's-%010x' 7777)
	timed 'a key of a source' --key d.1.7777 --source "$id"
	[ "$(wc -l <rows)" -eq $((EACH / 10)) ]
	[ "$MS" -lt 1000 ]
	timed 'the key before it' --key p.1 --source "$id"
	[ "$(wc -l <rows)" -eq $((EACH - EACH / 10)) ]
	[ "$MS" -lt 1000 ]
	timed 'a key whose source is looked for' --key d.1.7777
	[ "$(wc -l <rows)" -eq $((EACH / 10)) ]
	[ "$(jq -s --arg s "$id" 'all(.[]; .source == $s)' rows)" = true ]
}
