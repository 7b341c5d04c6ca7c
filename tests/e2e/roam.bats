#!/usr/bin/env bats
# A source that sends to another node than its own.

setup() {
	load ../tool/helper
	load faults
	load roam
}
teardown() { everything_stops; ! grep -sA 30 Sanitizer n?/err; }

@test "registered at one node, its readings come out at another, and a third opens nothing of it" {
	broker_start
	roam_nodes 3
	roam_stop 2
	roam_start 2 --mqtt "$MQTT"
	subscribe seen 'nos/+/+/+/+'
	roam_register 1 a
	source=$(jq -r .source a.key)
	run -0 --separate-stderr nos-send --keyring a.key --url http://127.0.0.1:1 --roam "$URL_2" < <(numbers 1 3)
	[ "$(jq -r .status <<<"$output" | sort | uniq -c | xargs)" = '3 accepted' ]
	[ "$(jq -r .id <<<"$output" | head -n 1)" = 2-1-0 ]
	three() { [ "$(received seen | grep -c "^nos/2/k/$source/")" -eq 3 ]; }
	eventually three
	received seen | head -n 1 | cut -d ' ' -f 2- | tee record >&2
	day=$(jq -r '.key | split(".")[2]' record)
	[ "$(jq -r .key record)" = "r.1.$day" ]
	[ "$(jq -c '[.raw.holders, .raw.proof, .raw.enrolled, .source]' record)" = "[3,\"key\",\"token\",\"$source\"]" ]
	run --separate-stderr nos-send --keyring a.key --url http://127.0.0.1:1 --roam "$URL_3" --wait 0s < <(numbers 4 4)
	[ "$status" -eq 77 ]
	[ "$(entries -n n3/node.db raw)" -eq 0 ]
}

refusals() { metric "$(eval "echo \$ADMIN_$1")" "nos_visits_refused_total{cause=\"$2\"}"; } # I CAUSE
kept() { entries -n "n$1/node.db" raw; }
metric() { curl -s "$1/metrics" | grep "^$2" | cut -d ' ' -f 2; }

@test "the first node holds a key of the day, shows it when asked to, and goes on while the source's home is away" {
	roam_nodes 2
	roam_register 1 a
	source=$(jq -r .source a.key)
	away a 1 --roam "$URL_2"
	[ "$STATUS" = 0 ]
	[ "$(metric "$ADMIN_2" 'nos_visits_total{result="ok"}')" = 1 ]
	roam_stop 1 KILL
	away a 2 --roam "$URL_2"
	[ "$(jq -r .id <<<"$ANSWER")" = 2-2-0 ]
	roam_stop 2
	roam_start 2
	away a 3 --roam "$URL_2"
	[ "$(jq -r .status <<<"$ANSWER")" = accepted ]
	[ -z "$(metric "$ADMIN_2" 'nos_visits_total{')" ]
	run -0 roam_at 2 nos-keytable kt
	day=$(($(date +%s) / 86400))
	[ "$(jq -c '[.source, .home, .state, .uses, has("value")]' <<<"$output")" = "[\"$source\",1,\"active\",3,false]" ]
	[ "$(jq '.expires / 86400' <<<"$output")" -le $((day + 2)) ]
	run -0 roam_at 2 nos-keytable kt --source "$source" --show-secrets
	[ "$(jq '.value | length' <<<"$output")" = 43 ]
	# At rest it is sealed.
	fails grep -aqF "$(jq -r .value <<<"$output")" n2/node.db
	run -66 roam_at 2 nos-keytable kt --source s-0000000000
}

@test "a first pack costs one request to the source's home and one answer, and a second none" {
	nodes_apart
	roam_register 1 a
	roam_register 1 b
	away a 1 --roam "$URL_2"
	[ "$STATUS" = 0 ]
	# The first of all brings the home's key too, once for as long as the node runs: a question without a body.
	[ "$(find record -name '*.up' -empty | wc -l)" = 1 ]
	[ "$(exchanges)" = 2 ]
	away b 1 --roam "$URL_2"
	[ "$(exchanges)" = 3 ]
	[ "$(find record -name '*.up' -size +0 | wc -l) $(find record -name '*.down' -size +0 | wc -l)" = '2 3' ]
	for name in a b; do
		away $name 2 --roam "$URL_2"
		[ "$STATUS" = 0 ]
	done
	[ "$(exchanges)" = 3 ]
	[ "$(kept 2)" = 4 ]
}

@test "home and another node count no gaps of a source that roams" {
	roam_nodes 2
	roam_register 1 a
	nos-send --keyring a.key < <(numbers 1 1) >/dev/null
	away a 2 --roam "$URL_2"
	nos-send --keyring a.key < <(numbers 3 3) >/dev/null
	away a 4 --roam "$URL_2"
	# A reading without a time has one half of what it should have; half of the numbers would be a quarter.
	for i in 1 2; do
		two() { [ "$(entries -n "n$i/node.db" processed)" = 2 ]; }
		eventually two
		[ "$(entries "n$i/node.db" processed | grep '^{' | jq .scores.completeness | sort -u)" = 0.5 ]
	done
	[ "$(roam_at 1 nos-keytable sources | jq .roams)" = true ]
}

@test "revoked at home, a source is refused by the other node within a second" {
	roam_nodes 2
	roam_register 1 a
	away a 1 --roam "$URL_2"
	[ "$STATUS" = 0 ]
	roam_at 1 nos-rekey --revoke a >/dev/null
	began=$(date +%s%N)
	refused() {
		away a 2 --roam "$URL_2"
		[ "$STATUS" = 77 ]
	}
	eventually refused
	echo "# refused $(((${EPOCHREALTIME/./} - began / 1000) / 1000)) ms behind the revocation" >&3
	[ -z "$(roam_at 2 nos-keytable kt)" ]
	[ "$(sqlite3 n1/node.db "select count(*) from state where ns like 'roam-%'")" = 0 ]
	roam_stop 1
	away a 3 --roam "$URL_2"
	[ "$STATUS" -ne 0 ]
}

@test "a node that is away hears of a revocation once it is back" {
	roam_nodes 2
	roam_register 1 a
	away a 1 --roam "$URL_2"
	roam_stop 2 KILL
	roam_at 1 nos-token forget a >/dev/null 2>&1
	[ "$(sqlite3 n1/node.db "select count(*) from state where ns = 'roam-tell'")" = 1 ]
	roam_start 2
	gone() { [ -z "$(roam_at 2 nos-keytable kt)" ]; }
	eventually gone
}

@test "renewed at home, a source goes on at the other node under a key of its new secret" {
	roam_nodes 2
	roam_register 1 a
	away a 1 --roam "$URL_2"
	before=$(roam_at 2 nos-keytable kt --show-secrets | jq -r .value)
	roam_at 1 nos-rekey --renew a >/dev/null
	nos-send --keyring a.key < <(numbers 2 4) --batch 1 >/dev/null
	accepted() {
		away a 5 --roam "$URL_2"
		[ "$STATUS" = 0 ]
	}
	eventually accepted
	[ "$(roam_at 2 nos-keytable kt --show-secrets | jq -r .value)" != "$before" ]
}

@test "a node that is no peer any more has no visitors, nor has a node after a backup or with new keys" {
	roam_nodes 2
	roam_register 1 a
	kt() { roam_at 2 nos-keytable kt --format json | jq -s length; }
	none_left() { [ "$(kt)" = 0 ]; }
	away a 1 --roam "$URL_2"
	[ "$STATUS" = 0 ]
	# What was dropped is asked for anew, where there is somebody to ask.
	for how in --identity --after-restore; do
		[ "$how" = --identity ] || roam_stop 2
		roam_at 2 nos-rekey "$how" >/dev/null
		none_left
		[ "$how" = --after-restore ] || roam_stop 2
		roam_start 2
		[ "$how" = --after-restore ] || roam_peer 2 roam | roam_peers_now 1
		# One that comes before the node has looked is refused, as any whose key has just gone.
		comes_again() { away a 2 --roam "$URL_2"; [ "$STATUS" = 0 ]; }
		eventually comes_again
		[ "$(kt)" = 1 ]
	done
	roam_peers_now 2 </dev/null
	eventually none_left
	away a 3 --roam "$URL_2"
	[ "$STATUS" = 77 ]
	roam_peer 1 revoked | roam_peers_now 2
	away a 4 --roam "$URL_2"
	[ "$STATUS" = 0 ]
	roam_stop 2
	rm n2/peers.json
	roam_start 2
	none_left
	away a 5 --roam "$URL_2"
	[ "$STATUS" = 77 ]
}

@test "with its home away and no key there, a pack waits in the spool, and arrives once home is back" {
	roam_nodes 2
	roam_register 1 a
	roam_stop 1
	away a 1 --roam "$URL_2"
	[ "$STATUS" = 69 ]
	away a 1 --roam "$URL_2" --spool spool
	[ "$(jq -r .status <<<"$ANSWER")" = spooled ]
	grep -q 'answered 503 without a receipt: .*home is not reached' send.err
	[ "$(refusals 2 away)" = 2 ]
	grep -q "a visit of $(jq -r .source a.key) from node 1 is refused: its home is not reached: " n2/err
	[ "$(kept 2)" = 0 ]
	roam_start 1
	arrived() { # home is looked for again after two seconds
		nos-send --keyring a.key --url http://127.0.0.1:1 --wait 5s --roam "$URL_2" --spool spool </dev/null
		[ -z "$(ls spool/*)" ]
	}
	eventually arrived
	[ "$(kept 2)" = 1 ]
}

@test "a pack whose answer was lost is a duplicate at the node that has it, and goes nowhere else" {
	roam_nodes 2
	roam_register 1 a
	# A connection that was good before is tried once more by the client itself.
	between_start "${URL_2##*:}" pass lose lose
	away a 1 --roam "$BETWEEN" --spool spool
	[ "$(jq -r .status <<<"$ANSWER")" = spooled ]
	[ "$(kept 2)" = 1 ]
	# Home is there again, but that is not where it may have arrived.
	nos-send --keyring a.key --roam "$BETWEEN" --spool spool </dev/null
	[ -z "$(ls spool/*)" ]
	[ "$(kept 1)$(kept 2)" = 01 ]
}

@test "a pack that may have arrived at a node waits for it by whatever URL, and given up it may stand in both" {
	roam_nodes 3
	roam_register 1 a
	between_start "${URL_2##*:}" pass lose lose
	away a 1 --roam "$BETWEEN" --spool spool
	[ "$(kept 2)" = 1 ]
	# Home is there, and so is another node; neither is where it may have arrived.
	for roam in '' "$URL_3"; do
		run -0 --separate-stderr nos-send --keyring a.key ${roam:+--roam "$roam"} --spool spool < <(numbers 2 2)
		[ "$(jq -r .status <<<"$output")" = spooled ]
		[[ $stderr == *'may have arrived at node 2 waits for it, and no --roam names it: '*'--give-up 2' ]]
	done
	[ "$(kept 1)$(kept 2)$(kept 3)" = 010 ]
	run -0 --separate-stderr nos-send --keyring a.key --roam "$URL_3" --roam "$URL_2" --spool spool </dev/null
	[ -z "$(ls spool/*)" ]
	[ "$(kept 1)$(kept 2)$(kept 3)" = 030 ]
	# The other way: the node is given up, and what it had arrived at it stands in both.
	between_start "${URL_2##*:}" pass lose lose
	away a 3 --roam "$BETWEEN" --spool spool
	[ "$(kept 2)" = 4 ]
	run -64 nos-send --keyring a.key --give-up 2 </dev/null
	run -0 --separate-stderr nos-send --keyring a.key --spool spool --give-up 3 </dev/null
	[[ $stderr == *'nothing waits for node 3: '* ]]
	[ "$(kept 1)" = 0 ]
	run -0 --separate-stderr nos-send --keyring a.key --spool spool --give-up 2 </dev/null
	[[ $stderr == *'spool: 1 readings may have arrived at node 2 and go elsewhere now'* ]]
	[ -z "$(ls spool/*)" ]
	[ "$(kept 1)$(kept 2)" = 14 ]
}

@test "a pack that may have arrived at home waits for home, and given up it goes to another node" {
	roam_nodes 2
	roam_register 1 a
	between_start "${URL_1##*:}" lose lose
	run -0 --separate-stderr nos-send --keyring a.key --url "$BETWEEN" --wait 0s --roam "$URL_2" --spool spool < <(numbers 1 1)
	[ "$(jq -r .status <<<"$output")" = spooled ]
	[ "$(kept 1)$(kept 2)" = 10 ]
	for n in 2 3; do # home is not reached, the other node is
		run -0 --separate-stderr nos-send --keyring a.key --url http://127.0.0.1:1 --wait 0s --roam "$URL_2" --spool spool < <(numbers $n $n)
		[[ $stderr == *"spool: 0 packs accepted, $n waiting"*'may have arrived at node 1 waits for it, unless --give-up 1: '* ]]
		[ "$(kept 2)" = 0 ]
	done
	run -0 --separate-stderr nos-send --keyring a.key --url http://127.0.0.1:1 --wait 0s --roam "$URL_2" --spool spool --give-up 2 </dev/null
	[[ $stderr == *'spool: nothing waits for node 2: --give-up 2 changes nothing'*'3 waiting'* ]]
	run -0 --separate-stderr nos-send --keyring a.key --url http://127.0.0.1:1 --wait 0s --roam "$URL_2" --spool spool --give-up 1 </dev/null
	[[ $stderr == *'spool: 1 readings may have arrived at node 1 and go elsewhere now'*'3 packs accepted, 0 waiting'* ]]
	[[ $stderr != *'nothing waits'* ]]
	[ "$(kept 1)$(kept 2)" = 13 ]
	# Home takes it again as what it is.
	between_start "${URL_1##*:}" lose lose
	nos-send --keyring a.key --url "$BETWEEN" --wait 0s --roam "$URL_2" --spool spool < <(numbers 4 4)
	run -0 --separate-stderr nos-send --keyring a.key --spool spool --give-up 1 </dev/null
	[[ $stderr == *'1 packs accepted, 0 waiting'* ]]
	[ "$(kept 1)$(kept 2)" = 23 ]
}

@test "of a source that is registered at a node itself no other node is asked" {
	roam_nodes 2
	roam_register 2 b
	jq '.node.number = 1' b.key >c.key
	chmod 600 c.key
	away c 1 --roam "$URL_2"
	[ "$STATUS" = 77 ]
	[ -z "$(metric "$ADMIN_2" 'nos_visits_total{')" ]
	[ -z "$(roam_at 2 nos-keytable kt)" ]
}

@test "a stranger is refused, and not asked for again at once" {
	roam_nodes 3
	roam_register 3 c
	jq '.node.number = 1' c.key >d.key
	chmod 600 d.key
	for i in 1 2 3; do
		away d "$i" --roam "$URL_2"
		[ "$STATUS" = 77 ]
	done
	[ "$(metric "$ADMIN_2" 'nos_visits_total{result="denied"}')" = 1 ]
	# One whose home is among no peers is not asked for at all.
	away c 4 --roam "$URL_2"
	[ "$STATUS" = 77 ]
	[ "$(metric "$ADMIN_2" 'nos_visits_total{result="denied"}')" = 1 ]
	# Each is counted by its cause, which is said once.
	[ "$(refusals 2 home) $(refusals 2 stranger)" = '3 1' ]
	source=$(jq -r .source c.key)
	[ "$(grep -c "a visit of $source from node 1 is refused: its home gives no key of it: $URL_1: refused" n2/err)" = 1 ]
	[ "$(grep -c "a visit of $source from node 3 is refused: its home is not among the peers" n2/err)" = 1 ]
}

# What the audit stream of node I says of keys for visits of a source.
visits_of() { # I SOURCE
	roam_at "$1" nos-keytable audit --source "$2" --format json |
		jq -r 'select(.key // "" | startswith("r.")) | "\(.from) \(.to) \(.reason)"'
}

@test "a visit is an entry of the audit stream where it begins and where it ends, at both nodes" {
	roam_nodes 2
	roam_register 1 a
	source=$(jq -r .source a.key)
	for i in 1 2 3; do away a $i --roam "$URL_2"; done
	[ "$(visits_of 1 "$source")" = 'null active given to node 2' ]
	[ "$(visits_of 2 "$source")" = 'null active given by node 1, its home' ]
	roam_at 1 nos-rekey --revoke a >/dev/null
	ended() { [ "$(visits_of 2 "$source" | tail -n +2)" = 'active destroyed its home took it back' ]; }
	eventually ended
	[ "$(visits_of 1 "$source" | tail -n +2)" = 'active destroyed taken back from node 2' ]
	for i in 1 2; do roam_at "$i" nos-keytable audit --verify >/dev/null; done
}

@test "a home that was put back from a backup has all that it gave dropped, and gives it anew" {
	roam_nodes 2
	roam_register 1 a
	roam_stop 1
	cp n1/node.db backup.db
	roam_start 1
	away a 1 --roam "$URL_2"
	[ "$STATUS" = 0 ]
	roam_stop 1
	rm n1/node.db*
	cp backup.db n1/node.db
	roam_at 1 nos-rekey --after-restore >/dev/null
	roam_start 1
	none_left() { [ -z "$(roam_at 2 nos-keytable kt)" ]; }
	eventually none_left
	grep -q 'node 1 was put back from a backup, and all that it gave is dropped' n2/err
	said() { grep -q 'node 2 has dropped all that this one gave it' n1/err; }
	eventually said
	# What it gives from now on it knows, and is not taken back by what was told.
	away a 2 --roam "$URL_2"
	[ "$STATUS" = 0 ]
	roam_stop 1
	roam_start 1
	away a 3 --roam "$URL_2"
	[ "$STATUS" = 0 ]
	[ "$(grep -c 'all that it gave is dropped' n2/err)" = 1 ]
	roam_at 1 nos-rekey --revoke a >/dev/null
	eventually none_left
}

@test "the host lists its visitors, puts one out for good, and corrects and forgets what it sent" {
	roam_nodes 2
	for name in a b; do
		roam_register 1 $name
		away $name 1 --roam "$URL_2"
		[ "$STATUS" = 0 ]
	done
	source=$(jq -r .source a.key)
	visitor() { roam_at 2 nos-keytable visitors --source "$source" --format json; }
	[ "$(visitor | jq -c '[.source, .home, .kind, .state, .seq, .readings]')" = "[\"$source\",1,\"k\",\"active\",1,1]" ]
	[ "$(visitor | jq '.until > .last_seen')" = true ]
	[ "$(roam_at 2 nos-keytable visitors --format json | jq -s length)" = 2 ]
	run -0 roam_at 2 nos-keytable visitors --format table
	[[ ${lines[0]} == source*home*kind*state*until*last_seen*seq*readings ]]
	run -0 roam_at 2 nos-rekey --revoke "$source" --since 2020-01-01T00:00:00Z --reason stolen
	[ "$(jq -r '"\(.source) \(.status)"' <<<"$output")" = "$source revoked" ]
	[ "$(visitor | jq -r .state)" = compromised ]
	# Its home is asked no more, and what it sent is corrected, as of a source of the node's own.
	away a 2 --roam "$URL_2"
	[ "$STATUS" = 77 ]
	[ "$(refusals 2 here)" = 1 ]
	[ "$(metric "$ADMIN_2" 'nos_visits_total{result="ok"}')" = 2 ]
	corrected() { [ "$(roam_at 2 nos-keytable taint --source "$source" | jq .corrected)" = true ]; }
	eventually corrected
	away b 2 --roam "$URL_2"
	[ "$STATUS" = 0 ]
	run -0 roam_at 2 nos-token forget "$source"
	[ "$(roam_at 2 nos-keytable taint --source "$source")" = '' ]
	roam_stop 2
	roam_start 2
	away a 3 --roam "$URL_2"
	[ "$STATUS" = 77 ]
}

@test "a pack is opened by one node alone, whatever keys the other has" {
	roam_nodes 3
	{ roam_peer 2 roam; roam_peer 3 roam; } | roam_peers_now 1
	roam_register 1 a
	mkdir record
	BETWEEN_RECORD=record between_start "${URL_2##*:}"
	away a 1 --roam "$BETWEEN"
	away a 2 --roam "$URL_3"
	[ "$STATUS" = 0 ]
	pack=$(grep -l '^eyJ' record/* | head -n 1)
	for i in 1 3; do
		url=URL_$i
		URL=${!url} post application/jose "$pack" /v1/data
		[ "$STATUS" = 401 ]
	done
	URL=$URL_2 post application/jose "$pack" /v1/data
	[ "$STATUS $(jq .same <<<"$ANSWER")" = '202 true' ]
}

@test "a peers file that is wrong is refused with its place, and keeps the old one where the node runs" {
	for i in 1 2; do roam_start "$i"; done
	roam_peer 2 roam | roam_peers 1
	roam_stop 1
	roam_start 1
	[ "$(curl -s -o /dev/null -w '%{http_code}' -X POST -H 'Content-Type: application/jose' -d x "$URL_1/v1/peer")" = 400 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -X POST -H 'Content-Type: application/jose' -d x "$URL_2/v1/peer")" = 404 ]
	sed -i 's/"may":\["roam"\]/"may":["rome"]/' n1/peers.json
	kill -HUP "$PID_1"
	said() { grep -q "line 1, column .*'may' takes roam and revoked: the peers stay as they were" n1/err; }
	eventually said
	# Two nodes of one number would give the same ids.
	roam_peer 2 roam | jq -c '.node = 1' | roam_peers 1
	kill -HUP "$PID_1"
	said() { grep -q "node 1 is this one's own number.*: the peers stay as they were" n1/err; }
	eventually said
	sed -i 's/"may":\["roam"\]/"may":["rome"]/' n1/peers.json
	run -78 --separate-stderr nos-serve --check --store sqlite:n1/node.db --node-key n1/node.key --peers n1/peers.json
	[[ $stderr == *'n1/peers.json: line 1, column '*"'may' takes roam and revoked" ]]
}
