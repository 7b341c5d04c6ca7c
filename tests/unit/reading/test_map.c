/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "base/num.h"
#include "reading/map.h"

static struct nos_scan scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
static struct nos_csv csv;
static struct nos_buf space, said;
static struct nos_err err;

/* A line for a reading: type value unit time source seq lat,lon, as far as there are any. */
static enum nos_code say(
    void *state, const struct nos_reading *r, const struct nos_err *why, struct nos_err *e)
{
	(void)state;
	(void)e;
	if (!r) {
		nos_buf_addf(&said, "!%s: %s\n", nos_code_slug(why->code), why->text);
		return NOS_OK;
	}
	nos_buf_addf(&said, "%.*s ", NOS_STR_ARG(r->type));
	if (r->kind == NOS_READING_NUMBER) {
		double again;

		assert_true(nos_num_parse_decimal(r->text, &again));
		assert_true(again == r->number);
		nos_buf_addf(&said, "%.*s/%u", NOS_STR_ARG(r->text), r->decimals);
	} else if (r->kind == NOS_READING_TEXT) {
		nos_buf_addf(&said, "\"%.*s\"", NOS_STR_ARG(r->text));
	} else {
		nos_buf_add_text(&said, r->kind == NOS_READING_MISSING ? "null"
					: r->truth		       ? "true"
								       : "false");
	}
	if (r->unit.len)
		nos_buf_addf(&said, " %.*s", NOS_STR_ARG(r->unit));
	if (r->has_time) {
		nos_buf_add_text(&said, " @");
		nos_time_format(&said, r->time);
	}
	if (r->claimed.len)
		nos_buf_addf(&said, " of %.*s", NOS_STR_ARG(r->claimed));
	if (r->has_seq)
		nos_buf_addf(&said, " #%d", (int)r->seq);
	if (r->has_position)
		nos_buf_addf(&said, " (%g,%g/%u)", r->lat, r->lon, r->lat_decimals);
	nos_buf_add_char(&said, '\n');
	return NOS_OK;
}

static struct nos_map *map_of(const char *text)
{
	struct nos_map *map = NULL;

	err = (struct nos_err){ 0 };
	if (nos_map_parse(nos_str_of(text), &map, &err))
		fail_msg("%s", err.text);
	return map;
}

static void begin(size_t len)
{
	nos_buf_release(&space);
	nos_buf_init(&space, 1 << 20);
	assert_true(nos_buf_reserve(&space, len + 1));
	nos_buf_truncate(&said, 0);
}

/* What a map makes of a message. */
static const char *of(const char *map_text, const char *message)
{
	struct nos_map *map = map_of(map_text);
	const char *at;

	assert_false(nos_map_is_csv(map));
	begin(strlen(message));
	at = space.p;
	if (nos_scan_parse(&scan, nos_str_of(message), &err) ||
	    nos_map_object(map, &scan, scan.values, &space, say, NULL, &err))
		fail_msg("%s", err.text);
	assert_ptr_equal(space.p, at);
	nos_map_free(map);
	return said.p;
}

/* Of lines of CSV. */
static const char *of_lines(const struct nos_map *map, const char *text)
{
	struct nos_str rest = nos_str_of(text), line;
	bool header = nos_map_has_header(map);

	assert_true(nos_map_is_csv(map));
	begin(strlen(text));
	nos_csv_begin(&csv);
	while (nos_str_cut(&rest, '\n', &line)) {
		if (!line.len)
			continue;
		if (nos_csv_split(&csv, line, nos_map_separator(map), &err) ||
		    (header && nos_csv_name(&csv, &err)) ||
		    (!header && nos_map_row(map, &csv, &space, say, NULL, &err)))
			fail_msg("%s", err.text);
		header = false;
	}
	return said.p;
}

static const char *of_csv(const char *map_text, const char *text)
{
	struct nos_map *map = map_of(map_text);
	const char *ret = of_lines(map, text);

	nos_map_free(map);
	return ret;
}

static void each_member_of_an_object_is_a_reading(void **state)
{
	(void)state;
	assert_string_equal(
	    of("{\"v\":1,\"source\":\"/id\",\"time\":\"/at\",\"seq\":\"/n\",\"type\":\"*\","
	       "\"value\":\"/values/*\",\"lat\":\"/where/1\",\"lon\":\"/where/0\"}",
		"{\"id\":7,\"at\":\"2019-01-18T12:00:00Z\",\"n\":3,\"where\":[11.1,46.25],"
		"\"values\":{\"a\":1.50,\"b\":\"on\",\"c\":true,\"d\":null,\"e\":-nan,\"f\":{\"g\":1},"
		"\"h\":[1],\"i\":\"21.5\"}}"),
	    "a 1.50/2 @1547812800 of 7 #3 (46.25,11.1/2)\n"
	    "b \"on\" @1547812800 of 7 #3 (46.25,11.1/2)\n"
	    "c true @1547812800 of 7 #3 (46.25,11.1/2)\n"
	    "d null @1547812800 of 7 #3 (46.25,11.1/2)\n"
	    "e null @1547812800 of 7 #3 (46.25,11.1/2)\n"
	    "i null @1547812800 of 7 #3 (46.25,11.1/2)\n");
}

static void what_another_member_of_the_map_names_is_no_reading_of_the_star(void **state)
{
	(void)state;
	assert_string_equal(of("{\"v\":1,\"time\":\"/ts\",\"source\":\"/dev\",\"type\":\"*\","
			       "\"value\":\"/*\"}",
				"{\"ts\":1547812800,\"dev\":\"a\",\"t\":1,\"u\":2}"),
	    "t 1/0 @1547812800 of a\nu 2/0 @1547812800 of a\n");
}

static void two_stars_go_through_objects_of_objects(void **state)
{
	(void)state;
	assert_string_equal(
	    of("{\"v\":1,\"time\":\"/Time\",\"zone\":\"+01:00\",\"type\":\"*\",\"value\":\"/*/*\","
	       "\"take\":[\"T\",\"H\"],\"units\":{\"T\":\"/U\",\"H\":\"%RH\"}}",
		"{\"Time\":\"2019-01-18T13:00:00\",\"A\":{\"Id\":\"x\",\"T\":1},"
		"\"B\":{\"T\":2,\"H\":3},\"U\":\"\\u00b0C\"}"),
	    "T 1/0 \302\260C @1547812800\nT 2/0 \302\260C @1547812800\nH 3/0 %RH @1547812800\n");
}

static void elements_of_an_array_are_pairs_of_name_and_value(void **state)
{
	(void)state;
	assert_string_equal(
	    of("{\"v\":1,\"type\":\"/list/*/n\",\"value\":\"/list/*/v\",\"unit\":\"/list/*/u\","
	       "\"decimal\":\".\",\"rename\":{\"P1\":\"pm10\"},\"units\":{\"P1\":\"ug/m3\"}}",
		"{\"list\":[{\"n\":\"P1\",\"v\":\"+012.30\"},{\"n\":\"t\",\"v\":\"-.5\",\"u\":\"Cel\"},"
		"{\"v\":\"1\"},{\"n\":\"none\"},{\"n\":\"\",\"v\":1},{\"n\":\"w\",\"v\":\"1.2.3\"}]}"),
	    "pm10 12.30/2 ug/m3\nt -0.5/1 Cel\n!data: type is missing\n!data: type is empty\n"
	    "w \"1.2.3\"\n");
}

static void a_star_may_be_followed_by_a_member(void **state)
{
	(void)state;
	assert_string_equal(
	    of("{\"v\":1,\"source\":\"/id\",\"type\":\"*\",\"value\":\"/*/value\",\"unit\":\"/*/unitCode\","
	       "\"time\":\"/*/observedAt\",\"lat\":\"/location/value/coordinates/1\","
	       "\"lon\":\"/location/value/coordinates/0\",\"unit_names\":{\"CEL\":\"Cel\"}}",
		"{\"id\":\"urn:ngsi-ld:W:1\",\"type\":\"W\",\"location\":{\"type\":\"GeoProperty\",\"value\":"
		"{\"type\":\"Point\",\"coordinates\":[11.5,46.5]}},\"temperature\":{\"value\":3.1,"
		"\"unitCode\":\"CEL\",\"observedAt\":\"2019-01-18T12:00:00Z\"},\"sky\":{\"value\":\"clear\"}}"),
	    "temperature 3.1/1 Cel @1547812800 of urn:ngsi-ld:W:1 (46.5,11.5/1)\n"
	    "sky \"clear\" of urn:ngsi-ld:W:1 (46.5,11.5/1)\n");
}

#define SINGLE \
	"{\"v\":1,\"type\":\"/a/t~1~0\",\"value\":\"/s\",\"unit\":\"/u\",\"lat\":46.28,\"lon\":\"11.03\"}"

static void a_message_may_be_a_single_value(void **state)
{
	(void)state;
	assert_string_equal(of(SINGLE, "{\"a\":{\"t/~\":\"x\"},\"s\":1e2,\"u\":null}"),
	    "x 1e2/0 (46.28,11.03/2)\n");
	assert_string_equal(of(SINGLE, "{\"a\":{\"t/~\":\"x\"}}"), "!data: value is missing\n");
	assert_string_equal(of(SINGLE, "{\"a\":{\"t/~\":\"x\"},\"s\":[]}"),
	    "!data: value is neither number, text nor boolean\n");
	assert_string_equal(of(SINGLE, "{\"s\":1}"), "!data: type is missing\n");
}

static void a_message_in_which_nothing_is_found_is_not_good(void **state)
{
	(void)state;
	assert_string_equal(of("{\"v\":1,\"type\":\"*\",\"value\":\"/x/*\"}", "{\"y\":{\"a\":1}}"),
	    "!data: nothing in it is what the map reads\n");
	assert_string_equal(
	    of("{\"v\":1,\"type\":\"*\",\"value\":\"/*\",\"take\":[\"b\"]}", "{\"a\":1}"),
	    "!data: nothing in it is what the map reads\n");
	assert_string_equal(of("{\"v\":1,\"type\":\"t\",\"value\":\"/*\"}", "7"),
	    "!data: nothing in it is what the map reads\n");
}

static void a_wide_csv_has_a_reading_for_each_column(void **state)
{
	(void)state;
	assert_string_equal(
	    of_csv(
		"{\"v\":1,\"source\":\"/Station\",\"time\":\"/Zeit\",\"type\":\"*\",\"value\":\"/*\","
		"\"csv\":{\"separator\":\";\",\"decimal\":\",\"},\"missing\":[-999],"
		"\"time_format\":\"%d.%m.%Y %H:%M\",\"zone\":\"+01:00\",\"rename\":{\"T\":\"air_temperature\"},"
		"\"units\":{\"T\":\"Cel\"}}",
		"Station;Zeit;T;RF\n00055;18.01.2019 13:00;-7,9;81\n55;18.01.2019 13:00;;-999,0\n"
		"55;18.01.2019 13:00;1;2;3\n55;18.01.2019 13:00;1.5;\"2,5\";\n"),
	    "air_temperature -7.9/1 Cel @1547812800 of 00055\nRF 81/0 @1547812800 of 00055\n"
	    "air_temperature null Cel @1547812800 of 55\nRF null @1547812800 of 55\n"
	    "!data: the line has more fields than the header\n"
	    "air_temperature null Cel @1547812800 of 55\nRF 2.5/1 @1547812800 of 55\n");
}

static void a_column_is_known_by_its_number_where_there_is_no_header(void **state)
{
	(void)state;
	assert_string_equal(
	    of_csv("{\"v\":1,\"time\":\"/1\",\"type\":\"air_temperature\",\"value\":\"/2\","
		   "\"csv\":{\"header\":false}}",
		"1547812800,-7.90\n2019-01-18 12:00:00Z,true\n"),
	    "air_temperature -7.90/2 @1547812800\nair_temperature true @1547812800\n");
}

static void a_long_csv_has_a_reading_a_line(void **state)
{
	(void)state;
	assert_string_equal(
	    of_csv("{\"v\":1,\"type\":\"/what\",\"value\":\"/val\",\"unit\":\"/unit\",\"csv\":{}}",
		"what,val,unit\nt,21.5,Cel\n,1,\nh\n"),
	    "t 21.5/1 Cel\n!data: type is missing\n!data: value is missing\n");
}

static void our_own_csv_has_the_members_of_a_reading(void **state)
{
	(void)state;
	assert_string_equal(
	    of_lines(nos_map_plain(),
		"time,type,value,lat,lon,seq,source,unit\n"
		"1547812800,t,-7.9,46.28,11.03,17,a,Cel\n,t,nan,,,,,\n,t,wet,46,,,,\n"),
	    "t -7.9/1 Cel @1547812800 of a #17 (46.28,11.03/2)\nt null\n"
	    "!data: lat and lon are not a position in degrees\n");
}

#define LIST(rest) "{\"v\":1,\"type\":\"*\",\"value\":\"/*\"," rest "}"

static void what_means_no_value_is_missing(void **state)
{
	(void)state;
	assert_string_equal(of(LIST("\"missing\":[-999,\"n/a\",85.0]"),
				"{\"a\":-999.0,\"b\":\"n/a\",\"c\":85,\"d\":\"N/A\",\"e\":-99}"),
	    "a null\nb null\nc null\nd \"N/A\"\ne -99/0\n");
	assert_string_equal(
	    of(LIST("\"missing\":[-999],\"decimal\":\".\""), "{\"a\":\"-999.00\"}"), "a null\n");
}

static void a_decimal_comma_is_one(void **state)
{
	(void)state;
	assert_string_equal(
	    of(LIST("\"decimal\":\",\""),
		"{\"a\":\"21,50\",\"b\":\"-7\",\"c\":\"21.5\",\"d\":2.5,\"e\":\"1,2e1\",\"f\":\",\","
		"\"g\":\"\"}"),
	    "a 21.50/2\nb -7/0\nc null\nd 2.5/1\ne 1.2e1/0\nf \",\"\ng null\n");
}

/* The first time of a map with these members, or what is wrong. */
static const char *time_of(const char *members, const char *time)
{
	char map[400], message[200];

	snprintf(map, sizeof(map), "{\"v\":1,\"type\":\"x\",\"value\":\"/v\",\"time\":\"/t\"%s}",
	    members);
	snprintf(message, sizeof(message), "{\"v\":1,\"t\":%s}", time);
	return of(map, message);
}

#define GOOD	  "x 1/0 @1547812800\n"
#define FORMAT(f) ",\"zone\":\"Z\",\"time_format\":\"" f "\""

static void times_are_read_as_the_map_says(void **state)
{
	(void)state;
	assert_string_equal(time_of("", "1547812800"), GOOD);
	assert_string_equal(time_of("", "1547812800000"), GOOD);
	assert_string_equal(time_of("", "null"), "x 1/0\n");
	assert_string_equal(time_of("", "\"2019-01-18T13:00:00+01\""), GOOD);
	assert_string_equal(time_of("", "\"2019-01-18 13:00:00\""),
	    "!data: time '2019-01-18 13:00:00' is not a time: it has no offset, and the map no zone\n");
	assert_string_equal(time_of(",\"zone\":\"-03:30\"", "\"2019-01-18 08:30:00\""), GOOD);
	assert_string_equal(time_of(",\"zone\":\"-03:30\"", "\"2019-01-18 12:00:00Z\""), GOOD);
	assert_string_equal(time_of(",\"time_format\":\"epoch\"", "\"1547812800\""), GOOD);
	assert_string_equal(time_of(",\"time_format\":\"rfc3339\",\"zone\":\"+01\"", "1547812800"),
	    "!data: time '1547812800' is not a time\n");
	assert_string_equal(time_of(FORMAT("%Y%m%d%H%M"), "201901181200"), GOOD);
	assert_string_equal(time_of(FORMAT("%d.%m.%y %I:%M %p"), "\"18.01.19 12:00 pm\""), GOOD);
	assert_string_equal(
	    time_of(FORMAT("%a, %d %b %Y %T %z"), "\"Fri, 18 Jan 2019 13:00:00 +0100\""), GOOD);
	assert_string_equal(
	    time_of(FORMAT("%F %T"), "\"2019-01-18 12:00:00.250\""), "x 1/0 @1547812800.25\n");
	assert_string_equal(time_of(FORMAT("%F"), "\"2020-02-29\""), "x 1/0 @1582934400\n");
}

static void a_date_that_is_not_in_the_calendar_is_no_time(void **state)
{
	static const char *const no[] = { "\"2019-02-29\"", "\"2019-04-31\"", "\"2019-13-01\"",
		"\"2019-1\"", "\"2019-01-18x\"", "true", "\"\"", "[]" };
	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_memory_equal(time_of(FORMAT("%F"), no[i]), "!data: time '", 13);
}

static void what_is_too_long_or_no_number_is_not_good(void **state)
{
	(void)state;
	assert_string_equal(
	    of("{\"v\":1,\"type\":\"t\",\"value\":\"/v\",\"seq\":\"/s\"}", "{\"v\":1,\"s\":1.5}"),
	    "!data: seq is not a whole number under 2^53\n");
	assert_string_equal(
	    of("{\"v\":1,\"type\":\"t\",\"value\":\"/v\",\"unit\":\"/u\"}", "{\"v\":1,\"u\":{}}"),
	    "!data: unit is not a text\n");
	assert_string_equal(of("{\"v\":1,\"type\":\"t\",\"value\":\"/v\",\"source\":\"/s\"}",
				"{\"v\":1,\"s\":\"1234567890123456789012345678901234567890"
				"1234567890123456789012345\"}"),
	    "!large: source is over 64 bytes\n");
	assert_string_equal(
	    of("{\"v\":1,\"type\":\"t\",\"value\":\"/v\",\"lat\":\"/p\",\"lon\":\"/q\"}",
		"{\"v\":1,\"p\":91,\"q\":1}"),
	    "!data: lat and lon are not a position in degrees\n");
}

static void what_is_no_map_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *map, *why;
	} no[] = {
		{ "{", "line 1, column 2: JSON is cut off" },
		{ "[]", "a map is a JSON object" },
		{ "{\"type\":\"x\"}", "'v' is missing: a map begins with {\"v\":1" },
		{ "{\"v\":2}", "line 1, column 6: written by a newer nos" },
		{ "{\"v\":1,\n \"typ\":\"x\"}", "line 2, column 2: 'typ' is not known" },
		{ "{\"v\":1,\"type\":\"x\"}", "'value' is missing" },
		{ "{\"v\":1,\"value\":\"/x\"}", "'type' is missing" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"x\"}",
		    "line 1, column 27: 'value' is no pointer: begin it with /" },
		{ "{\"v\":1,\"type\":\"*\",\"value\":\"/x\"}",
		    "line 1, column 15: 'type' is \"*\", and 'value' has none" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"/*/*/*\"}",
		    "line 1, column 27: 'value' has over two '*'" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"/~2\"}",
		    "line 1, column 27: 'value' has a '~' that is neither ~0 nor ~1" },
		{ "{\"v\":1,\"type\":\"/b/*\",\"value\":\"/a/*\"}",
		    "line 1, column 15: 'type' goes another way to its '*' than 'value' does" },
		{ "{\"v\":1,\"type\":\"/a/*\",\"value\":\"/a\"}",
		    "line 1, column 15: 'type' has a '*' that 'value' has not" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"/a\",\"missing\":[true]}",
		    "line 1, column 43: 'missing' is not a text" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"/a\",\"zone\":\"Europe/Rome\"}",
		    "line 1, column 39: 'zone' is not an offset such as +01:00" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"/a\",\"time_format\":\"%s\"}",
		    "line 1, column 46: 'time_format' has a conversion that is not taken: take %Y %y %m %b "
		    "%d %e %H %I %p %M %S %F %D %T %R %z %a" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"/a\",\"time_format\":\"%F %T\"}",
		    "line 1, column 46: 'time_format' has no %z: say in 'zone' what its times are in" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"/a\",\"time_format\":\"%T %z\"}",
		    "line 1, column 46: 'time_format' gives no year, month and day" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"/a\",\"time_format\":\"%F %I %z\"}",
		    "line 1, column 46: 'time_format' has one of %I and %p without the other" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"/a\",\"decimal\":\";\"}",
		    "line 1, column 42: 'decimal' is neither \".\" nor \",\"" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"/a/b\",\"csv\":{}}",
		    "line 1, column 27: 'value' is no column: take /NAME or /NUMBER" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"/a\",\"csv\":{\"header\":false}}",
		    "line 1, column 27: 'value' is no number of a column, and there is no header" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"/a\",\"csv\":{\"quote\":1}}",
		    "line 1, column 39: 'quote' is not known" },
		{ "{\"v\":1,\"type\":\"x\",\"value\":\"/a\",\"units\":{\"T\":\"/b/*\"}}",
		    "line 1, column 40: 'units' has a '*' that 'value' has not" },
	};
	struct nos_map *map;

	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		err = (struct nos_err){ 0 };
		assert_int_equal(nos_map_parse(nos_str_of(no[i].map), &map, &err), NOS_CONFIG);
		assert_string_equal(err.text, no[i].why);
	}
}

static void where_a_unit_stands_is_no_reading_of_the_star(void **state)
{
	(void)state;
	assert_string_equal(of("{\"v\":1,\"type\":\"*\",\"value\":\"/*\",\"units\":{\"a\":\"/u\"}}",
				"{\"a\":1,\"u\":\"Cel\"}"),
	    "a 1/0 Cel\n");
	assert_string_equal(of("{\"v\":1,\"type\":\"*\",\"value\":\"/x/*/*\","
			       "\"units\":{\"a\":\"/x/*/u\"}}",
				"{\"x\":[{\"u\":\"Cel\",\"a\":1},{\"a\":2,\"u\":\"K\"}]}"),
	    "a 1/0 Cel\na 2/0 K\n");
	assert_string_equal(of_csv("{\"v\":1,\"type\":\"*\",\"value\":\"/*\",\"csv\":{},"
				   "\"units\":{\"a\":\"/u\"}}",
				"a,u\n1,Cel\n2,K\n"),
	    "a 1/0 Cel\na 2/0 K\n");
}

/* What a map says of a header; empty: nothing. */
static const char *of_header(const char *map_text, const char *header)
{
	struct nos_map *map = map_of(map_text);

	nos_csv_begin(&csv);
	assert_int_equal(nos_csv_split(&csv, nos_str_of(header), ',', &err), NOS_OK);
	assert_int_equal(nos_csv_name(&csv, &err), NOS_OK);
	(void)!nos_map_header_check(map, &csv, &err);
	nos_map_free(map);
	return err.text;
}

#define CSV(members) "{\"v\":1,\"csv\":{}," members "}"

static void a_header_without_what_each_line_needs_is_not_good(void **state)
{
	static const struct {
		const char *map, *header, *says;
	} cases[] = {
		{ CSV("\"type\":\"/t\",\"value\":\"/v\""), "v,t", "" },
		{ CSV("\"type\":\"/t\",\"value\":\"/v\""), "v,x",
		    "there is no column 't', which holds the type" },
		{ CSV("\"type\":\"x\",\"value\":\"/3\""), "a,b,c", "" },
		{ CSV("\"type\":\"x\",\"value\":\"/3\""), "a,b",
		    "there is no column '3', which holds the value" },
		{ CSV("\"type\":\"x\",\"value\":\"/v\",\"time\":\"/at\""), "v", "" },
		{ CSV("\"type\":\"*\",\"value\":\"/*\",\"time\":\"/at\""), "at,a", "" },
		{ CSV("\"type\":\"*\",\"value\":\"/*\",\"time\":\"/at\""), "at",
		    "no column is one that the map reads" },
		{ CSV("\"type\":\"*\",\"value\":\"/*\",\"take\":[\"T\"]"), "at,T;RF",
		    "no column is one that the map reads" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(of_header(cases[i].map, cases[i].header), cases[i].says);
}

static int release(void **state)
{
	(void)state;
	nos_scan_release(&scan);
	nos_csv_release(&csv);
	nos_buf_release(&space);
	nos_buf_release(&said);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_member_of_an_object_is_a_reading),
		cmocka_unit_test(what_another_member_of_the_map_names_is_no_reading_of_the_star),
		cmocka_unit_test(two_stars_go_through_objects_of_objects),
		cmocka_unit_test(elements_of_an_array_are_pairs_of_name_and_value),
		cmocka_unit_test(a_star_may_be_followed_by_a_member),
		cmocka_unit_test(a_message_may_be_a_single_value),
		cmocka_unit_test(a_message_in_which_nothing_is_found_is_not_good),
		cmocka_unit_test(a_wide_csv_has_a_reading_for_each_column),
		cmocka_unit_test(a_column_is_known_by_its_number_where_there_is_no_header),
		cmocka_unit_test(a_long_csv_has_a_reading_a_line),
		cmocka_unit_test(our_own_csv_has_the_members_of_a_reading),
		cmocka_unit_test(what_means_no_value_is_missing),
		cmocka_unit_test(a_decimal_comma_is_one),
		cmocka_unit_test(times_are_read_as_the_map_says),
		cmocka_unit_test(a_date_that_is_not_in_the_calendar_is_no_time),
		cmocka_unit_test(what_is_too_long_or_no_number_is_not_good),
		cmocka_unit_test(what_is_no_map_is_refused_with_its_place),
		cmocka_unit_test(where_a_unit_stands_is_no_reading_of_the_star),
		cmocka_unit_test(a_header_without_what_each_line_needs_is_not_good),
	};

	nos_buf_init(&said, 1 << 16);
	return cmocka_run_group_tests(tests, NULL, release);
}
