# A source S, its node N, which S does not reach, and relays M that reach both: where each of them
# stands, and how it is started.
HELP=$ROOT/build/${V:-release}/tests/help
hop() { "$HELP/hop" "$@"; }

# ---- three places ----

is_apart() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }

# A network namespace that lasts as long as the process PLACE, which this test ends. What is given
# enters the user's namespace first, where there is one.
namespace() {
	"$@" unshare --net sleep infinity 3>&- &
	PLACE=$!
	OTHER_PIDS="${OTHER_PIDS:-} $PLACE"
	eventually is_apart $PLACE
}

# A wire between two places: an address on each end of it.
wire() { # NAME PLACE ADDRESS PLACE ADDRESS
	"${ENTER[@]}" nsenter -t "$2" -n ip link add "$1" type veth peer name "$1" netns "$4" &&
		end_of_wire "$1" "$2" "$3" && end_of_wire "$1" "$4" "$5"
}
end_of_wire() { # NAME PLACE ADDRESS
	"${ENTER[@]}" nsenter -t "$2" -n ip address add "$3" dev "$1" &&
		"${ENTER[@]}" nsenter -t "$2" -n ip link set "$1" up
}

# May namespaces be made here, by ourselves or in a user's namespace of our own? ENTER.
may_part() {
	ENTER=()
	unshare --net true 2>/dev/null && return
	unshare --user --map-root-user true 2>/dev/null || return
	unshare --user --map-root-user sleep infinity 3>&- &
	OTHER_PIDS="${OTHER_PIDS:-} $!"
	ENTER=(nsenter -t $! -U --preserve-credentials)
	eventually "${ENTER[@]}" unshare --net true 2>/dev/null
}

part() {
	local s m n
	may_part || return
	namespace "${ENTER[@]}"; s=$PLACE
	namespace "${ENTER[@]}"; m=$PLACE
	namespace "${ENTER[@]}"; n=$PLACE
	wire sm $s 10.9.1.1/24 $m 10.9.1.2/24 && wire mn $m 10.9.2.1/24 $n 10.9.2.2/24 || return
	"${ENTER[@]}" nsenter -t $n -n ip link set lo up || return
	AT_S=("${ENTER[@]}" nsenter -t $s -n)
	AT_M=("${ENTER[@]}" nsenter -t $m -n)
	AT_N=("${ENTER[@]}" nsenter -t $n -n)
	M_HOST=10.9.1.2 N_HOST=10.9.2.2
}

# AT_S, AT_M, AT_N put a command where S, M or N is; M_HOST is what S reaches M by, N_HOST what M
# reaches N by.
places() {
	AT_S=() AT_M=() AT_N=() M_HOST=127.0.0.2 N_HOST=127.0.0.3
	if part 2>part.err; then
		echo '# in three network namespaces' >&3
	else
		echo '# at three loopback addresses, since no namespace is to be had' >&3
	fi
}
at_s() { "${AT_S[@]}" "$@"; }
at_m() { "${AT_M[@]}" "$@"; }

# ---- who is there ----

# The node at its place, and where S is told it is: where that is one machine, at a port where
# nobody listens.
node_there() { # [nos-serve's options]
	LISTEN=${N_HOST:-127.0.0.1}:0 node_start --print "$@"
	FAR=$URL
	[[ -n ${AT_S[*]} ]] || FAR=http://${N_HOST:-127.0.0.1}:1
}

# NAME.key, of a source that reaches the node itself.
join() { # NAME [nos-token's options]
	nos-token new "${SEALED[@]}" --url "$URL" "${@:2}" 2>/dev/null | at_m nos-register --keyring "$1.key" --name "$1" >"$1.receipt"
}
id_of() { jq -r .source "$1.key"; }

# nos-relay with NAME.key: RELAY is its URL, RELAY_PID; its notes in NAME.err. It does not hold the
# descriptor 7 open, by which a source of a test is fed.
relay_start() { # NAME [options]
	rm -f "$1.ready"
	mkfifo "$1.ready"
	"${AT_M[@]}" nos-relay --keyring "$1.key" --listen "${M_LISTEN:-${M_HOST:-127.0.0.1}:0}" --ready-fd 9 -v "${@:2}" \
		9>"$1.ready" 2>>"$1.err" 3>&- 7>&- &
	RELAY_PID=$!
	OTHER_PIDS="${OTHER_PIDS:-} $RELAY_PID"
	read -r -t 120 RELAY_READY <"$1.ready" || { cat "$1.err" >&2; return 1; }
	RELAY=http://$(jq -r '.listen[0]' <<<"$RELAY_READY")
}

# s.key, of a source that reaches the relay alone.
join_through() { # [nos-token's options]
	nos-token new "${SEALED[@]}" --url "$FAR" "$@" 2>/dev/null >enrolment
	at_s nos-register --keyring s.key --name s --via "$RELAY" <enrolment >s.receipt
}
send() { at_s nos-send --keyring s.key --via "$RELAY" "$@"; }
posts() { grep -c "nos-relay: $2, " "$1.err"; }

# ---- what N knows ----

path_of() { keytable ct --source "$1" --state active | jq -c .path | sort -u; }
has_records() { [ "$(wc -l <out)" -ge "$1" ]; }
# Of each record on a line: value, source, key and way.
ways() { jq -c '[.value, .source, .key, .via]' out; }

# ---- packs and frames that are made by hand ----

NDJSON=application/x-ndjson
HOP=application/nos-hop
# A small pack of S's, and M's frame around it, in the files pack and frame.
framed() { # SEQ VALUE
	numbers "$2" "$2" | hop seal s.key "$1" $NDJSON >pack
	hop frame m.key "$(id_of s)" 1 <pack >frame
}
# In the file answers: a line for each body of stdin, a netstring (tests/help/post.c).
post_each() { "$HELP/post" "$URL/v1/data" application/jose >answers; }
netstring() { printf '%d:' "$(stat -c %s "$1")"; cat "$1"; printf ,; }
bits() { echo $((8 * $(stat -c %s "$1"))); }
stored() { [ "$(entries -n node.db raw)" -eq "$1" ]; }
say() { jq -se "$1" answers >/dev/null || { sort answers | head -n 5 >&2; return 1; }; }

# ---- a stream through two relays ----

# Two relays M and M2, and S that sends 3,000 readings in packs of 5 by them; SENDER.
stream() {
	node_there
	join m
	join m2
	M_LISTEN=$(address_free)
	relay_start m
	first=$RELAY first_pid=$RELAY_PID
	join_through
	M_LISTEN= relay_start m2
	second=$RELAY second_pid=$RELAY_PID
	mkfifo in
	nos-send --keyring s.key --via "$first" --via "$second" --batch 5 --spool spool <in >answers 2>send.err 3>&- &
	SENDER=$!
	OTHER_PIDS="$OTHER_PIDS $SENDER"
	exec 7>in
}
answered() { [ "$(wc -l <answers)" -ge "$1" ]; }
carried() { [ "$(grep -cE '/v1/(data|hop), .*: 202' "$1.err")" -ge "$2" ]; }

# All is answered and each reading is in one record, after what is still in the spool has gone.
stream_ends() {
	exec 7>&-
	wait $SENDER
	emptied() { nos-send --keyring s.key --via "$first" --via "$second" --spool spool </dev/null && [ -z "$(ls spool/*/*.jwe 2>/dev/null)" ]; }
	eventually emptied 2>>send.err
	[ "$(jq -s 'map(select(.status == "rejected" or .error)) | length' answers)" -eq 0 ]
	[ "$(jq -s 'map(.line) | unique | length' answers)" -eq 3000 ]
	node_stop
	is_whole 3000
	[ "$(jq -c .via out | sort -u | xargs)" = "$(printf '[%s]\n' "$(id_of m)" "$(id_of m2)" | sort | xargs)" ]
	echo "# $(jq -rs 'group_by(.status) | map("\(.[0].status) \(length)") | join(", ")' answers); carried by M $(jq -c .via out | grep -c "$(id_of m)"), by M2 $(jq -c .via out | grep -c "$(id_of m2)")" >&3
}

# ---- what is on the way ----

# What stands before a server and writes down each connection, both ways, in the folder NAME: SEEN
# is its URL.
recorder() { # NAME URL
	mkdir "$1"
	socat -d -d TCP-LISTEN:0,bind=127.0.0.1,reuseaddr,fork \
		SYSTEM:"tee $1/\$\$.up | socat - TCP\:127.0.0.1\:${2##*:} | tee $1/\$\$.down" 2>"$1.log" 3>&- &
	OTHER_PIDS="${OTHER_PIDS:-} $!"
	eventually grep -q 'listening on' "$1.log"
	SEEN=http://$(sed -n 's/.*listening on AF=2 //p' "$1.log" | head -n 1)
}

# Of s.key, but for what it shares with its relay, a line "NAME HEX" each.
secrets() {
	jq -r 'del(.links, .global) | .. | objects | (.key?, .value?) | select(type == "string" and test("^[A-Za-z0-9_-]{22}$|^[A-Za-z0-9_-]{43}$"))' s.key |
		while read -r key; do echo "key $(to_hex "$key")"; done
}
words() { for word in air_temperature '"value":-17.25' campodenno; do echo "word $(hex_of "$word")"; done; }
finds() { "$HELP/search" "$@" >found; }

# The headers of the packs that are seen somewhere, a line each.
headers() {
	grep -ahoE 'eyJ[A-Za-z0-9_-]+\.\.' "$@" | tr -d . | while read -r header; do printf '%b' "$(to_hex "$header" | sed 's/../\\x&/g')"; echo; done
}
