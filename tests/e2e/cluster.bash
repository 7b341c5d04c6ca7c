# Three NATS servers, and several nos-serve over one store on them.
declare -gA SERVE_PIDS SERVE_URLS

port_of() { echo "${1##*:}"; }

# Settings of server $1 of those that NATS_PORTS and NATS_ROUTES name.
nats_settings() {
	local routes
	routes=$(printf ', nats://127.0.0.1:%s' "${NATS_ROUTES[@]}")
	printf '%s\n' "server_name: n$1" "listen: 127.0.0.1:${NATS_PORTS[$1]}" 'max_payload: 8MB' \
		"jetstream { store_dir: \"$PWD/js$1\" }" \
		"cluster { name: nos, listen: 127.0.0.1:${NATS_ROUTES[$1]}, routes: [${routes#,}] }" >"nats$1.conf"
}

# Three servers, and in them the store of node 1 with $1 lanes: STORE, SEALED.
cluster_start() {
	local i
	NATS_PORTS=() NATS_ROUTES=()
	for i in 1 2 3; do
		NATS_PORTS[i]=$(port_of "$(address_free)")
		NATS_ROUTES[i]=$(port_of "$(address_free)")
	done
	for i in 1 2 3; do
		nats_settings "$i"
		nats-server -c "nats$i.conf" -l "nats$i.log" 3>&- &
		OTHER_PIDS="${OTHER_PIDS:-} $!"
	done
	STORE=(--store "nats://127.0.0.1:${NATS_PORTS[1]},127.0.0.1:${NATS_PORTS[2]},127.0.0.1:${NATS_PORTS[3]}/nos")
	SEALED=("${STORE[@]}" --node-key node.key)
	made() { timeout 60 nos-serve --init "${SEALED[@]}" --lanes "$1" 2>init.err; }
	eventually made "$1"
}

# The nos-serve of this name: SERVE_PIDS, SERVE_URLS; what it says is in NAME.err.
serve_start() { # NAME [ARGUMENT...]
	rm -f "$1.ready" "$1.err"
	mkfifo "$1.ready"
	nos-serve "${SEALED[@]}" --listen 127.0.0.1:0 --admin 127.0.0.1:0 --ready-fd 9 "${@:2}" \
		9>"$1.ready" >>"$1.out" 2>>"$1.err" 3>&- &
	SERVE_PIDS[$1]=$!
	OTHER_PIDS="${OTHER_PIDS:-} $!"
	read -r -t 30 READY <"$1.ready" || { cat "$1.err" >&2; return 1; }
	SERVE_URLS[$1]=http://$(jq -r '.listen[0]' <<<"$READY")
}
serve_kill() { # NAME [SIGNAL]
	kill -"${2:-KILL}" "${SERVE_PIDS[$1]}"
	wait "${SERVE_PIDS[$1]}" || true
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
