#!/usr/bin/env bats
# The keys of one source are replaced by several nos-rekey at once while it sends to two nos-serve.

setup() {
	load ../tool/helper
	load key
	load faults
	load cluster
}
teardown() {
	everything_stops
	fails grep -sA 30 'Sanitizer' ./*.err
}

ROUNDS=40 # of 10 readings each

# Readings 1..ROUNDS*10 of the source, now to one and now to the other.
stream() {
	local i at=(a b)
	for ((i = 0; i < ROUNDS; i++)); do
		send 1 $((10 * i + 1)) $((10 * i + 10)) "${at[i % 2]}" --batch 2 || return
	done
}

# While that goes on. One that was quicker is no failure: an order that waits already is left to wait.
give_orders() {
	while kill -0 "$sender" 2>/dev/null; do
		timeout 60 nos-rekey --source 1 --overlap 1h "${SEALED[@]}" || return
	done
}

# Of each key each step stands in the trail once, and where they lead is where the key is.
trail_is_whole() {
	nos-keytable audit --verify "${SEALED[@]}" >verdict
	nos-keytable audit --source 1 "${STORE[@]}" | jq -s 'map(select(.key))' >steps
	[ "$(jq 'group_by([.key, .from, .to]) | map(select(length > 1))' steps)" = '[]' ]
	[ "$(jq 'group_by(.key) | map(select(map(select(.from | not)) | length != 1))' steps)" = '[]' ]
	# No step without the one that led to where it begins.
	[ "$(jq 'group_by(.key) | map(. as $all | map(select(.from)) |
		map(select(.from as $f | $all | any(.to == $f) | not))) | add' steps)" = '[]' ]
	jq -r 'group_by(.key)[] | (map(.from) as $left | map(select(.to as $t | $left | index($t) | not)))[0] |
		select(.to != "destroyed") | "\(.key) \(.to)"' steps | sort >by.trail
	nos-keytable ct --source 1 "${STORE[@]}" | jq -r 'select(.state) | "\(.key) \(.state)"' | sort >by.table
	diff by.trail by.table
}

@test "a source whose key is replaced by four at once while it sends to two nos-serve loses none, and no reading" {
	local i orders=()
	both_start
	register 1
	stream >answers.1 2>send.err 3>&- &
	sender=$!
	for i in 1 2 3 4; do
		give_orders >"rows.$i" 2>"rekey.$i.err" 3>&- &
		orders+=($!)
	done
	OTHER_PIDS="${OTHER_PIDS:-} $sender ${orders[*]}"
	wait "$sender"
	for i in "${orders[@]}"; do
		wait "$i"
	done
	# What waits for it is taken with the next contacts, and it sends on under that.
	send 1 $((10 * ROUNDS + 1)) $((10 * ROUNDS + 5)) b --batch 1 >>answers.1
	[ -z "$(ls 1.spool/*/*.jwe 2>/dev/null)" ]
	[ -z "$(nos-keytable ct --source 1 --state pre-active "${STORE[@]}")" ]
	[ "$(jq -s 'map(select(.status == "rejected" or .error)) | length' answers.1)" -eq 0 ]
	eventually all_out 1 $((10 * ROUNDS + 5))
	in_order
	# Keys were replaced meanwhile, and both hold the same one.
	[ "$(nos-keytable ct --source 1 --state active "${STORE[@]}" | jq -r .key)" = \
		"$(jq -r '[.keys[] | select(.state == "active")][-1].key' 1.key)" ]
	trail_is_whole
	[ "$(jq 'map(select(.from == "pre-active" and .to == "active")) | length' steps)" -gt 1 ]
	echo "# $(jq 'map(.key) | unique | length' steps) keys, $(jq length steps) steps" >&3
}
