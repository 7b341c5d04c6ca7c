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

@test "NaN, a number over all range, a number as text and a sentinel are kept as null with a flag" {
	for value in NaN -nan null '"7.9"' -999 1e999 -1e999; do
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

@test "of a number whose unit is not known no accuracy is said, which no filter takes for good" {
	run -0 nos-score --explain <<<'{"type":"air_temperature","value":500,"unit":"furlong"}'
	[ "$(jq -c '[.scores.accuracy, .scores.precision, .flags]' <<<"$output")" = '[null,null,["no-time","unit"]]' ]
	[ "$(jq -c '.explain | .accuracy + .precision | map(.skipped) | unique' <<<"$output")" = '["unit is not known"]' ]
	run -0 nos-score --only '!(accuracy < 0.5)' <<<'{"type":"air_temperature","value":500,"unit":"m"}'
	[ -z "$output" ]
}

@test "another unit is converted, and raw keeps what came" {
	run -0 nos-score <<'END'
{"type":"air_temperature","x":1,"value":18.50,"unit":"\u00b0F"}
{"type":"relative_humidity","value":0.56,"unit":"/","raw":{"value":1,"unit":"K"}}
{"type":"air_temperature","unit":"degC","value":-7.90}
END
	[ "${lines[0]%%,\"line*}" = '{"type":"air_temperature","x":1,"value":-7.5,"unit":"Cel"' ]
	[ "${lines[2]%%,\"line*}" = '{"type":"air_temperature","unit":"Cel","value":-7.90' ]
	[[ ${lines[0]} == *',"value":18.50,"unit":"°F"},"flags"'* ]]
	[ "$(jq -c '[.value, .unit, .raw.value, .raw.unit]' <<<"${lines[1]}")" = '[56,"%RH",0.56,"/"]' ]
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
	[ -n "$output" ]
	[ -z "$stderr" ]
	run -0 nos-score --version
	[ "$output" = 'nos-score (nos) 0.1.0' ]
	run -64 --separate-stderr nos-score --no
	[ "$stderr" = "nos-score: no option '--no', try 'nos-score --help'" ]
	run -64 nos-score --max-lin 5
	run -64 --separate-stderr nos-score --now
	[ "$stderr" = 'nos-score: --now needs a time' ]
	run -64 --separate-stderr nos-score --max-line=3
	[ "$stderr" = "nos-score: --max-line: '3' is under 64" ]
	run -64 nos-score readings.ndjson
}

@test "an option is taken from the environment, and the command line goes before it" {
	NOS_NOW=1547813280.48 run -0 nos-score <<<"$reading"
	[ "$(jq .raw.age <<<"$output")" = 480.48 ]
	NOS_NOW=1 run -0 nos-score --now=1547812800 <<<"$reading"
	[ "$(jq .raw.age <<<"$output")" = 0 ]
	NOS_NOW=noon run -64 --separate-stderr nos-score <<<"$reading"
	[ "$stderr" = "nos-score: NOS_NOW: --now: 'noon' is not a time: RFC 3339 with an offset, or seconds since 1970" ]
}

# The two records of a series that the manual of the node shows, as it scored them.
records() {
	local head='"node":1,"source":"s-7f3a09c2e1","kind":"weather-station","mode":"push","type":"air_temperature"'
	local raw='"bits":128,"tag":128,"holders":2,"key_age":43200,"key_period":604800,"key_state":"active","proof":"key","enrolled":"token","fresh":true,"identity":"pseudonym","age":480.48,"validity":3600,"error":0.2,"resolution":0.1,"received":17,"expected":17'
	local scores='"confidentiality":1,"integrity":1,"privacy":0.8,"authentication":1,"accuracy":0.8,"precision":1,"timeliness":0.866533,"completeness":1'

	printf '{"id":"1-41-0","n":16,%s,"seq":16,"value":-7.9,"unit":"Cel","time":1547811900,"received":1547812380.48,"key":"d.1.7","via":[],"scores":{%s},"raw":{%s},"flags":[],"name":"campodenno"}\n' "$head" "$scores" "$raw"
	printf '{"id":"1-42-0","n":17,%s,"seq":17,"value":-8.5,"unit":"Cel","time":1547812800,"received":1547813280.48,"key":"d.1.7","via":[],"scores":{%s},"raw":{%s},"flags":[],"name":"campodenno"}\n' "$head" "$scores" "$raw"
}

@test "a record of a node is weighed anew to the digit, and keeps its own members" {
	records >in
	run -0 --separate-stderr nos-score --records <in
	[ "$(jq -c '[.scores, .raw, .flags]' <<<"$output")" = "$(jq -c '[.scores, .raw, .flags]' in)" ]
	[ "$(jq -c 'del(.line)' <<<"$output" | jq -cS .)" = "$(jq -cS . in)" ]
	[ "$(jq -c 'keys_unsorted[-5:]' <<<"${lines[1]}")" = '["name","line","scores","raw","flags"]' ]
	printf '%s\n' "${lines[@]}" >again
	run -0 nos-score --records <again
	[ "$output" = "$(cat again)" ]
}

@test "the records of a series share a state, those of an anonymous source do not" {
	printf '{"v":1,"sets":[],"types":{"weather-station/air_temperature":{"step":0.0004,"E":1,"u":0.2}}}' >rules
	records >in
	run -0 nos-score --records --rules rules <in
	[ "$(jq -cs 'map(.scores.accuracy)' <<<"$output")" = '[0.8,0.666667]' ]
	run -0 nos-score --records --rules rules < <(sed s/s-7f3a09c2e1/anonymous/ in)
	[ "$(jq -cs 'map(.scores.accuracy)' <<<"$output")" = '[0.8,0.8]' ]
	run -0 nos-score --records --rules rules < <(jq -c '.claimed = "c\(.n)"' in)
	[ "$(jq -cs 'map(.scores.accuracy)' <<<"$output")" = '[0.8,0.8]' ]
	run -0 nos-score --records --rules rules < <(sed s/weather-station/other/ in)
	[ "$(jq -cs 'map(.scores.accuracy)' <<<"$output")" = '[null,null]' ]
}

@test "of a correction security is weighed with its key's state, what it says of the reading stands" {
	printf '{"v":1,"sets":[],"types":{"air_temperature":{"flat":1}}}' >rules
	records | jq -c 'select(.n == 17)' >one
	jq -c '.id = "1-42-0~1" | .corrects = "1-42-0" | .raw.key_state = "compromised" | .scores.accuracy = 0.7 |
		.scores.timeliness = null | .raw.validity = 12 | .flags = ["late"]' one >correction
	cat one correction one >in
	run -0 nos-score --records --rules rules <in
	[ "$(jq -cs 'map(.scores.confidentiality)' <<<"$output")" = '[1,0,1]' ]
	# And it moves no series.
	[ "$(jq -cs 'map(.scores.accuracy)' <<<"$output")" = '[1,0.7,0.5]' ]
	[ "$(jq -c '[.scores.timeliness, .raw.validity, .flags]' <<<"${lines[1]}")" = '[null,12,["late"]]' ]
	# Its own output gives the same.
	[ "$(nos-score --records --rules rules <<<"${lines[1]}" | jq -c 'del(.line)')" = "$(jq -c 'del(.line)' <<<"${lines[1]}")" ]
	# Filters are of what it is now, or was before its key was known to others; explanations of now.
	only() { nos-score --records --only "$1" <correction | wc -l; }
	[ "$(only 'key_state == "compromised" && integrity == 0 && accuracy == 0.7 && validity == 12 && late')" -eq 1 ]
	[ "$(only 'authentication >= 0.9 && integrity == 1 && late')" -eq 1 ]
	[ "$(nos-score --records --only 'integrity == 1' <correction | jq .scores.integrity)" = 0 ]
	[ "$(only 'key_state == "deactivated"')" -eq 1 ]
	[ "$(only 'timeliness != null')" -eq 0 ]
	[ "$(only 'integrity == 1 && !late')" -eq 0 ]
	[ "$(nos-score --records --explain <correction | jq -c '.explain.integrity[] | select(.term == "key").score')" = 0 ]
}

@test "a line that is no record is answered in its place" {
	{ records; printf '%s\n' "$reading"; records | jq -c 'del(.source)' | head -n 1; } >in
	run -65 nos-score --records <in
	[ "${lines[2]}" = '{"line":3,"error":{"code":"data","message":"received is missing, or is no time","field":"received"}}' ]
	[ "${lines[3]}" = '{"line":4,"error":{"code":"data","message":"source is missing","field":"source"}}' ]
	run -65 nos-score --records < <(records | jq -c '.raw.proof = "honest"')
	[ "${lines[0]}" = '{"line":1,"error":{"code":"data","message":"raw: proof is not a word for it","field":"proof"}}' ]
}

@test "a source that claims over a thousand names has an error line, and the next one is scored" {
	records | jq -c 'select(.n == 17) | . as $r | range(1001) | $r + {claimed: "c\(.)"}' >in
	records >>in
	run -65 nos-score --records <in
	[ "${#lines[@]}" -eq 1003 ]
	[ "$(jq -cs 'map(select(.error)) | map([.line, .error.code])' <<<"$output")" = '[[1001,"large"]]' ]
}

@test "rules of a file go before the sets, and a sentinel of theirs is no value" {
	printf '{"v":1,"types":{"air_temperature":{"unit":"Cel","lo":0,"hi":60,"soft":10,"u":0.5,"E":2,"missing":[85]}}}' >rules
	run -0 nos-score --rules rules <<'END'
{"type":"air_temperature","value":58}
{"type":"air_temperature","value":85}
{"type":"voltage","value":230}
END
	[ "$(jq -cs 'map([.value, .scores.accuracy])' <<<"$output")" = '[[58,0.75],[null,null],[230,0.8]]' ]
	NOS_RULES=rules run -0 nos-score <<<'{"type":"air_temperature","value":58}'
	[ "$(jq .scores.accuracy <<<"$output")" = 0.75 ]
}

@test "a rules file that is wrong names its file, line and column, and nothing is read" {
	printf '{"v":1,\n\n  "sets":[],"filter":{}}' >rules
	run -78 --separate-stderr nos-score --rules rules <<<"$reading"
	[ "$stderr" = "nos-score: rules: line 3, column 13: 'filter' is not known" ]
	[ -z "$output" ]
	printf '{"v":2}' >rules
	run -78 --separate-stderr nos-score --rules rules <<<"$reading"
	[ "$stderr" = 'nos-score: rules: line 1, column 6: written by a newer nos' ]
	head -c 1048577 /dev/zero | tr '\0' ' ' >rules
	run -78 --separate-stderr nos-score --rules rules <<<"$reading"
	[ "$stderr" = "nos-score: 'rules' is over 1048576 bytes" ]
	run -66 --separate-stderr nos-score --rules nowhere <<<"$reading"
	[ "$stderr" = "nos-score: no file 'nowhere'" ]
	run -74 --separate-stderr nos-score --rules . <<<"$reading"
	[ "$stderr" = "nos-score: '.' is a folder" ]
}

@test "a rules file may come through a pipe" {
	run -0 nos-score --rules <(printf '{"v":1,'; printf '"sets":[]}') --now 1547812800 <<<"$reading"
	[ "$(jq -c .scores.accuracy <<<"$output")" = null ]
}

@test "--now and --records do not go together" {
	run -64 --separate-stderr nos-score --records --now 1547812800 <<<"$reading"
	[ "$stderr" = 'nos-score: --now and --records: a record says itself when it came' ]
}

@test "a device's or a person's name in what is claimed, the type or a text value costs privacy" {
	run -0 nos-score <<'END'
{"type":"t","value":1,"source":"campodenno"}
{"type":"t","value":1,"source":"eui-70b3d57ed0001a2b"}
{"type":"00:1a:2b:3c:4d:5e/t","value":1}
{"type":"t","value":"opened by anna@example.org"}
{"type":"t","value":"opened by anna\u0040example.org"}
{"type":"t","value":"2019-01-18T12:00:00Z"}
END
	[ "$(jq -cs 'map([.scores.privacy, .raw.identity])' <<<"$output")" = \
		'[[0.7,"none"],[0.3,"hardware"],[0.3,"hardware"],[0.3,"hardware"],[0.3,"hardware"],[0.7,"none"]]' ]
}

@test "the example of the manual with a rules file prints what it prints" {
	example=$(sed -n '/^\$ cat greenhouse/,/^\.Ed/p' "$ROOT/man/nos-score.1" | sed '1d;$d;s/\\e/\\/g')
	sed '/^\$/,$d' <<<"$example" >greenhouse.json
	commands=$(sed -n '/^\$/,/jq/p' <<<"$example" | sed 's/^\$ //')
	expected=$(sed '1,/jq/d' <<<"$example")
	run -0 bash -c "$commands"
	[ -n "$expected" ] && [ "$output" = "$expected" ]
}

@test "--only writes what passes a filter of the rules, or an expression, and counts the rest" {
	printf '{"v":1,"filters":{"warm":"accuracy == 1 || accuracy == null"},"types":{"t":{"lo":20,"hi":30}}}' >rules
	printf '{"type":"t","value":%d}\n' 10 20 30 40 >in
	echo '{"type":"other","value":1}' >>in
	run -0 --separate-stderr nos-score --rules rules --only warm -v <in
	[ "$(jq -cs 'map([.line, .value])' <<<"$output")" = '[[2,20],[3,30],[5,1]]' ]
	[ "$stderr" = 'nos-score: 5 scored, 0 failed, 3 passed' ]
	NOS_ONLY="accuracy < 1" run -0 nos-score --rules rules <in
	[ "$(jq -cs 'map(.line)' <<<"$output")" = '[1,4]' ]
	run -65 nos-score --only late <<<'{"type":1}'
	[ "$(jq .line <<<"$output")" = 1 ]
}

@test "--only over records goes by what the node verified, and what is left out counts in its series" {
	raw='"raw":{"bits":128,"tag":128,"holders":2,"key_age":1,"key_period":604800,"key_state":"active","proof":"key","enrolled":"token","fresh":true,"identity":"pseudonym"}'
	for i in 1 2 3; do
		echo '{"id":"1-'$i'-0","source":"s-0000000001","kind":"k","type":"air_temperature","value":'$i',"unit":"Cel","time":'$((1547812800 + i))',"received":1547812900,'"$raw}"
	done >in
	run -0 nos-score --records --only 'accuracy < 0.5 && proof == "key" && key_state == '"'active'" <in
	[ "$(jq -cs 'map([.value, .scores.accuracy])' <<<"$output")" = '[[2,0],[3,0]]' ]
}

@test "a filter that is wrong is refused with its column, before anything is read" {
	run -64 --separate-stderr nos-score --only 'accuracy > 0.5 && acuracy < 1' <<<"$reading"
	[ "$stderr" = "nos-score: --only: column 19: 'acuracy' is no score, measure or flag" ]
	[ -z "$output" ]
	printf '{"v":1,\n"filters":{"f":"late &| past"}}' >rules
	run -78 --separate-stderr nos-score --rules rules <<<"$reading"
	[ "$stderr" = "nos-score: rules: line 2, column 22: 'f': '&' is no sign of a filter: == != < <= > >= && || ! ( )" ]
}

@test "--explain says in a pipe what each score was made of, and is not taken for the reading's own" {
	run -0 nos-score --now 1547813280 --explain <<<"$reading"
	[ "$(jq -c '.explain.accuracy' <<<"$output")" = '[{"term":"range","lo":-40,"hi":50,"soft":5,"score":1},{"term":"step","skipped":"no number before"},{"term":"flat","flat":12,"run":1,"score":1},{"term":"error","u":0.2,"E":1,"score":0.8}]' ]
	[ "$(jq -c 'del(.explain)' <<<"$output")" = "$(nos-score --now 1547813280 <<<"$reading")" ]
	[ "$(nos-score --now 1547813280 --explain <<<"$output")" = "$output" ]
}

@test "--explain prints a table on a terminal, and where it is asked for, and obeys no byte of a reading" {
	echo '{"type":"t\u001b[2J","value":"\u009bx"}' >in
	run -0 nos-score --explain --format table <in
	[ "${lines[0]}" = 'line 1: t?[2J ??x, no-time' ]
	[ "$(grep -c '^accuracy  *-  *range  *-  *no number$' <<<"$output")" = 1 ]
	script -qec 'nos-score --explain <in' /dev/null </dev/null | tr -d '\r' | diff - <(nos-score --explain --format table <in)
	[ "$(script -qec 'nos-score --explain --format json <in' /dev/null </dev/null | tr -d '\r' | jq -r '.explain.timeliness[0].skipped')" = 'no time' ]
	run -64 --separate-stderr nos-score --explain --format csv <in
	[ "$stderr" = 'nos-score: --explain: there is no csv of it' ]
	# A setting of all tools is no reason for a table where nobody asks why.
	NOS_FORMAT=csv run -0 nos-score --now 1547812800 <in
	[ "$(jq .line <<<"$output")" = 1 ]
}

@test "the example of the manual that explains a score prints what it prints" {
	example=$(sed -n '/value":52/,/^\.Ed/p' "$ROOT/man/nos-score.1" | sed '$d')
	run -0 bash -c "$(head -n 2 <<<"$example" | sed 's/^\$ //')"
	[ "$output" = "$(tail -n +3 <<<"$example")" ]
}
