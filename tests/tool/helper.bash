# What every tool test loads: the tools of the flavour under test on PATH, a folder of its own, and a
# node and a broker on free ports.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/build/${V:-release}/cmd:$PATH
DATA=$ROOT/tests/data
cd "$BATS_TEST_TMPDIR" || exit 1
export HOME=$BATS_TEST_TMPDIR
for name in ${!NOS_*} XDG_CONFIG_HOME XDG_STATE_HOME STATE_DIRECTORY; do unset "$name"; done

# "! COMMAND" fails no test unless it stands at its end.
fails() { ! "$@"; }

# Entries of a stream: entries(1) of tests/help.
entries() { "$ROOT/build/${V:-release}/tests/help/entries" "$@"; }

# So many readings of so many bytes each, which no store can write shorter.
noise() {
	openssl rand -base64 $(($1 * $2 * 3 / 4)) | tr -d '\n' | fold -w "$2" | head -n "$1" | jq -Rc '{type: "t", value: .}'
}

# Where a node of a test keeps its things.
STORE=(--store sqlite:node.db)
SEALED=("${STORE[@]}" --node-key node.key)

# Until a command succeeds; 120 s at most, which a machine that has more to do may need.
eventually() {
	local end=$((SECONDS + 120))
	until "$@"; do
		((SECONDS < end)) || { printf 'not within 120 s: %s\n' "$*" >&2; return 1; }
		read -r -t 0.05 <> <(:) || true
	done
}

# nos-serve with these options: NODE_PID, READY (its line), URL, ADMIN; records in out, notes in err.
# AT_N, where it is set, is a command that puts it where it is to stand.
node_start() {
	rm -f ready
	mkfifo ready
	"${AT_N[@]}" nos-serve "${SEALED[@]}" --listen "${LISTEN:-127.0.0.1:0}" --admin 127.0.0.1:0 --ready-fd 9 "$@" \
		9>ready >>out 2>>err 3>&- &
	NODE_PID=$!
	read -r -t 120 READY <ready || { cat err >&2; return 1; }
	URL=http://$(jq -r '.listen[0]' <<<"$READY")
	ADMIN=http://$(jq -r .admin <<<"$READY")
}

# Is it this very process that listens on the port? Another test may have been quicker to take it.
listens() { # PID PORT
	local inode at
	at=$(printf ':%04X' "$2")
	for inode in $(awk -v at="$at" '$4 == "0A" && substr($2, 9) == at {print $10}' /proc/net/tcp); do
		[ -z "$(find "/proc/$1/fd" -lname "socket:\[$inode\]" 2>/dev/null)" ] || return 0
	done
	return 1
}

# An address for who comes back to it (LISTEN): one that this test was not given yet, and that the system gives to
# nobody who connects.
address_free() {
	local port given=$BATS_TEST_TMPDIR/addresses
	while port=$((10000 + RANDOM % 20000)); do
		! (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null || continue
		grep -qsx "$port" "$given" || break
	done
	echo "$port" >>"$given"
	echo "127.0.0.1:$port"
}

# With SIGTERM, or the signal named; NODE_STATUS is its exit status.
node_stop() {
	kill -"${1:-TERM}" "$NODE_PID"
	NODE_STATUS=0
	wait "$NODE_PID" || NODE_STATUS=$?
	NODE_PID=
}

# Mosquitto as we tell others to set it, on a free port: BROKER_PID, BROKER_PORT, MQTT. With a port: on that one. Lines of
# BROKER_MORE go into its settings.
broker_start() {
	local try
	for try in {1..50}; do
		BROKER_PORT=${1:-$((10000 + RANDOM % 20000))}
		{
			cat "$ROOT/scripts/dist/mosquitto.conf"
			printf '%s\n' "listener $BROKER_PORT 127.0.0.1" "persistence_location $PWD/" \
				"${BROKER_MORE:-allow_anonymous true}"
		} >broker.conf
		# As root it would become another user, who cannot read here.
		[[ $EUID != 0 ]] || echo 'user root' >>broker.conf
		mosquitto -c broker.conf >>broker.log 2>&1 3>&- &
		BROKER_PID=$!
		while kill -0 "$BROKER_PID" 2>/dev/null; do
			if listens "$BROKER_PID" "$BROKER_PORT"; then
				MQTT=mqtt://127.0.0.1:$BROKER_PORT
				return
			fi
		done
		wait "$BROKER_PID" || true
	done
	echo "no broker after $try tries" >&2
	return 1
}

broker_stop() {
	kill -"${1:-TERM}" "$BROKER_PID"
	wait "$BROKER_PID" 2>/dev/null || true
	BROKER_PID=
}

# What is subscribed is written to a file, a line "topic payload" each, from before this returns.
subscribe() {
	stdbuf -oL mosquitto_sub -p "$BROKER_PORT" -q 1 -c -i "sub-$1" -v "${@:3}" -t "$2" -d >"$1.debug" 3>&- &
	SUB_PID=$!
	OTHER_PIDS="${OTHER_PIDS:-} $SUB_PID" # also when another is begun
	eventually grep -q SUBACK "$1.debug"
}
# Its messages so far, topic and payload.
received() { grep -av -e '^Client ' -e '^Subscribed ' "$1.debug" || true; }

# POST a file or "-": STATUS and the body in ANSWER, headers in the file headers.
post() {
	ANSWER=$(curl -s -D headers -H "Content-Type: $1" --data-binary "@$2" "${@:4}" "$URL$3")
	STATUS=$(sed -n '/^HTTP\/1.1 100/d; 1,/^\r*$/s/^HTTP\/1.1 \([0-9]*\).*/\1/p' headers | tail -n 1)
}

everything_stops() {
	local pid
	for pid in ${NODE_PID:-} ${BROKER_PID:-} ${SUB_PID:-} ${OTHER_PIDS:-}; do
		kill -9 "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	# What a sanitizer said of a node that was stopped is a fault of the test.
	! grep -sA 30 'Sanitizer' err
}

# Something that stands before the node's port and does to its answers what the actions say
# (tests/help/between.c): BETWEEN is its URL.
between_start() {
	rm -f between
	mkfifo between
	"$ROOT/build/${V:-release}/tests/help/between" "$@" >between 3>&- &
	OTHER_PIDS="${OTHER_PIDS:-} $!"
	read -r -t 120 BETWEEN <between
	BETWEEN=http://127.0.0.1:$BETWEEN
}
