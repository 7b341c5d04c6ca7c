#!/usr/bin/env bats

setup() { load helper; }
teardown() { everything_stops; }

reading='{"type":"air_temperature","value":-7.9,"unit":"Cel","time":1547812800}'

# A node, and c.key, the keyring of a source of it.
station() {
	node_start --print "$@"
	nos-token new "${SEALED[@]}" --kind weather-station --url "$URL" 2>/dev/null | nos-register --keyring c.key >receipt
	SOURCE=$(jq -r .source receipt)
}

# n readings, the first with value 1.
readings() { seq "${2:-1}" $((${2:-1} + $1 - 1)) | sed 's/.*/{"type":"t","value":&}/'; }

# All values that the node has published, sorted.
values() { jq -s -c 'map(.value) | sort' out; }
has_values() { [ "$(values)" = "$1" ]; }

next() { jq .seq.next c.key; }
waiting() { find "spool/$SOURCE" -name '*.jwe' | wc -l; }

@test "every reading of the station is accepted, in order, and scored as proven" {
	station
	run -0 --separate-stderr nos-send --keyring c.key <"$DATA/meteotrentino/readings.ndjson"
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 48 ]
	[ "${lines[0]}" = '{"line":1,"status":"accepted","seq":1,"id":"1-1-0"}' ]
	[ "$(jq -s 'map(.line) == [range(1; 49)] and map(.status) == [range(48) | "accepted"]' <<<"$output")" = true ]
	all() { [ "$(wc -l <out)" -eq 48 ]; }
	eventually all
	[ "$(jq -s 'map([.scores.confidentiality, .scores.integrity, .scores.authentication, .source]) | unique == [[1, 1, 1, "'"$SOURCE"'"]]' out)" = true ]
	[ "$(jq -s 'map(.id) | sort' out)" = "$(jq -s 'map(.id) | sort' <<<"$output")" ]
	[ "$(next)" -eq 2 ]
}

@test "packs close at --batch, and each has the next number" {
	station
	run -0 nos-send --keyring c.key --batch 2 < <(readings 5)
	[ "$(jq -c -s 'map([.seq, .id])' <<<"$output")" = '[[1,"1-1-0"],[1,"1-1-1"],[2,"1-2-0"],[2,"1-2-1"],[3,"1-3-0"]]' ]
	run -0 nos-send --keyring c.key < <(readings 1)
	[ "$(jq .seq <<<"$output")" -eq 4 ] && [ "$(next)" -eq 5 ]
}

@test "bad lines are answered in their place, and the others are sent" {
	station
	printf '%s\n' '{"type":"a","value":1}' '{"type":' '[{"type":"b","value":2},{"value":3},{"type":"c","value":4}]' '' '{"value":5}' \
		'{"type":"d","value":NaN}' '[]' '7' >in
	run -65 --separate-stderr nos-send --keyring c.key -v <in
	[ "$stderr" = 'nos-send: 4 accepted, 0 spooled, 4 rejected, 0 failed' ]
	[ "$(jq -c '[.line, .index, .status, .id, .error.message]' <<<"$output")" = "$(
		cat <<'END'
[1,null,"accepted","1-1-0",null]
[2,null,"rejected",null,"JSON is cut off"]
[3,0,"accepted","1-1-1",null]
[3,1,"rejected",null,"type is missing"]
[3,2,"accepted","1-1-2",null]
[5,null,"rejected",null,"type is missing"]
[6,null,"accepted","1-1-3",null]
[8,null,"rejected",null,"a reading is a JSON object"]
END
	)" ]
}

@test "a long array is cut into packs, a long line is an error, a long reading too" {
	station
	readings 7 | jq -c -s . >in
	run -0 nos-send --keyring c.key --batch 3 <in
	[ "$(jq -c -s 'map([.line, .index, .seq])' <<<"$output")" = '[[1,0,1],[1,1,1],[1,2,1],[1,3,2],[1,4,2],[1,5,2],[1,6,3]]' ]
	{ head -c 2000000 /dev/zero | tr '\0' x; printf '\n%s\n{"type":"t","value":1,"more":"' "$reading"; head -c 300000 /dev/zero | tr '\0' x; printf '"}'; } >in
	run -65 nos-send --keyring c.key <in
	[ "$(jq -c '[.line, .status, .error.message]' <<<"$output")" = "$(printf '%s\n' '[1,"rejected","line is over 1048576 bytes"]' '[2,"accepted",null]' '[3,"rejected","a reading is over 262144 bytes"]')" ]
}

@test "-v counts every reading, also those that fail and those that leave the spool" {
	station
	run -69 --separate-stderr nos-send --keyring c.key -v --url http://127.0.0.1:1 --wait 0s < <(readings 3)
	[[ $stderr == *'nos-send: 0 accepted, 0 spooled, 0 rejected, 3 failed' ]]
	run -0 --separate-stderr nos-send --keyring c.key -v --url http://127.0.0.1:1 --wait 0s --spool spool < <(readings 3)
	[[ $stderr == 'nos-send: 0 accepted, 3 spooled, 0 rejected, 0 failed'* ]]
	run -0 --separate-stderr nos-send --keyring c.key -v --spool spool < <(readings 2 4)
	[ "$stderr" = 'nos-send: 5 accepted, 0 spooled, 0 rejected, 0 failed'$'\n''nos-send: spool: 1 packs accepted, 0 waiting' ]
}

@test "packs close at 128 KiB, and one reading alone may have twice as much" {
	station
	for i in 1 2 3; do printf '{"type":"t","value":%s,"more":"%s"}\n' $i "$(head -c 50000 /dev/zero | tr '\0' x)"; done >in
	run -0 nos-send --keyring c.key <in
	[ "$(jq -c -s 'map(.seq)' <<<"$output")" = '[1,1,2]' ]
	printf '{"type":"t","value":4,"more":"%s"}\n' "$(head -c 250000 /dev/zero | tr '\0' x)" >in
	run -0 nos-send --keyring c.key <in
	[ "$(jq -c .seq <<<"$output")" = 3 ]
}

@test "an answer comes while the input is open, --linger behind its reading" {
	station
	mkfifo in answers
	nos-send --keyring c.key --linger 10ms <in >answers 3>&- &
	exec 7>in 8<answers
	for i in 1 2; do
		readings 1 "$i" >&7
		read -r -t 30 answer <&8
		[ "$(jq -c '[.line, .status]' <<<"$answer")" = '['"$i"',"accepted"]' ]
	done
	exec 7>&-
	wait $!
	exec 8<&-
}

@test "an answer that was lost is asked for again, and the readings are stored once" {
	station
	between_start "${URL##*:}" lose lose
	run -0 nos-send --keyring c.key --url "$BETWEEN" < <(readings 3)
	[ "$(jq -c -s 'map([.status, .seq])' <<<"$output")" = '[["duplicate",1],["duplicate",1],["duplicate",1]]' ]
	run -0 nos-send --keyring c.key < <(readings 1 4)
	eventually has_values '[1,2,3,4]'
}

@test "a pack that one URL of the node lost or refused goes to the next at once, and is stored once" {
	station
	between_start "${URL##*:}" lose
	run -0 nos-send --keyring c.key --url "$BETWEEN" --url "$URL" --wait 0s < <(readings 3)
	[ "$(jq -r .status <<<"$output" | sort -u)" = duplicate ]
	between_start "${URL##*:}" busy
	run -0 nos-send --keyring c.key --url http://127.0.0.1:1 --url "$BETWEEN" --url "$URL" --wait 0s < <(readings 1 4)
	[ "$(jq -r .status <<<"$output")" = accepted ]
	# Readings without a number may not go to two.
	between_start "${URL##*:}" lose
	run -69 nos-send --anonymous --url "$BETWEEN" --url "$URL" --wait 0s < <(readings 1 5)
	eventually has_values '[1,2,3,4,5]'
}

@test "no answer is believed without its receipt, whatever its status" {
	station
	for action in strip void gone bend; do
		between_start "${URL##*:}" $action
		run -69 --separate-stderr nos-send --keyring c.key --url "$BETWEEN" --wait 0s < <(readings 1)
		[ "$(jq -c '[.line, .status, .error.code]' <<<"$output")" = '[1,null,"away"]' ] || { echo "$action: $output"; return 1; }
		[[ $stderr == *'without a receipt'* ]]
	done
	between_start "${URL##*:}" strip void gone
	run -0 nos-send --keyring c.key --url "$BETWEEN" < <(readings 1)
	[ "$(jq -r .status <<<"$output")" = duplicate ]
}

@test "a node without room is tried again, and Retry-After counts" {
	station
	between_start "${URL##*:}" busy
	run -0 nos-send --keyring c.key --url "$BETWEEN" < <(readings 1)
	[ "$(jq -r .status <<<"$output")" = accepted ]
	between_start "${URL##*:}" busy
	run -75 nos-send --keyring c.key --url "$BETWEEN" --wait 500ms < <(readings 1)
	[ "$(jq -r .error.code <<<"$output")" = busy ]
}

@test "a node that does not know the key deletes nothing" {
	station
	cp c.key mine.key
	node_stop
	SEALED=(--store sqlite:other.db --node-key other.node)
	node_start
	run -77 --separate-stderr nos-send --keyring c.key --url "$URL" < <(readings 2)
	[ "$(jq -c -s 'map(.error.code)' <<<"$output")" = '["tag","tag"]' ]
	unknown="the node does not know the key of $(jq -r .source c.key); nothing was deleted; if it stays so, register it anew: nos-token new --replace"
	[ "$stderr" = "nos-send: $URL: $unknown" ]
	run -0 --separate-stderr nos-send --keyring c.key --url "$URL" --spool spool < <(readings 2)
	[ "$(jq -c -s 'map(.status)' <<<"$output")" = '["spooled","spooled"]' ]
	[[ $stderr == 'nos-send: spool: 0 packs accepted, 1 waiting'$'\n''nos-send: '*"$unknown" ]]
}

@test "a number that never left is used again, one that may have is not" {
	station
	run -69 nos-send --keyring c.key --url http://127.0.0.1:1 --wait 0s < <(readings 1)
	[ "$(next)" -eq 1 ]
	between_start "${URL##*:}" lose lose
	run -69 nos-send --keyring c.key --url "$BETWEEN" --wait 0s < <(readings 1)
	[ "$(next)" -eq 2 ]
}

@test "a crash loses numbers and never gives one twice" {
	station
	mkfifo in answers
	nos-send --keyring c.key --linger 0ms <in >answers 3>&- &
	exec 7>in 8<answers
	readings 1 >&7
	read -r -t 30 answer <&8
	[ "$(jq .seq <<<"$answer")" -eq 1 ]
	[ "$(next)" -eq 65 ]
	kill -9 $!
	wait $! || true
	exec 7>&- 8<&-
	run -0 nos-send --keyring c.key < <(readings 1 2)
	[ "$(jq .seq <<<"$output")" -eq 65 ]
	[ "$(next)" -eq 66 ]
	eventually has_values '[1,2]'
}

@test "an old copy of a keyring is noticed, and no reading is taken for a duplicate" {
	station
	cp c.key old.key
	nos-send --keyring c.key --batch 1 < <(readings 3)
	run -0 --separate-stderr nos-send --keyring old.key < <(readings 2 4)
	[ "$stderr" = 'nos-send: the keyring is an old copy or used elsewhere at once: old.key' ]
	[ "$(jq -c -s 'map([.status, .seq])' <<<"$output")" = '[["accepted",4],["accepted",4]]' ]
	[ "$(jq .seq.next old.key)" -eq 5 ]
	eventually has_values '[1,2,3,4,5]'
}

# A BETWEEN where another on a copy of the keyring takes the next number before each of n requests.
quicker() {
	cp c.key copy.key
	BETWEEN_HOOK="echo '{\"type\":\"t\",\"value\":0}' | nos-send --keyring copy.key >>copied" \
		between_start "${URL##*:}" $(printf 'hook %.0s' $(seq "$1"))
}

@test "a keyring whose copy was used meanwhile takes another number, asks for new keys, and says so once" {
	station
	quicker 1
	run -0 --separate-stderr nos-send --keyring c.key --url "$BETWEEN" --batch 1 < <(readings 2)
	[ "$stderr" = 'nos-send: the keyring is an old copy or used elsewhere at once: c.key' ]
	[ "$(jq -c -s 'map([.status, .seq])' <<<"$output")" = '[["accepted",2],["accepted",3]]' ]
	[ "$(jq -r .status copied)" = accepted ]
	eventually has_values '[0,1,2]'
	[ "$(jq -r '.keys[0].key' c.key)" = p.2 ]
}

@test "a keyring whose copy is used all the time is named with the remedy, and nothing is lost" {
	station
	quicker 60
	run --separate-stderr nos-send --keyring c.key --url "$BETWEEN" --wait 0s --batch 1 < <(readings 9)
	[ "$status" -eq 75 ]
	[[ $stderr == *'nos-send: c.key: a copy of it is in use at once, and takes its numbers and keys: stop that, and register each source by itself' ]]
	[ "$(tail -n 1 <<<"$output" | jq -r .error.code)" = busy ]
	# With a spool the reading waits or has arrived, and it is said which.
	run -0 --separate-stderr nos-send --keyring c.key --url "$BETWEEN" --wait 0s --spool spool < <(readings 1 100)
	case $(jq -r .status <<<"$output") in
	spooled) [ "$(waiting)" -eq 1 ] ;;
	accepted) arrived() { jq -e 'select(.value == 100)' out >/dev/null; }; eventually arrived ;;
	*) false ;;
	esac
}

@test "a second one on the keyring waits, and is told who is there" {
	station
	mkfifo in
	nos-send --keyring c.key <in 3>&- &
	exec 7>in
	eventually test -e c.key.lock
	locked() { ! flock -n c.key.lock true; }
	eventually locked
	run -75 --separate-stderr nos-send --keyring c.key --wait 0s < <(readings 1)
	[ "$stderr" = "nos-send: 'c.key.lock' is locked by another process" ]
	[ -z "$output" ]
	exec 7>&-
	wait $!
	run -0 nos-send --keyring c.key < <(readings 1)
}

@test "readings wait in the spool while the node is away, and go first when it is back" {
	LISTEN=$(address_free)
	station
	node_stop
	run -0 --separate-stderr nos-send --keyring c.key --spool spool --wait 0s --batch 2 < <(readings 5)
	[ "$(jq -c -s 'map([.line, .status])' <<<"$output")" = '[[1,"spooled"],[2,"spooled"],[3,"spooled"],[4,"spooled"],[5,"spooled"]]' ]
	[[ $stderr == 'nos-send: spool: 0 packs accepted, 3 waiting'$'\n'*'Connection refused' ]]
	[ "$(cd "spool/$SOURCE" && ls)" = "$(printf '%020d.jwe\n' 1 2 3)" ]
	[ "$(stat -c %a spool "spool/$SOURCE" "spool/$SOURCE/"*1.jwe | tr '\n' ' ')" = '700 700 600 ' ]
	grep -qv air spool/*/*.jwe
	node_start --print
	run -0 --separate-stderr nos-send --keyring c.key --spool spool < <(readings 1 6)
	[ "$stderr" = 'nos-send: spool: 3 packs accepted, 0 waiting' ]
	[ "$output" = '{"line":1,"status":"accepted","seq":4,"id":"1-4-0"}' ]
	[ "$(waiting)" -eq 0 ]
	eventually has_values '[1,2,3,4,5,6]'
	[ "$(jq -s -c 'sort_by(.value) | map(.seq)' out)" = '[1,1,2,2,3,4]' ]
}

@test "an empty input sends what waits" {
	station
	run -0 nos-send --keyring c.key --url http://127.0.0.1:1 --spool spool --wait 0s < <(readings 1)
	run -0 --separate-stderr nos-send --keyring c.key --spool spool </dev/null
	[ "$stderr" = 'nos-send: spool: 1 packs accepted, 0 waiting' ]
	[ -z "$output" ]
	run -0 --separate-stderr nos-send --keyring c.key --spool spool </dev/null
	[ -z "$stderr" ]
}

@test "a pack that left before it was spooled keeps its number, and is stored once" {
	station
	between_start "${URL##*:}" lose lose lose lose
	run -0 nos-send --keyring c.key --url "$BETWEEN" --spool spool --wait 0s < <(readings 2)
	[ "$(waiting)" -eq 1 ]
	[ "$(next)" -eq 2 ]
	run -0 nos-send --keyring c.key --spool spool < <(readings 1 3)
	[ "$(jq .seq <<<"$output")" -eq 2 ]
	eventually has_values '[1,2,3]'
}

@test "an endless input is not held up by a node that is away, and what waits goes by itself" {
	LISTEN=$(address_free)
	station
	mkfifo in answers
	node_stop
	nos-send --keyring c.key --spool spool --wait 0s --linger 0ms <in >answers 2>err2 3>&- &
	OTHER_PIDS=$!
	exec 7>in 8<answers
	for i in 1 2 3; do
		readings 1 "$i" >&7
		read -r -t 30 answer <&8
		[ "$(jq -r .status <<<"$answer")" = spooled ]
	done
	node_start --print 7>&- 8<&-
	eventually has_values '[1,2,3]'
	readings 1 4 >&7
	read -r -t 30 answer <&8
	[ "$(jq -r .status <<<"$answer")" = accepted ]
	exec 7>&-
	wait "$OTHER_PIDS"
	exec 8<&-
	[ "$(<err2)" = 'nos-send: spool: 3 packs accepted, 0 waiting' ]
}

@test "a spool that is full ends with 75, and its lines are answered" {
	station
	run -75 --separate-stderr nos-send --keyring c.key --url http://127.0.0.1:1 --spool spool --spool-max 1K --wait 0s --batch 1 < <(readings 100)
	[[ $stderr == "nos-send: the spool 'spool/$SOURCE' is full: over 1024 bytes"* ]]
	[ "$(jq -s 'map(.status) | map(select(. == "spooled")) | length' <<<"$output")" -eq "$(waiting)" ]
	[ "$(tail -n 1 <<<"$output" | jq -r .error.code)" = busy ]
	[ "${#lines[@]}" -lt 100 ]
	run -0 --separate-stderr nos-send --keyring c.key --spool spool </dev/null
	[[ $stderr == *' 0 waiting' ]]
}

@test "a file of the spool that does not open is moved aside, and stops nothing" {
	station
	run -0 nos-send --keyring c.key --url http://127.0.0.1:1 --spool spool --wait 0s --batch 1 < <(readings 3)
	first=$(printf 'spool/%s/%020d.jwe' "$SOURCE" 1)
	sed -i 's/.$/-/' "$first"
	cp "$(printf 'spool/%s/%020d.jwe' "$SOURCE" 2)" "$(printf 'spool/%s/%020d.jwe' "$SOURCE" 9)"
	run -65 --separate-stderr nos-send --keyring c.key --spool spool </dev/null
	[ "$(grep -c 'did not open' <<<"$stderr")" -eq 2 ]
	[[ $stderr == *'nos-send: spool: 2 packs accepted, 0 waiting, 2 put aside as .bad' ]]
	[ -e "$first.bad" ]
	[ "$(waiting)" -eq 0 ]
	eventually has_values '[2,3]'
	run -0 nos-send --keyring c.key --url http://127.0.0.1:1 --spool spool --wait 0s < <(readings 1)
	[ -e "$(printf 'spool/%s/%020d.jwe' "$SOURCE" 10)" ]
}

@test "--wait bounds a node that takes the connection and never answers, with a spool and without" {
	station
	kill -STOP "$NODE_PID"
	run -69 --separate-stderr nos-send --keyring c.key --wait 0s < <(readings 1)
	[[ $stderr =~ 'timed out after '[0-9]{4}' milliseconds' ]]
	[ "$(jq -r .error.code <<<"$output")" = away ]
	run -0 --separate-stderr nos-send --keyring c.key --wait 1500ms --spool spool < <(readings 1 2)
	[[ $stderr =~ 'timed out after '[0-9]{4}' milliseconds' ]]
	[ "$(jq -r .status <<<"$output")" = spooled ]
	run -69 --separate-stderr nos-send --anonymous --url "$URL" --wait 0s < <(readings 1)
	[[ $stderr =~ 'timed out after '[0-9]{4}' milliseconds' ]]
	kill -CONT "$NODE_PID"
	run -0 nos-send --keyring c.key --spool spool </dev/null
	[ "$(waiting)" -eq 0 ]
}

@test "SIGTERM lets the pack under way finish, answers it and ends with 143" {
	station
	kill -STOP "$NODE_PID"
	mkfifo in
	nos-send --keyring c.key --linger 0ms <in >answers 3>&- &
	OTHER_PIDS=$!
	exec 7>in
	readings 1 >&7
	reserved() { [ "$(next)" -eq 65 ]; }
	eventually reserved
	kill -TERM "$OTHER_PIDS"
	kill -CONT "$NODE_PID"
	status=0
	wait "$OTHER_PIDS" || status=$?
	exec 7>&-
	[ "$status" -eq 143 ] && [ "$(jq -r .status answers)" = accepted ] && [ "$(next)" -eq 2 ]
}

@test "with --follow SIGTERM and SIGINT answer what is in hand and end with 0, and so does the end of input" {
	station
	n=0
	for signal in TERM INT; do
		rm -f in answers
		mkfifo in
		# A job of a script ignores SIGINT, and what it starts would too.
		env --default-signal=INT nos-send --keyring c.key --follow --linger 1h --batch 2 <in >answers 3>&- &
		OTHER_PIDS=$!
		exec 7>in
		readings 3 >&7
		answered() { [ "$(wc -l <answers)" -eq 2 ]; }
		eventually answered
		kill -"$signal" "$OTHER_PIDS"
		status=0
		wait "$OTHER_PIDS" || status=$?
		exec 7>&-
		n=$((n + 2))
		[ "$status" -eq 0 ]
		[ "$(jq -r .status answers)" = "$(printf 'accepted\n%.0s' 1 2 3)" ]
		[ "$(next)" -eq $((n + 1)) ]
	done
	run -0 nos-send --keyring c.key --follow < <(readings 1)
	[ "$(jq -r .status <<<"$output")" = accepted ]
}

# Hex digits as bytes.
unhex() { basenc --base16 -d <<<"${1^^}"; }
# The token before this one, both in hex, in the chain of group 3 of node 1; t under 128.
token_before() { { printf 'nos/1 h\001\003'; unhex "$(printf '%02x%s' "$1" "$2")"; } | sha256sum | cut -c 1-32; }
# The order of epoch 0 with this token is published, retained.
order() { unhex "$(printf '310300%02x%s' "$1" "$2")" | mosquitto_pub -p "$BROKER_PORT" -q 1 -r -t nos/1/keys/3 -s; }
# The keyring is that of a member of a group, at its session 7.
member() {
	local A k h
	A=$(head -c 32 /dev/zero | basenc --base64url | tr -d =)
	h=$(unhex "$1" | basenc --base64url | tr -d =)
	jq -c --arg A "$A" --arg h "$h" '.scheme = "dipietro"
		| .keys = [{key: "s.3.0.7", state: "active", value: $A, since: 1547812800}] + .keys
		| .group = {name: "roof", number: 3, clock: {epoch: 0, t: 7, A: $A}, token: {t: 7, h: $h}}' c.key >member
	cat member >c.key
}
newest() { [ "$(jq -r '.keys[0].key' c.key)" = "$1" ]; }

@test "with --mqtt an order that is published moves the key, and one that is forged does not" {
	station
	broker_start
	h9=00112233445566778899aabbccddeeff
	h8=$(token_before 9 "$h9")
	member "$(token_before 8 "$h8")"
	order 8 "$h8"
	mkfifo in
	nos-send --keyring c.key --follow --mqtt "$MQTT" <in >answers 2>err2 3>&- &
	OTHER_PIDS=$!
	exec 7>in
	# What was said last is heard first.
	eventually newest s.3.0.8
	[ "$(jq -c '.keys | map(.key)' c.key)" = '["s.3.0.8","p.1"]' ]
	order 9 00112233445566778899aabbccddeefe
	mosquitto_pub -p "$BROKER_PORT" -q 1 -t nos/1/keys/3 -m nonsense
	mosquitto_pub -p "$BROKER_PORT" -q 1 -t nos/1/keys/3 -n
	order 9 "$h9"
	eventually newest s.3.0.9
	[ "$(jq -c .group.token.t c.key)" -eq 9 ]
	[ ! -s err2 ]
	# A broker that goes away is said, and no reason to end.
	broker_stop
	eventually grep -q '^nos-send: broker: ' err2
	echo "$reading" >&7
	answered() { [ "$(wc -l <answers)" -eq 1 ]; }
	eventually answered
	exec 7>&-
	wait "$OTHER_PIDS"
	OTHER_PIDS=
	[ "$(jq -r .status answers)" = accepted ] && [ "$(wc -l <err2)" -eq 1 ]
}

@test "SIGTERM while the node is away spools or answers, and does not wait" {
	station
	nos-send --keyring c.key --url http://127.0.0.1:1 --wait 1h < <(readings 1) >answers 2>err2 3>&- &
	OTHER_PIDS=$!
	reserved() { [ "$(next)" -eq 65 ]; }
	eventually reserved
	kill -TERM "$OTHER_PIDS"
	status=0
	wait "$OTHER_PIDS" || status=$?
	[ "$status" -eq 143 ] && [ "$(jq -r .error.code answers)" = away ] && [ "$(next)" -eq 1 ]
}

@test "a reader that has gone ends it quietly, and what was accepted stays so" {
	station
	mkfifo in answers
	nos-send --keyring c.key --linger 0ms <in >answers 2>err2 3>&- &
	exec 7>in 8<answers
	exec 8<&-
	readings 1 >&7
	status=0
	wait $! || status=$?
	exec 7>&-
	[ "$status" = 0 ]
	[ ! -s err2 ]
	[ "$(next)" -eq 2 ]
	eventually has_values '[1]'
}

@test "a full disk under stdout is 74, and the keyring is in order" {
	station
	run -74 --separate-stderr bash -c "nos-send --keyring c.key <<<'$reading' >/dev/full"
	[ "$stderr" = 'nos-send: output: No space left on device' ] && [ "$(next)" -eq 2 ]
}

@test "anonymous readings go without a keyring and are scored as such" {
	node_start --print
	run -65 --separate-stderr nos-send --anonymous --url "$URL" --kind weather-station <<<"$reading"$'\n''{"type":"t"}'
	[ "${lines[0]}" = '{"line":1,"status":"accepted"}' ]
	[ "$(jq -r .status <<<"${lines[1]}")" = rejected ]
	eventually test -s out
	[ "$(jq -c '[.source, .kind, .scores.authentication]' out)" = '["anonymous","weather-station",0]' ]
	between_start "${URL##*:}" busy
	run -0 nos-send --anonymous --url "$BETWEEN" <<<"$reading"
	node_stop
	run -69 nos-send --anonymous --url "$URL" --wait 0s <<<"$reading"
	node_start --anonymous no
	run -77 nos-send --anonymous --url "$URL" <<<"$reading"
}

@test "options that exclude each other, and keyrings that cannot be, are told" {
	for bad in '' '--keyring a --anonymous' '--anonymous' '--anonymous --url http://h --spool s' '--keyring a --kind k' \
		'--anonymous --url http://h --follow' '--anonymous --url http://h --kind a/b' '--anonymous --url http://h --kind only' '--anonymous --url http://h --kind anonymous' '--anonymous --url h' '--keyring a --via h' '--keyring a --mqtt mqtt://h' '--keyring a --follow --mqtt-password f' '--keyring a --batch 0' '--keyring a --batch 10001' '--keyring a in'; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr nos-send $bad </dev/null
		[ -n "$stderr" ] || { echo "$bad"; return 1; }
	done
	run -66 --separate-stderr nos-send --keyring none </dev/null
	[ "$stderr" = "nos-send: no keyring 'none': nos-register makes one" ]
	[ ! -e none.lock ]
	echo '{"v":2}' >newer
	chmod 600 newer
	run -78 nos-send --keyring newer </dev/null
	chmod 644 newer
	run -77 --separate-stderr nos-send --keyring newer </dev/null
	[ "$stderr" = "nos-send: 'newer' is open to others: chmod 600 newer" ]
}

@test "what a revoked source left in its spool has a number that nothing of its new keyring gets" {
	LISTEN=$(address_free)
	station
	nos-send --keyring c.key < <(readings 1) >/dev/null
	node_stop
	nos-send --keyring c.key --spool spool --wait 0s < <(readings 1 2) >/dev/null 2>&1
	node_start --print
	nos-rekey --revoke "$SOURCE" "${SEALED[@]}" >/dev/null
	run -77 nos-send --keyring c.key --spool spool </dev/null
	nos-token new --replace "$SOURCE" "${SEALED[@]}" 2>/dev/null | nos-register --keyring c.key --replace >/dev/null
	# The same text: under the same number it would be taken for a second try.
	run -0 --separate-stderr nos-send --keyring c.key --spool spool < <(readings 1 2)
	[ "$(jq -c '[.status, .seq]' <<<"$output")" = '["accepted",3]' ]
	[[ $stderr != *copy* ]]
	eventually has_values '[1,2,2]'
}
