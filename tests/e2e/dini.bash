# Sources of the scheme dini, a fleet of them (fleet.bash) in ten domains: global keys taken back.
export FLEET_NODE='--pool 10,1 --overlap 1h'

gt() { nos-keytable gt --state "${1:-active}" "${STORE[@]}"; }

# "s-… d.1.7", the active key of each source, as the node has it; and what each source would send under.
active() { nos-keytable ct --state active "${STORE[@]}" | jq -r 'select(.scheme == "dini") | "\(.source) \(.key)"' | sort; }

# The busiest global key: its name; HOLDERS and LOCAL of it.
busiest() {
	G=$(gt | jq -rs 'max_by(.local_keys) | .key')
	HOLDERS=$(gt | jq --arg g "$G" 'select(.key == $g) | .holders')
	LOCAL=$(gt | jq --arg g "$G" 'select(.key == $g) | .local_keys')
}
successor() { echo "${G%.*}.$((${G##*.} + 1))"; }

# Whose keyrings hold a global key.
holders_of() {
	jq -r --arg g "$1" 'select(any(.global[]; "w.\(.domain).\(.version)" == $g)) | .source' "$KEYS"/*.key | sort
}

# What was taken back is what was made of G, and all of that, of no source more: most by nos-rekey, which
# prints it, some by the node, where their source was quicker.
taken_back_is_what_was_made_of() { # the rows of nos-rekey
	[ "$(jq -c 'select(.source | not)' "$1")" = "{\"key\":\"$(successor)\",\"replaces\":\"$G\",\"status\":\"invalidated\"}" ]
	[ -z "$(comm -23 <(jq -r 'select(.source) | .source' "$1" | sort) made_of)" ]
	[ "$(wc -l <made_of)" -eq "$HOLDERS" ]
	nos-keytable audit "${STORE[@]}" | jq -r 'select(.to == "compromised" and .source) | "\(.source) \(.key)"' | sort >gone
	diff <(join before made_of) gone
}

invalidated_in_stream() {
	node_start $FLEET_NODE
	round
	[ "$(jq -r '.keys | keys | map(split(".")[0]) | unique | join(" ")' <<<"$LINE")" = d ]
	busiest
	[ "$HOLDERS" -gt 0 ]
	[ "$LOCAL" -eq "$HOLDERS" ]
	holders_of "$G" >made_of
	active >before
	[ "$(wc -l <before)" -eq "$COUNT" ]

	"$FLEET" "$KEYS" loop --url "$URL" --from "$NEXT" >>rounds 2>fleet.err 3>&- &
	pid=$!
	OTHER_PIDS=$pid
	begun=$(wc -l <rounds)
	goes_on() { [ "$(wc -l <rounds)" -gt $((begun + 1)) ]; }
	eventually goes_on
	nos-rekey --invalidate "$G" --wait 600s "${SEALED[@]}" >rows
	[ "$(jq -r 'select(.source) | .status' rows | sort -u)" = confirmed ]
	begun=$(wc -l <rounds)
	eventually goes_on
	kill $pid
	wait $pid
	OTHER_PIDS=
	LINE=$(tail -n 1 rounds)
	NEXT=$(jq .next <<<"$LINE")

	taken_back_is_what_was_made_of rows
	active >after
	# No other source's key is another than it was; none of what was made of G is left anywhere.
	diff <(join -v 1 before made_of) <(join -v 1 after made_of)
	[ -z "$(comm -12 <(sort gone) after)" ]
	[ "$(gt compromised | jq -c '[.key, .holders, .local_keys]')" = "[\"$G\",0,0]" ]
	[ "$(gt | jq -c --arg g "$(successor)" 'select(.key == $g) | [.holders, .local_keys]')" = "[$HOLDERS,$HOLDERS]" ]
	[ -z "$(holders_of "$G")" ] && holders_of "$(successor)" | diff - made_of
	# Each reading was taken, at the latest under p. where its own key was gone.
	jq -se 'all(.[]; .accepted == .sent and .duplicates + .rejected + .spooled + .failed == 0 and
		(.answers | keys) - ["202", "401"] == [])' rounds
	echo "# $((NEXT - 1)) readings of $COUNT sources, $HOLDERS of $G" >&3
	none_lost
}
