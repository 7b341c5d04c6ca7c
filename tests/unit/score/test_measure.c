/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <math.h>
#include <time.h>

#include "json/encode.h"
#include "score/measure.h"

#define ROUNDS	 3000
#define START_MS (INT64_C(1547812800) * 1000)

static struct nos_err err;
static struct nos_buf space;

static unsigned pick(unsigned *seed, unsigned below)
{
	return (unsigned)rand_r(seed) % below;
}

/* Ages and periods in whole milliseconds, as a node has them. */
static struct nos_rule_security random_security(unsigned *seed)
{
	return (struct nos_rule_security){
		.bits = pick(seed, 3) ? pick(seed, 300) : 0,
		.tag = pick(seed, 160),
		.holders = pick(seed, 4) ? pick(seed, 100000) : 0,
		.key_age_s = pick(seed, 2000000000) / 1000.0,
		.key_period_s = pick(seed, 3) ? (1 + pick(seed, 2000000000)) / 1000.0 : 0,
		.key_state = (enum nos_rule_key_state)pick(seed, 4),
		.proof = (enum nos_rule_proof)pick(seed, 5),
		.open = pick(seed, 2),
		.fresh = pick(seed, 2),
		.identity = (enum nos_rule_identity)pick(seed, 3),
		.has_position = pick(seed, 2),
		.decimals = pick(seed, 9),
	};
}

static struct nos_reading random_reading(unsigned *seed, int64_t at_ms)
{
	return (struct nos_reading){
		.type = NOS_STR("t"),
		.kind = pick(seed, 10) ? NOS_READING_NUMBER : NOS_READING_MISSING,
		.number = (pick(seed, 2000) - 1000.0) / 100,
		.decimals = pick(seed, 3),
		.unit = pick(seed, 5) ? NOS_STR("Cel") : NOS_STR(""),
		.has_time = pick(seed, 20),
		.time = { at_ms - (pick(seed, 8) ? 0 : 3600000) },
	};
}

static struct nos_rule_type random_type(unsigned *seed)
{
	struct nos_rule_type t = nos_rule_unknown;

	t.unit = NOS_STR("Cel");
	t.lo = -8, t.hi = 8, t.soft = 3, t.step = 0.005, t.u = 0.2, t.E = 1.1, t.resolution = 0.07;
	t.flat = 3;
	if (pick(seed, 2))
		t.sigma = 0.3;
	if (pick(seed, 2))
		t.period_s = 900;
	return t;
}

/* Score a reading as a node does, and append its record. */
static void encode(struct nos_buf *b, const struct nos_rule_input *in, struct nos_rule_state *state)
{
	const struct nos_rule_state before = *state;
	struct nos_rule_scores scores = nos_rule_score(in, state);

	nos_buf_truncate(b, 0);
	nos_buf_add_char(b, '{');
	nos_encode_member_time(b, "received", in->received);
	nos_measure_encode(b, in, &before, &scores);
	nos_buf_add_char(b, '}');
}

static void what_is_encoded_gives_the_same_scores_and_the_same_bytes(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	NOS_AUTO(buf) first = { 0 };
	NOS_AUTO(buf) again = { 0 };
	NOS_AUTO(scan) scan = { 0 };
	struct nos_rule_state node = { 0 }, mine = { 0 };
	struct nos_rule_type type = nos_rule_unknown;

	(void)state;
	print_message("seed %u\n", seed);
	nos_buf_init(&first, 4096);
	nos_buf_init(&again, 4096);
	for (int i = 0; i < ROUNDS; i++) {
		struct nos_rule_security security = random_security(&seed);
		struct nos_reading reading = random_reading(&seed, START_MS + i * INT64_C(900000));
		struct nos_rule_input in = { &reading, &type, &security,
			{ reading.time.ms + pick(&seed, 2000000) - 20000 }, pick(&seed, 9) == 0, 0,
			pick(&seed, 64) };
		struct nos_measure measure;

		if (i % 100 == 0) {
			type = random_type(&seed);
			node = mine = (struct nos_rule_state){ 0 };
		}
		in.packs_seen = pick(&seed, in.packs_expected + 1);
		encode(&first, &in, &node);
		assert_int_equal(nos_scan_parse(&scan, nos_buf_str(&first), &err), NOS_OK);
		if (nos_measure_decode(&scan, scan.values, &space, &measure, &err))
			fail_msg("%s in %s", err.text, first.p);
		in.security = &measure.security;
		in.received = measure.received;
		in.packs_seen = measure.packs_seen, in.packs_expected = measure.packs_expected;
		encode(&again, &in, &mine);
		assert_string_equal(again.p, first.p);
		assert_memory_equal(&mine, &node, sizeof(node));
	}
}

#define RAW                                                                                \
	"\"bits\":128,\"tag\":128,\"holders\":2,\"key_age\":43200,\"key_period\":604800,"  \
	"\"key_state\":\"active\",\"proof\":\"key\",\"enrolled\":\"open\",\"fresh\":true," \
	"\"identity\":\"pseudonym\",\"decimals\":2,\"age\":480.48,\"received\":16,\"expected\":17"

static enum nos_code decode(const char *text, struct nos_measure *ret)
{
	NOS_AUTO(scan) scan = { 0 };

	nos_err_clear(&err);
	if (nos_scan_parse(&scan, nos_str_of(text), &err))
		fail_msg("not JSON: %s", text);
	return nos_measure_decode(&scan, scan.values, &space, ret, &err);
}

static void a_record_of_the_manual_is_read(void **state)
{
	struct nos_measure m;

	(void)state;
	assert_int_equal(
	    decode("{\"received\":1547813280.48,\"raw\":{" RAW ",\"newer\":[]}}", &m), NOS_OK);
	assert_true(m.received.ms == 1547813280480);
	assert_int_equal(m.security.bits, 128);
	assert_int_equal(m.security.holders, 2);
	assert_near(m.security.key_age_s, 43200, 0);
	assert_near(m.security.key_period_s, 604800, 0);
	assert_int_equal(m.security.key_state, NOS_RULE_KEY_ACTIVE);
	assert_int_equal(m.security.proof, NOS_RULE_PROOF_KEY);
	assert_true(m.security.open && m.security.fresh && m.security.has_position);
	assert_int_equal(m.security.identity, NOS_RULE_IDENTITY_PSEUDONYM);
	assert_int_equal(m.security.decimals, 2);
	assert_int_equal(m.packs_seen, 16);
	assert_int_equal(m.packs_expected, 17);
}

static void what_a_node_never_writes_is_refused_by_its_name(void **state)
{
	static const struct {
		const char *text, *field;
	} bad[] = {
		{ "{\"raw\":{" RAW "}}", "received" },
		{ "{\"received\":\"now\",\"raw\":{" RAW "}}", "received" },
		{ "{\"received\":1e20,\"raw\":{" RAW "}}", "received" },
		{ "{\"received\":1}", "raw" },
		{ "{\"received\":1,\"raw\":[]}", "raw" },
		{ "{\"received\":1,\"raw\":{}}", "bits" },
		{ "{\"received\":1,\"raw\":{\"bits\":-1}}", "bits" },
		{ "{\"received\":1,\"raw\":{\"bits\":null}}", "bits" },
		{ "{\"received\":1,\"raw\":{\"bits\":1.5}}", "bits" },
		{ "{\"received\":1,\"raw\":{\"bits\":4294967296}}", "bits" },
		{ "{\"received\":1,\"raw\":{\"bits\":0}}", "tag" },
		{ "{\"received\":1,\"raw\":{\"bits\":0,\"tag\":0,\"holders\":\"2\"}}", "holders" },
		{ "{\"received\":1,\"raw\":{\"bits\":0,\"tag\":0,\"key_age\":\"1\"}}", "key_age" },
		{ "{\"received\":1,\"raw\":{\"bits\":0,\"tag\":0,\"key_state\":\"\"}}",
		    "key_state" },
		{ "{\"received\":1,\"raw\":{\"bits\":0,\"tag\":0}}", "proof" },
		{ "{\"received\":1,\"raw\":{\"bits\":0,\"tag\":0,\"proof\":\"trust me\"}}",
		    "proof" },
		{ "{\"received\":1,\"raw\":{\"bits\":0,\"tag\":0,\"proof\":\"none\"}}",
		    "identity" },
		{ "{\"received\":1,\"raw\":{\"bits\":0,\"tag\":0,\"proof\":\"none\","
		  "\"identity\":\"none\"}}",
		    "fresh" },
		{ "{\"received\":1,\"raw\":{\"bits\":0,\"tag\":0,\"proof\":\"none\","
		  "\"identity\":\"none\",\"fresh\":1}}",
		    "fresh" },
		{ "{\"received\":1,\"raw\":{\"bits\":0,\"tag\":0,\"proof\":\"none\","
		  "\"identity\":\"none\",\"fresh\":false,\"received\":3,\"expected\":2}}",
		    "received" },
		{ "{\"received\":1,\"raw\":{\"bits\":0,\"tag\":0,\"proof\":\"none\","
		  "\"identity\":\"none\",\"fresh\":false,\"received\":3}}",
		    "received" },
		{ "{\"received\":1,\"raw\":{" RAW ",\"unit\":3}}", "unit" },
		{ "{\"received\":1,\"raw\":{" RAW
		  ",\"unit\":\"a unit with a name of 33 characters\"}}",
		    "unit" },
		{ "{\"received\":1,\"raw\":{" RAW ",\"value\":3}}", "value" },
		{ "{\"received\":1,\"raw\":{" RAW ",\"unit\":\"K\",\"value\":\"3\"}}", "value" },
	};
	struct nos_measure m;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (decode(bad[i].text, &m) != NOS_DATA)
			fail_msg("taken: %s", bad[i].text);
		assert_string_equal(err.field, bad[i].field);
	}
}

static int begin(void **state)
{
	(void)state;
	nos_buf_init(&space, 4096);
	return nos_buf_reserve(&space, 4096) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	nos_buf_release(&space);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_encoded_gives_the_same_scores_and_the_same_bytes),
		cmocka_unit_test(a_record_of_the_manual_is_read),
		cmocka_unit_test(what_a_node_never_writes_is_refused_by_its_name),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
