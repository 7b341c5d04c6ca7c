#!/usr/bin/env bats

# Messages of others, as their makers document them, through the ready maps; and what nos-formats(7)
# shows, taken out of the page and run.

setup() { load helper; }
teardown() { everything_stops; }

# What a node made of the last pack, as it came: type, value, unit, time, and what there is of source and
# position.
made() {
	jq -c --arg at "$(jq .position <<<"$ANSWER")" 'select(.id | startswith("1-" + $at + "-")) |
		[.type, .raw.value // .value, .raw.unit // .unit, .time, .claimed, .lat, .lon] |
		until(length < 5 or .[-1] != null; .[:-1])' out
}

# Whatever digits this jq keeps of a number.
plain() { jq -c 'map(if type == "number" then . + 0 else . end)'; }

# A message through a map, against the lines that stand in standard input.
is_read_as() {
	cat >want
	post "$1" "$2" "/v1/data?map=$3"
	[ "$STATUS" -eq 202 ] || { echo "$2: $ANSWER" >&2; return 1; }
	settled() { [ "$(made | wc -l)" -eq "$(jq .accepted <<<"$ANSWER")" ]; }
	eventually settled
	diff <(made | plain) <(plain <want)
}

through() { is_read_as application/json "$DATA/formats/$1.json" "$1"; }

@test "the messages of eleven makers are read through their maps" {
	node_start --map-dir "$ROOT/scripts/dist/maps" --print
	through ttn <<-'END'
		["air_temperature",-7.9,"Cel",1547812800.412,"orchard-4",46.28,11.03]
		["relative_humidity",81,"%RH",1547812800.412,"orchard-4",46.28,11.03]
		["battery_v",3.62,"V",1547812800.412,"orchard-4",46.28,11.03]
		["leaf_wet",false,null,1547812800.412,"orchard-4",46.28,11.03]
	END
	through chirpstack <<-'END'
		["air_temperature",21.25,"Cel",1547812800.775,"vineyard-2"]
		["relative_humidity",48.5,"%RH",1547812800.775,"vineyard-2"]
		["note","ok",null,1547812800.775,"vineyard-2"]
	END
	through tasmota <<-'END'
		["air_temperature",21.3,"Cel",1547812800]
		["relative_humidity",46.2,"%RH",1547812800]
		["dew_point",9.3,"Cel",1547812800]
		["air_pressure",986.1,"hPa",1547812800]
		["air_temperature",19.8,"Cel",1547812800]
	END
	sed 's/"hPa"/"mmHg"/; s/"C"/"F"/' "$DATA/formats/tasmota.json" >fahrenheit
	is_read_as application/json fahrenheit tasmota <<-'END'
		["air_temperature",21.3,"degF",1547812800]
		["relative_humidity",46.2,"%RH",1547812800]
		["dew_point",9.3,"degF",1547812800]
		["air_pressure",986.1,"mmHg",1547812800]
		["air_temperature",19.8,"degF",1547812800]
	END
	through zigbee2mqtt <<-'END'
		["battery",87,"%EL",1547812800.5]
		["relative_humidity",44.72,"%RH",1547812800.5]
		["linkquality",120,null,1547812800.5]
		["air_pressure",991.4,"hPa",1547812800.5]
		["air_temperature",21.34,"Cel",1547812800.5]
		["battery_voltage",2995,"mV",1547812800.5]
	END
	through zigbee2mqtt-mains <<-'END'
		["current",0.15,"A",1547812800.5]
		["energy",12.41,"kWh",1547812800.5]
		["linkquality",96,null,1547812800.5]
		["active_power",31.2,"W",1547812800.5]
		["state","ON",null,1547812800.5]
		["voltage",231,"V",1547812800.5]
	END
	through shelly <<-'END'
		["relative_humidity",47.1,"%RH",1547812800.25,"shellyplusht-c049ef000001"]
		["air_temperature",21.5,"Cel",1547812800.25,"shellyplusht-c049ef000001"]
	END
	through sensor-community <<-'END'
		["pm10",12.33,"ug/m3",null,"1234567"]
		["pm2_5",6.70,"ug/m3",null,"1234567"]
		["air_temperature",-3.50,"Cel",null,"1234567"]
		["air_pressure",98612.41,"Pa",null,"1234567"]
		["relative_humidity",null,"%RH",null,"1234567"]
	END
	through rtl_433 <<-'END'
		["battery_ok",1,null,1547812800,"92"]
		["air_temperature",-3.4,"Cel",1547812800,"92"]
		["relative_humidity",81,"%RH",1547812800,"92"]
		["wind_speed",null,"m/s",1547812800,"92"]
		["wind_direction",247.5,"deg",1547812800,"92"]
		["rain_total",112.4,"mm",1547812800,"92"]
	END
	through ngsi-ld <<-'END'
		["air_temperature",3.3,"Cel",1547812800,"urn:ngsi-ld:WeatherObserved:valley-7",46.28,11.03]
		["relative_humidity",0.81,"1",1547812740,"urn:ngsi-ld:WeatherObserved:valley-7",46.28,11.03]
		["wind_speed",2,null,null,"urn:ngsi-ld:WeatherObserved:valley-7",46.28,11.03]
	END
	through openweather <<-'END'
		["air_temperature",265.25,"K",1547812800,"7000001",46.28,11.03]
		["sea_level_pressure",1021,"hPa",1547812800,"7000001",46.28,11.03]
		["relative_humidity",81,"%RH",1547812800,"7000001",46.28,11.03]
		["wind_speed",1.5,"m/s",1547812800,"7000001",46.28,11.03]
		["wind_direction",350,"deg",1547812800,"7000001",46.28,11.03]
		["cloud_cover",20,"%",1547812800,"7000001",46.28,11.03]
	END
	through home-assistant <<-'END'
		["air_temperature",11.50,"°C",1547812800,"sensor.cellar_temperature"]
		["relative_humidity",null,"%",1547812800,"sensor.attic_humidity"]
	END
	is_read_as text/csv "$DATA/formats/dwd-10min.csv" dwd-10min <<-'END'
		["air_pressure",null,"hPa",1547812800,"73"]
		["air_temperature",-1.2,"Cel",1547812800,"73"]
		["ground_temperature",-2.4,"Cel",1547812800,"73"]
		["relative_humidity",81.3,"%RH",1547812800,"73"]
		["dew_point",-4.0,"Cel",1547812800,"73"]
		["air_pressure",978.4,"hPa",1547813400,"73"]
		["air_temperature",-1.1,"Cel",1547813400,"73"]
		["ground_temperature",null,"Cel",1547813400,"73"]
		["relative_humidity",80.9,"%RH",1547813400,"73"]
		["dew_point",-4.0,"Cel",1547813400,"73"]
	END
	# Whatever unit a maker names, it is one that is known.
	jq -se 'length > 40 and all(.flags | index("unit") == null)' out
}

# ---- the page ----

PAGE() { cat "$ROOT/man/nos-formats.7"; }

# What stands in the page as an example of this name and kind.
example() {
	PAGE | awk -v mark=".\\\\\" EXAMPLE $1 $2" '$0 == mark {found = 1; next}
		found && /^\.Bd/ {on = 1; next} on && /^\.Ed/ {exit} on' | sed 's/\\e/\\/g' | tee example
	[ -s example ]
}

# A record, or a reading with "claimed", as it came.
as_sent() { jq -c '[.type, .raw.value // .value, .raw.unit // .unit, .time, .claimed, .lat, .lon]'; }

# A body of this media type makes the same records as the readings that the page shows for it.
makes() {
	post "$1" body "/v1/data${2:+?map=$2}"
	[ "$STATUS" -eq 202 ] || { echo "$ANSWER" >&2; return 1; }
	jq -c '.claimed = .source' readings >want
	same() { diff <(tail -n "$(wc -l <want)" out | as_sent | plain) <(as_sent <want | plain) >differs; }
	eventually same || { cat differs >&2; return 1; }
}

@test "what the page shows as readings is read, and what it shows of maps and SenML is as it says" {
	mkdir maps
	example greenhouse map >maps/greenhouse.json
	example csv map >maps/hof.json
	node_start --map-dir maps --print
	example own readings | jq -c '.time |= if type == "string" then 1547812800 else . end' >readings
	example own readings >body
	makes application/x-ndjson
	example senml readings >readings
	example senml senml >body
	makes application/senml+json
	example greenhouse readings >readings
	example greenhouse json >body
	makes application/json greenhouse
	example csv readings >readings
	example csv csv >body
	makes text/csv hof
}

@test "the jq lines of the page make the readings that it shows" {
	example influx input >input
	example influx jq >line
	example influx readings >readings
	diff <(bash line <input) readings
	# What is bad takes nothing else with it.
	{ cat "$DATA/formats/influx.txt"; printf '%s\n' '' 'x y=1e,z="a' '# note' '{'; cat "$DATA/formats/influx.txt"; } >body
	bash line <body | nos-score | jq -se 'map(select(.type != "y")) | length == 8 and all(has("scores"))'
	example zigbee jq | sed 1d >line
	zigbee() { printf '{"topic":"zigbee2mqtt/cellar","message":%s}\n' "$1"; }
	good=$(<"$DATA/formats/zigbee2mqtt.json")
	zigbee "$good" >body
	[ "$(bash line <body | jq -c 'select(.type == "temperature")')" = '{"type":"temperature","value":21.34,"time":"2019-01-18T12:00:00.500Z","source":"cellar"}' ]
	bash line <body | nos-score | jq -se 'length == 6 and all(has("scores"))'
	[ "$(bash line <body | jq -c 'select(.unit) | [.type, .value, .unit]')" = '["battery_voltage",2995,"mV"]' ]
	for message in '' offline '"online"' null '[1]' "${good:0:40}" "$good"; do zigbee "$message"; done >>body
	bash line <body | nos-score | jq -se 'length == 12 and all(has("scores"))'
	# None is held back until there are more.
	mkfifo slow
	bash line <slow >came 3>&- &
	exec 9>slow
	zigbee "$good" >&9
	eventually [ -s came ]
	exec 9>&-
	wait
}

@test "each jq line of the page passes over what is no JSON, and holds nothing back" {
	# Those of the examples: of a page to come, too.
	PAGE | awk '/^\.\\" EXAMPLE .* jq$/ {on = 1} on && /jq -/ {print; on = 0}' >lines
	[ "$(wc -l <lines)" -ge 2 ]
	run ! grep -vE 'jq -cR --unbuffered ' lines
}

@test "each ready map is in the page, and each in the page is ready" {
	diff <(cd "$ROOT/scripts/dist/maps" && printf '%s\n' *.json | sed 's/\.json$//' | sort) \
		<(PAGE | sed -n '/^\.Ss Ready maps/,/^\.El/s/^\.It Cm //p' | sort)
}
