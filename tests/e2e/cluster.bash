# Three NATS servers, and several nos-serve over one store on them.
declare -gA SERVE_PIDS SERVE_URLS SERVE_AT STORE_OF NATS_VIA

port_of() { echo "${1##*:}"; }

# Settings of server $1 of those that NATS_PORTS, NATS_ROUTES and NATS_HTTP name: as we tell others to set
# it. Where routes go by something in between, each server's own ways are in NATS_VIA, "FROM-TO", and no
# other is told to any.
nats_settings() {
	local routes='' more='' i
	for i in 1 2 3; do
		routes+=", nats://127.0.0.1:${NATS_VIA[$1-$i]:-${NATS_ROUTES[i]}}"
	done
	[ ${#NATS_VIA[@]} = 0 ] || more='\n\tadvertise: "127.0.0.1:1"'
	sed -e "s|^server_name: .*|server_name: n$1|; s|^listen: .*|listen: 127.0.0.1:${NATS_PORTS[$1]}|" \
		-e "s|^	store_dir: .*|	store_dir: \"$PWD/js$1\"|; s|^	listen: .*|	listen: 127.0.0.1:${NATS_ROUTES[$1]}|" \
		-e "s|^	routes: .*|	routes: [${routes#, }]$more|" "$ROOT/scripts/dist/nats-server.conf" >"nats$1.conf"
	echo "http: 127.0.0.1:${NATS_HTTP[$1]}" >>"nats$1.conf"
}

nats_run() { # SERVER
	nats-server -c "nats$1.conf" -l "nats$1.log" 3>&- &
	NATS_PIDS[$1]=$!
	OTHER_PIDS="${OTHER_PIDS:-} $!"
}

# Three servers, and in them the store of node 1 with $1 lanes: STORE, SEALED.
cluster_start() {
	local i
	NATS_PORTS=() NATS_ROUTES=() NATS_HTTP=() NATS_PIDS=()
	for i in 1 2 3; do
		NATS_PORTS[i]=$(port_of "$(address_free)")
		NATS_ROUTES[i]=$(port_of "$(address_free)")
		NATS_HTTP[i]=$(port_of "$(address_free)")
	done
	! declare -F between_servers >/dev/null || between_servers
	for i in 1 2 3; do
		nats_settings "$i"
		nats_run "$i"
	done
	STORE=(--store "nats://127.0.0.1:${NATS_PORTS[1]},127.0.0.1:${NATS_PORTS[2]},127.0.0.1:${NATS_PORTS[3]}/nos")
	SEALED=("${STORE[@]}" --node-key node.key)
	made() { timeout 60 nos-serve --init "${SEALED[@]}" --lanes "$1" 2>init.err; }
	eventually made "$1"
}

# The nos-serve of this name, at SERVE_AT where that is set, and told of the server in STORE_OF alone:
# SERVE_PIDS, SERVE_URLS; what it says is in NAME.err.
serve_start() { # NAME [ARGUMENT...]
	local sealed=("${SEALED[@]}")
	[ -z "${STORE_OF[$1]:-}" ] || sealed[1]="nats://127.0.0.1:${NATS_PORTS[${STORE_OF[$1]}]}/nos?replicas=3"
	rm -f "$1.ready" "$1.err"
	mkfifo "$1.ready"
	nos-serve "${sealed[@]}" --listen "${SERVE_AT[$1]:-127.0.0.1:0}" --admin 127.0.0.1:0 --ready-fd 9 "${@:2}" \
		9>"$1.ready" >>"$1.out" 2>>"$1.err" 3>&- &
	SERVE_PIDS[$1]=$!
	OTHER_PIDS="${OTHER_PIDS:-} $!"
	read -r -t 120 READY <"$1.ready" || { cat "$1.err" >&2; return 1; }
	SERVE_URLS[$1]=http://$(jq -r '.listen[0]' <<<"$READY")
}
serve_kill() { # NAME [SIGNAL]
	kill -"${2:-KILL}" "${SERVE_PIDS[$1]}"
	wait "${SERVE_PIDS[$1]}" || true
}

# One under the URL of a, which is to be refused, as TWIN has it: STATUS is how it ended.
twin_starts() { # NAME
	TWIN="another nos-serve that shares the store is reached at ${SERVE_URLS[a]} as well: give each its own --cluster-url"
	nos-serve -q "${SEALED[@]}" --listen 127.0.0.1:0 --admin 127.0.0.1:0 --cluster-url "${SERVE_URLS[a]}" 2>"$1.err" 3>&- &
	SERVE_PIDS[$1]=$!
	OTHER_PIDS="$OTHER_PIDS $!"
}
twin_goes() { # NAME...
	local name pids=()
	for name in "$@"; do pids+=("${SERVE_PIDS[$name]}"); done
	STATUS=0
	wait -n "${pids[@]}" || STATUS=$?
	[ "$STATUS" = 75 ]
	[ "$(cat "${@/%/.err}")" = "nos-serve: $TWIN" ]
}

# How many lanes are with the nos-serve of this name, as it says.
lanes_of() {
	local here
	here=$(sed -n 's/^nos-serve: lane \([0-9]*\) is \(here\|given back\|lost\)$/\1 \2/p' "$1.err" |
		awk '{ at[$1] = $2 } END { for (i in at) n += at[i] == "here"; print n + 0 }')
	echo "$here"
}
shared() { # NAME COUNT, and so on
	while (($#)); do
		[ "$(lanes_of "$1")" -eq "$2" ] || return 1
		shift 2
	done
}

# Both, with two lanes each, and a subscriber.
both_start() {
	TOKEN=0123456789abcdef0123456789abcdef
	echo "$TOKEN" >tokens
	chmod 600 tokens
	cluster_start 4
	broker_start
	subscribe data 'nos/+/+/+/+'
	serve_start a --mqtt "$MQTT" --records-bearer tokens
	serve_start b --mqtt "$MQTT" --records-bearer tokens
	eventually shared a 2 b 2
}

# Values $2 to $3 of the source $1 to the nos-serve $4.
send() {
	numbers "$2" "$3" | timeout 60 nos-send --keyring "$1.key" --spool "$1.spool" --url "${SERVE_URLS[$4]}" \
		--wait 30s "${@:5}"
}

records() { received data | sed 's/^[^ ]* //' | jq -sc 'unique_by(.id)'; }
# Of so many sources each of the values 1..N in one record, and no n twice or left out.
all_out() { # SOURCES N
	[ "$(records | jq "group_by(.source) | length == $1 and all(.[];
		(map(.value) | sort == [range(1; $2 + 1)]) and (map(.n) | sort == [range(1; $2 + 1)]))")" = true ]
}
# And in the order in which they were sent.
in_order() { [ "$(records | jq 'group_by(.source) | all(.[]; sort_by(.n) | map(.value) | . == sort)')" = true ]; }

# Sends 1..200 of four sources to a, and waits until all is out.
load_begin() {
	SENDERS=()
	for name in 1 2 3 4; do
		register "$name"
		send "$name" 1 200 a --batch 5 >>"answers.$name" 2>>"send.$name" 3>&- &
		SENDERS+=($!)
	done
}
load_end() {
	wait "${SENDERS[@]}"
	emptied() { send "$1" 1 0 a >/dev/null && [ -z "$(ls "$1.spool"/*/*.jwe 2>/dev/null)" ]; }
	for name in 1 2 3 4; do
		eventually emptied "$name"
	done
	[ "$(cat answers.? | jq -s 'map(select(.status == "rejected" or .error)) | length')" -eq 0 ]
	eventually all_out 4 200
}
