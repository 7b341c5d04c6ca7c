#!/usr/bin/env bats

# What nos-score reads beside JSON a line, and what it keeps from line to line and from run to run.

bats_require_minimum_version 1.5.0
setup() { load helper; }

t0=1547812800

# One member of every answer, in a list.
each() { jq -sc "map($1)"; }

@test "CSV with a header is read by the names of a reading's members, quoted and empty fields too" {
	printf 'time,type,value,unit,seq\n%s,air_temperature,-7.9,Cel,17\n%s,"soil, deep",,,\n\n%s,x,nan,,\n' \
		$t0 $t0 $t0 >in.csv
	run -0 --separate-stderr nos-score --csv --now $t0 <in.csv
	[ "$(each '[.line, .type, .value, .unit, .seq, .flags]' <<<"$output")" = \
		'[[2,"air_temperature",-7.9,"Cel",17,[]],[3,"soil, deep",null,null,null,["missing"]],[5,"x",null,null,null,["missing"]]]' ]
}

@test "one bad line of CSV is one bad line" {
	printf 'type,value\na,1\nb,"2\nc,3\nd\n' >in.csv
	run -65 --separate-stderr nos-score --csv <in.csv
	[ "$(each '[.line, .type, .error.code]' <<<"$output")" = \
		'[[2,"a",null],[3,null,"data"],[4,"c",null],[5,null,"data"]]' ]
}

@test "a header that no line can go by is said once, and is the end of it" {
	for header in type,value,type 'type;value' type,val '"type' $'type,value\ra,1\r'; do
		printf '%s\nb,2,3\nc,3,4\n' "$header" >in.csv
		run -65 --separate-stderr nos-score --csv <in.csv
		[ "$(each '[.line, .error.code]' <<<"$output")" = '[[1,"data"]]' ]
		[[ $output == *'"header: '* ]]
	done
	run -65 --separate-stderr nos-send --anonymous --url http://127.0.0.1:1 --csv <in.csv
	[ "$(each '[.line, .status]' <<<"$output")" = '[[1,"rejected"]]' ]
}

@test "a message that is laid out over many lines is told to stand on one" {
	echo '{"v":1,"type":"*","value":"/*"}' >map.json
	echo '{"a":1}' | jq . >in
	run -65 --separate-stderr nos-score --map map.json <in
	[[ ${lines[0]} == '{"line":1,"error":{"code":"data","message":"JSON is cut off: a message stands on one line, as jq -c . writes it"'* ]]
	run -0 --separate-stderr nos-score --map map.json < <(jq -c . in)
}

@test "a map says where in a message the readings stand, and a line that holds several is answered by each" {
	cat >map.json <<-'END'
		{"v":1,"source":"/dev/id","time":"/at","type":"*","value":"/out/*",
		 "rename":{"temp":"air_temperature"},"units":{"temp":"degF"},"missing":["n/a"]}
	END
	echo '{"dev":{"id":"a"},"at":"2019-01-18T12:00:00Z","out":{"temp":70.7,"hum":"n/a"}}' >in
	run -0 --separate-stderr nos-score --map map.json --now $t0 <in
	[ "$(each '[.line, .index, .type, .value, .unit, .source, .time, .raw.unit]' <<<"$output")" = \
		"[[1,0,\"air_temperature\",21.5,\"Cel\",\"a\",$t0,\"degF\"],[1,1,\"hum\",null,null,\"a\",$t0,null]]" ]
}

@test "a map that is none is refused with its line and column, and no line is read" {
	printf '{"v":1,\n "type":"*"}' >map.json
	run -78 --separate-stderr nos-score --map map.json <<<'{}'
	[[ $stderr == 'nos-score: map.json: '* ]]
	[ -z "$output" ]
	printf '{"v":1,\n "typ":"*"}' >map.json
	run -78 --separate-stderr nos-score --map map.json <<<'{}'
	[[ $stderr == 'nos-score: map.json: line 2, column 2: '* ]]
}

@test "a SenML pack is resolved, and refused as a whole where it has to be" {
	echo '[{"bn":"urn:dev:ow:10e2073a01080063:","bt":-60,"n":"air_temperature","u":"Cel","v":21.5},{"n":"relative_humidity","u":"%RH","v":45,"t":30}]' >in
	echo '[{"n":"a","v":1},{"n":"b","v":2,"vs":"x"}]' >>in
	run -65 --separate-stderr nos-score --now $t0 <in
	[ "$(each '[.line, .index, .type, .value, .time, .error.code]' <<<"$output")" = \
		"[[1,0,\"air_temperature\",21.5,$((t0 - 60)),null],[1,1,\"relative_humidity\",45,$((t0 - 30)),null],[2,null,null,null,null,\"data\"]]" ]
}

@test "in an array each reading is answered, the bad ones in their place" {
	run -65 nos-score --now $t0 <<<'[{"type":"a","value":1},{"value":2},{"type":"c","value":3}]'
	[ "$(each '[.line, .index, .type, .error.field]' <<<"$output")" = \
		'[[1,0,"a",null],[1,1,null,"type"],[1,2,"c",null]]' ]
}

# A quarter of an hour a reading of one series.
series() {
	local i=0 value

	for value; do
		printf '{"source":"a","type":"air_temperature","value":%s,"unit":"Cel","time":%d}\n' \
			"$value" $((t0 + 900 * i++))
	done
}

@test "with --state a series is weighed by what came before, in one run as in two" {
	series 1.0 1.1 1.2 14.0 1.3 1.2 >in
	run -0 nos-score --as-taken --state one.state <in
	one=$output
	[ "$(each .scores.accuracy <<<"$one")" = '[0.8,0.8,0.8,0.077778,0.088889,0.8]' ]
	{
		head -n 3 in | nos-score --as-taken --state two.state
		tail -n 3 in | nos-score --as-taken --state two.state | sed 's/"line":\([123]\)/"line":\1+3/'
	} | sed 's/"line":1+3/"line":4/; s/"line":2+3/"line":5/; s/"line":3+3/"line":6/' >two
	[ "$one" = "$(cat two)" ]
	cmp one.state two.state
	# Without it each reading stands for itself.
	[ "$(nos-score --as-taken <in | each .scores.accuracy)" = '[0.8,0.8,0.8,0.8,0.8,0.8]' ]
}

@test "what the readings of another source or type were moves nothing" {
	series 1.0 1.1 >in
	sed 's/"a"/"b"/; s/1\.1/30/' in | tail -n 1 >>in
	sed 's/air_temperature/relative_humidity/; s/1\.1/30/; s/Cel/%/' in | sed -n 2p >>in
	run -0 nos-score --as-taken --state state <in
	[ "$(each .scores.accuracy <<<"$output" | jq -c '.[2]')" = 0.8 ]
	[ "$(jq -s length state)" = 4 ]
}

@test "a line out of order fills its slot, is late, and moves nothing else" {
	series 1.0 1.1 1.2 1.3 1.4 1.5 1.6 >all
	sed 5d all >in
	sed -n 5p all >>in
	printf '{"source":"a","type":"air_temperature","value":1.6,"unit":"Cel","time":%d}\n' $((t0 + 6300)) >>in
	run -0 nos-score --as-taken --state state <in
	# A slot is missed, then filled by the late one.
	[ "$(each .scores.completeness <<<"$output")" = '[1,1,1,1,0.833333,0.857143,1,1]' ]
	[ "$(each .flags <<<"$output")" = '[[],[],[],[],[],[],["late"],[]]' ]
	# What came behind it is no step from it.
	[ "$(each .scores.accuracy <<<"$output" | jq -c '.[7]')" = 0.8 ]
}

@test "readings of years ago are past as of now, and as good as they were as taken" {
	series 1.0 1.1 | jq -c '.time -= 631152000' >in # of 1999: past either way
	series 1.0 1.1 >>in
	run -0 nos-score --state a --now 1795651200 <in
	[ "$(each '.flags' <<<"$output")" = '[["past"],["past"],["past"],["past"]]' ]
	[ "$(head -n 1 a)" = '{"v":1,"series":1}' ]
	run -0 nos-score --state b --as-taken <in
	[ "$(each '[.scores.timeliness, .flags]' <<<"$output")" = '[[1,["past"]],[1,["past"]],[1,[]],[1,[]]]' ]
}

@test "a state that is cut off, newer, or in use is left as it is" {
	series 1.0 | nos-score --as-taken --state state >first
	cp state whole
	truncate -s -5 state
	run -65 --separate-stderr nos-score --state state <<<'{"type":"a","value":1}'
	[[ $stderr == 'nos-score: state: '* && -z $output ]]
	sed 's/"v":1/"v":2/' whole >state
	run -78 --separate-stderr nos-score --state state <<<'{"type":"a","value":1}'
	[[ $stderr == *'written by a newer nos' ]]
	cp whole state
	mkfifo in
	nos-score --as-taken --state state <in >out 3>&- &
	pid=$!
	exec 9>in
	series 1.1 >&9
	until [ -s out ]; do kill -0 $pid; done
	run -75 --separate-stderr nos-score --state state </dev/null
	[ "$stderr" = "nos-score: another run has 'state'" ]
	# Stopped: what was answered is in the state.
	kill -TERM $pid
	wait $pid && return 1 || [ $? = 143 ]
	exec 9>&-
	[ "$(wc -l <out)" = 1 ]
	run -1 cmp -s state whole
	[ "$(head -n 1 state)" = '{"v":1,"series":1}' ]
}

@test "options that do not go together are refused" {
	for options in '--records --now 1' '--records --as-taken' '--records --csv' '--now 1 --as-taken'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr nos-score $options </dev/null
		[[ $stderr == nos-score:\ --* ]]
	done
	echo '{"v":1,"type":"/t","value":"/v"}' >map.json
	run -64 --separate-stderr nos-score --csv --map map.json </dev/null
	[ "$stderr" = "nos-score: --csv: the map 'map.json' has no \"csv\"" ]
}

@test "on a terminal it says how far it is, unless what it writes goes there too" {
	mkfifo in
	# The line is drawn at once, and taken away at the end.
	{ series 1.0 >in; } &
	script -qec 'nos-score <in >out' tty </dev/null >/dev/null
	wait
	grep -qF $'\r1 readings\033[K' tty || grep -qF $'\r0 readings\033[K' tty
	grep -qF $'\r\033[K' tty
	[ "$(wc -l <out)" = 1 ]
	series 1.0 >one
	script -qec 'nos-score <one' tty </dev/null >/dev/null
	run ! grep -qF 'readings' tty
	script -qec 'nos-score -q <one >out' tty </dev/null >/dev/null
	run ! grep -qF 'readings' tty
}

@test "as taken, a clock that is ahead of the present moves no series, as it does not at a node" {
	{
		series 1.0 1.1
		printf '{"source":"a","type":"air_temperature","value":1.2,"unit":"Cel","time":3786912000}\n'
		series 1.0 1.1 1.2 | tail -n 1
	} >in
	run -0 nos-score --as-taken --state state <in
	[ "$(each .flags <<<"$output")" = '[[],[],["future"],[]]' ]
}
