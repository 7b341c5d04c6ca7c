/* SPDX-License-Identifier: MIT */
/* The packs are those of RFC 8428 §5.1, and what is read of them what it says of them. */
#include "senml.h"

static void a_single_data_point_is_of_now(void **state)
{
	(void)state;
	assert_string_equal(readings("[{\"n\":\"" OW "\",\"u\":\"Cel\",\"v\":23.1}]"),
	    R(OW, "23.1", U("Cel", "1700000000")));
}

static void data_points_share_a_base_name(void **state)
{
	(void)state;
	assert_string_equal(
	    readings("[{\"bn\":\"" OW ":\",\"n\":\"voltage\",\"u\":\"V\",\"v\":120.1},"
		     "{\"n\":\"current\",\"u\":\"A\",\"v\":1.2}]"),
	    R("voltage", "120.1", U("V", "1700000000") BN("urn:dev:ow:10e2073a01080063:"))
		R("current", "1.2", U("A", "1700000000") BN("urn:dev:ow:10e2073a01080063:")));
}

static void data_points_count_from_a_base_time_and_in_a_base_unit(void **state)
{
	(void)state;
	assert_string_equal(
	    readings(
		"[{\"bn\":\"urn:dev:ow:10e2073a0108006:\",\"bt\":1.276020076001e+09,\"bu\":\"A\","
		"\"bver\":5,\"n\":\"voltage\",\"u\":\"V\",\"v\":120.1},"
		"{\"n\":\"current\",\"t\":-5,\"v\":1.2},{\"n\":\"current\",\"t\":-4,\"v\":1.3},"
		"{\"n\":\"current\",\"t\":-3,\"v\":1.4},{\"n\":\"current\",\"t\":-2,\"v\":1.5},"
		"{\"n\":\"current\",\"t\":-1,\"v\":1.6},{\"n\":\"current\",\"v\":1.7}]"),
	    R("voltage", "120.1", U("V", "1276020076.001") BN("urn:dev:ow:10e2073a0108006:")) R(
		"current", "1.2", U("A", "1276020071.001") BN("urn:dev:ow:10e2073a0108006:"))
		R("current", "1.3", U("A", "1276020072.001") BN("urn:dev:ow:10e2073a0108006:")) R(
		    "current", "1.4", U("A", "1276020073.001") BN("urn:dev:ow:10e2073a0108006:"))
		    R("current", "1.5", U("A", "1276020074.001") BN("urn:dev:ow:10e2073a0108006:"))
			R("current", "1.6",
			    U("A", "1276020075.001") BN("urn:dev:ow:10e2073a0108006:")) R("current",
			    "1.7", U("A", "1276020076.001") BN("urn:dev:ow:10e2073a0108006:")));
}

static void a_stream_that_has_ended_is_a_pack(void **state)
{
	(void)state;
	readings(
	    "[{\"bn\":\"" OW "\",\"bt\":1.320067464e+09,\"bu\":\"%RH\",\"v\":21.2},"
	    "{\"t\":10,\"v\":21.3},{\"t\":20,\"v\":21.4},{\"t\":30,\"v\":21.4},{\"t\":40,\"v\":21.5},"
	    "{\"t\":50,\"v\":21.5},{\"t\":60,\"v\":21.5},{\"t\":70,\"v\":21.6},{\"t\":80,\"v\":21.7},"
	    "{\"t\":90,\"v\":21.5},{\"t\":91,\"v\":21.5},{\"t\":92,\"v\":21.5}]");
	assert_int_equal(batch.count, 12);
	for (size_t i = 0; i < 12; i++) {
		assert_str(batch.items[i].reading.type, OW);
		assert_str(batch.items[i].reading.unit, "%RH");
	}
	assert_true(batch.items[0].reading.time.ms == 1320067464000);
	assert_true(batch.items[11].reading.time.ms == 1320067556000);
	assert_near(batch.items[8].reading.number, 21.7, 0);
}

#define PLACE(lon, lat) ",\"lat\":" lat ",\"lon\":" lon
/* What §5.1.3 and its resolved form in §5.1.4 both say. */
#define MOVING                                                              \
	R(OW, "20", U("%RH", "1320067464") PLACE("24.30621", "60.07965"))   \
	R(OW, "20.3", U("%RH", "1320067524") PLACE("24.30622", "60.07965")) \
	R(OW, "20.7", U("%RH", "1320067584") PLACE("24.30623", "60.07966")) \
	R(OW, "98", U("%EL", "1320067614"))                                 \
	R(OW, "21.2", U("%RH", "1320067644") PLACE("24.30628", "60.07967"))

static void pairs_of_lat_and_lon_are_where_the_readings_of_their_time_were_made(void **state)
{
	(void)state;
	assert_string_equal(
	    readings(
		"[{\"bn\":\"" OW "\",\"bt\":1.320067464e+09,\"bu\":\"%RH\",\"v\":20},"
		"{\"u\":\"lon\",\"v\":24.30621},{\"u\":\"lat\",\"v\":60.07965},"
		"{\"t\":60,\"v\":20.3},"
		"{\"u\":\"lon\",\"t\":60,\"v\":24.30622},{\"u\":\"lat\",\"t\":60,\"v\":60.07965},"
		"{\"t\":120,\"v\":20.7},"
		"{\"u\":\"lon\",\"t\":120,\"v\":24.30623},{\"u\":\"lat\",\"t\":120,\"v\":60.07966},"
		"{\"u\":\"%EL\",\"t\":150,\"v\":98},"
		"{\"t\":180,\"v\":21.2},"
		"{\"u\":\"lon\",\"t\":180,\"v\":24.30628},{\"u\":\"lat\",\"t\":180,\"v\":60.07967}]"),
	    MOVING);
}

#define O(unit, time, value) "{\"n\":\"" OW "\",\"u\":\"" unit "\",\"t\":" time ",\"v\":" value "}"

static void a_pack_that_is_resolved_says_the_same(void **state)
{
	(void)state;
	assert_string_equal(
	    readings("[" O("%RH", "1.320067464e+09", "20") "," O("lon", "1.320067464e+09",
		"24.30621") "," O("lat", "1.320067464e+09", "60.07965") "," O("%RH",
		"1.320067524e+09",
		"20.3") "," O("lon", "1.320067524e+09", "24.30622") "," O("lat", "1.320067524e+09",
		"60.07965") "," O("%RH", "1.320067584e+09", "20.7") "," O("lon", "1.320067584e+09",
		"24.30623") "," O("lat", "1.320067584e+09", "60.07966") "," O("%EL",
		"1.320067614e+09", "98") "," O("%RH", "1.320067644e+09", "21.2") "," O("lon",
		"1.320067644e+09", "24.30628") "," O("lat", "1.320067644e+09", "60.07967") "]"),
	    MOVING);
}

static void data_are_of_several_kinds(void **state)
{
	(void)state;
	assert_string_equal(
	    readings("[{\"bn\":\"" OW ":\",\"n\":\"temp\",\"u\":\"Cel\",\"v\":23.1},"
		     "{\"n\":\"label\",\"vs\":\"Machine Room\"},"
		     "{\"n\":\"open\",\"vb\":false},"
		     "{\"n\":\"nfc-reader\",\"vd\":\"aGkgCg\"}]"),
	    R("temp", "23.1", U("Cel", "1700000000") BN("urn:dev:ow:10e2073a01080063:")) R("label",
		"\"Machine Room\"", "\"time\":1700000000" BN("urn:dev:ow:10e2073a01080063:"))
		R("open", "false", "\"time\":1700000000" BN("urn:dev:ow:10e2073a01080063:"))
		    R("nfc-reader", "\"aGkgCg\"",
			"\"time\":1700000000" BN("urn:dev:ow:10e2073a01080063:")));
}

static void a_base_name_changes_and_a_base_time_stays(void **state)
{
	(void)state;
	assert_string_equal(
	    readings("[{\"bn\":\"2001:db8::2/\",\"bt\":1.320078429e+09,"
		     "\"n\":\"temperature\",\"u\":\"Cel\",\"v\":25.2},"
		     "{\"n\":\"humidity\",\"u\":\"%RH\",\"v\":30},"
		     "{\"bn\":\"2001:db8::1/\",\"n\":\"temperature\",\"u\":\"Cel\",\"v\":12.3},"
		     "{\"n\":\"humidity\",\"u\":\"%RH\",\"v\":67}]"),
	    R("temperature", "25.2", U("Cel", "1320078429") BN("2001:db8::2/"))
		R("humidity", "30", U("%RH", "1320078429") BN("2001:db8::2/"))
		    R("temperature", "12.3", U("Cel", "1320078429") BN("2001:db8::1/"))
			R("humidity", "67", U("%RH", "1320078429") BN("2001:db8::1/")));
}

static void what_sets_an_actuator_is_read_as_what_measures(void **state)
{
	(void)state;
	assert_string_equal(
	    readings("[{\"bn\":\"" OW ":\"},{\"n\":\"temp\",\"u\":\"Cel\",\"v\":23.1},"
		     "{\"n\":\"heat\",\"u\":\"/\",\"v\":1},{\"n\":\"fan\",\"u\":\"/\",\"v\":0}]"),
	    R("temp", "23.1", U("Cel", "1700000000") BN("urn:dev:ow:10e2073a01080063:"))
		R("heat", "1", U("/", "1700000000") BN("urn:dev:ow:10e2073a01080063:"))
		    R("fan", "0", U("/", "1700000000") BN("urn:dev:ow:10e2073a01080063:")));
	assert_string_equal(
	    readings("[{\"bt\":1.320078429e+09,\"bu\":\"/\",\"n\":\"2001:db8::3\",\"v\":1},"
		     "{\"n\":\"2001:db8::4\",\"v\":1}]"),
	    R("2001:db8::3", "1", U("/", "1320078429"))
		R("2001:db8::4", "1", U("/", "1320078429")));
	assert_string_equal(
	    readings("[{\"bt\":1.320078429e+09,\"bu\":\"/\",\"n\":\"2001:db8::3\",\"v\":0.5},"
		     "{\"n\":\"2001:db8::4\",\"v\":0.5},"
		     "{\"n\":\"2001:db8::3\",\"t\":0.1,\"v\":0},"
		     "{\"n\":\"2001:db8::4\",\"t\":0.1,\"v\":0}]"),
	    R("2001:db8::3", "0.5", U("/", "1320078429")) R("2001:db8::4", "0.5",
		U("/", "1320078429")) R("2001:db8::3", "0", U("/", "1320078429.1"))
		R("2001:db8::4", "0", U("/", "1320078429.1")));
}

/* ---- packs that are refused whole ---- */

static void a_pack_is_refused_whole_for_what_makes_all_of_it_doubtful(void **state)
{
	static const struct {
		const char *pack, *text, *field;
	} cases[] = {
		{ "{\"n\":\"a\",\"v\":1}", "a SenML pack is an array", "" },
		{ "[1]", "record 1: a record is an object", "" },
		{ "[{\"n\":\"a\",\"v\":1},[]]", "record 2: a record is an object", "" },
		{ "[{\"v\":1}]", "record 1: no name", "n" },
		{ "[{}]", "record 1: no name", "n" },
		{ "[{\"bn\":\"a\",\"v\":1},{\"bn\":\"\",\"v\":1}]", "record 2: no name", "n" },
		{ "[{\"n\":\"a\",\"v\":1,\"vs\":\"x\"}]", "record 1: two values", "vs" },
		{ "[{\"n\":\"a\",\"vb\":true,\"vd\":\"\"}]", "record 1: two values", "vd" },
		{ "[{\"n\":\"a\",\"v\":1,\"x_\":0}]",
		    "record 1: field 'x_' must be understood, and is not", "x_" },
		{ "[{\"n\":\"a\",\"v\":1,\"x\\u005f\":0}]",
		    "record 1: field 'x_' must be understood, and is not", "x_" },
		{ "[{\"n\":\"a\",\"v\":1},{\"bver\":11}]",
		    "record 2: of SenML version 10 is read at most", "bver" },
		{ "[{\"bver\":9.5}]", "record 1: of SenML version 10 is read at most", "bver" },
		{ "[{\"bver\":\"5\"}]", "record 1: bver is no number", "bver" },
		{ "[{\"bver\":5},{\"bver\":6}]", "record 2: two versions in one pack", "bver" },
		{ "[{\"bn\":1,\"n\":\"a\",\"v\":1}]", "record 1: bn is no text", "bn" },
		{ "[{\"bu\":null}]", "record 1: bu is no text", "bu" },
		{ "[{\"bn\":\"\\ud800\"}]", "record 1: bn is no text", "bn" },
		{ "[{\"bt\":\"1\"}]", "record 1: bt is no number", "bt" },
		{ "[{\"bv\":1e999}]", "record 1: bv is no number", "bv" },
		{ "[{\"bs\":NaN}]", "record 1: bs is no number", "bs" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(decode(cases[i].pack), NOS_DATA);
		assert_string_equal(err.text, cases[i].text);
		assert_string_equal(err.field, cases[i].field);
		assert_int_equal(batch.count + batch.reject_count, 0);
	}
	assert_int_equal(decode("[{\"n\":"), NOS_DATA);
}

static void a_pack_is_known_by_its_look(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{ "[{\"n\":\"a\",\"v\":1}]", true },
		{ "[{\"bn\":\"a\"},{\"v\":1}]", true },
		{ "[{\"bt\":1},1]", true },
		{ "[{\"type\":\"a\",\"value\":1}]", false },
		{ "[{\"type\":\"a\",\"value\":1,\"n\":3}]", false },
		{ "[{\"n\":\"a\",\"v\":1},{\"type\":\"a\",\"value\":1}]", false },
		{ "[{\"n\":\"a\",\"v\":1,\"type\":\"x\"}]", true },
		{ "[{\"t\":1,\"u\":\"x\"}]", false },
		{ "[]", false },
		{ "[[{\"n\":1}]]", false },
		{ "{\"n\":\"a\",\"v\":1}", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(nos_scan_parse(&scan, nos_str_of(cases[i].text), &err), NOS_OK);
		assert_int_equal(nos_senml_is_pack(&scan, scan.values), cases[i].is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_single_data_point_is_of_now),
		cmocka_unit_test(data_points_share_a_base_name),
		cmocka_unit_test(data_points_count_from_a_base_time_and_in_a_base_unit),
		cmocka_unit_test(a_stream_that_has_ended_is_a_pack),
		cmocka_unit_test(
		    pairs_of_lat_and_lon_are_where_the_readings_of_their_time_were_made),
		cmocka_unit_test(a_pack_that_is_resolved_says_the_same),
		cmocka_unit_test(data_are_of_several_kinds),
		cmocka_unit_test(a_base_name_changes_and_a_base_time_stays),
		cmocka_unit_test(what_sets_an_actuator_is_read_as_what_measures),
		cmocka_unit_test(a_pack_is_refused_whole_for_what_makes_all_of_it_doubtful),
		cmocka_unit_test(a_pack_is_known_by_its_look),
	};

	return cmocka_run_group_tests(tests, prepare, drop);
}
