#!/usr/bin/env bats

setup() { load helper; }

reading='{"type":"air_temperature","value":-7.9,"unit":"Cel","time":1547812800}'

@test "every reading of the station is scored, and in order" {
	run -0 --separate-stderr nos-score --now 1547819100 <"$DATA/meteotrentino/readings.ndjson"
	[ "${#lines[@]}" -eq 48 ]
	[ "$(jq -s 'map(.line) == [range(1; 49)]' <<<"$output")" = true ]
	[ "$(jq -s 'map([.type, .value, .time]) | sort' <<<"$output")" = \
		"$(jq -s 'map([.type, .value, .time]) | sort' "$DATA/meteotrentino/readings.ndjson")" ]
	[ "$(jq -s 'all(.[]; .scores.confidentiality == 0 and .scores.timeliness >= 0 and .flags == [])' <<<"$output")" = true ]
}

@test "a line has the members of the manual in their order" {
	run -0 nos-score --now 1547813280.48 <<<"$reading"
	[ "$output" = '{"type":"air_temperature","value":-7.9,"unit":"Cel","time":1547812800,"line":1,"scores":{"confidentiality":0,"integrity":0,"privacy":0.7,"authentication":0,"accuracy":0.8,"precision":1,"timeliness":0.866533,"completeness":1},"raw":{"bits":0,"tag":0,"proof":"none","fresh":false,"identity":"none","age":480.48,"validity":3600,"error":0.2,"resolution":0.1},"flags":[]}' ]
}

@test "one bad line of ten is answered in its place and the others are kept" {
	for i in 1 2 3 4 5 6; do printf '%s\n' "$reading"; done >in
	printf '{"type":\n%s\n%s\n%s' "$reading" "$reading" "$reading" >>in
	run -65 --separate-stderr nos-score <in
	[ "${#lines[@]}" -eq 10 ]
	[ "${lines[6]}" = '{"line":7,"error":{"code":"data","message":"JSON is cut off","offset":8}}' ]
	[ "$(printf '%s\n' "${lines[@]}" | jq -s 'map(select(.scores)) | length')" -eq 9 ]
}

@test "a missing type is named" {
	run -65 nos-score <<<'{"value":1}'
	[ "$output" = '{"line":1,"error":{"code":"data","message":"type is missing","field":"type"}}' ]
}

@test "NaN, a number as text and a sentinel are kept as null with a flag" {
	for value in NaN -nan null '"7.9"' -999; do
		run -0 nos-score <<<'{"type":"air_temperature","value":'$value'}'
		[ "$(jq -c '[.value, .scores.accuracy, (.flags | index("missing"))]' <<<"$output")" = '[null,null,0]' ]
	done
}

@test "times in milliseconds, of 1970 and of the future are kept and flagged" {
	run -0 nos-score --now 1547812800 <<'END'
{"type":"t","value":1,"time":1547812800000}
{"type":"t","value":1,"time":12}
{"type":"t","value":1,"time":"2030-01-01T00:00:00Z"}
{"type":"t","value":1}
END
	[ "$(jq -cs 'map(.flags)' <<<"$output")" = '[[],["past"],["future"],["no-time"]]' ]
}

@test "an unknown unit skips range and step, and says so" {
	run -0 nos-score <<<'{"type":"air_temperature","value":7000,"unit":"furlong"}'
	[ "$(jq -c '[.scores.accuracy, .flags]' <<<"$output")" = '[0.8,["no-time","unit"]]' ]
}

@test "an unknown type has null where nothing is known" {
	run -0 nos-score --now 1547812800 <<<'{"type":"moo","value":1,"time":1547812800}'
	[ "$(jq -c '[.scores.accuracy, .scores.precision, .scores.timeliness, .scores.completeness]' <<<"$output")" = '[null,null,null,1]' ]
}

@test "CRLF, a byte order mark, blank lines and a missing last newline are taken" {
	printf '\xef\xbb\xbf%s\r\n\r\n   \n%s' "$reading" "$reading" >in
	run -0 nos-score <in
	[ "$(jq -cs 'map(.line)' <<<"$output")" = '[1,4]' ]
}

@test "an empty input is a success" {
	run -0 nos-score </dev/null
	[ -z "$output" ]
}

@test "a line over the limit is one error line, and reading goes on" {
	{ head -c 3000000 /dev/zero | tr '\0' x; printf '\n%s\n' "$reading"; } >in
	run -65 nos-score <in
	[ "${lines[0]}" = '{"line":1,"error":{"code":"large","message":"line is over 1048576 bytes"}}' ]
	[ "$(jq .line <<<"${lines[1]}")" -eq 2 ]
	head -c 3000000 in >cut
	run -65 nos-score <cut
	[ "${#lines[@]}" -eq 1 ]
}

@test "an answer comes before the next line is there" {
	mkfifo in out
	nos-score <in >out 3>&- &
	exec 7>in 8<out
	printf '%s\n' "$reading" >&7
	read -r -t 10 answer <&8
	[ "$(jq .line <<<"$answer")" -eq 1 ]
	exec 7>&- 8<&-
	wait $!
}

@test "a full disk under stdout ends with 74 and one line" {
	run -74 --separate-stderr bash -c "nos-score <<<'$reading' >/dev/full"
	[ "$stderr" = 'nos-score: output: No space left on device' ]
}

@test "a reader that has gone ends it quietly" {
	run -0 --separate-stderr bash -c "set -o pipefail; yes '$reading' | head -n 100000 | nos-score | head -n 1 >/dev/null; echo \${PIPESTATUS[2]}"
	[ "$output" = 0 ]
	[ -z "$stderr" ]
}

@test "closed stdin and closed stdout are errors and not a crash" {
	run -74 --separate-stderr bash -c 'nos-score <&-'
	[ "$stderr" = 'nos-score: input: Bad file descriptor' ]
	run -74 --separate-stderr bash -c "nos-score <<<'$reading' >&-"
	[ "$stderr" = 'nos-score: output: Bad file descriptor' ]
}

@test "help and version go to stdout, an unknown option to stderr with 64" {
	run -0 --separate-stderr nos-score --help
	[ -n "$output" ] && [ -z "$stderr" ]
	run -0 nos-score --version
	[ "$output" = 'nos-score (nos) 0.1.0' ]
	run -64 --separate-stderr nos-score --no
	[ "$stderr" = "nos-score: no option '--no', try 'nos-score --help'" ]
	run -64 nos-score --max-lin 5
	run -64 --separate-stderr nos-score --now
	[ "$stderr" = 'nos-score: --now needs a time' ]
	run -64 --separate-stderr nos-score --max-line=3
	[ "$stderr" = "nos-score: --max-line: '3' is not a size" ]
	run -64 nos-score readings.ndjson
}

@test "an option is taken from the environment, and the command line goes before it" {
	NOS_NOW=1547813280.48 run -0 nos-score <<<"$reading"
	[ "$(jq .raw.age <<<"$output")" = 480.48 ]
	NOS_NOW=1 run -0 nos-score --now=1547812800 <<<"$reading"
	[ "$(jq .raw.age <<<"$output")" = 0 ]
	NOS_NOW=noon run -64 --separate-stderr nos-score <<<"$reading"
	[ "$stderr" = "nos-score: NOS_NOW: --now: 'noon' is not a time" ]
}
