#!/usr/bin/env bats

setup() { load helper; }
teardown() { everything_stops; }

URL=http://node.example:8080

init() { nos-serve --init "${SEALED[@]}" "$@" 2>/dev/null; }

# nos-token on the test's store.
token() { nos-token "$@" "${SEALED[@]}"; }

ids() { token list | jq -r .id; }

@test "new prints an enrolment with the members of the manual in their order" {
	init --node 3
	before=$(date +%s)
	run -0 --separate-stderr token new --kind weather-station --url $URL
	[ -z "$stderr" ]
	[ "$(jq -c 'keys_unsorted' <<<"$output")" = '["v","id","token","url","node","pin","scheme","kind","expires"]' ]
	[ "$(jq -r '[.v, .url, .node, .scheme, .kind] | join(" ")' <<<"$output")" = "1 $URL 3 pairwise weather-station" ]
	[[ $(jq -r .id <<<"$output") =~ ^t-[0-9a-f]{10}$ ]]
	[[ $(jq -r .token <<<"$output") =~ ^[A-Za-z0-9_-]{22}$ ]]
	jq -e --argjson before "$before" '.expires >= $before + 86400 and .expires < $before + 86460' <<<"$output"
}

@test "the pin is the thumbprint of the key that the node shows" {
	node_start
	curl -s "$URL/v1/node" | jq -c '.keys[0] | {kty, crv, x, y}' >key
	run -0 token new
	[ "$(jq -r .pin <<<"$output")" = "$(jose jwk thp -i key)" ]
}

@test "without --url it is what nos-serve noted, and nothing where that has not run" {
	init
	run -64 --separate-stderr token new
	[ "$stderr" = 'nos-token: no --url, and nos-serve has not run yet on this store' ]
	node_start
	[ "$(token new | jq -r .url)" = "$URL" ]
	node_stop
	node_start --url https://node.example
	[ "$(token new | jq -r .url)" = https://node.example ]
	[ "$(token new --url http://other | jq -r .url)" = http://other ]
}

@test "each of --count has its own id and token" {
	init
	run -0 --separate-stderr token new --count 1200 --url $URL
	[ "${#lines[@]}" -eq 1200 ]
	[ -z "$stderr" ]
	[ "$(jq -r .id <<<"$output" | sort -u | wc -l)" -eq 1200 ]
	[ "$(jq -r .token <<<"$output" | sort -u | wc -l)" -eq 1200 ]
	[ "$(ids | wc -l)" -eq 1200 ]
}

@test "an open enrolment has no token" {
	init
	run -0 token new --open --uses 5 --url $URL
	[ "$(jq -c 'has("token"), .kind' <<<"$output" | tr '\n' ' ')" = 'false "sensor" ' ]
}

@test "a token registers its uses, is used then, and list says by whom" {
	node_start
	token new --uses 2 --kind meter >enrolment
	nos-register --keyring a.key <enrolment
	[ "$(token list | jq -c '[.state, .source]')" = "[\"open\",\"$(jq -r .source a.key)\"]" ]
	nos-register --keyring b.key <enrolment
	[ "$(token list | jq -c '[.state, (.source | length), .source[1]]')" = "[\"used\",2,\"$(jq -r .source b.key)\"]" ]
	[ "$(token list | jq -c keys_unsorted)" = '["id","state","kind","scheme","expires","source"]' ]
	run -73 --separate-stderr nos-register --keyring c.key <enrolment
}

@test "a withdrawn enrolment registers nobody, and withdrawing it again is fine" {
	node_start
	token new >enrolment
	id=$(jq -r .id enrolment)
	run -0 token withdraw "$id"
	[ "$output" = "{\"id\":\"$id\",\"state\":\"withdrawn\"}" ]
	run -0 token withdraw "$id"
	[ "$(token list | jq -r .state)" = withdrawn ]
	run -77 nos-register --keyring a.key <enrolment
}

@test "of several ids each that is there is withdrawn, and 66 says that some were not" {
	init
	token new --count 2 --url $URL >enrolments
	mapfile -t id < <(jq -r .id enrolments)
	run -66 --separate-stderr token withdraw t-0 "${id[0]}" none "${id[1]}"
	[ "$stderr" = "$(printf '%s\n' "nos-token: no token 't-0'" "nos-token: no token 'none'")" ]
	[ "${#lines[@]}" -eq 2 ]
	[ "$(token list | jq -r .state | sort -u)" = withdrawn ]
	run -64 --separate-stderr token withdraw
	[ "$stderr" = 'nos-token: withdraw: name the enrolments by their ids' ]
}

@test "an enrolment expires" {
	init
	token new --expires 365d --url $URL >long
	token new --expires 1s --url $URL >/dev/null
	gone() { [ "$(token list | jq -r 'select(.state == "expired") | .id' | wc -l)" -eq 1 ]; }
	eventually gone
	[ "$(token list | jq -r 'select(.state == "open") | .id')" = "$(jq -r .id long)" ]
}

@test "rows come as table, json or csv" {
	init
	token new --url $URL --kind meter >enrolment
	run -0 token list --format csv
	[ "${lines[0]}" = id,state,kind,scheme,group,expires,source,replaces ]
	[ "${lines[1]}" = "$(jq -r '"\(.id),open,meter,pairwise,,\(.expires),,"' enrolment)" ]
	run -0 token list --format table
	[[ ${lines[0]} == 'id '*' state '*replaces ]]
	[[ ${lines[1]} == "$(jq -r .id enrolment)  open   meter  pairwise  -      20"*'Z  -       -' ]]
	run -0 token list --format json
	jq -e .id <<<"$output"
	NOS_FORMAT=table run -0 token new --url $URL
	jq -e .token <<<"$output"
}

@test "what is not possible is refused before the store is touched" {
	init
	while IFS='|' read -r args why; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr token $args
		[ "$stderr" = "nos-token: $why" ] || { echo "$args: $stderr" >&2; return 1; }
		[ -z "$output" ]
	done <<-END
		new --url $URL --kind keys|--kind: 'keys' cannot be a kind
		new --url $URL --kind a/b|--kind: 'a/b' cannot be a kind
		new --url $URL --scheme rot13|--scheme: no scheme 'rot13'
		new --url node:8080|--url: the URL must be http://HOST… or https://HOST…
		new --url http://u:p@h|--url: the URL of a node has no user, query, blank or foreign byte
		new --url http://$(printf 'x%.0s' {1..250})|--url: the URL is over 255 bytes
		new --url $URL --count 0|--count: '0' is under 1
		new --url $URL --count 100001|--count: '100001' is over 100000
		new --url $URL --uses 0|--uses: '0' is under 1
		new --url $URL --uses 1001 --open|--uses: '1001' is over 1000
		new --url $URL --expires 366d|--expires: '366d' is over 365d
		new --url $URL --expires 0s|--expires: '0s' is under 1s
		new x --url $URL|new takes no operand: 'x'
		list x|list takes no operand: 'x'
		remove x|no 'remove', take new, list, withdraw or forget
		forget|forget: name the sources by ids or names
		new --replace s-0000000000 --url $URL --count 2|--replace is for one enrolment, of one use, with a token
		new --replace s-0000000000 --url $URL --uses 2|--replace is for one enrolment, of one use, with a token
		new --replace s-0000000000 --url $URL --open|--replace is for one enrolment, of one use, with a token
		new --url $URL --group roof --scheme pairwise|--group: pairwise has no groups
		new --url $URL --group roof --scheme dini|--group: dini has no groups
		new --url $URL --group -roof|--group: '-roof' cannot be a group
		new --url $URL --group s/1|--group: 's/1' cannot be a group
		new --url $URL --scheme dipietro|--scheme: dipietro is a scheme of groups: no --group
		new --url $URL --scheme tree|--scheme: tree is a scheme of groups: no --group
		new --url $URL --depth 8|--depth is for groups: no --group
		new --url $URL --shared|--shared is for groups: no --group
		new --url $URL --group roof --scheme tree --shared|--shared: a group of tree cannot be shared
		new --url $URL --group roof --depth 0|--depth: '0' is under 1
		new --url $URL --group roof --depth 21|--depth: '21' is over 20
	END
	run -64 --separate-stderr nos-token
	[ "$stderr" = 'nos-token: nothing to do, take new, list, withdraw or forget' ]
	run -64 --separate-stderr token new --url 'http://a b'
	[ "$stderr" = 'nos-token: --url: the URL of a node has no user, query, blank or foreign byte' ]
	[ -z "$(ids)" ]
}

@test "options come from the environment and nos.conf as well, and may stand before the word" {
	init
	NOS_URL=http://env NOS_OPEN=1 run -0 nos-token "${SEALED[@]}" new
	[ "$(jq -c '[.url, has("token")]' <<<"$output")" = '["http://env",false]' ]
	printf '%s\n' 'store = sqlite:node.db' 'node-key = node.key' 'nos-token.kind = meter' 'url = http://conf' >nos.conf
	run -0 nos-token new --config nos.conf
	[ "$(jq -r '[.url, .kind] | join(" ")' <<<"$output")" = 'http://conf meter' ]
}

@test "the first enrolment for a group makes it, and later ones are for the same" {
	init
	run -0 --separate-stderr token new --group roof --kind meter --url $URL
	[ "$(jq -c 'keys_unsorted' <<<"$output")" = '["v","id","token","url","node","pin","scheme","group","kind","expires"]' ]
	[ "$(jq -r '[.scheme, .group, .kind] | join(" ")' <<<"$output")" = 'dipietro roof meter' ]
	token new --group cellar --scheme tree --depth 8 --url $URL >/dev/null
	[ "$(token new --group hall --shared --count 2 --url $URL | jq -c '[.scheme, .group, .shared]' | uniq)" = '["dipietro","hall",true]' ]
	[ "$(token new --group hall --url $URL | jq -c .shared)" = true ]
	[ "$(token new --group cellar --url $URL | jq -c '[.scheme, .group, .shared]')" = '["tree","cellar",null]' ]
	token new --group cellar --scheme tree --depth 8 --open --url $URL >/dev/null
	[ "$(token list | jq -r '"\(.scheme) \(.group)"' | sort | uniq -c | tr -s ' ' | tr '\n' ,)" = ' 3 dipietro hall, 1 dipietro roof, 3 tree cellar,' ]
	[ "$(nos-keytable audit "${STORE[@]}" | jq -r 'select(.what == "group") | "\(.key) \(.to) \(.reason)"' | tr '\n' ,)" = 's.1 made new,t.2 made new,g.3 made new,' ]
}

@test "a group stays as it was made, and what is refused says how that is" {
	init
	token new --group roof --url $URL >/dev/null
	token new --group cellar --scheme tree --depth 8 --url $URL >/dev/null
	cp node.db before.db
	while IFS='|' read -r args why; do
		# shellcheck disable=SC2086 # words
		run -64 --separate-stderr token new --url $URL $args
		[ "$stderr" = "nos-token: $why" ] || { echo "$args: $stderr" >&2; return 1; }
		[ -z "$output" ]
	done <<-END
		--group roof --scheme tree|--scheme: the group 'roof' is of dipietro
		--group roof --depth 8|--depth: the group 'roof' has a depth of 20
		--group roof --shared|--shared: the group 'roof' is not shared
		--group cellar --scheme dipietro|--scheme: the group 'cellar' is of tree
		--group cellar --shared|--shared: the group 'cellar' is not shared
	END
	run -66 --separate-stderr token new --replace nobody --group hall --url $URL
	run -66 --separate-stderr token new --replace nobody --group roof --url $URL
	[ "$(token list | wc -l)" -eq 2 ]
	[ "$(sqlite3 node.db "select key from state where ns = 'groups' and key like 'name/%'" | tr '\n' ' ')" = 'name/cellar name/roof ' ]
}

@test "a group is named on the command line, and settings of the scheme are for who is in none" {
	init
	printf '%s\n' 'group = roof' 'depth = 3' 'shared = yes' 'scheme = dini' >nos.conf
	[ "$(token new --config nos.conf --url $URL | jq -c '[.scheme, .group, .shared]')" = '["dini",null,null]' ]
	[ "$(token new --config nos.conf --url $URL --group hall | jq -c '[.scheme, .group, .shared]')" = '["dipietro","hall",null]' ]
	token new --config nos.conf --url $URL --group hall --depth 20 >/dev/null
}

@test "one in a source's place keeps its group, takes another, or leaves it" {
	node_start
	token new --group roof >/dev/null
	token new --group cellar --scheme tree >/dev/null
	token new --kind meter | nos-register --keyring a.key --name one >/dev/null
	A=$(jq -r .source a.key)
	like() { token new --replace one "$@" | jq -c '[.scheme, .group, .kind]'; }
	[ "$(like)" = '["pairwise",null,"meter"]' ]
	[ "$(like --group roof)" = '["dipietro","roof","meter"]' ]
	node_stop
	sqlite3 node.db "update state set value = json_set(value, '$.scheme', 'tree', '$.group', 2) where ns = 'sources' and key = '$A'"
	[ "$(like)" = '["tree","cellar","meter"]' ]
	[ "$(like --kind buoy)" = '["tree","cellar","buoy"]' ]
	[ "$(like --group roof)" = '["dipietro","roof","meter"]' ]
	[ "$(like --group roof --scheme dipietro)" = '["dipietro","roof","meter"]' ]
	[ "$(like --scheme pairwise)" = '["pairwise",null,"meter"]' ]
	run -64 --separate-stderr token new --replace one --scheme tree
	[ "$stderr" = 'nos-token: --scheme: tree is a scheme of groups: no --group' ]
}

@test "the example of the manual with a group makes it" {
	export STATE_DIRECTORY=$PWD/state
	node_start
	mkdir state
	mv node.db* node.key state
	sed -n '/--group roof/,/^\.Ed/p' <(sed 's/Fl -/--/g' "$ROOT/man/nos-token.1") | sed -n 's/^\$ //p' >command
	[ "$(wc -l <command)" -eq 1 ]
	bash -eu command
	[ "$(jq -c '[.group, .kind, .scheme]' roof.ndjson | sort | uniq -c | tr -s ' ')" = ' 50 ["roof","meter","dipietro"]' ]
	[ "$(sqlite3 state/node.db "select json_extract(value, '$.depth') from state where ns = 'groups' and key = '1'")" = 8 ]
}

@test "the store is found where nos-serve puts it" {
	export STATE_DIRECTORY=$PWD/state
	nos-serve --init
	nos-token new --url $URL
	[ -f state/node.db ]
	[ -f state/node.key ]
	[ "$(nos-token list | jq -r .state)" = open ]
}

@test "a warning is given where the lines go into a file that others can read" {
	init
	(umask 022 && token new --url $URL >open 2>err)
	[ "$(<err)" = 'nos-token: the enrolments go into a file that others can read' ]
	(umask 077 && token new --url $URL >closed 2>err)
	[ ! -s err ]
	(umask 022 && token new -q --url $URL >quiet 2>err)
	[ ! -s err ]
	[ -s quiet ]
	run -0 --separate-stderr token new -v --count 2 --url $URL
	[ "$stderr" = 'nos-token: made 2, each for 1 source, for 24h' ]
}

@test "lines that cannot be written leave no enrolment" {
	init
	run -74 --separate-stderr bash -c "nos-token new --count 3 --url $URL ${SEALED[*]} >/dev/full"
	[ "$stderr" = 'nos-token: output: No space left on device' ]
	[ -z "$(ids)" ]
	run -74 --separate-stderr bash -c "nos-token new --url $URL ${SEALED[*]} >&-"
	[ -z "$(ids)" ]
	token new --url $URL >enrolment
	run -74 --separate-stderr bash -c "nos-token list ${SEALED[*]} >/dev/full"
	[ "$stderr" = 'nos-token: output: No space left on device' ]
}

@test "a reader that has gone ends it quietly" {
	init
	run -0 --separate-stderr bash -c "nos-token new --count 5000 --url $URL ${SEALED[*]} | head -n 1; echo \${PIPESTATUS[0]}"
	[ "${lines[1]}" = 0 ]
	[ -z "$stderr" ]
	# Those that the pipe had taken stay, the others would be lost.
	[ "$(token list | wc -l)" -ge 1 ] && [ "$(token list | wc -l)" -lt 2000 ]
}

@test "a signal before the lines are in the store leaves none of them" {
	init
	# The door of the store is held, so that it waits in its group until the signal has come.
	exec 7>>node.db.door
	flock 7
	nos-token new --count 100 --url $URL "${SEALED[@]}" >out 3>&- 7>&- &
	OTHER_PIDS=$!
	waits_for_door() { grep -q "^[0-9]*: -> FLOCK *ADVISORY *WRITE $OTHER_PIDS " /proc/locks; }
	eventually waits_for_door
	kill -TERM "$OTHER_PIDS"
	exec 7>&-
	status=0
	wait "$OTHER_PIDS" || status=$?
	[ "$status" -eq 143 ]
	[ ! -s out ] && [ -z "$(ids)" ]
}

@test "no secret of a store or a token is in the store's file" {
	init
	token new --url $URL >enrolment
	hex() { od -An -v -tx1 | tr -d ' \n'; }
	token=$(jq -r .token enrolment)
	bytes=$(tr '_-' '/+' <<<"$token==" | base64 -d | hex)
	[ "${#bytes}" -eq 32 ]
	hex <node.db >stored
	grep -q "$(jq -j .id enrolment | hex)" stored
	run -1 grep -c -e "$bytes" -e "$(printf %s "$token" | hex)" stored
}

@test "a store that is not there, is another's, is newer or is damaged has its exit code and one line" {
	run -66 --separate-stderr token list
	[ "$stderr" = "nos-token: no store 'sqlite:node.db': run nos-serve --init" ]
	run -64 --separate-stderr nos-token list --store mysql:x
	[ "$stderr" = "nos-token: store 'mysql:x': take sqlite:PATH, nats://HOST[,HOST...] or tls://HOST[,HOST...]" ]
	init
	token new --url $URL >/dev/null
	cp node.db good.db
	if [ "$(id -u)" -eq 0 ]; then
		chown 65534 node.db
		run -77 --separate-stderr token list
		[ "$stderr" = "nos-token: store 'node.db' belongs to another user: run as its owner" ]
		chown 0 node.db
	fi
	sqlite3 node.db 'PRAGMA user_version = 99'
	run -78 --separate-stderr token list
	[ "$stderr" = 'nos-token: store: written by a newer nos' ]
	cp good.db node.db
	sqlite3 node.db "update state set value = '{\"v\":99}' where ns = 'node' and key = 'format'"
	run -78 --separate-stderr token new --url $URL
	[ "$stderr" = 'nos-token: store: written by a newer nos' ]
	cp good.db node.db
	sqlite3 node.db "update state set value = substr(value, 1, 20) where ns = 'tokens'"
	run -74 --separate-stderr token list
	[ "$stderr" = 'nos-token: store: enrolment: JSON is cut off' ]
	head -c 6000 good.db >node.db
	run -74 --separate-stderr token list
	[[ $stderr == 'nos-token: store: damaged, restore it from a backup ('*')' ]]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	echo 'nothing of a store' >node.db
	run -74 --separate-stderr token list
	[[ $stderr == 'nos-token: store: damaged, restore it from a backup ('*')' ]]
}

@test "a page of the store that was overwritten is damage" {
	init
	token new --count 200 --url $URL >/dev/null
	size=$(stat -c %s node.db)
	for ((page = 1; page < size / 4096; page++)); do
		dd if=/dev/urandom of=node.db bs=4096 count=1 seek=$page conv=notrunc status=none
	done
	run -74 --separate-stderr token list
	[[ $stderr == 'nos-token: store: damaged, restore it from a backup ('*')' ]]
	run -74 token new --url $URL
}

@test "a node key that is lost, open to others, no key, or another's is refused" {
	init
	mv node.key kept
	run -66 --separate-stderr token new --url $URL
	[ "$stderr" = "nos-token: no file 'node.key'" ]
	run -0 token list
	cp kept node.key
	chmod 640 node.key
	run -77 --separate-stderr token new --url $URL
	[ "$stderr" = "nos-token: 'node.key' is open to others: chmod 600 node.key" ]
	(umask 077 && echo '{"v":1}' >node.key)
	chmod 600 node.key
	run -78 --separate-stderr token new --url $URL
	[ "$stderr" = 'nos-token: node.key: not a node key file: key is missing or not a key' ]
	nos-serve --init --store sqlite:other.db --node-key other.key
	run -77 --separate-stderr nos-token new --url $URL "${STORE[@]}" --node-key other.key
	[[ $stderr == 'nos-token: store: a sealed value of node does not open: another node key?' ]]
}

@test "help and version go to stdout" {
	run -0 --separate-stderr nos-token --help
	[ -z "$stderr" ]
	[[ $output == 'usage: nos-token [options] new | list | withdraw ID…'* ]]
	run -0 nos-token --version
	[ "$output" = 'nos-token (nos) 0.1.0' ]
}

# Registered, named campodenno: A is its id; 20 readings of it are stored, and 3 of others.
register() {
	token new --kind weather-station | nos-register --keyring a.key --name campodenno >/dev/null
	A=$(jq -r .source a.key)
	"$ROOT/build/${V:-release}/tests/help/packs" 1 20 a.key >packs
	while read -r pack; do
		printf %s "$pack" >pack
		post application/jose pack /v1/data
		[ "$STATUS" = 202 ]
	done < <(head -n "${1:-20}" packs)
	for value in 1 2 3; do
		echo "{\"type\":\"t\",\"value\":$value,\"unit\":\"$A\"}" >other
		post application/json other '/v1/data?kind=window'
	done
}
stored() { entries -n node.db "$1"; }

@test "one in a source's place gives it new keys under its id, where its name alone is taken" {
	node_start
	register 1
	nos-rekey --revoke campodenno "${SEALED[@]}" >/dev/null
	token new >other
	run -73 --separate-stderr nos-register --keyring b.key --name campodenno <other
	run -64 --separate-stderr token new --bearer --replace campodenno --url https://node.example
	[[ $stderr == *'has keys, and no bearer token'* ]]
	run -0 --separate-stderr token new --replace campodenno
	[ "$(jq -c '[.replaces, .kind, .scheme]' <<<"$output")" = "[\"$A\",\"weather-station\",\"pairwise\"]" ]
	echo "$output" >enrolment
	[ "$(token list | jq -r 'select(.replaces) | "\(.id) \(.state) \(.replaces)"')" = "$(jq -r .id enrolment) open $A" ]
	run -0 --separate-stderr nos-register --keyring c.key --name campodenno <enrolment
	[ "$(jq -r .source <<<"$output")" = "$A" ]
	[ "$(nos-keytable sources "${STORE[@]}" | jq -r .state)" = active ]
	[ "$(nos-keytable audit "${STORE[@]}" --source "$A" | jq -r 'select(.what == "token") | .reason')" = replace ]
}

@test "--replace names a source that is there, and settings are not taken for it" {
	node_start
	register 1
	run -66 --separate-stderr token new --replace nobody
	[ "$stderr" = "nos-token: no source 'nobody'" ]
	run -66 --separate-stderr token new --replace s-0000000000
	[ -z "$(ids | sed 1d)" ]
	printf 'replace = yes\nkind = meter\n' >nos.conf
	[ "$(token new --config nos.conf | jq -c '[.replaces, .kind]')" = '[null,"meter"]' ]
	[ "$(token new --config nos.conf --replace "$A" | jq -c .kind)" = '"weather-station"' ]
	[ "$(token new --config nos.conf --replace "$A" --kind buoy | jq -c .kind)" = '"buoy"' ]
}

@test "a forgotten source leaves nothing in the store but what was done to its keys" {
	node_start
	register
	node_stop
	[ "$(stored raw) $(stored processed)" = '23 23' ]
	run -0 --separate-stderr token forget campodenno
	[ "$output" = "{\"source\":\"$A\",\"entries\":40,\"status\":\"forgotten\"}" ]
	[ -z "$stderr" ]
	[ "$(stored raw) $(stored processed)" = '3 3' ]
	[ -z "$(nos-keytable sources "${STORE[@]}")" ]
	[ "$(nos-keytable audit "${STORE[@]}" | jq -rs '.[-1] | "\(.source) \(.to) \(.reason)"')" = "$A destroyed forgotten" ]
	# By hand: its id stands in the audit stream, in the enrolment that it used, in the mark, and in what
	# others said; its name and the tail of its first pack nowhere.
	[ "$(sqlite3 node.db "select ns, key from state where key like '%$A%' or cast(value as text) like '%$A%' order by ns" | cut -d'|' -f1 | xargs)" = 'forgotten tokens' ]
	run -1 grep -aqF campodenno node.db
	run -1 grep -aqF air_temperature node.db
	[ ! -s node.db-wal ]
	grep -aqF '"unit":"'"$A" node.db
	nos-keytable audit --verify "${SEALED[@]}"
	# Its name is free.
	node_start
	token new | nos-register --keyring b.key --name campodenno
}

@test "what is gone may be forgotten again by its id, and what never was is not there" {
	node_start
	register 2
	run -0 --separate-stderr token forget "$A"
	[ "$(jq .entries <<<"$output")" -ge 2 ]
	run -0 --separate-stderr token forget "$A"
	[ "$(jq -c '[.source, .status]' <<<"$output")" = "[\"$A\",\"forgotten\"]" ]
	run -66 --separate-stderr token forget campodenno s-0000000000 "$A"
	[ "$stderr" = "$(printf '%s\n' "nos-token: no source 'campodenno'" "nos-token: no source 's-0000000000'")" ]
	[ "${#lines[@]}" -eq 1 ]
	node_stop
	[ "$(token forget "$A" | jq .entries)" -eq 0 ] || [ "$(token forget "$A" | jq .entries)" -eq 0 ]
	[ "$(nos-keytable audit "${STORE[@]}" --source "$A" | jq -r 'select(.to == "destroyed" and .what == "source") | .reason')" = forgotten ]
}

@test "an enrolment in the place of a source that was forgotten since is refused" {
	node_start
	register 1
	token new --replace campodenno >enrolment
	token forget campodenno >/dev/null
	run -77 nos-register --keyring b.key <enrolment
	run -66 token new --replace "$A"
}

@test "forget goes on where it was killed" {
	node_start
	register 5
	node_stop
	# As it is left when it was killed behind the first of its steps.
	nos-rekey --revoke "$A" "${SEALED[@]}" >/dev/null
	sqlite3 node.db "insert into state values('forgotten', '$A', 1, '{\"v\":1,\"time\":1}')"
	[ "$(token forget campodenno | jq .entries)" -eq 10 ]
	[ "$(stored raw) $(stored processed)" = '3 3' ]
}

@test "more entries than one group takes are erased, and those between them stay" {
	node_start
	register 1
	node_stop
	sqlite3 node.db "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2500)
		insert into stream_raw(ms, entry) select 1, (select entry from stream_raw where position = 1 + i % 2) from n"
	[ "$(token forget campodenno | jq .entries)" -eq 1252 ]
	[ "$(stored raw) $(stored processed)" = '1253 3' ]
}

@test "a person is asked before a source is forgotten, and only yes is yes" {
	node_start
	register 1
	# A terminal of its own, on which the answer is typed.
	typed() { echo "$1" | script -qec "nos-token forget campodenno ${SEALED[*]}" /dev/null; }
	command -v script >/dev/null || skip 'no script(1)'
	run -77 typed no
	[[ $output == *'(yes/no)'*'not confirmed, nothing was forgotten'* ]]
	[ -n "$(nos-keytable sources "${STORE[@]}")" ]
	run -0 typed yes
	[ -z "$(nos-keytable sources "${STORE[@]}")" ]
}

@test "what waits in a spool under the keys of before goes when its source has registered anew" {
	node_start
	nos-token new "${SEALED[@]}" 2>/dev/null | nos-register --keyring a.key >/dev/null
	echo '{"type":"t","value":1}' | nos-send --keyring a.key --spool spool --url http://127.0.0.1:1 --wait 0s 2>/dev/null
	[ "$(find spool -name '*.jwe' | wc -l)" -eq 1 ]
	nos-token new "${SEALED[@]}" --replace "$(jq -r .source a.key)" 2>/dev/null | nos-register --keyring a.key --replace >/dev/null
	[ "$(jq -c '[.static.z, (.static.older | length)]' a.key)" = '[2,1]' ]
	run -0 --separate-stderr nos-send --keyring a.key --spool spool </dev/null
	[ "$stderr" = 'nos-send: spool: 1 packs accepted, 0 waiting' ]
	[ "$(find spool -name '*.jwe*' | wc -l)" -eq 0 ]
}

HTTPS=https://node.example:8443

@test "a bearer token is a line of its own, a row, and a source without keys" {
	init
	run -0 --separate-stderr token new --bearer --kind gateway --url "$HTTPS" --count 2 --expires 7d
	[ "${#lines[@]}" -eq 2 ]
	[ -z "$stderr" ]
	[ "$(jq -r 'keys_unsorted | join(" ")' <<<"${lines[0]}")" = 'v id token url node source kind bearer expires' ]
	[ "$(jq -r '.token | length' <<<"${lines[1]}")" = 43 ]
	[ "$(jq -rs '[.[].token] | unique | length' <<<"$output")" = 2 ]
	id=$(jq -r .id <<<"${lines[0]}") source=$(jq -r .source <<<"${lines[0]}")
	token new --url $URL >/dev/null
	[ "$(token list | jq -rs '[.[].scheme] | join(" ")')" = 'pairwise bearer bearer' ]
	[ "$(token list | jq -r "select(.id == \"$id\") | [.state, .kind, .source] | join(\" \")")" = "open gateway $source" ]
	[ "$(nos-keytable tokens "${STORE[@]}" --source "$source" | jq -r .id)" = "$id" ]
	[ "$(nos-keytable sources "${STORE[@]}" | jq -rs '[.[].scheme] | join(" ")')" = 'bearer bearer' ]
	[ -z "$(nos-keytable ct "${SEALED[@]}" --source "$source")" ]
	run -0 token withdraw "$id" "$id"
	[ "$(jq -r .state <<<"$output" | xargs)" = 'withdrawn withdrawn' ]
	[ "$(nos-keytable tokens "${STORE[@]}" --state withdrawn | jq -r .id)" = "$id" ]
	[ "$(nos-keytable audit "${STORE[@]}" | jq -rs "[.[] | select(.source == \"$source\") | .what + \":\" + .to] | join(\" \")")" = \
		'source:active token:open token:withdrawn' ]
	run -0 token forget "$source"
	[ "$(token list | wc -l)" = 2 ]
}

@test "a bearer token goes with nothing that is of keys, and leaves no source where it was not printed" {
	init
	for more in '--uses 2' '--open' '--group g' '--scheme pairwise' '--shared' '--depth 3' '--replace s-0123456789 --kind k' '--replace s-0123456789 --count 2'; do
		# shellcheck disable=SC2086 # an option and its argument
		run -64 token new --bearer --url "$HTTPS" $more
	done
	run -74 bash -c "nos-token new --bearer --count 3 --url $HTTPS ${SEALED[*]} >/dev/full"
	[ -z "$(token list)" ] && [ -z "$(nos-keytable sources "${STORE[@]}")" ]
}

@test "a webhook gets a new token in the place of its own, and a source with keys none" {
	init
	token new --bearer --kind gateway --url "$HTTPS" >old
	source=$(jq -r .source old)
	token new --bearer --replace "$source" --url "$HTTPS" >new
	[ "$(jq -c '[.source, .kind]' new)" = "[\"$source\",\"gateway\"]" ]
	[ "$(jq -r .token new)" != "$(jq -r .token old)" ]
	state() { token list | jq -r "select(.id == \"$(jq -r .id "$1")\").state"; }
	[ "$(state old) $(state new)" = 'withdrawn open' ]
	[ "$(nos-keytable sources "${STORE[@]}" | wc -l)" = 1 ]
	# What was not printed is nobody's, and its source stays.
	run -74 bash -c "nos-token new --bearer --replace $source --url $HTTPS ${SEALED[*]} >/dev/full"
	[ "$(token list --format json | jq -rs 'map(.state) | join(" ")')" = 'withdrawn withdrawn withdrawn' ]
	[ "$(nos-keytable sources "${STORE[@]}" | wc -l)" = 1 ]
	run -64 --separate-stderr token new --replace "$source" --url "$HTTPS"
	[[ $stderr == *'--bearer --replace' ]]
	run -66 token new --bearer --replace nobody --url "$HTTPS"
	token forget "$source" >/dev/null
	[ -z "$(token list)" ]
	nos-keytable audit "${SEALED[@]}" --verify
	token new --bearer --url "$HTTPS" >old
	nos-rekey "${SEALED[@]}" --revoke "$(jq -r .source old)" >/dev/null
	run -77 token new --bearer --replace "$(jq -r .source old)" --url "$HTTPS"
}

@test "what is printed has an address by which others find the node, and a bearer token one of https" {
	node_start
	run -64 --separate-stderr token new --bearer
	[[ $stderr == *'take --url https://'* ]]
	run -64 --separate-stderr token new --bearer --url "$URL"
	[[ $stderr == *'take https://'* ]]
	[ -z "$(token list)" ]
	[ "$(token new --bearer --url "$HTTPS" | jq -r .url)" = "$HTTPS" ]
	[ "$(token new | jq -r .url)" = "$URL" ]
	node_stop
	# All addresses of the machine are none by which it is found.
	LISTEN=:0 node_start
	run -64 --separate-stderr token new
	[[ $stderr == *'listens on all addresses'* ]]
	node_stop
	LISTEN=:0 node_start --listen 127.0.0.1:0
	[ "$(token new | jq -r .url)" = "http://$(jq -r '.listen[1]' <<<"$READY")" ]
	node_stop
	LISTEN=0.0.0.0:0 node_start --url "$HTTPS"
	[ "$(token new | jq -r .url)" = "$HTTPS" ]
	[ "$(token new --bearer | jq -r .url)" = "$HTTPS" ]
}
