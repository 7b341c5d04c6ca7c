# A group of many members, for tests of dipietro and the tree.

# What the store has of group 1: its session, its epoch, its order and eviction as the broker has them.
group_of() { sqlite3 node.db "select json_extract(value, '\$.$1') from state where ns = 'groups' and key = '1'"; }
hex_of_text() { basenc --base64url -d <<<"$1$(printf '%*s' $(((4 - ${#1} % 4) % 4)) '' | tr ' ' =)" | od -An -tx1 -v | tr -d ' \n'; }
order_now() { hex_of_text "$(group_of order)"; }

# All hear these messages from the broker, as far as they are there: LINE says how many took one.
hear() { # FILE [--skip FILE]
	LINE=$("$FLEET" "$KEYS" hear --hear "$1" "${@:2}" 2>>fleet.err)
	[ ! -s fleet.err ]
}

# Each source has the key of the first session: by an order, and one contact to be told.
all_join() {
	rekey --group roof >/dev/null
	round
	round
	[ "$(held)" = "$COUNT s.1.0.1" ]
	[ "$(jq -c .answers <<<"$LINE")" = "{\"202\":$COUNT}" ]
}

# Requests that the node has had, but for packs.
other_requests() {
	curl -s "$ADMIN/metrics" | awk '/^nos_http_requests_total/ && !/v1\/data/ { n += $2 } END { print n + 0 }'
}

steps() { # COUNT
	local i
	for ((i = 0; i < $1; i++)); do rekey --group roof >/dev/null; done
}

# Three in ten have missed orders, each tenth of these from another on, the last of them one alone; the
# others heard each that was to be heard. Then all hear one, while no node is there.
one_order_moves_all() { # ORDERS between two that are heard…
	local i=0 orders=0 some members
	members=$(awk 'END { print int(NR * 3 / 10) }' ids)
	broker_start
	node_start --mqtt "$MQTT"
	all_join
	for some in "$@"; do
		i=$((i + 1)) orders=$((orders + some))
		head -n $((members * i / $#)) ids >deaf
		# Over 64 at once are hashed over once a minute: those who hear are not kept from it for long.
		for ((; some > 0; some -= 50)); do
			steps $((some < 50 ? some : 50))
			order_now >heard
			hear heard --skip deaf
			[ "$(jq .took <<<"$LINE")" -eq $((COUNT - members * i / $#)) ]
		done
	done
	steps 1
	last="s.1.0.$(group_of t)"
	published() { [ "$(mosquitto_sub -p "$BROKER_PORT" -t nos/1/keys/1 -C 1 -W 20 -F %x 3>&-)" = "$(order_now)" ]; }
	eventually published
	mosquitto_sub -p "$BROKER_PORT" -t nos/1/keys/1 -C 1 -W 20 -F %x >order 3>&-
	bytes=$(($(tr -d '\n' <order | wc -c) / 2))
	echo "# one order of $bytes bytes; $members of $COUNT had missed from ${*: -1} to $orders before it" >&3
	[ $bytes -ge 20 ]
	[ $bytes -le 23 ]
	before=$(other_requests)
	node_stop
	hear order
	[ "$(jq .took <<<"$LINE")" -eq "$COUNT" ]
	[ "$(held)" = "$COUNT $last" ]
	node_start --mqtt "$MQTT"
	before=$(other_requests)
	round --url "$URL"
	[ "$(jq -c .answers <<<"$LINE")" = "{\"202\":$COUNT}" ]
	[ "$(jq -c '[.asks, .acks, .failed]' <<<"$LINE")" = '[0,0,0]' ]
	[ "$(other_requests)" -eq "$before" ]
	[ "$(held)" = "$COUNT $last" ]
	[ "$(tail -n "$COUNT" out | jq -r .key 2>/dev/null | sort -u)" = "$last" ] || [ ! -s out ]
}

# ---- an eviction ----

# One is put out; the others follow by what they are answered, and none of them is lost.
one_is_put_out() {
	local gone
	broker_start
	node_start --mqtt "$MQTT"
	all_join
	gone=$(head -n 1 ids)
	echo "$gone" >deaf
	: >rounds
	rekey --revoke "$gone" >rows
	[ "$(jq -c . rows)" = "{\"source\":\"$gone\",\"status\":\"revoked\"}" ]
	[ "$(group_of epoch) $(group_of t) $(group_of how) $(group_of turning)" = '1 2 evicted ' ]
	# Of all that is said it gets nothing.
	order_now >heard
	hex_of_text "$(group_of broadcast)" | sed 's/$/\n/' >>heard
	grep -v "$gone" ids >others
	hear heard --skip others
	[ "$(jq .took <<<"$LINE")" -eq 0 ]
	[ "$(jq -r '.keys | to_entries[] | select(.value == 1).key' <<<"$LINE")" = '' ]
	NEXT=1
	round --skip deaf
	round --skip deaf
	round --skip deaf
	[ "$(jq -r '.keys["s.1.1.2"]' <<<"$LINE")" -eq $((COUNT - 1)) ]
	[ "$(jq -sc 'map(.asks) | add' rounds)" -eq 0 ]
	all_accepted
}

# ---- an eviction that is killed ----

# Three members of a small group, at its first session; what there is then is in the folder before.
small_group() {
	LISTEN=$(address_free)
	node_start
	for name in a b c; do
		nos-token new --group roof --depth 3 --url "$URL" "${SEALED[@]}" 2>/dev/null |
			nos-register --keyring $name.key --name $name >/dev/null
	done
	nos-rekey --group roof "${SEALED[@]}" >/dev/null
	sent=0
	for name in a b c a b c; do send_one $name; done
	node_stop
	[ "$(used)" = 's.1.0.1 s.1.0.1 s.1.0.1' ]
	mkdir before
	cp node.db* node.key ./*.key before
}
send_one() { # NAME
	sent=$((sent + 1))
	numbers $sent $sent | nos-send --keyring "$1.key" >answer
	[ "$(jq -r .status answer)" = accepted ]
}
used() { for name in a b c; do nos-keytable --keyring $name.key ct | jq -r 'select(.state == "active" and (.key | startswith("p.") | not)).key'; done | xargs; }

# Where the eviction stands: epoch, and what all hear of it.
stands() { echo "$(group_of epoch) $(group_of broadcast)"; }
is_over() { [ "$(group_of turning)" = '' ] && [ "$(sqlite3 node.db "select count(*) from state where ns = 'leaving'")" -eq 0 ]; }

# Whatever was done of it, c is out by one epoch, and the others follow.
c_is_out() {
	local before
	before=$(stands)
	node_start
	[[ $before == '1 '* ]] || nos-rekey --revoke c "${SEALED[@]}" >/dev/null
	eventually is_over
	[[ $(stands) == '1 '?* ]]
	[[ $before != '1 '* ]] || [ "$(stands)" = "$before" ]
	for name in a b a b a b; do send_one $name; done
	[ "$(used)" = 's.1.1.2 s.1.1.2 s.1.0.1' ]
	run -77 nos-send --keyring c.key <<<'{"type":"count","value":0}'
	node_stop
	entries node.db processed | grep '^{' | jq .value | sort -n | diff - <(seq $sent)
	[ "$(sqlite3 node.db "select value from state where ns = 'leaves' and key = '1'" | jq .members)" -eq 2 ]
}

again() {
	rm -f node.db* ./*.key
	cp before/* .
	sent=6
}

rekey_evicts_under() { # CALL N
	again
	killed_at "$1" "$2" nos-rekey --revoke c "${SEALED[@]}" >/dev/null
	c_is_out
}

# nos-rekey ends by itself where the call is not met so often.
rekey_evicts_and_is_killed() { # stride
	small_group
	at_points "$1" rekey_evicts_under fdatasync pwrite64
}

serve_evicts_under() { # CALL N
	again
	"$ROOT/build/${V:-release}/tests/help/orders" revoke sqlite:node.db node.key "$(jq -r .source c.key)"
	rm -f ready
	mkfifo ready
	under_fault "$1" "$2" nos-serve "${SEALED[@]}" --listen "$LISTEN" --admin 127.0.0.1:0 --ready-fd 9 9>ready >>out 2>>err 3>&- &
	NODE_PID=$!
	OTHER_PIDS=$NODE_PID
	READY=
	read -r -t 30 READY <ready || true
	seen_to() { is_over || ! kill -0 "$NODE_PID" 2>/dev/null; }
	eventually seen_to
	STATUS=0
	[ -z "$READY" ] || kill -TERM "$(jq .pid <<<"$READY")" 2>/dev/null || true
	wait "$NODE_PID" || STATUS=$?
	OTHER_PIDS=
	[ $STATUS = 0 ] || [ $STATUS = 137 ]
	c_is_out
}

serve_evicts_and_is_killed() { # stride CALL…
	small_group
	at_points "$1" serve_evicts_under "${@:2}"
}

# ---- coming and going ----

# A source that sends numbers from a range of its own, some at each stop of its way.
walk() { # NAME FIRST
	local name=$1 at=$2 options
	while read -r -a options; do
		if [ -e "$name.key" ]; then
			nos-token new --replace "$name" "${options[@]}" --url "$URL" "${SEALED[@]}" 2>/dev/null |
				nos-register --keyring "$name.key" --replace >/dev/null || return
		else
			nos-token new "${options[@]}" --url "$URL" "${SEALED[@]}" 2>/dev/null |
				nos-register --keyring "$name.key" --name "$name" >/dev/null || return
		fi
		for _ in 1 2 3; do
			numbers $at $((at + 3)) | nos-send --keyring "$name.key" --batch 2 >>"$name.answers" || return
			at=$((at + 4))
		done
		nos-rekey --group roof cellar "${SEALED[@]}" >/dev/null || return
		numbers $at $((at + 1)) | nos-send --keyring "$name.key" >>"$name.answers" || return
		at=$((at + 2))
	done
	echo $((at - 1)) >"$name.last"
}

# The fleet sends without a pause, while some change their group or scheme, others come, and others are
# revoked or forgotten.
comes_and_goes() {
	node_start
	all_join
	nos-token new --group cellar --scheme tree --url "$URL" "${SEALED[@]}" >/dev/null 2>&1
	: >rounds
	tail -n 2 ids >deaf
	"$FLEET" "$KEYS" loop --url "$URL" --from "$NEXT" --skip deaf >>rounds 2>fleet.err 3>&- &
	local pid=$! name
	OTHER_PIDS=$pid
	walk x 1000001 <<<$'--group roof\n--group cellar\n--scheme pairwise\n--group roof\n--scheme dini\n--group cellar\n--group cellar'
	walk y 2000001 <<<$'--scheme pairwise\n--group cellar\n--group roof\n--group roof'
	nos-rekey --revoke "$(head -n 1 deaf)" y "${SEALED[@]}" >/dev/null
	nos-token forget "$(tail -n 1 deaf)" "${SEALED[@]}" >/dev/null <<<yes
	walk z 3000001 <<<$'--group roof'
	nos-rekey --heal roof "${SEALED[@]}" >/dev/null
	begun=$(wc -l <rounds)
	goes_on() { [ "$(wc -l <rounds)" -gt $((begun + 3)) ]; }
	eventually goes_on
	kill $pid
	wait $pid
	OTHER_PIDS=
	LINE=$(tail -n 1 rounds)
	NEXT=$(jq .next <<<"$LINE")
	jq -se 'all(.[]; .accepted == .sent and .duplicates + .rejected + .spooled + .failed + .asks == 0)' rounds
	for name in x y z; do
		jq -se 'all(.[]; .status == "accepted")' $name.answers
	done
	eventually is_over
	[ "$(held)" = "$((COUNT - 2)) $(present)" ] || [ "$(jq -r --arg k "$(present)" '.keys[$k]' <<<"$LINE")" = $((COUNT - 2)) ]
	node_stop
	entries node.db processed | grep '^{' | jq .value | sort -n >values
	[ -z "$(uniq -d values)" ]
	for name in x y z; do seq "$(first_of $name)" "$(<$name.last)"; done >walked
	awk '$1 > 1000000' values | diff - walked
	# Two readings of the one who was forgotten went with it.
	[ "$(awk '$1 < 1000000' values | wc -l)" -eq $((NEXT - 1 - 2)) ]
}
first_of() { case $1 in x) echo 1000001 ;; y) echo 2000001 ;; z) echo 3000001 ;; esac; }
present() { echo "s.1.$(group_of epoch).$(group_of t)"; }
