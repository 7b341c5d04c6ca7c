#!/usr/bin/env bats

# nos-wire(7) against a running node: what the page's tables and examples say, taken out of the page, and a
# source that is made of the pages alone (tests/twin/source.py).

setup() {
	load helper
	PAGE=$ROOT/man/nos-wire.7
}
teardown() { everything_stops; }

# What stands in the page as an example of this name and kind.
example() {
	awk -v mark=".\\\\\" EXAMPLE $1 $2" '$0 == mark {found = 1; next}
		found && /^\.Bd/ {on = 1; next} on && /^\.Ed/ {exit} on' "$PAGE" | tee example
	[ -s example ]
}
# A vector of nos-schemes(7), a text or bytes in hex.
vector() {
	awk -v name="$1" '/^\.Sh VECTORS/ {there = 1} !there {next} index($0, name ": ") == 1 || index($0, name " = ") == 1 {
			on = 1; sub(/^.*(: | = )/, ""); printf "%s", $0; next}
		on && /^  / {printf "%s", substr($0, 3); next} on {exit}' "$ROOT/man/nos-schemes.7" | tee vector
	[ -s vector ]
}
hex_to_base64url() { printf %b "$(sed 's/../\\x&/g')" | base64 -w 0 | tr '+/' '-_' | tr -d '='; }

# The rows of the tables of a section: method, path, body, status, answer; "-" is nothing.
rows() {
	awk -v section=".Sh $1" '/^\.Sh / {on = $0 == section} on' "$PAGE" |
		sed -nE '/^\.It (GET|POST) Ta /{s/^\.It //; s/\\&/-/g; s/ Ta /\t/g; p}'
}
# METHOD PATH and curl's arguments: STATUS, the body in the file body, headers in the file headers.
ask() {
	STATUS=$(curl -s -D headers -o body -w '%{http_code}' -X "$1" "${@:3}" "${AT:-$URL}${2/ID/s-0123456789}")
}
header() { sed -n "s/^$1: \(.*\)\r\$/\1/Ip" headers; }
says() { jq -e "$1" body >said || { cat body >&2; return 1; }; }

@test "a source that is made of the pages alone does all that the table of paths says, and as it says" {
	node_start --print
	(umask 077 && nos-token new "${SEALED[@]}" >enrolment)
	python3 "$ROOT/tests/twin/source.py" "$URL" <enrolment >calls
	taken() { [ "$(wc -l <out)" -eq 2 ]; }
	eventually taken
	jq -se '[.[].key] == ["p.1", "p.2"] and all(.scores.integrity == 1 and .scores.authentication == 1)' out
	# Readings have more than one form, records are a user's, and another node's is what nodes ask.
	diff <(awk '$4 < 300' calls | sed 's/s-[0-9a-f]\{10\}/ID/' | sort -u | tr ' ' '\t') \
		<(rows HTTP | awk 'NF == 5 && $2 ~ "^/v1/" && $2 != "/v1/records" && $2 != "/v1/peer" {$3 == "readings" && $3 = "application/jose"
			print}' OFS='\t' | sort)
	[ "$(awk '$4 >= 400' calls | cut -d ' ' -f 4- | sort -u | tr '\n' ' ')" = \
		'401 application/problem+json 422 application/problem+json ' ]
}

@test "each path takes the method of the table, and tells who comes with another" {
	(umask 077 && echo a-token-of-32-bytes-for-the-tests >tokens)
	echo '{"v":1,"peers":[]}' >peers
	node_start --records-bearer tokens --peers peers
	seen=0
	while IFS=$'\t' read -r method path _ status answer; do
		AT=$URL other=POST
		[[ $path == /v1/* ]] || AT=$ADMIN
		[ "$method" = GET ] || other=GET
		ask "$other" "$path" -d ''
		[ "$STATUS $(header allow)" = "405 $method" ]
		says '.type == "urn:nos:usage" and .status == 405'
		ask "$method" "$path" -d ''
		[[ $STATUS != 40[45] ]]
		# What needs neither a key nor a body answers as the table has it.
		case $path in /v1/node | /healthz | /metrics)
			[[ "$STATUS $(header content-type)" == "$status $answer"* ]] ;;
		esac
		seen=$((seen + 1))
	done < <(rows HTTP)
	[ "$seen" -eq 10 ]
	node_stop
	node_start
	AT=$URL
	for path in / /v1 /v1/hop /v1/peer /v1/sources/ID /v1/sources/s-X/keys /v1/sources/ID/keys/ /healthz; do
		ask GET "$path"
		[ "$STATUS" -eq 404 ] || { echo "$path: $STATUS" >&2; return 1; }
		says '.type == "urn:nos:absent"'
	done
}

@test "records are answered as the table says" {
	(umask 077 && echo a-token-of-32-bytes-for-the-tests >tokens)
	node_start --records-bearer tokens --print
	post application/json - '/v1/data?kind=shed' <<<'{"type":"door","value":true}'
	eventually test -s out
	ask GET '/v1/records?topic=nos/1/shed/anonymous/door' -H "Authorization: Bearer $(<tokens)"
	[ "$STATUS"$'\t'"$(header content-type)" = "$(rows HTTP | awk '$2 == "/v1/records" {print $(NF - 1), $NF}' OFS='\t')" ]
	cmp out body
	ask GET '/v1/records?topic=nos/1/shed/anonymous/door'
	[ "$STATUS $(header www-authenticate)" = '401 Bearer' ]
	says 'has("nonce") | not'
}

@test "what is refused has the status that the page gives it" {
	node_start
	refused() { # STATUS METHOD PATH CURL...
		ask "${@:2}"
		[ "$STATUS $(header content-type)$(header nos-receipt)" = "$1 application/problem+json" ] ||
			{ echo "$*: $STATUS" >&2; cat body >&2; return 1; }
		says ".status == $1 and (.type | startswith(\"urn:nos:\")) and .title and .detail"
		grep -q "^\.It $1\$" "$PAGE"
	}
	jose='Content-Type: application/jose' word='Content-Type: application/octet-stream'
	pack=$(vector pack)
	refused 401 POST /v1/data -H "$jose" -d "$pack"
	says '(.nonce | length) == 22'
	refused 400 POST /v1/data -H "$jose" -d "${pack%.*}"
	refused 400 POST '/v1/data?kind=shed' -H "$jose" -d "$pack"
	refused 415 POST /v1/data -H "$jose" -H 'Content-Encoding: gzip' -d "$pack"
	refused 411 POST /v1/data -H "$jose" -H 'Transfer-Encoding: chunked' -d "$pack"
	head -c 1048577 /dev/zero >large
	refused 413 POST /v1/data -H "$jose" --data-binary @large
	refused 415 POST /v1/data -H 'Content-Type: text/plain' -d x
	refused 422 POST /v1/data -H 'Content-Type: application/json' -d '{"value":1}'
	says '.rejected[0].index == 0 and .rejected[0].error.code == "data"'
	refused 401 POST /v1/data -H 'Authorization: Bearer x' -H 'Content-Type: application/json' -d '{"type":"a","value":1}'
	refused 401 GET /v1/sources/ID/keys
	says '(.nonce | length) == 22'
	refused 401 POST /v1/sources/ID/acks -H "$word" -d x
	refused 415 POST /v1/sources/ID/acks -H "$jose" -d x
	refused 400 POST /v1/sources/ID/resync -H "$word" -d x
	refused 415 POST /v1/sources -H "$word" -d x
	refused 403 POST /v1/sources -H "$jose" -d "$(example m1 jwe | tr -d '\n')"
	node_stop
	node_start --anonymous no --register closed
	refused 403 POST /v1/data -H 'Content-Type: application/json' -d '{"type":"a","value":1}'
	refused 403 POST /v1/sources -H "$jose" -d "$(example m1 jwe | tr -d '\n')"
	ask GET /v1/node
	says '.register == "closed"'
}

@test "a header with what the page lists as refused is refused before a key is looked for" {
	node_start
	rest=$(vector pack)
	rest=.${rest#*.}
	good=$(example pack header)
	with() { post application/jose - /v1/data < <(printf %s "$1" | base64 -w 0 | tr '+/' '-_' | tr -d '=' && printf %s "$rest"); }
	with "$good"
	[ "$STATUS" -eq 401 ]
	with "${good/\}/,\"typ\":\"JOSE\"\}}"
	[ "$STATUS" -eq 401 ]
	for bad in '"alg":"dir"|"alg":"A128KW"' '"A128GCM"|"A256GCM"' '"p.1"|"p.01"' '"p.1"|"p"' '"p.1"|"p.1.1.1.1"' \
		'"p.1"|"p.18446744073709551616"' '"seq":17|"seq":0' '"seq":17|"seq":1.7e1' '"seq":17|"seq":-17' \
		'"seq":17|"seq":17,"prev":17' '"seq":17|"seq":17,"seq":17' '"s-7f3a09c2e1"|"s-7f3a09c2e1."' \
		'"dir"|"\u0064ir"' '"dir"|"dir","crit":[]' '"dir"|"dir","zip":"DEF"' '"dir"|"dir","apu":""'; do
		with "${good/"${bad%|*}"/"${bad#*|}"}"
		[ "$STATUS" -eq 400 ] || { echo "$bad: $STATUS" >&2; return 1; }
	done
}

@test "the examples of the page are those of the vectors, and open by their keys" {
	[ "$(example pack jwk | jq -r .k)" = "$(vector 'data key' | hex_to_base64url)" ]
	example pack jwk >key.jwk
	vector pack >sealed
	example pack text >opened
	jose jwe dec -i sealed -k key.jwk | cmp - opened
	example pack header | tr -d '\n' | cmp - <(cut -d . -f 1 sealed | tr '_-' '/+' | base64 -d 2>/dev/null)
	example answer json | tr -d '\n' | cmp - <(vector answer)
	[ "$(example receipt text)" = "$(vector receipt | hex_to_base64url)" ]
	example polled json | tr -d '\n' | cmp - <(vector polled)
	diff <(example poll headers) - <<-END
		Authorization: Nos $(vector 'poll tag' | hex_to_base64url)
		Nos-Receipt: $(vector 'poll receipt' | hex_to_base64url)
	END
	[ "$(example problem json | jq -r .nonce)" = "$(vector 'poll nonce' | hex_to_base64url)" ]
	[ "$(example m2 json | jq -c .)" = "$(vector J)" ]
	# m1, by the node's private key.
	d=$(vector 'node private' | hex_to_base64url)
	example node json | jq --arg d "$d" '.keys[0] | del(.use) + {$d}' >node.jwk
	example m1 jwe | tr -d '\n' >m1.jwe
	[ "$(sha256sum <m1.jwe | cut -d ' ' -f 1)" = "$(vector 'SHA-256(m1)')" ]
	diff <(jose jwe dec -i m1.jwe -k node.jwk | jq -S .) <(example m1 json | jq -S .)
	# The kid is the thumbprint, and the node of the test has the members of the one of the page.
	node_start
	ask GET /v1/node
	diff <(jq -c '[paths | map(strings)]' body) <(example node json | jq -c '[paths | map(strings)]')
	[ "$(jq -c .schemes body)" = "$(example node json | jq -c .schemes)" ]
}

@test "the shell lines of the page are a source" {
	node_start
	nos-token new "${SEALED[@]}" | nos-register --keyring s.key >registered
	id=$(jq -r .source registered)
	example seal sh | sed "s/s-7f3a09c2e1/$id/" >lines
	example pack text >readings
	python3 - "$ROOT/tests/twin" <<-'END' >key.jwk
		import base64, json, sys
		sys.dont_write_bytecode = True
		sys.path.insert(0, sys.argv[1])
		from twin import K, X
		raw = lambda t: base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))
		ring = json.load(open("s.key"))
		d = X(raw(ring["keys"][0]["value"]), K(raw(ring["static"]["key"]), "auth"))
		key = K(d, "data", b"p.1", ring["source"].encode(), b"A128GCM", L=16)
		print(json.dumps({"kty": "oct", "k": base64.urlsafe_b64encode(key).rstrip(b"=").decode()}))
	END
	URL=$URL bash -e lines >body
	says '.accepted == 1 and .next == 18'
	"$ROOT/build/${V:-release}/tests/help/hop" receipt s.key pack body "$(header nos-receipt)"
}

@test "a relay has the paths that the page gives it, and its name in the document of its node" {
	node_start
	nos-token new "${SEALED[@]}" | nos-register --keyring m.key >registered
	mkfifo relay
	nos-relay --keyring m.key --listen 127.0.0.1:0 --ready-fd 9 9>relay 2>>err 3>&- &
	OTHER_PIDS=$!
	read -r -t 30 line <relay
	AT=http://$(jq -r '.listen[0]' <<<"$line")
	while IFS=$'\t' read -r method path _; do
		ask GET "$path"
		[ "$STATUS $(header allow)" = "405 $method" ]
		seen+=$path
	done < <(rows RELAYS)
	[ "$seen" = /v1/hop/v1/data ]
	ask POST /v1/hop -H 'Content-Type: application/octet-stream' -d x
	[ "$STATUS" -eq 400 ]
	ask GET /v1/records
	[ "$STATUS" -eq 404 ]
	ask GET /v1/node
	[ "$(jq -r 'to_entries[-1] | .key, .value' body | tr '\n' ' ')" = "relay $(jq -r .source registered) " ]
}

@test "what the broker has is what the table of topics says" {
	broker_start
	subscribe all 'nos/#'
	node_start --mqtt "$MQTT" --rules <(echo '{"v":1,"filters":{"any":"privacy >= 0"}}')
	nos-token new --group valley --scheme dipietro --kind shed "${SEALED[@]}" | nos-register --keyring s.key
	nos-rekey --group valley "${SEALED[@]}" >/dev/null
	post application/json - '/v1/data?kind=shed' <<<'{"type":"soil temp.","value":4}'
	# An order is bytes, among which may be the end of a line.
	topics() { received all | LC_ALL=C sed -n 's,^\(nos/[^ ]*\) .*,\1,p' | sort -u; }
	has() { topics | grep -qx "$1"; }
	for topic in nos/1/shed/anonymous/soil=20temp=2E nos/1/only/any/shed/anonymous/soil=20temp=2E nos/1/status nos/1/keys/1; do
		eventually has "$topic"
	done
	node_stop
	eventually has nos/1/audit
	row() { sed -nE 's/^\.It (nos\/[^ ]*) Ta ([^ ]*) Ta .*/\1 \2/p' "$PAGE"; }
	[ "$(row | wc -l)" -eq 7 ]
	# Each topic that there is has its row, and is retained where that says so.
	mosquitto_pub -p "$BROKER_PORT" -r -t zz -m last
	subscribe kept 'nos/#' -t zz --retained-only
	last_came() { received kept | grep -aqx 'zz last'; } # what is retained comes in the order of the topics asked for
	eventually last_came
	received kept | cut -d ' ' -f 1 >retained
	while read -r topic; do
		kind=$(sed -E 's,^nos/1/,nos/N/,; s,/only/any/,/only/FILTER/,; s,/shed/anonymous/.*,/KIND/SOURCE/TYPE,; s,/keys/(evict-)?[0-9]+$,/keys/\1G,' <<<"$topic")
		keeps=$(row | awk -v kind="$kind" '$1 == kind {print $2}')
		[ -n "$keeps" ] || { echo "$topic" >&2; return 1; }
		was='\&'
		! grep -qx "$topic" retained || was=yes
		[ "$was" = "$keeps" ] || { echo "$topic: $was" >&2; return 1; }
	done < <(topics)
}
