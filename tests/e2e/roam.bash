# Several nodes that know one another: node I has its folder nI, with store, key, peers file, out and err.

# Node I, where a peers file of it is there, with these options; PID_I, URL_I.
roam_start() { # I [OPTION…]
	local i=$1 peers=()
	shift
	mkdir -p "n$i"
	[[ ! -f n$i/peers.json ]] || peers=(--peers "n$i/peers.json")
	rm -f "n$i/ready"
	mkfifo "n$i/ready"
	local listen=LISTEN_$i
	nos-serve --store "sqlite:n$i/node.db" --node-key "n$i/node.key" --node "$i" --listen "${!listen:-127.0.0.1:0}" \
		--admin 127.0.0.1:0 --ready-fd 9 "${peers[@]}" "$@" 9>"n$i/ready" >>"n$i/out" 2>>"n$i/err" 3>&- &
	declare -g "PID_$i=$!"
	OTHER_PIDS="${OTHER_PIDS:-} $!"
	local ready
	read -r -t 120 ready <"n$i/ready" || { cat "n$i/err" >&2; return 1; }
	declare -g "URL_$i=http://$(jq -r '.listen[0]' <<<"$ready")" "LISTEN_$i=$(jq -r '.listen[0]' <<<"$ready")" \
		"ADMIN_$i=http://$(jq -r .admin <<<"$ready")" "PIN_$i=$(jq -r .pin <<<"$ready")"
}

roam_stop() { # I [SIGNAL]
	local pid=PID_$1
	kill -"${2:-TERM}" "${!pid}"
	wait "${!pid}" || true
}

# A tool on the store of node I.
roam_at() { # I TOOL [WORD…]
	"$2" --store "sqlite:n$1/node.db" --node-key "n$1/node.key" "${@:3}"
}

# A line of a peers file: node J, which may do what is said.
roam_peer() { # J MAY…
	local url=URL_$1 pin=PIN_$1
	curl -s "${!url}/v1/node" | jq -c --arg url "${!url}" --arg pin "${!pin}" --argjson node "$1" \
		'{node: $node, url: $url, pin: $pin, sign: (.keys[] | select(.kty == "OKP") | .x), may: $ARGS.positional}' \
		--args "${@:2}"
}

# The peers file of node I, from lines on stdin.
roam_peers() { jq -cs '{v: 1, peers: .}' >"n$1/peers.json"; }

# How often node I has read it again.
roam_read() { grep -c 'peers.json: read again' "n$1/err" || true; }
roam_has_read() { [ "$(roam_read "$1")" -gt "$2" ]; } # I BEFORE

# As above, and node I has read it.
roam_peers_now() { # I
	local pid=PID_$1 before
	before=$(roam_read "$1")
	roam_peers "$1"
	kill -HUP "${!pid}"
	eventually roam_has_read "$1" "$before"
}

# So many nodes, 2 or 3: 1 and 2 know one another, 3 knows both, who do not know it.
roam_nodes() { # COUNT
	local i
	for ((i = 1; i <= $1; i++)); do
		mkdir "n$i"
		roam_peers "$i" </dev/null
		roam_start "$i"
	done
	roam_peer 2 roam | roam_peers_now 1
	roam_peer 1 revoked | roam_peers_now 2
	[ "$1" = 2 ] || { roam_peer 1 revoked; roam_peer 2 roam; } | roam_peers_now 3
}

# A source of node I: NAME.key.
roam_register() { # I NAME [OPTION…]
	local url=URL_$1
	roam_at "$1" nos-token new --kind k --url "${!url}" "${@:3}" | nos-register --keyring "$2.key" --name "$2" >/dev/null
}

# One reading of a source that does not reach its home, to the nodes of these URLs: STATUS of nos-send, ANSWER.
away() { # NAME VALUE [OPTION…]
	STATUS=0
	ANSWER=$(numbers "$2" "$2" | nos-send --keyring "$1.key" --url http://127.0.0.1:1 --wait 0s "${@:3}" 2>>send.err) ||
		STATUS=$?
}

# Two nodes, of which 2 reaches home through what counts: in record, a body each way for each exchange.
nodes_apart() {
	roam_nodes 2
	mkdir record
	BETWEEN_RECORD=record between_start "${URL_1##*:}"
	roam_peer 1 revoked | jq -c --arg url "$BETWEEN" '.url = $url' | roam_peers_now 2
}
exchanges() { find record -name '*.up' | wc -l; }
