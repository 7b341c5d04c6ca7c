#!/usr/bin/env bats
# The pipelines of the manual and of README, as they are written there: default ports, default places.
# They run in a network of their own, so that ports 8080 and 1883 are free.

setup() { load ../tool/helper; }
teardown() { everything_stops; }

# Run the lines of stdin with a node and a broker at their defaults around them.
as_written() {
	cat >lines.sh
	cat >around.sh <<'END'
set -euo pipefail
ip link set lo up
export STATE_DIRECTORY=$PWD/state
echo 'allow_anonymous true' >broker.conf
echo 'listener 1883' >>broker.conf
[[ $(id -u) != 0 ]] || echo 'user root' >>broker.conf
mosquitto -c broker.conf >broker.log 2>&1 &
broker=$!
until (: >/dev/tcp/127.0.0.1/1883) 2>/dev/null; do kill -0 $broker; done
mkfifo ready
nos-serve --mqtt mqtt://127.0.0.1 --ready-fd 9 9>ready 2>node.err &
node=$!
read -r line <ready
trap 'kill $(jobs -p); wait' EXIT
. ./lines.sh
END
	unshare --map-root-user --net bash around.sh 3>&-
}

@test "nos-token | nos-register, the station's feed | nos-send, mosquitto_sub | jq, nos-keytable | jq" {
	ln -s "$ROOT/scripts" scripts
	cp "$DATA/meteotrentino/fetch_measurements.xml" station.xml
	as_written <<'END' >printed 2>notes
stdbuf -oL mosquitto_sub -t 'nos/+/+/+/+' -d >subscribed &
until grep -q SUBACK subscribed; do :; done
nos-token new --kind weather-station --url http://127.0.0.1:8080 | nos-register --keyring campodenno.key --name campodenno
scripts/feed-meteotrentino station.xml | nos-send --keyring campodenno.key
nos-keytable ct --format json | jq -r 'select(.age > 86400) | .source'
until [ "$(grep -c '^{' subscribed)" -ge 48 ]; do :; done
grep '^{' subscribed | jq -c 'select(.scores.integrity == 1)' >sealed
END
	[ "$(jq -s 'map(select(.status == "accepted")) | length' printed)" -eq 48 ]
	[ "$(wc -l <sealed)" -eq 48 ]
	[ "$(jq -r .name sealed | sort -u)" = campodenno ]
	[ "$(jq -s 'map([.type, .time, .value]) | sort' sealed)" = \
		"$(jq -s 'map([.type, .time, .value]) | sort' "$DATA/meteotrentino/readings.ndjson")" ]
}

@test "nos-score < readings | jq" {
	cp "$DATA/meteotrentino/readings.ndjson" .
	printf '{"type":"air_temperature","value":54}\n' >>readings.ndjson
	nos-score < readings.ndjson | jq -c 'select(.scores.accuracy < 0.5)' >odd
	[ "$(jq -c .value odd)" = 54 ]
}

@test "nos-score gives to the digit what the node published for the same readings" {
	node_start --print
	nos-token new "${SEALED[@]}" --kind weather-station 2>/dev/null | nos-register --keyring a.key --name campodenno
	"$ROOT/scripts/feed-meteotrentino" --shift "$DATA/meteotrentino/fetch_measurements.xml" >readings
	nos-send --keyring a.key --batch 7 <readings >answers
	nos-send --anonymous --url "$URL" --kind weather-station <readings >>answers
	# Odd ones: late, doubled, without a time, of an unknown unit, missing, claimed, with a place.
	cat >odd <<'END'
{"type":"air_temperature","value":-7.25,"unit":"Cel","time":1547812800}
{"type":"air_temperature","value":"x"}
{"type":"air_temperature","value":12.5,"unit":"furlong","source":"00:11:22:33:44:55"}
{"type":"count","value":123456789.123456,"lat":46.28134,"lon":11.03}
{"type":"count","value":1e-9,"time":"2030-01-01T00:00:00Z"}
{"type":"count","value":null}
END
	nos-send --keyring a.key <odd >>answers
	nos-send --keyring a.key <odd >>answers
	[ "$(jq -s 'map(select(.status == "accepted")) | length' answers)" -eq 108 ]
	all_printed() { [ "$(wc -l <out)" -eq 108 ]; }
	eventually all_printed
	nos-score --records <out >again
	diff <(jq -c '[.id, .scores, .flags]' out) <(jq -c '[.id, .scores, .flags]' again)
	# And plain readings, as they came, at the time at which they came.
	grep '"source":"anonymous"' out >open
	received=$(jq -r .received open | head -n 1)
	diff <(jq -c .scores open) <(nos-score --now "$received" <readings | jq -c .scores)
}
