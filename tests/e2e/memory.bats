#!/usr/bin/env bats
# More sources than a node has room for.

setup() {
	load ../tool/helper
	mkdir tmp bin
	export TMPDIR=$PWD/tmp
}

@test "ten times as many sources as memory has room for: each reading comes through, and once" {
	cp "$ROOT/build/${V:-release}/cmd/nos-bench" bin
	printf '#!/bin/sh\nexec "%s" --limit sources=1000 --limit replay=1000 "$@"\n' \
		"$ROOT/build/${V:-release}/cmd/nos-serve" >bin/nos-serve
	chmod +x bin/nos-serve
	# The first shape will do. A pack that is refused ends all of it. A shell has whatever it starts beside
	# itself ignore Ctrl-C.
	mkfifo pipe
	env --default-signal=INT bin/nos-bench ingest --quick --runs 1 --sources 10000 >pipe 3>&- &
	pid=$!
	sed '/"duplicated/q' <pipe >rows
	kill -INT $pid
	wait $pid || true
	jq -se 'map(select(.what | startswith("lost") or startswith("duplicated"))) | length >= 2 and all(.median == 0)' rows
	jq -se 'map(select(.what | startswith("readings"))) | length >= 1 and all(.median > 0)' rows
}
