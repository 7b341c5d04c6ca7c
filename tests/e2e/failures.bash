# What fails in a cluster under load, how long nobody was answered meanwhile, and whether all that was
# answered is there: for long-cluster-failures.bats and cluster.bats, with cluster.bash.
HELP=$ROOT/build/${V:-release}/tests/help

# Until a command succeeds, of what may take longer than eventually gives it.
in_time() {
	local end=$((SECONDS + 180))
	until "$@"; do
		((SECONDS < end)) || { printf 'not within 180 s: %s\n' "$*" >&2; return 1; }
		read -r -t 0.1 <> <(:) || true
	done
}

# ---- the load ----

# What one source sends to a nos-serve, a reading every 20 ms until the file stop is there; how each
# is answered, and when, is in NAME.answers. Nothing is spooled: each is answered at last.
source_starts() { # NAME NOS-SERVE
	mkfifo "$1.in" "$1.out"
	"$HELP/pace" feed 20 stop >"$1.in" 3>&- &
	OTHER_PIDS="$OTHER_PIDS $!"
	nos-send --keyring "$1.key" --url "${SERVE_URLS[$2]}" --batch 5 --linger 100ms --wait 300s \
		<"$1.in" >"$1.out" 2>"$1.send.err" 3>&- &
	SENDERS+=($!)
	OTHER_PIDS="$OTHER_PIDS $!"
	"$HELP/pace" stamp <"$1.out" >"$1.answers" 3>&- &
	SENDERS+=($!)
	OTHER_PIDS="$OTHER_PIDS $!"
}

# Two nos-serve, each at an address for good, and four sources that send to those that are named.
failures_begin() { # NOS-SERVE of each source
	local name
	# shellcheck disable=SC2034 # cluster.bash starts them by it
	SERVE_AT=([a]=$(address_free) [b]=$(address_free))
	SENDERS=()
	both_start
	for name in 1 2 3 4; do
		register "$name"
		source_starts "$name" "${!name}"
	done
	goes_on
}

# Each source is answered so often again, from here.
goes_on() {
	local name
	for name in 1 2 3 4; do
		BEFORE[name]=$(answers_of "$name")
	done
	for name in 1 2 3 4; do
		in_time is_further "$name"
	done
}
answers_of() { wc -l <"$1.answers"; }
is_further() { [ "$(answers_of "$1")" -ge $((BEFORE[$1] + 25)) ]; }

# ---- what became of it ----

# Of each reading that was answered as stored: SOURCE VALUE SEQ.
write_answered() {
	local name
	for name in 1 2 3 4; do
		cut -d ' ' -f 2- "$name.answers" | jq -r --arg source "$(jq -r .source "$name.key")" \
			'select(.status == "accepted" or .status == "duplicate") | "\($source) \(.line) \(.seq)"'
	done | LC_ALL=C sort >answered
}
# Each record that came, by its id; delivered: SOURCE VALUE.
write_delivered() {
	records >all_records
	jq -r '.[] | "\(.source) \(.value)"' all_records | LC_ALL=C sort >delivered
}
# Each entry of the raw streams: SOURCE SEQ.
write_stored() {
	"$HELP/heads" "${STORE[1]}" 4 | jq -r '"\(.source) \(.seq)"' | LC_ALL=C sort >stored
}

is_all_delivered() {
	write_delivered
	cut -d ' ' -f 1,2 answered | LC_ALL=C sort | cmp -s - delivered
}
is_stored_once() {
	cut -d ' ' -f 1,3 answered | LC_ALL=C sort -u | cmp -s - stored
}
# Readings and packs that are there more than once, under whatever ids.
doubled() { { uniq -d delivered; uniq -d stored; } | wc -l; }

# The longest that one source was not answered, and that none was, in seconds.
pauses() {
	for name in 1 2 3 4; do
		sed -nE "s/^([0-9]+) .*\"status\":\"(accepted|duplicate)\".*/\1 $name/p" "$name.answers"
	done | sort -n | awk '{ if (NR > 1 && $1 - all > most) most = $1 - all
		if ($2 in at && $1 - at[$2] > one) one = $1 - at[$2]
		all = at[$2] = $1 }
		END { printf "\"pause_s\":%.2f,\"all_s\":%.2f", one / 1e6, most / 1e6 }'
}

# The sources end; then all is as it should be, and a line says how it went.
failures_end() { # CASE
	local pid
	goes_on
	touch stop
	for pid in "${SENDERS[@]}"; do
		wait "$pid"
	done
	write_answered
	[ "$(wc -l <answered)" -eq "$(cat ./*.answers | wc -l)" ]
	in_time is_all_delivered
	write_stored
	printf '{"case":"%s",%s,"accepted":%d,"packs":%d,"stored":%d,"delivered":%d,"doubled":%d}\n' "$1" "$(pauses)" \
		"$(wc -l <answered)" "$(cut -d ' ' -f 1,3 answered | sort -u | wc -l)" "$(wc -l <stored)" \
		"$(wc -l <delivered)" "$(doubled)" >&3
	is_stored_once
	[ "$(doubled)" -eq 0 ]
	in_order
}

# ---- servers ----

# What server $1 says of its streams: a line of each, STREAM LEADER.
streams_at() {
	curl -sf -m 5 "http://127.0.0.1:${NATS_HTTP[$1]}/jsz?accounts=1&streams=1" |
		jq -r '.account_details[]?.stream_detail[]? | "\(.name) \(.cluster.leader)"'
}
# LEADER: which server leads a stream, as it says itself.
leader_find() { # STREAM
	for LEADER in 1 2 3; do
		! streams_at "$LEADER" | grep -qx "$1 n$LEADER" || return 0
	done
	return 1
}
# The raw stream of the lane that a source is of, as the first of its records says.
raw_of() { # NAME
	local lane
	lane=$(sed -n '1s/.*"id":"[0-9]*\(\.\([0-9]*\)\)\{0,1\}-.*/\2/p' "$1.answers")
	echo "nos-raw${lane#0}"
}

server_dies() {
	kill -9 "${NATS_PIDS[$1]}"
	wait "${NATS_PIDS[$1]}" || true
}

# Server $1 leads nothing any more: what it leads it is told to leave to another.
leads_nothing() {
	local stream
	streams_at "$1" | sed -n "s/ n$1\$//p" >led
	[ -s led ] || return 0
	{
		printf 'CONNECT {"verbose":false}\r\n'
		while read -r stream; do
			# shellcheck disable=SC2016 # a subject's name
			printf 'PUB $JS.API.STREAM.LEADER.STEPDOWN.%s 0\r\n\r\n' "$stream"
		done <led
		printf 'PING\r\n'
	} >led.ask
	exec 8<>"/dev/tcp/127.0.0.1/${NATS_PORTS[$1]}"
	cat led.ask >&8
	while read -r -t 5 -u 8 stream && [[ $stream != PONG* ]]; do :; done
	exec 8>&-
	return 1
}

# ---- what is between servers ----

# Where a test asks for it: each server reaches another by tests/help/sever.c alone, one for each two.
ways_start() {
	local two from to
	for two in 12 13 23; do
		from=${two:0:1} to=${two:1}
		NATS_VIA["$from-$to"]=$(port_of "$(address_free)")
		NATS_VIA["$to-$from"]=$(port_of "$(address_free)")
		mkfifo "cut$two"
		"$HELP/sever" "${NATS_VIA[$from-$to]}:${NATS_ROUTES[to]}" "${NATS_VIA[$to-$from]}:${NATS_ROUTES[from]}" \
			>"cut$two" 3>&- &
		CUT_PIDS[two]=$!
		OTHER_PIDS="${OTHER_PIDS:-} $!"
		read -r -t 30 <"cut$two"
	done
}
# Server $1 is alone, or with the others again.
alone() { signal_ways "$1" USR1; }
together() { signal_ways "$1" USR2; }
signal_ways() {
	local two
	for two in 12 13 23; do
		[[ $two != *$1* ]] || kill -"$2" "${CUT_PIDS[two]}"
	done
}
# Another than $2 leads the stream $1.
is_led_by_another() { # STREAM SERVER
	local i
	for i in 1 2 3; do
		[ "$i" = "$2" ] || ! streams_at "$i" | grep -qx "$1 n$i" || return 0
	done
	return 1
}
