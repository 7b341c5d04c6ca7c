#!/usr/bin/env bats
# What a station's readings are worth, from its feed to the records of a node: what is wrong with one
# shows in the scores and flags that are for it, and in no other.

setup_file() {
	load ../tool/helper
	cd "$BATS_FILE_TMPDIR" || exit 1
	node_start --print
	nos-token new "${SEALED[@]}" --kind weather-station 2>/dev/null | nos-register --keyring a.key >registered
	export NODE_PID URL
}
teardown_file() { load ../tool/helper && cd "$BATS_FILE_TMPDIR" && everything_stops; }

setup() {
	load ../tool/helper
	cd "$BATS_FILE_TMPDIR" || exit 1
}

feed() { "$ROOT/scripts/feed-meteotrentino" --shift "${1:-$DATA/meteotrentino/fetch_measurements.xml}"; }

# The temperatures of the feed three times over, six hours of them up to now, of a series NAME: what
# is claimed keeps a series apart. Further: an edit of all of them in jq, as a list.
series() {
	feed | jq -sc --arg name "$1" 'map(select(.type == "air_temperature") | .source = $name)
		| [(2, 1, 0) as $k | .[] | .time -= $k * 7200]'" | ${2:-.} | .[]"
}

# Send stdin; its records, in order, in the file NAME.
send() {
	local before
	before=$(wc -l <out)
	cat >lines
	nos-send "${AS[@]:---keyring=a.key}" "${@:2}" <lines >answers
	all_printed() { [ "$(wc -l <out)" -eq $((before + $(wc -l <lines))) ]; }
	eventually all_printed
	tail -n +$((before + 1)) out >"$1"
}

# The control: a series with nothing wrong, and the last of its records.
control() { [ -s control ] || { series control | send control; tail -n 1 control >good; }; }

# The scores and flags in which the last line of a file differs from the control, with what they are
# there. A node takes a moment: timeliness within a minute and a half is the same, and is not said finer.
differs() {
	jq -nc --slurpfile good good --slurpfile bad <(tail -n "${2:-1}" "$1" | head -n 1) '
		def rounded: .timeliness |= (if . then . * 20 | round / 20 else . end);
		($good[0].scores | rounded) as $a | ($bad[0].scores | rounded) as $b
		| [$b | to_entries[] | select(.value != $a[.key])] | from_entries | [., $bad[0].flags]'
}

@test "the feed of a station is worth what it is by hand" {
	feed | send records
	[ "$(wc -l <records)" -eq 48 ]
	# Accuracy is 1 - u/E, as no other term says less; of zeros for rain no precision is known; each
	# quarter of an hour of an hour's validity is a fourth of timeliness.
	[ "$(jq -sc 'group_by(.type) | map([.[0].type, (map(.scores.accuracy) | unique), (map(.scores.precision) | unique)]) | .[]' records)" = \
'["air_temperature",[0.8],[1]]
["global_radiation",[0.9],[1]]
["precipitation",[0.9],[null]]
["relative_humidity",[0.7],[1]]
["wind_direction",[0.833333],[1]]
["wind_speed",[0.75],[1]]' ]
	[ "$(jq -sc 'group_by(.type) | map(map(.scores.timeliness * 20 | round / 20)) | unique' records)" = '[[0,0,0,0,0.25,0.5,0.75,1]]' ]
	[ "$(jq -sc 'map([.flags, .scores.completeness, .scores.confidentiality, .scores.integrity, .scores.authentication, .scores.privacy]) | unique' records)" = \
		'[[[],1,1,1,1,0.8]]' ]
}

@test "a good reading is good in all eight" {
	control
	[ "$(jq -c '[.flags, (.scores | .timeliness |= (. * 20 | round / 20))]' good)" = \
		'[[],{"confidentiality":1,"integrity":1,"privacy":0.8,"authentication":1,"accuracy":0.8,"precision":1,"timeliness":1,"completeness":1}]' ]
}

@test "a value that is none shows in accuracy, precision and completeness, and as missing" {
	control
	series sentinel '.[-1].value = -999' | send bad
	[ "$(differs bad)" = '[{"accuracy":null,"precision":null,"completeness":0.666667},["missing"]]' ]
	series dead | sed 's/"value":[^,]*/"value":nan/' | send bad
	[ "$(jq -c '[.value, .scores.completeness]' bad | uniq -c | tr -s ' ')" = ' 24 [null,0.666667]' ]
	[ "$(differs bad)" = '[{"accuracy":null,"precision":null,"completeness":0.666667},["missing"]]' ]
	# An empty element of the feed itself; the first of its list is the temperature's.
	sed '0,/<value>-4.3</s//<value></' "$DATA/meteotrentino/fetch_measurements.xml" >empty.xml
	feed empty.xml | jq -c 'select(.type == "air_temperature" and .value == null)' >null
	[ "$(wc -l <null)" -eq 1 ]
	series empty 'del(.[-1])' | cat - <(jq -c '.source = "empty"' null) >with
	jq -sc '.[-1].time = .[-2].time + 900 | .[]' with | send bad
	[ "$(differs bad)" = '[{"accuracy":null,"precision":null,"completeness":0.666667},["missing"]]' ]
}

@test "a stuck sensor shows in accuracy alone" {
	control
	# Sixteen equal ones, of which twelve may be.
	series stuck '.[-16:][].value = -2.5' | send bad
	[ "$(differs bad)" = '[{"accuracy":0.75},[]]' ]
}

@test "a spike shows in accuracy alone" {
	control
	# 12.6 degrees in 900 s are 0.014 a second: (3 * 0.005 - 0.014) / (2 * 0.005).
	series spike '.[-1].value = 8.3' | send bad
	[ "$(differs bad)" = '[{"accuracy":0.1},[]]' ]
}

@test "a clock at 1970 shows in timeliness and as past, and the next reading does not suffer" {
	control
	series epoch '.[:-1] + [.[-1] | .time = 43200] + .[-1:]' | send bad
	[ "$(differs bad 2)" = '[{"timeliness":0},["past"]]' ]
	[ "$(differs bad)" = '[{},[]]' ]
}

@test "a clock an hour fast shows in timeliness and as future, and the next reading does not suffer" {
	control
	series fast '.[:-1] + [.[-1] | .time += 3600] + .[-1:]' | send bad
	[ "$(differs bad 2)" = '[{"timeliness":0},["future"]]' ]
	[ "$(differs bad)" = '[{},[]]' ]
}

@test "a batch that comes two days late shows in timeliness, and as late behind newer ones" {
	control
	series old '.[].time -= 172800' | send bad
	[ "$(differs bad)" = '[{"timeliness":0},[]]' ]
	series newer | send bad
	series newer '.[].time -= 172800' | send bad
	[ "$(differs bad)" = '[{"timeliness":0},["late"]]' ]
	series newer '.[-1:] | .[].time += 1' | send bad
	[ "$(differs bad)" = '[{},[]]' ]
}

# Members in which a source says itself what a node alone finds out.
CLAIMS='.[] |= . + {alg: "A256GCM", registered: true, key: "d.1.7", src: "s-0123456789", received: 1,
	proof: "key", node: 7, flags: ["late"], id: "7-1-0", n: 1, seq: 9,
	scores: {confidentiality: 0.5, integrity: 0.5, privacy: 1, authentication: 0.5, accuracy: 1, precision: 0.5},
	raw: {bits: 256, tag: 256, holders: 1, proof: "key", enrolled: "token", fresh: true, value: 1, unit: "K"}}'

@test "what a source claims of itself changes no score" {
	control
	series claims "$CLAIMS" | send bad
	[ "$(differs bad)" = '[{},[]]' ]
	# Another source's name is a claim too, and one of a device costs privacy.
	series s-0123456789 "$CLAIMS" | send bad
	[ "$(differs bad)" = '[{},[]]' ]
	[ "$(jq -r .source bad | sort -u)" = "$(jq -r .source registered)" ]
	series 00:1a:2b:3c:4d:5e | send bad
	[ "$(differs bad)" = '[{"privacy":0.6},[]]' ]
}

@test "what nobody vouches for stays at nothing, whatever it claims, and moves no one's series" {
	control
	AS=(--anonymous --url "$URL" --kind weather-station)
	series open | send plain
	tail -n 1 plain >good
	series "$(jq -r .source registered)" "$CLAIMS | .[].value = 49.5" | send bad
	[ "$(jq -sc 'map(.scores | [.confidentiality, .integrity, .authentication, .privacy]) | unique' bad)" = '[[0,0,0,0.7]]' ]
	[ "$(differs bad)" = '[{},[]]' ]
	tail -n 1 control >good
	unset AS
	series control '.[-1:] | .[].time += 1' | send bad
	[ "$(differs bad)" = '[{},[]]' ]
}

# Readings of one series in what units there are: 20.5 to 21.5 degrees.
mixed() {
	local now=$EPOCHSECONDS
	cat <<END
{"source":"mixed","type":"air_temperature","value":20.5,"unit":"Cel","time":$((now - 3600))}
{"source":"mixed","type":"air_temperature","value":69.8,"unit":"°F","time":$((now - 2700))}
{"source":"mixed","type":"air_temperature","value":294.65,"unit":"K","time":$((now - 1800))}
{"source":"mixed","type":"air_temperature","value":7000,"unit":"furlong","time":$((now - 900))}
{"source":"mixed","type":"air_temperature","value":-999,"unit":"[degF]","time":$((now - 800))}
{"source":"mixed","type":"air_temperature","value":"nan","unit":"K","time":$((now - 700))}
{"source":"mixed","type":"air_temperature","value":21.5,"unit":"degC","time":$now}
{"source":"mixed","type":"air_pressure","value":95210,"unit":"Pa","time":$((now - 900))}
{"source":"mixed","type":"air_pressure","value":952.15,"unit":"mbar","time":$now}
{"source":"mixed","type":"relative_humidity","value":0.56,"unit":"/","time":$((now - 900))}
{"source":"mixed","type":"relative_humidity","value":57,"unit":"%","time":$now}
{"source":"mixed","type":"voltage","value":230123,"unit":"mV","time":$now}
{"source":"mixed","type":"count","value":3,"unit":"furlong","time":$now}
END
}

@test "readings in other units are weighed in their types', and again from their records to the digit" {
	mixed | send records
	[ "$(jq -c '[.value, .unit, .raw.value, .raw.unit, .scores.accuracy, .scores.precision, .flags]' records)" = \
'[20.5,"Cel",null,null,0.8,1,[]]
[21,"Cel",69.8,"°F",0.8,1,[]]
[21.5,"Cel",294.65,"K",0.8,1,[]]
[7000,"furlong",null,null,null,null,["unit"]]
[null,"Cel",-999,"[degF]",null,null,["missing"]]
[null,"Cel",null,"K",null,null,["missing"]]
[21.5,"Cel",21.5,"degC",0.8,1,[]]
[952.1,"hPa",95210,"Pa",0.85,1,[]]
[952.15,"hPa",952.15,"mbar",0.85,1,[]]
[56,"%RH",0.56,"/",0.7,1,[]]
[57,"%RH",57,"%",0.7,1,[]]
[230.123,"V",230123,"mV",0.8,1,[]]
[3,"furlong",null,null,null,null,[]]' ]
	nos-score --records <records >again
	diff <(jq -c 'del(.line)' again | jq -S .) <(jq -S . records)
	# What another tool wrote anew, with its own escapes.
	diff <(jq -ac . records | nos-score --records | jq -c '[.value, .scores, .raw, .flags]') \
		<(jq -c '[.value, .scores, .raw, .flags]' records)
	# And by other rules: from what was sent.
	printf '{"v":1,"sets":[],"types":{"air_temperature":{"unit":"K","lo":250,"hi":320,"missing":[-999]}}}' >rules
	[ "$(nos-score --records --rules rules <records | jq -sc 'map(select(.type == "air_temperature") | [.value, .unit, .raw.value])')" = \
		'[[293.65,"K",20.5],[294.15,"K",69.8],[294.65,"K",null],[7000,"furlong",null],[null,"K",-999],[null,"K",null],[294.65,"K",21.5]]' ]
}
