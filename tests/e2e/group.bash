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

# Three in ten have missed from one to ORDERS orders, each tenth of these another number; the others
# heard each that was to be heard. Then all hear one, while no node is there.
one_order_moves_all() { # ORDERS
	local i orders=$1 members
	members=$(awk 'END { print int(NR * 3 / 10) }' ids)
	broker_start
	node_start --mqtt "$MQTT"
	all_join
	for ((i = 0; i < 10; i++)); do
		head -n $((members * (i + 1) / 10)) ids >deaf
		steps $(((orders - 1) / 10))
		order_now >heard
		hear heard --skip deaf
		[ "$(jq .took <<<"$LINE")" -eq $((COUNT - members * (i + 1) / 10)) ]
	done
	steps 1
	last="s.1.0.$(group_of t)"
	published() { [ "$(mosquitto_sub -p "$BROKER_PORT" -t nos/1/keys/1 -C 1 -W 20 -F %x 3>&-)" = "$(order_now)" ]; }
	eventually published
	mosquitto_sub -p "$BROKER_PORT" -t nos/1/keys/1 -C 1 -W 20 -F %x >order 3>&-
	bytes=$(($(tr -d '\n' <order | wc -c) / 2))
	echo "# one order of $bytes bytes; $members of $COUNT had missed up to $((10 * ((orders - 1) / 10))) before it" >&3
	[ $bytes -ge 20 ] && [ $bytes -le 23 ]
	before=$(other_requests)
	node_stop
	hear order
	[ "$(jq .took <<<"$LINE")" -eq "$COUNT" ] && [ "$(held)" = "$COUNT $last" ]
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
