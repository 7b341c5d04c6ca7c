#!/usr/bin/env bats
# What the first pack of a source that roams takes longer than its second, where its home is 100 ms away from
# the node. Printed, since times are no test.

setup() {
	load ../tool/helper
	load faults
	load roam
}
teardown() { everything_stops; ! grep -sA 30 Sanitizer n?/err; }

# One pack: how many ms nos-send took for it is a line of the file times.
timed() { # NAME VALUE
	local began=${EPOCHREALTIME/./}
	away "$1" "$2" --roam "$URL_2"
	echo $(((${EPOCHREALTIME/./} - began) / 1000)) >>times
	[ "$STATUS" = 0 ]
}

@test "with 100 ms each way to its home a source's first pack takes longer than its second: how much" {
	BETWEEN_DELAY=100 nodes_apart
	for name in a b c d e f; do
		roam_register 1 $name
		timed $name 1
		timed $name 2
	done
	paste - - <times | awk '{ print $1 - $2 }' >more
	echo "# the first source of all: $(head -n 1 more) ms; those behind it, n = 5: $(tail -n 5 more | sort -n | xargs) ms, median $(tail -n 5 more | sort -n | sed -n 3p)" >&3
	[ "$(exchanges)" = 7 ]
}
