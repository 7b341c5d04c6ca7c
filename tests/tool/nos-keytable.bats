#!/usr/bin/env bats

setup() { load helper; }
teardown() { everything_stops; }

keytable() { nos-keytable "$@" "${STORE[@]}"; }

# Two sources, a with a name and b without; A and B are their ids. The node has stopped.
two_sources() {
	node_start
	nos-token new --kind weather-station "${SEALED[@]}" |
		nos-register --keyring a.key --name campodenno --mode poll >/dev/null
	nos-token new "${SEALED[@]}" | nos-register --keyring b.key >/dev/null
	node_stop
	A=$(jq -r .source a.key) B=$(jq -r .source b.key)
}

sql() { sqlite3 node.db "$@"; }

# What the node would have kept of a pack with two readings: pack SOURCE SEQ RECEIVED [KEY].
pack() {
	sql "insert into stream_raw(ms, entry) values($3 * 1000, '{\"source\":\"$1\",\"key\":\"${4:-p.1}\",\"seq\":$2,\"hash\":\"AAAAAA\",\"bits\":128,\"tag\":128,\"holders\":2,\"key_age\":1,\"key_period\":604800,\"grace\":false,\"open\":false,\"kind\":\"sensor\",\"form\":\"x-ndjson\",\"received\":$3}' || char(10) || '{\"type\":\"t\",\"value\":1}' || char(10) || '{\"type\":\"t\",\"value\":2}')"
}

# What the node had saved of a source: track SOURCE POSITION SEQ READINGS SEEN USES CONFIRMED.
track() {
	local hashes
	hashes=$(head -c 342 /dev/zero | tr '\0' A)
	sql "insert or replace into state values('tracks', '$1', 1000, '{\"v\":1,\"position\":$2,\"readings\":$4,\"last_seen\":$5,\"top\":$3,\"bits\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"hashes\":\"$hashes\",\"keys\":[{\"key\":\"p.1\",\"uses\":$6,\"confirmed\":$7}],\"series\":[]}')"
}

mark() { sql "insert or replace into state values('node', 'mark', 1001, '{\"v\":1,\"saved\":$1}')"; }

@test "ct has a row for each key, its members in their order, and is the table that is meant" {
	two_sources
	run -0 --separate-stderr keytable
	[ "${#lines[@]}" -eq 2 ]
	[ -z "$stderr" ]
	[ "$(jq -cs 'map(.source) == (map(.source) | sort)' <<<"$output")" = true ]
	jq -c --arg a "$A" 'select(.source == $a)' <<<"$output" >row
	[ "$(jq -c keys_unsorted row)" = '["source","key","scheme","state","generation","bits","age","uses","path"]' ]
	[ "$(jq -c 'del(.age)' row)" = "{\"source\":\"$A\",\"key\":\"p.1\",\"scheme\":\"pairwise\",\"state\":\"active\",\"generation\":1,\"bits\":128,\"uses\":0,\"path\":[\"$A\",1]}" ]
	jq -e '.age >= 0 and .age < 600' row
	[ "$(keytable ct | jq -c 'del(.age)')" = "$(jq -c 'del(.age)' <<<"$output")" ]
}

@test "sources has a row for each source" {
	two_sources
	run -0 keytable sources
	[ "${#lines[@]}" -eq 2 ]
	jq -c --arg a "$A" 'select(.source == $a)' <<<"$output" >row
	[ "$(jq -c 'del(.registered)' row)" = "{\"source\":\"$A\",\"name\":\"campodenno\",\"kind\":\"weather-station\",\"mode\":\"poll\",\"scheme\":\"pairwise\",\"key\":\"p.1\",\"state\":\"active\",\"readings\":0}" ]
	jq -e --argjson now "$(date +%s)" '.registered <= $now + 1 and .registered > $now - 600' row
	[ "$(jq -c --arg b "$B" 'select(.source == $b) | has("name")' <<<"$output")" = false ]
}

@test "tokens has the rows of nos-token list" {
	two_sources
	nos-token new --url "$URL" "${SEALED[@]}" >/dev/null
	run -0 keytable tokens
	[ "${#lines[@]}" -eq 3 ]
	[ "$output" = "$(nos-token list "${STORE[@]}")" ]
	[ "$(keytable tokens --state open,expired | jq -r .state)" = open ]
	[ "$(keytable tokens --source campodenno | jq -r .source)" = "$A" ]
}

@test "packs that the node has not yet saved a track of are counted" {
	two_sources
	pack "$A" 1 1700000000
	pack "$A" 2 1700000001.5
	pack "$B" 7 1700000002
	run -0 keytable sources
	[ "$(jq -c --arg a "$A" 'select(.source == $a) | [.last_seen, .seq, .readings]' <<<"$output")" = '[1700000001.5,2,4]' ]
	[ "$(jq -c --arg b "$B" 'select(.source == $b) | [.last_seen, .seq, .readings]' <<<"$output")" = '[1700000002,7,2]' ]
	run -0 keytable ct --source campodenno
	[ "$(jq -c '[.uses, .confirmed]' <<<"$output")" = '[2,1700000000]' ]
}

@test "a pack that is in the saved track is not counted twice" {
	two_sources
	for seq in 1 2 3 4; do pack "$A" $seq $((1700000000 + seq)); done
	pack "$B" 1 1700000009
	mark 1
	track "$A" 3 3 6 1700000003 3 1700000001
	run -0 keytable sources
	[ "$(jq -c --arg a "$A" 'select(.source == $a) | [.last_seen, .seq, .readings]' <<<"$output")" = '[1700000004,4,8]' ]
	[ "$(keytable ct --source "$A" | jq -c '[.uses, .confirmed]')" = '[4,1700000001]' ]
	mark 5
	track "$B" 5 1 2 1700000009 1 1700000009
	run -0 keytable sources
	[ "$(jq -c --arg a "$A" 'select(.source == $a) | [.last_seen, .seq, .readings]' <<<"$output")" = '[1700000003,3,6]' ]
	[ "$(jq -c --arg b "$B" 'select(.source == $b) | [.last_seen, .seq, .readings]' <<<"$output")" = '[1700000009,1,2]' ]
}

@test "a pack through relays shows its way, and counts for each of them" {
	two_sources
	local body='"kind":"sensor","form":"x-ndjson","received":1700000005}'
	sql "insert into stream_raw(ms, entry) values(1, '{\"source\":\"$A\",\"key\":\"p.1\",\"seq\":1,\"hash\":\"AAAAAA\",\"via\":[{\"source\":\"s-0000000001\",\"key\":\"p.1\",\"seq\":3,\"hash\":\"AAAAAA\"},{\"source\":\"$B\",\"key\":\"p.1\",\"seq\":8,\"hash\":\"AAAAAA\"}],\"bits\":128,\"tag\":128,\"holders\":2,\"key_age\":1,\"key_period\":604800,\"grace\":false,\"open\":false,$body' || char(10) || '{\"type\":\"t\",\"value\":1}')"
	[ "$(keytable sources --source "$A" | jq -c '[.seq, .readings, .via]')" = "[1,1,[\"s-0000000001\",\"$B\"]]" ]
	[ "$(keytable ct --source "$A" | jq -c .path)" = "[\"$A\",\"s-0000000001\",\"$B\",1]" ]
	[ "$(keytable sources --source "$B" | jq -c '[.last_seen, .seq, .readings, has("via")]')" = '[1700000005,8,0,false]' ]
	[ "$(keytable ct --source "$B" | jq -c '[.uses, .confirmed, .path]')" = "[1,1700000005,[\"$B\",1]]" ]
	# The next one came by itself.
	pack "$A" 2 1700000006
	[ "$(keytable ct --source "$A" | jq -c .path)" = "[\"$A\",1]" ]
	[ "$(keytable sources | jq -c 'has("via")' | sort -u)" = false ]
}

@test "a late pack under an old number does not set the number back" {
	two_sources
	pack "$A" 9 1700000009
	pack "$A" 4 1700000010
	[ "$(keytable sources --source "$A" | jq -c '[.last_seen, .seq]')" = '[1700000010,9]' ]
}

@test "the rows of a node that runs are right as soon as a pack was answered" {
	node_start
	nos-token new "${SEALED[@]}" | nos-register --keyring a.key >/dev/null
	A=$(jq -r .source a.key)
	printf '{"type":"t","value":%d}\n' 1 2 3 | nos-send --keyring a.key >receipts
	[ "$(jq -r .status receipts | sort -u)" = accepted ]
	[ "$(keytable sources | jq -c '[.seq, .readings]')" = "[$(jq -s 'map(.seq) | max' receipts),3]" ]
	[ "$(keytable ct | jq -c '[.uses, (.confirmed > 1700000000)]')" = "[$(jq -s 'map(.seq) | unique | length' receipts),true]" ]
	node_stop
	[ "$(keytable sources | jq -c '[.seq, .readings]')" = "[$(jq -s 'map(.seq) | max' receipts),3]" ]
}

@test "--source takes an id or a name, and 66 tells that there is none" {
	two_sources
	[ "$(keytable ct --source campodenno | jq -r .source)" = "$A" ]
	[ "$(keytable sources --source "$B" | jq -r .source)" = "$B" ]
	run -66 --separate-stderr keytable ct --source s-0000000000
	[ "$stderr" = "nos-keytable: no source 's-0000000000'" ]
	run -66 --separate-stderr keytable sources --source nobody
	[ "$stderr" = "nos-keytable: no source 'nobody'" ] && [ -z "$output" ]
}

@test "--state takes the states of the table" {
	two_sources
	sql "update state set value = json_insert(value, '$.keys[#]', json('{\"key\":\"p.2\",\"state\":\"deactivated\",\"since\":1}')) where ns = 'sources' and key = '$A'"
	[ "$(keytable | jq -r .key | sort | uniq -c | tr -s ' \n' ' ')" = ' 2 p.1 1 p.2 ' ]
	[ "$(keytable --state deactivated | jq -r .key)" = p.2 ]
	[ "$(keytable --state active,deactivated | wc -l)" -eq 3 ]
	[ -z "$(keytable sources --state compromised)" ]
	[ "$(keytable sources --source "$A" | jq -r .key)" = p.1 ]
	run -64 --separate-stderr keytable --state open
	[ "$stderr" = "nos-keytable: --state: no state 'open' in this table" ]
	run -64 keytable tokens --state active
}

@test "a table and csv have all columns, and an age is for people or for programs" {
	two_sources
	sql "update state set value = json_set(value, '$.keys[0].since', $(date +%s) - 90000) where ns = 'sources'"
	run -0 keytable ct --format csv --source campodenno
	[ "${lines[0]}" = source,key,scheme,state,generation,bits,age,uses,confirmed,next,path ]
	[[ ${lines[1]} == "$A,p.1,pairwise,active,1,128,900"*",0,,,$A 1" ]]
	run -0 keytable ct --format table --source campodenno
	[[ ${lines[1]} =~ ^"$A  p.1  pairwise  active  1           128   25h  0 "\ *-\ *-\ *"$A 1"$ ]]
	run -0 keytable sources --format csv
	[ "${lines[0]}" = source,name,kind,mode,scheme,group,key,state,registered,last_seen,seq,readings,via ]
	run -0 keytable tokens --format csv
	[ "${lines[0]}" = id,state,kind,scheme,group,expires,source,replaces ]
}

@test "the pipeline of the manual names the sources whose key is over a day old" {
	two_sources
	[ -z "$(keytable ct --format json | jq -r 'select(.age > 86400) | .source')" ]
	sql "update state set value = json_set(value, '$.keys[0].since', $(date +%s) - 90000) where ns = 'sources' and key = '$A'"
	[ "$(keytable ct --format json | jq -r 'select(.age > 86400) | .source')" = "$A" ]
	pack "$A" 1 1700000000
	[ "$(keytable sources --format json | jq -r 'select(.last_seen == null) | .name // .source')" = "$B" ]
}

# Three members of roof with names, one of cellar, which is of tree; the node runs, and nobody has sent.
members() {
	node_start
	for name in one two three; do
		nos-token new --group roof "${SEALED[@]}" | nos-register --keyring $name.key --name $name >/dev/null
	done
	nos-token new --group cellar --scheme tree --depth 8 "${SEALED[@]}" | nos-register --keyring four.key --name four >/dev/null
}

# Each of these sends a reading; what it is told with the answer it knows behind it.
all_send() {
	for name; do
		echo '{"type":"t","value":1}' | nos-send --keyring "$name.key" >/dev/null
	done
}

@test "groups has a row for each group in the order of their numbers, its members in theirs" {
	members
	run -0 --separate-stderr keytable groups
	[ "${#lines[@]}" -eq 2 ]
	[ -z "$stderr" ]
	[ "${lines[0]}" = '{"group":"roof","number":1,"scheme":"dipietro","depth":20,"shared":false,"members":3,"epoch":0,"session":0,"pending":3}' ]
	[ "${lines[1]}" = '{"group":"cellar","number":2,"scheme":"tree","depth":8,"shared":false,"members":1,"epoch":0,"pending":1}' ]
	for i in {3..11}; do nos-token new --group "g$i" --shared "${SEALED[@]}" >/dev/null; done
	[ "$(keytable groups | jq .number | tr '\n' ' ')" = '1 2 3 4 5 6 7 8 9 10 11 ' ]
	[ "$(keytable groups | jq -c 'select(.shared) | .members' | uniq)" = 0 ]
	run -0 keytable groups --format csv
	[ "${lines[0]}" = group,number,scheme,members,epoch,session,age,pending ]
	[ "${lines[2]}" = cellar,2,tree,1,0,,,1 ]
	run -0 keytable groups --format table
	[[ ${lines[1]} =~ ^'roof    1       dipietro  3        0      0        -    3' ]]
}

@test "who is not known to have a group's present key is pending, until it has used or acknowledged it" {
	members
	now() { keytable groups | jq -c 'select(.group == "roof") | [.members, .epoch, .session, .pending]'; }
	nos-rekey --group roof "${SEALED[@]}" >/dev/null
	[ "$(now)" = '[3,0,1,3]' ]
	all_send one one
	[ "$(now)" = '[3,0,1,2]' ]
	all_send two two three three
	[ "$(now)" = '[3,0,1,0]' ]
	nos-rekey --group roof "${SEALED[@]}" >/dev/null
	[ "$(now)" = '[3,0,2,0]' ] # each makes it of what it has
	nos-rekey --heal roof "${SEALED[@]}" >/dev/null
	[ "$(now)" = '[3,1,3,3]' ]
	all_send one one two two three three
	[ "$(now)" = '[3,1,3,0]' ]
	nos-rekey --revoke two "${SEALED[@]}" >/dev/null
	[ "$(now)" = '[2,2,4,2]' ]
	[ "$(keytable groups | jq -c '.age == null or (.age >= 0 and .age < 600), has("age")' | tr '\n' ' ')" = 'true true true false ' ]
}

@test "a member's group is shown with it, and its key where it is known to have it" {
	members
	[ "$(keytable sources --source one | jq -c '[.scheme, .group, .key]')" = '["dipietro","roof","p.1"]' ]
	[ "$(keytable sources --source four | jq -c '[.scheme, .group, .key]')" = '["tree","cellar","p.1"]' ]
	[ "$(keytable tokens --source four | jq -c '[.scheme, .group]')" = '["tree","cellar"]' ]
	[ "$(keytable ct | jq -r .key | sort -u)" = p.1 ]
	nos-rekey --group roof cellar "${SEALED[@]}" >/dev/null
	all_send one one four four
	[ "$(keytable sources --source one | jq -r .key)" = s.1.0.1 ]
	[ "$(keytable sources --source two | jq -r .key)" = p.1 ]
	[ "$(keytable sources --source four | jq -r .key)" = t.2.1 ]
	[ "$(keytable --source one | jq -r '"\(.key) \(.scheme) \(.state) \(.uses)"' | tr '\n' ,)" = 's.1.0.1 dipietro active 1,p.1 pairwise active 1,' ]
	[ "$(keytable --source four | jq -r '"\(.key) \(.scheme) \(.state) \(.uses)"' | tr '\n' ,)" = 't.2.1 tree active 1,p.1 pairwise active 1,' ]
	[ "$(keytable --source two | jq -r .key)" = p.1 ]
	nos-rekey --heal roof "${SEALED[@]}" >/dev/null
	[ "$(keytable --source one | jq -r .key)" = p.1 ]
}

@test "a keyring shows its group, and the group's key among its keys" {
	members
	[ "$(nos-keytable --keyring one.key groups | jq -c 'del(.leaf)')" = '{"group":"roof","number":1,"scheme":"dipietro","shared":false,"epoch":0}' ]
	nos-rekey --group roof "${SEALED[@]}" >/dev/null
	all_send one one
	[ "$(nos-keytable --keyring one.key groups)" = '{"group":"roof","number":1,"scheme":"dipietro","shared":false,"epoch":0,"session":1,"leaf":0}' ]
	[ "$(nos-keytable --keyring one.key | jq -r '"\(.key) \(.scheme)"' | tr '\n' ,)" = 's.1.0.1 dipietro,p.1 pairwise,' ]
	[ -z "$(nos-keytable --keyring one.key gt)" ]
	run -0 nos-keytable --keyring one.key groups --format csv
	[ "${lines[0]}" = group,number,scheme,epoch,session,leaf ]
	[ "${lines[1]}" = roof,1,dipietro,0,1,0 ]
	nos-token new "${SEALED[@]}" | nos-register --keyring b.key >/dev/null
	run -0 --separate-stderr nos-keytable --keyring b.key groups
	[ -z "$output" ] && [ -z "$stderr" ]
}

@test "the value of a group's key is the same at the node and at a member, and is shown where it is asked for alone" {
	members
	nos-rekey --group roof "${SEALED[@]}" >/dev/null
	all_send one one
	value=$(jq -r '.keys[] | select(.key == "s.1.0.1") | .value' one.key)
	[ "${#value}" -eq 43 ]
	[ "$(nos-keytable groups "${SEALED[@]}" --show-secrets | jq -r 'select(.group == "roof") | .value')" = "$value" ]
	[ "$(nos-keytable ct "${SEALED[@]}" --show-secrets --source one | jq -r 'select(.key == "s.1.0.1") | .value')" = "$value" ]
	[ "$(nos-keytable --keyring one.key --show-secrets groups | jq -r .value)" = "$value" ]
	run -0 nos-keytable groups "${SEALED[@]}" --show-secrets --format csv
	[ "${lines[0]}" = group,number,scheme,members,epoch,session,age,pending,value ]
	[ "$(keytable audit | jq -r 'select(.what == "secrets-shown") | .reason' | tr '\n' ' ')" = 'groups ct groups ' ]
	for table in groups ct sources tokens audit; do
		run -1 grep -F "$value" <(keytable "$table")
	done
	run -1 grep -F "$value" <(nos-keytable --keyring one.key groups; nos-keytable --keyring one.key)
}

@test "the pipeline of the manual names the groups in which somebody is behind" {
	members
	example=$(sed -n '/^\$ nos-keytable groups/,/^\.Ed/p' "$ROOT/man/nos-keytable.1" | sed -n 's/^\$ //p' | sed 's/\\e/\\/g')
	[[ $example == *pending* ]]
	export NOS_STORE=sqlite:node.db
	[ "$(bash -c "$example")" = "$(printf '%s\n' 'roof 3' 'cellar 1')" ]
	nos-rekey --group roof "${SEALED[@]}" >/dev/null
	all_send one one two two three three
	[ "$(bash -c "$example")" = 'cellar 1' ]
}

@test "a keyring shows its keys, and what its node shows of them" {
	two_sources
	run -0 nos-keytable --keyring a.key
	[ "$(jq -c 'del(.age)' <<<"$output")" = "$(keytable ct --source "$A" | jq -c 'del(.age, .uses)')" ]
	[ "$(nos-keytable --keyring a.key ct --state deactivated)" = '' ]
	run -64 --separate-stderr nos-keytable --keyring a.key sources
	[ "$stderr" = 'nos-keytable: a keyring has the tables ct, gt and groups alone' ]
	run -64 --separate-stderr nos-keytable --keyring a.key --source "$A"
	[ "$stderr" = 'nos-keytable: --keyring and --source: a keyring has one source' ]
}

@test "a keyring that is open to others, not there, none, or newer is refused" {
	two_sources
	chmod 644 a.key
	run -77 --separate-stderr nos-keytable --keyring a.key
	[ "$stderr" = "nos-keytable: 'a.key' is open to others: chmod 600 a.key" ]
	[ -z "$output" ]
	chmod 600 a.key
	ln -s a.key link
	run -77 --separate-stderr nos-keytable --keyring link
	[ "$stderr" = "nos-keytable: 'link' is a link: name the file itself" ]
	run -66 --separate-stderr nos-keytable --keyring none
	[ "$stderr" = "nos-keytable: no file 'none'" ]
	head -c 100 a.key >b.key
	run -65 --separate-stderr nos-keytable --keyring b.key
	[[ $stderr == 'nos-keytable: b.key: keyring: '* ]]
	jq -c '.v = 9' a.key >b.key
	run -78 --separate-stderr nos-keytable --keyring b.key
	[ "$stderr" = 'nos-keytable: b.key: keyring: written by a newer nos' ]
}

@test "no secret is in any table" {
	two_sources
	{ keytable; keytable sources; keytable tokens; nos-keytable --keyring a.key; nos-keytable --keyring b.key; } >all
	jq -r '.. | strings' a.key b.key | grep -xE '[A-Za-z0-9_-]{43}' | sort -u >secrets
	[ "$(wc -l <secrets)" -ge 8 ]
	run -1 grep -cFf secrets all
	run -1 grep -cE 'sealed|m2|value' all
}

# nos-keytable with the node key.
sealed() { nos-keytable "$@" "${SEALED[@]}"; }

@test "--show-secrets adds the values that the source has" {
	two_sources
	run -0 --separate-stderr sealed --show-secrets --source campodenno
	[ -z "$stderr" ]
	[ "$(jq -c keys_unsorted <<<"$output")" = '["source","key","scheme","state","generation","bits","age","uses","path","value"]' ]
	[[ $(jq -r .value <<<"$output") =~ ^[A-Za-z0-9_-]{43}$ ]]
	[ "$(jq -r '"\(.key) \(.value)"' <<<"$output")" = "$(nos-keytable --keyring a.key --show-secrets | jq -r '"\(.key) \(.value)"')" ]
	grep -qF "\"$(jq -r .value <<<"$output")\"" a.key
	[ "$(sealed --show-secrets | jq -r .value | sort)" = "$({ nos-keytable --keyring a.key --show-secrets; nos-keytable --keyring b.key --show-secrets; } | jq -r .value | sort)" ]
	[ "$(sealed --show-secrets | jq -c 'del(.age, .value)')" = "$(keytable | jq -c 'del(.age)')" ]
	[ "$(sealed --show-secrets --format csv | head -n 1)" = source,key,scheme,state,generation,bits,age,uses,confirmed,next,path,value ]
	[[ $(sealed --show-secrets --format table --source "$A") == *"$(jq -r .value <<<"$output")" ]]
	[ -z "$(sealed --show-secrets --state destroyed)" ]
}

@test "that values were shown is in the audit stream, by whom and of which source" {
	two_sources
	sealed --show-secrets >/dev/null
	sealed --show-secrets --source campodenno >/dev/null
	nos-keytable --keyring a.key --show-secrets >/dev/null
	keytable audit | jq -c 'select(.what == "secrets-shown")' >shown
	[ "$(wc -l <shown)" -eq 2 ]
	[ "$(head -n 1 shown | jq -c 'del(.n, .time, .prev)')" = "{\"what\":\"secrets-shown\",\"by\":\"nos-keytable $(id -un)\",\"reason\":\"ct\"}" ]
	[ "$(tail -n 1 shown | jq -c '[.source, .reason]')" = "[\"$A\",\"ct\"]" ]
	jq -e --argjson now "$(date +%s)" '.time <= $now + 1 and .time > $now - 600' shown
}

@test "where the audit entry cannot be written no value is shown" {
	two_sources
	sql "create trigger never before insert on stream_audit begin select raise(abort, 'never'); end"
	run -74 --separate-stderr sealed --show-secrets
	[ "$stderr" = 'nos-keytable: store: append: never' ]
	[ -z "$output" ]
	sql 'drop trigger never; delete from stream_audit'
	run -74 --separate-stderr sealed --show-secrets
	[ "$stderr" = 'nos-keytable: store: the newest audit entry is gone' ]
	[ -z "$output" ]
	mv node.key kept
	run -66 --separate-stderr sealed --show-secrets
	[ "$stderr" = "nos-keytable: no file 'node.key'" ] && [ -z "$output" ]
}

# A command line on a terminal where this is typed; what the terminal shows is in the file tty.
on_terminal() { printf '%s\n' "$1" | script -qec "$2" /dev/null >tty; }

@test "on a terminal it asks first, and shows values at yes alone" {
	two_sources
	show="nos-keytable --show-secrets --format json ${SEALED[*]}"
	on_terminal yes "$show >rows"
	grep -qF 'show the values of 2 keys? (yes/no) ' tty
	[ "$(jq -r .value rows | wc -l)" -eq 2 ]
	for answer in no y '' 'yes please' YES; do
		status=0
		on_terminal "$answer" "$show >rows" || status=$?
		[ "$status" -eq 77 ]
		[ ! -s rows ]
		grep -qF 'nos-keytable: not confirmed, no value was shown' tty
	done
	[ "$(keytable audit | jq -r 'select(.what == "secrets-shown") | .n' | wc -l)" -eq 1 ]
	on_terminal yes "nos-keytable --keyring a.key --show-secrets --format json >rows"
	grep -qF 'show the values of 1 key? (yes/no) ' tty
	[[ $(jq -r .value rows) =~ ^[A-Za-z0-9_-]{43}$ ]]
	# Standard error elsewhere: nobody would read the question.
	on_terminal no "$show >rows 2>err"
	[ ! -s err ] && [ "$(jq -r .value rows | wc -l)" -eq 2 ]
}

@test "audit has what was done to enrolments, oldest first" {
	nos-serve --init "${SEALED[@]}" 2>/dev/null
	id=$(nos-token new --url http://n --count 2 "${SEALED[@]}" | jq -r .id | head -n 1)
	nos-token withdraw "$id" "${SEALED[@]}" >/dev/null
	nos-token withdraw "$id" "${SEALED[@]}" >/dev/null
	run -0 --separate-stderr keytable audit -v
	[ "$stderr" = 'nos-keytable: 3 rows' ]
	[ "$(jq -c 'keys_unsorted' <<<"${lines[0]}")" = '["n","time","what","to","by","reason","prev"]' ]
	[ "$(jq -c 'keys_unsorted' <<<"${lines[2]}")" = '["n","time","what","from","to","by","reason","prev"]' ]
	[ "$(jq -r '[.n, .what, .from, .to, .by, .reason] | map(. // "-") | join(" ")' <<<"$output")" = "$(printf '%s\n' \
		"1 token - open nos-token $(id -un) new" "2 token - open nos-token $(id -un) new" \
		"3 token open withdrawn nos-token $(id -un) withdraw")" ]
	[ "$(jq -r .prev <<<"${lines[0]}")" = "$(printf 'A%.0s' {1..43})" ]
	[ "$(jq -r .prev <<<"${lines[1]}")" = "$(printf %s "${lines[0]}" | openssl dgst -sha256 -binary | base64 | tr '/+' '_-' | tr -d =)" ]
	[ "$(keytable audit --format csv | head -n 1)" = n,time,what,source,key,from,to,by,reason ]
	run -0 keytable audit --format table
	[[ ${lines[3]} =~ ^3\ +20[^\ ]*Z\ +token\ +-\ +-\ +open\ +withdrawn\ +"nos-token $(id -un)"\ +withdraw$ ]]
}

@test "an enrolment whose line was not printed is in the audit stream as one that was taken back" {
	nos-serve --init "${SEALED[@]}" 2>/dev/null
	run -74 bash -c "nos-token new --url http://n ${SEALED[*]} >/dev/full"
	[ "$(keytable audit | jq -c '[.from, .to, .reason]' | tail -n 1)" = '["open","withdrawn","not printed"]' ]
	[ "$(sealed audit --verify -q | jq .entries)" -eq 2 ]
}

@test "--since and --source choose among the entries of audit" {
	two_sources
	sealed --show-secrets --source campodenno >/dev/null
	sealed --show-secrets --source "$B" >/dev/null
	[ "$(keytable audit --source campodenno | jq -r '.source + " " + .what' | sort | uniq -c | tr -s ' \n' ' ')" = " 1 $A key 1 $A secrets-shown 1 $A source " ]
	[ "$(keytable audit --source "$B" | jq -r .source | sort -u)" = "$B" ]
	[ -z "$(keytable audit --source s-0000000000)" ]
	run -66 --separate-stderr keytable audit --source nobody
	[ "$stderr" = "nos-keytable: no source 'nobody'" ]
	[ -z "$(keytable audit --since 2999-01-01T00:00:00Z)" ]
	last=$(keytable audit | tail -n 1 | jq .time)
	[ "$(keytable audit --since "$last" | tail -n 1)" = "$(keytable audit | tail -n 1)" ]
	[ "$(keytable audit --since 0)" = "$(keytable audit)" ]
}

@test "--verify says how many entries there are, and that nothing was signed yet" {
	nos-serve --init "${SEALED[@]}" 2>/dev/null
	run -0 --separate-stderr sealed audit --verify
	[ "$output" = '{"entries":0}' ]
	[ "$stderr" = 'nos-keytable: nothing was signed yet' ]
	nos-token new --url http://n --count 20 "${SEALED[@]}" >/dev/null
	run -0 --separate-stderr sealed audit --verify -q
	[ -z "$stderr" ]
	newest=$(keytable audit | tail -n 1 | tr -d '\n' | openssl dgst -sha256 -binary | base64 | tr '/+' '_-' | tr -d =)
	[ "$output" = "{\"entries\":20,\"hash\":\"$newest\"}" ]
	[ "$(sealed audit --verify -q --format csv | head -n 1)" = entries,hash,signed,signed_time ]
	mv node.key kept
	run -66 --separate-stderr sealed audit --verify
	[ "$stderr" = "nos-keytable: no file 'node.key'" ]
}

@test "--verify finds what was changed, removed, put in and cut off, with 65 and one line" {
	nos-serve --init "${SEALED[@]}" 2>/dev/null
	nos-token new --url http://n --count 9 "${SEALED[@]}" >/dev/null
	# Each entry in a row of its own, so that SQL can get at it.
	sql "begin; delete from stream_audit; $(entries -p node.db audit |
		sed "s/'/''/g; s/^\([0-9]*\) \(.*\)/insert into stream_audit values(\1, 1, cast('\2' as blob));/"); commit"
	cp node.db good.db
	broken() { # change, text
		cp good.db node.db
		sql "$1"
		run -65 --separate-stderr sealed audit --verify
		[ -z "$output" ] && [ "$stderr" = "nos-keytable: $2" ] || { echo "$1: $stderr" >&2; return 1; }
	}
	broken "update stream_audit set entry = replace(entry, 'new', 'old') where position = 4" \
		'entry 5: its prev is not the hash of what stands before it'
	broken "update stream_audit set entry = 'x' where position = 4" 'entry 4: neither number nor string nor true, false, null'
	broken 'delete from stream_audit where position = 4' 'entry 4: the one in its place has the number 5'
	broken 'delete from stream_audit where position < 4' 'entry 1: the one in its place has the number 4'
	broken 'delete from stream_audit where position > 7' 'entry 8: is gone, at the end'
	broken 'update stream_audit set position = position + 100 where position > 4; insert into stream_audit select 50, ms, entry from stream_audit where position = 4' \
		'entry 5: the one in its place has the number 4'
	zero=$(head -c 43 /dev/zero | tr '\0' A) signature=$(head -c 86 /dev/zero | tr '\0' A)
	broken "insert into state values('node', 'audit', 999, '{\"v\":1,\"n\":10,\"time\":1,\"hash\":\"$zero\",\"signature\":\"$signature\"}')" \
		'entry 10: is gone, and the signed head is of entry 10'
	broken "insert into state values('node', 'audit', 999, '{\"v\":1,\"n\":9,\"time\":1,\"hash\":\"$zero\",\"signature\":\"$signature\"}')" \
		'entry 9: is another than the one that was signed'
	hash=$(cp good.db node.db; sealed audit --verify -q | jq -r .hash)
	broken "insert into state values('node', 'audit', 999, '{\"v\":1,\"n\":9,\"time\":1,\"hash\":\"$hash\",\"signature\":\"$signature\"}')" \
		"the signed head: its signature is none of this node's"
}

@test "options go with the table that they are of" {
	while IFS='|' read -r args why; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr keytable $args
		[ -z "$output" ] && [ "$stderr" = "nos-keytable: $why" ] || { echo "$args: $stderr" >&2; return 1; }
	done <<-'END'
		ct --verify|--verify is for the table audit
		--since 1|--since is for the tables audit and taint
		tokens --since 2026-01-01T00:00:00Z|--since is for the tables audit and taint
		taint|taint: name a key with --key, a source with --source, or both
		taint --key p1|--key: 'p1' is no key's name, such as d.1.7
		taint --key d.1.7 --state active|--state: the table taint has no states
		taint --key d.1.7 --verify|--verify is for the table audit
		taint --key d.1.7 --show-secrets|--show-secrets: the tables ct, gt, kt and groups alone have values
		taint --key d.1.7 --keyring a.key|a keyring has the tables ct, gt and groups alone
		taint --key d.1.7 --since -5|--since: that is before 1970
		taint --key d.1.7 --since 2999-01-01T00:00:00Z|--since: that is still to come
		ct --key d.1.7|--key is for the table taint
		audit --state active|--state: the table audit has no states
		audit --verify --since 1|--verify is of all entries: no --since
		audit --verify --source x|--verify is of all entries: no --source
		audit --keyring a.key|a keyring has the tables ct, gt and groups alone
		audit --show-secrets|--show-secrets: the tables ct, gt, kt and groups alone have values
		groups --state active|--state: no state 'active' in this table
		groups --source x|--source: groups are no source's own
		gt --source x|--source: global keys are no source's own
		groups --keyring a.key --source x|--keyring and --source: a keyring has one source
		sources --show-secrets|--show-secrets: the tables ct, gt, kt and groups alone have values
		audit --since noon|--since: 'noon' is not a time: RFC 3339 with an offset, or seconds since 1970
	END
}

@test "no node key is needed, and the store is not changed" {
	two_sources
	mv node.key kept
	sha256sum node.db >sum
	keytable >/dev/null
	keytable sources >/dev/null
	keytable tokens --node-key nowhere >/dev/null
	sha256sum -c --quiet sum
}

@test "options come from the environment and nos.conf as well" {
	two_sources
	NOS_STORE=sqlite:node.db NOS_STATE=active run -0 nos-keytable
	[ "${#lines[@]}" -eq 2 ]
	printf '%s\n' 'store = sqlite:node.db' 'nos-keytable.source = campodenno' 'format = csv' >nos.conf
	run -0 nos-keytable --config nos.conf sources
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[1]} == "$A,campodenno,"* ]]
	run -0 --separate-stderr keytable -v
	[ "$stderr" = 'nos-keytable: 2 rows' ]
	run -0 --separate-stderr keytable -v -q
	[ -z "$stderr" ]
}

@test "a full disk ends with 74, a reader that has gone quietly" {
	two_sources
	nos-token new --group roof --url "$URL" "${SEALED[@]}" >/dev/null
	for table in sources ct groups tokens; do
		run -74 --separate-stderr bash -c "nos-keytable $table ${STORE[*]} >/dev/full"
		[ "$stderr" = 'nos-keytable: output: No space left on device' ]
	done
	sql "with recursive c(i) as (select 1 union all select i + 1 from c where i < 20000)
		insert into state select 'tokens', printf('t-%010x', i), i, replace((select value from state where ns = 'tokens' limit 1), 'x', 'x') from c"
	run -0 --separate-stderr bash -c "nos-keytable tokens ${STORE[*]} | head -n 1 >/dev/null; echo \${PIPESTATUS[0]}"
	[ "$output" = 0 ] && [ -z "$stderr" ]
}

@test "a signal ends it behind the row in hand" {
	two_sources
	sql "with recursive c(i) as (select 1 union all select i + 1 from c where i < 20000)
		insert into state select 'tokens', printf('t-%010x', i), i, (select value from state where ns = 'tokens' limit 1) from c"
	mkfifo rows
	nos-keytable tokens "${STORE[@]}" >rows 3>&- &
	OTHER_PIDS=$!
	exec 8<rows
	read -r -t 30 first <&8
	kill -TERM "$OTHER_PIDS"
	cat <&8 >rest
	exec 8<&-
	status=0
	wait "$OTHER_PIDS" || status=$?
	[ "$status" -eq 143 ]
	{ printf '%s\n' "$first"; cat rest; } | jq -e .id >ids
	[ "$(wc -l <ids)" -lt 20002 ]
}

@test "a store that is not there, is another's, is newer or is damaged has its exit code and one line" {
	run -66 --separate-stderr keytable
	[ "$stderr" = "nos-keytable: no store 'sqlite:node.db': run nos-serve --init" ]
	two_sources
	cp node.db good.db
	if [ "$(id -u)" -eq 0 ]; then
		chown 65534 node.db
		run -77 --separate-stderr keytable
		[ "$stderr" = "nos-keytable: store 'node.db' belongs to another user: run as its owner" ]
		chown 0 node.db
	fi
	sql 'PRAGMA user_version = 99'
	run -78 --separate-stderr keytable
	[ "$stderr" = 'nos-keytable: store: written by a newer nos' ]
	cp good.db node.db
	sql "update state set value = '{\"v\":99}' where ns = 'node' and key = 'format'"
	run -78 --separate-stderr keytable
	[ "$stderr" = 'nos-keytable: store: written by a newer nos' ]
	cp good.db node.db
	sql "delete from state where ns = 'node' and key = 'format'"
	run -66 --separate-stderr keytable
	[ "$stderr" = 'nos-keytable: the store has no node yet: run nos-serve --init' ]
	head -c 6000 good.db >node.db
	run -74 --separate-stderr keytable
	[[ $stderr == 'nos-keytable: store: damaged, restore it from a backup ('*')' ]]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
}

@test "a record of the store that does not mean anything is damage, and named" {
	two_sources
	cp node.db good.db
	broken() { # change, table, text
		cp good.db node.db
		sql "$1"
		run -74 --separate-stderr keytable "$2"
		[ "$stderr" = "nos-keytable: $3" ] || { echo "$1: $stderr" >&2; return 1; }
	}
	broken "update state set value = '{' where ns = 'sources'" sources 'store: source: JSON is cut off'
	broken "update state set value = '[]' where ns = 'sources'" ct 'store: source: not a JSON object'
	broken "update state set value = json_set(value, '$.keys[0].key', 'P.1') where ns = 'sources'" ct "store: 'P.1' is no key's name"
	broken "insert into state values('tracks', '$A', 1, '{}')" ct "store: what is kept of '$A': position is missing or not a number in its range"
	broken "insert or replace into state values('node', 'mark', 1, '{\"v\":1}')" sources 'store: saved is missing or not a number in its range'
	broken "insert into stream_raw(ms, entry) values(1, 'x')" ct 'store: an entry of the raw stream is damaged'
	broken "update state set value = '{\"v\":1}' where ns = 'node' and key = 'identity'" ct 'store: node is missing or not a number in its range'
}

@test "a group that does not mean anything is damage, and one that is gone is not shown" {
	nos-serve --init "${SEALED[@]}"
	nos-token new --group roof --url http://n "${SEALED[@]}" >/dev/null
	sql "update state set value = '{' where ns = 'groups' and key = '1'"
	run -74 --separate-stderr keytable groups
	[ "$stderr" = 'nos-keytable: store: group: JSON is cut off' ]
	run -74 --separate-stderr keytable tokens
	[ "$stderr" = 'nos-keytable: store: group: JSON is cut off' ]
	sql "update state set value = '{\"v\":2}' where ns = 'groups' and key = '1'"
	run -78 --separate-stderr keytable groups
	[ "$stderr" = 'nos-keytable: store: group: written by a newer nos' ]
	sql "delete from state where ns = 'groups'"
	[ -z "$(keytable groups)" ]
	[ "$(keytable tokens | jq -c '[.scheme, .group]')" = '["dipietro",null]' ]
}

# A source's records: record SOURCE N KEY RECEIVED [BEFORE].
record() {
	sql "insert into stream_processed(ms, entry) values($4 * 1000, 'nos/1/sensor/$1/t ${5:-0} 0' || char(10) || '{\"id\":\"1-$2-0\",\"node\":1,\"n\":$2,\"source\":\"$1\",\"kind\":\"sensor\",\"type\":\"t\",\"value\":1,\"time\":$4,\"received\":$4,\"key\":\"$3\",\"via\":[]}')"
}

@test "taint has the records that a key protected, of its source alone and from a time on" {
	two_sources
	record "$A" 1 p.1 100
	record "$B" 2 p.1 200
	record "$A" 3 p.1 300 1
	record "$A" 4 p.2 400 3
	run -0 keytable taint --key p.1 --source campodenno
	[ "${#lines[@]}" -eq 2 ]
	[ "${lines[0]}" = "{\"id\":\"1-3-0\",\"time\":300,\"source\":\"$A\",\"type\":\"t\",\"topic\":\"nos/1/sensor/$A/t\",\"key\":\"p.1\",\"published\":false,\"corrected\":false}" ]
	[ "$(jq -r .id <<<"${lines[1]}")" = 1-1-0 ]
	[ "$(keytable taint --key p.1 --source "$A" --since 200 | jq -r .id)" = 1-3-0 ]
	[ "$(keytable taint --key p.2 --source "$A" --format csv | head -n 1)" = id,time,source,type,topic,key,published,corrected ]
	# Without a key all that the source sent.
	[ "$(keytable taint --source "$A" | jq -c '[.id, .key]' | xargs)" = '[1-4-0,p.2] [1-3-0,p.1] [1-1-0,p.1]' ]
	run -64 --separate-stderr keytable taint --key p.1
	[ "$stderr" = "nos-keytable: a p. key is its source's own: name that with --source" ]
	run -66 keytable taint --key p.1 --source nobody
	record "$A" 5 p.2 500 2
	run -74 --separate-stderr keytable taint --key p.1 --source "$A"
	[ "$stderr" = 'nos-keytable: store: record 2 is damaged' ]
}

@test "what is no table and more than one are refused" {
	run -64 --separate-stderr keytable lt
	[ "$stderr" = "nos-keytable: no table 'lt', take sources, ct, gt, kt, visitors, groups, tokens, audit or taint" ]
	run -64 --separate-stderr keytable ct sources
	[ "$stderr" = "nos-keytable: one table at a time: 'sources'" ]
	run -64 --separate-stderr keytable --show
	[ "$stderr" = "nos-keytable: no option '--show', try 'nos-keytable --help'" ]
	run -64 --separate-stderr keytable --format xml
	[ "$stderr" = "nos-keytable: --format: 'xml' is not one of table|json|csv" ]
	run -0 nos-keytable --version
	[ "$output" = 'nos-keytable (nos) 0.1.0' ]
}
