#!/usr/bin/env bats

setup() { load helper; }
teardown() { everything_stops; }

SENML=application/senml+json

records() { wc -l <out; }

@test "a pack of SenML becomes records, and one that may not be read is refused whole" {
	node_start --print
	cat >in <<'END'
[{"bn":"urn:dev:ow:10e2073a01080063:","bt":1.320067464e+09,"bu":"%RH","n":"humidity","v":20.5},
 {"n":"lon","u":"lon","v":24.30621},{"u":"lat","n":"lon","v":60.0796},
 {"n":"label","t":60,"vs":"Machine Room"},
 {"n":"power","u":"W","t":60,"v":"x"},
 {"n":"power","u":"W","t":60,"s":7}]
END
	post $SENML in '/v1/data?kind=room'
	[ "$STATUS" = 202 ]
	[ "$ANSWER" = '{"accepted":3,"duplicates":0,"rejected":[{"index":2,"error":{"code":"data","message":"record 5: v is no number","field":"v"}}],"position":1}' ]
	three() { [ "$(records)" -eq 3 ]; }
	eventually three
	[ "$(jq -c '[.id, .kind, .type, .value, .unit, .time, .lat, .lon, .raw.decimals]' out)" = \
		'["1-1-0","room","humidity",20.5,"%RH",1320067464,60.0796,24.30621,4]
["1-1-1","room","label","Machine Room","%RH",1320067524,null,null,null]
["1-1-3","room","power_sum",7,"W.s",1320067524,null,null,null]' ]

	post application/x-ndjson - /v1/data <<<'[{"n":"a","t":-60,"v":1.50}]'
	[ "$STATUS" = 202 ]
	four() { [ "$(records)" -eq 4 ]; }
	eventually four
	grep -q '"value":1.50,' out
	[ "$(tail -n 1 out | jq '.received - .time | round')" = 60 ]

	post $SENML - /v1/data <<<'[{"n":"a","v":1},{"n":"b","v":2,"later_":3}]'
	[ "$STATUS" = 400 ]
	[ "$(jq -r .detail <<<"$ANSWER")" = "record 2: field 'later_' must be understood, and is not" ]
	post $SENML - /v1/data <<<'[{"bver":11,"n":"a","v":1}]'
	[ "$STATUS" = 400 ]
	# Read as UTF-8 it would say something else.
	for charset in iso-8859-1 '"UTF-16"'; do
		post "application/json; charset=$charset" - /v1/data <<<'{"type":"a","value":1}'
		[ "$STATUS" = 415 ]
	done
	post $SENML - /v1/data <<<'[{"n":"a"}]'
	[ "$STATUS" = 422 ]
	[ "$(records)" -eq 4 ]
}
