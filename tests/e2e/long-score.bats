#!/usr/bin/env bats

# nos-score over ten million lines: what it takes of memory, and how quick it is (printed).

setup() { load ../tool/helper; }

# LINES of SOURCES, each source's in the order of its time.
readings() {
	awk -v lines="$1" -v sources="$2" 'BEGIN {
		for (i = 0; i < lines; i++)
			printf "{\"source\":\"st-%05d\",\"type\":\"air_temperature\",\"value\":%.1f,\"unit\":\"Cel\",\"time\":%d}\n",
				i % sources, 10 + (i * 7919 % 200) / 10, 1547812800 + 900 * int(i / sources)
	}'
}

@test "ten million lines of ten thousand sources take less than 50 MB, each source's states kept" {
	lines=10000000
	readings $lines 10000 | env time -f '%U %S %M' -o figures nos-score --as-taken --state state >/dev/null
	read -r user system peak <figures
	awk -v n=$lines -v s="$(awk "BEGIN {print $user + $system}")" -v kib="$peak" \
		'BEGIN {printf "# %d readings/s of processor time, %d KiB\n", n / s, kib}' >&3
	[ "$peak" -lt $((50 * 1024)) ]
	[ "$(wc -l <state)" = 10001 ]
}
