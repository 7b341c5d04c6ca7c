#!/usr/bin/env bats

setup() {
	load helper
	PATH=$ROOT/scripts:$PATH
	feed=$DATA/meteotrentino/fetch_measurements.xml
}

# The older endpoint's form, with these readings of the temperature.
older() {
	printf '<datiOggi xmlns="http://www.meteotrentino.it/"><giorno>18/07/2019</giorno><tmin>-1</tmin><tmax>2</tmax><rain>0</rain>'
	printf '<temperature>%s</temperature>' "$1"
	printf '<precipitazioni><precipitazione UM="mm"><data>2019-07-18T14:00:00</data><pioggia>0.2</pioggia></precipitazione></precipitazioni>'
	printf '<venti><vento_al_suolo><data>2019-07-18T14:00:00</data><v>2.1</v><d>134</d></vento_al_suolo></venti>'
	printf '<radiazione><radiazioneglobale><data>2019-07-18T14:00:00</data><rsg>361</rsg></radiazioneglobale></radiazione>'
	printf '<umidita_relativa><umidita_relativa><data>2019-07-18T14:00:00</data><rh>63</rh></umidita_relativa></umidita_relativa></datiOggi>'
}

@test "the feed's 48 readings are those of the sample, oldest first" {
	run -0 --separate-stderr feed-meteotrentino "$feed"
	[ "$(jq -cS '[.type, .value, .unit, .time]' <<<"$output")" = \
		"$(jq -cS '[.type, .value, .unit, .time]' "$DATA/meteotrentino/readings.ndjson")" ]
	[ -z "$stderr" ]
}

@test "the feed is taken from stdin too" {
	run -0 bash -c "feed-meteotrentino - <'$feed' | wc -l"
	[ "$output" = 48 ]
}

@test "--shift makes the last reading's time the present and keeps the spans" {
	before=$(date +%s)
	run -0 feed-meteotrentino --shift "$feed"
	after=$(date +%s)
	last=$(jq -s '.[-1].time' <<<"$output")
	[ "$last" -ge "$before" ]
	[ "$last" -le "$after" ]
	[ "$(jq -s '.[-1].time - .[0].time' <<<"$output")" -eq 6300 ]
}

@test "the older form has no offset and is CET in summer too" {
	older '<temperatura_aria UM="°C"><data>2019-07-18T14:00:00</data><temperatura>25.5</temperatura></temperatura_aria>' >older.xml
	run -0 feed-meteotrentino older.xml
	[ "${lines[0]}" = '{"type":"air_temperature","value":25.5,"unit":"Cel","time":1563454800}' ]
	[ "$(jq -cs 'map([.type, .value, .unit])' <<<"$output")" = '[["air_temperature",25.5,"Cel"],["precipitation",0.2,"mm"],["wind_speed",2.1,"m/s"],["wind_direction",134,"deg"],["global_radiation",361,"W/m2"],["relative_humidity",63,"%RH"]]' ]
}

@test "an empty value is null and never 0, an empty list gives nothing" {
	older '<temperatura_aria UM="°C"><data>2019-07-18T14:00:00</data><temperatura/></temperatura_aria>' >older.xml
	run -0 feed-meteotrentino older.xml
	[ "$(jq -c .value <<<"${lines[0]}")" = null ]
	older '' >older.xml
	run -0 feed-meteotrentino older.xml
	[ "${#lines[@]}" -eq 5 ]
}

@test "anything else is one clear error, and no output half done" {
	run -65 --separate-stderr feed-meteotrentino "$DATA/meteotrentino/fetch_stations.xml"
	[[ $stderr = *'not a station feed: the root is ArrayOfPointOfMeasureInfo' ]]
	[ -z "$output" ]
	sed '$d' "$feed" >cut.xml
	run -65 --separate-stderr feed-meteotrentino cut.xml
	[ -n "$stderr" ]
	[ -z "$output" ]
	sed 's/<value>63</<value>wet</' "$feed" >bad.xml
	run -65 --separate-stderr feed-meteotrentino bad.xml
	[[ $stderr = *'not a number: wet' ]]
	[ -z "$output" ]
	sed 's/14:45:00+01/quarter to three/' "$feed" >bad.xml
	run -65 --separate-stderr feed-meteotrentino bad.xml
	[[ $stderr = *'not a time: '* ]]
	[ -z "$output" ]
	sed 's/UM="mm"/UM="inch"/' "$feed" >bad.xml
	run -65 --separate-stderr feed-meteotrentino bad.xml
	[[ $stderr = *'a unit that is not known: inch' ]]
	[ -z "$output" ]
	sed 's/<precipitation /<hail /; s/<\/precipitation>/<\/hail>/' "$feed" >bad.xml
	run -65 --separate-stderr feed-meteotrentino bad.xml
	[ -n "$stderr" ]
	[ -z "$output" ]
	run -66 feed-meteotrentino nowhere.xml
	run -64 feed-meteotrentino
}

@test "the feed goes into nos-score as it is" {
	run -0 bash -c "feed-meteotrentino --shift '$feed' | nos-score"
	[ "$(jq -s 'all(.[]; .scores.timeliness == (.scores.timeliness | fabs)) and (map(select(.type == "air_temperature")) | all(.[]; .scores.accuracy == 0.8))' <<<"$output")" = true ]
}
