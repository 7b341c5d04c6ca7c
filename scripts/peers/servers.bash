# shellcheck shell=bash disable=SC2034 # who sources this uses them
# How scripts/bench-peers starts each peer in the current folder, on ports of the loopback that are free,
# and ends it. peer_start leaves SERVER and BROKER, the processes whose time is counted, BROKER maybe
# empty; what the loads are to know stands in the file settings (tests/help/peers.h). No secret is in
# arguments or the environment.
#
# It goes by ROOT, CACHE (a folder of the user for what npm brings), NODE_RED (its version) and SOURCES (how
# many nos has).

PIDS=() # all that was started and not ended
SERVER='' BROKER=''

pause() { read -r -t 0.02 <> <(:) || true; }
port_free() { echo $((10000 + RANDOM % 20000)); }
listens() { (: >"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# In the background, its words to the file LOG: PID.
spawn() {
	local log=$1
	shift
	"$@" >>"$log" 2>&1 &
	PID=$!
	PIDS+=("$PID")
}

# Kills with this signal, and waits for the end.
end() {
	local signal=$1 pid left=()
	shift
	for pid in "$@"; do kill -"$signal" "$pid" 2>/dev/null || true; done
	for pid in "$@"; do wait "$pid" 2>/dev/null || true; done
	for pid in "${PIDS[@]}"; do [[ " $* " == *" $pid "* ]] || left+=("$pid"); done
	PIDS=("${left[@]}")
}
end_all() { ((${#PIDS[@]} == 0)) || end KILL "${PIDS[@]}"; }

# start PORT LOG COMMAND…: until it listens. Fails if it ended, as one does whose port was taken.
start() {
	local port=$1 end=$((SECONDS + 60))
	spawn "${@:2}"
	until listens "$port"; do
		if ! kill -0 "$PID" 2>/dev/null || ((SECONDS > end)); then
			end KILL "$PID"
			return 1
		fi
		pause
	done
	kill -0 "$PID" 2>/dev/null
}

# Tries ports until COMMAND PORT succeeds.
with_port() {
	local try
	for try in {1..20}; do
		PORT=$(port_free)
		! "$@" "$PORT" || return 0
	done
	echo "bench-peers: $* does not start after $try tries: $(tail -qn 1 ./*.log)" >&2
	return 1
}

# ---- keys ----

# Made once for all, in a folder of their own: KEYS.
keys_make() {
	KEYS=$1
	mkdir -p "$KEYS"
	(
		umask 077
		openssl rand -hex 16 | tr -d '\n' >"$KEYS/psk"
		{ printf 'meter:'; cat "$KEYS/psk"; echo; } >"$KEYS/psk_file"
		openssl rand -hex 16 | tr -d '\n' >"$KEYS/password"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
			-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$KEYS/key" -out "$KEYS/cert" 2>/dev/null
	)
}

# ---- Mosquitto ----

# With what limits a broker is given for this work, and what more stands in the file broker.more.
mosquitto_on() {
	local port=$1
	{
		printf '%s\n' "listener $port 127.0.0.1" 'max_inflight_messages 1000' 'max_queued_messages 0'
		# As root it would become another user, who cannot read here.
		[[ $EUID != 0 ]] || echo 'user root'
		cat broker.more
	} >broker.conf
	start "$port" broker.log mosquitto -c broker.conf
}

conf_plain() { printf '%s\n' 'allow_anonymous true' 'persistence false'; }
conf_psk() { printf '%s\n' 'allow_anonymous false' 'psk_hint meters' "psk_file $KEYS/psk_file" 'use_identity_as_username true'; }
by_psk_settings() { printf 'identity meter\npsk %s\n' "$(<"$KEYS/psk")"; }
conf_saved() { printf '%s\n' 'persistence true' "persistence_location $PWD/" 'autosave_on_changes true' 'autosave_interval 1'; }

# ---- NATS ----

nats_on() {
	local port=$1
	cat >nats.conf <<END
server_name: peer
listen: "127.0.0.1:-1"
max_payload: 1MB
jetstream { store_dir: "$PWD/jetstream", max_mem: 256M, max_file: 8G }
mqtt {
	listen: "127.0.0.1:$port"
	tls { cert_file: "$KEYS/cert", key_file: "$KEYS/key" }
	authorization { username: meter, password: "$(<"$KEYS/password")" }
}
END
	start "$port" nats.log nats-server -c nats.conf
}

# ---- Node-RED ----

node_red_install() {
	[[ $(jq -r .version "$CACHE/node_modules/node-red/package.json" 2>/dev/null) != "$NODE_RED" ]] || return 0
	mkdir -p "$CACHE"
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$CACHE" "node-red@$NODE_RED" >&2
}

# TLS PORT
node_red_on() {
	local tls=$1 port=$2
	node -e 'const fs = require("fs"), bcrypt = require(process.argv[1] + "/node_modules/bcryptjs");
		const [, , keys, tls, port] = process.argv;
		fs.writeFileSync("peer.json", JSON.stringify({ port: Number(port), tls: tls === "yes", user: "meter",
			hash: bcrypt.hashSync(fs.readFileSync(keys + "/password", "utf8"), 8),
			key: keys + "/key", cert: keys + "/cert" }));' "$CACHE" "$KEYS" "$tls" "$port"
	start "$port" node-red.log node "$CACHE/node_modules/node-red/red.js" --settings settings.js --userDir "$PWD" flows.json
}

node_red_settings() {
	printf 'port %s\nauthorization Basic %s\n' "$1" "$(printf 'meter:%s' "$(<"$KEYS/password")" | base64 -w 0)"
	[[ $2 = no ]] || printf 'ca %s\n' "$KEYS/cert"
}

# With a broker behind it. Node-RED's client is quicker with one that holds no acknowledgement back; those of
# nos, and of mqtt_load, are quicker with one that does, as it does by itself.
node_red_start() {
	local broker
	{ conf_plain; echo 'set_tcp_nodelay true'; } >broker.more
	with_port mosquitto_on
	BROKER=$PID broker=$PORT
	cp "$ROOT/scripts/peers/settings.js" .
	sed "s/@PORT@/$broker/" "$ROOT/scripts/peers/flows.json" >flows.json
	with_port node_red_on "$1"
	SERVER=$PID
	node_red_settings "$PORT" "$1" >settings
	# It listens before it has its flows, and its broker is there after them.
	until grep -q 'New client connected' broker.log; do
		kill -0 "$SERVER" || return 1
		pause
	done
}

# ---- nos ----

nos_on() {
	local line
	rm -f ready
	mkfifo ready
	exec 9<>ready
	spawn node.log nos-serve --config /dev/null --store sqlite:node.db --node-key node.key --listen 127.0.0.1:0 \
		--admin 127.0.0.1:0 --quiet --mqtt "mqtt://127.0.0.1:$BROKER_PORT" --ready-fd 9
	SERVER=$PID
	read -r -t 60 -u 9 line || { cat node.log >&2; return 1; }
	exec 9>&-
	NODE_URL=http://$(jq -r '.listen[0]' <<<"$line") ADMIN=$(jq -r .admin <<<"$line")
}

# With a broker behind it, and sources that are registered.
nos_start() {
	conf_plain >broker.more
	with_port mosquitto_on
	BROKER=$PID BROKER_PORT=$PORT
	nos_on
	nos-token new --store sqlite:node.db --node-key node.key --count "$1" --url "$NODE_URL" 2>/dev/null |
		nos-register --keyring-dir keys >/dev/null
	printf '%s\n' "port ${NODE_URL##*:}" 'path /v1/data' 'type application/jose' "admin ${ADMIN##*:}" >settings
}

nos_metric() { curl -s "http://$ADMIN/metrics" | awk -v name="$1" '$1 == name {print $2}'; }

# ---- all of them ----

mqtt_settings() { printf '%s\n' "port $PORT" 'topic peers/readings'; }

peer_start() {
	SERVER='' BROKER=''
	case $1 in
	nos) nos_start "$SOURCES" ;;
	mosquitto-plain) conf_plain >broker.more; with_port mosquitto_on; SERVER=$PID; mqtt_settings >settings ;;
	mosquitto-psk)
		{ conf_psk; echo 'persistence false'; } >broker.more
		with_port mosquitto_on; SERVER=$PID
		{ mqtt_settings; by_psk_settings; } >settings ;;
	mosquitto-psk-saved)
		{ conf_psk; conf_saved; } >broker.more
		with_port mosquitto_on; SERVER=$PID
		{ mqtt_settings; by_psk_settings; } >settings ;;
	nats-tls)
		with_port nats_on; SERVER=$PID
		{ mqtt_settings; printf '%s\n' "ca $KEYS/cert" 'user meter' "password $(<"$KEYS/password")"; } >settings ;;
	node-red-https) node_red_start yes ;;
	node-red-http) node_red_start no ;;
	esac
}

# After a kill -9, on the same folder and port.
peer_again() {
	case $1 in
	nos) mosquitto_on "$BROKER_PORT"; BROKER=$PID; nos_on ;;
	mosquitto-*) mosquitto_on "$PORT"; SERVER=$PID ;;
	nats-tls) nats_on "$PORT"; SERVER=$PID ;;
	esac
}
