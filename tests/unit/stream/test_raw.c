/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "stream/raw.h"

static struct nos_err err;

static struct nos_raw sealed_pack(void)
{
	return (struct nos_raw){
		.source = "s-7f3a09c2e1",
		.name = "campodenno",
		.mode = "push",
		.kid = "p.1",
		.seq = (UINT64_C(1) << 53) - 1,
		.prev = 16,
		.hash = { 1, 2, 3, 255 },
		.kind = "weather-station",
		.form = NOS_BATCH_NDJSON,
		.received = { 1547813280480 },
		.security = { .bits = 128,
		    .tag = 128,
		    .holders = 2,
		    .key_age_s = 43200.5,
		    .key_period_s = 604800,
		    .key_state = NOS_RULE_KEY_DEACTIVATED,
		    .proof = NOS_RULE_PROOF_KEY,
		    .open = true,
		    .fresh = true },
	};
}

static void encode(struct nos_buf *b, const struct nos_raw *raw, const char *body)
{
	nos_buf_init(b, 10000);
	nos_raw_encode(b, raw, nos_str_of(body));
	assert_int_equal(nos_buf_check(b, "entry", &err), NOS_OK);
}

static void a_sealed_pack_comes_back_as_it_was(void **state)
{
	const struct nos_raw raw = sealed_pack();
	struct nos_raw again;
	struct nos_buf b;
	struct nos_str body;

	(void)state;
	encode(&b, &raw, "{\"type\":\"t\"}\n{\"type\":\"u\"}\n");
	assert_int_equal(nos_raw_decode(nos_buf_span(&b), &again, &body, &err), NOS_OK);
	assert_str(body, "{\"type\":\"t\"}\n{\"type\":\"u\"}\n");
	assert_string_equal(again.source, raw.source);
	assert_string_equal(again.name, raw.name);
	assert_string_equal(again.mode, raw.mode);
	assert_string_equal(again.kid, raw.kid);
	assert_string_equal(again.kind, raw.kind);
	assert_true(again.seq == raw.seq && again.prev == raw.prev);
	assert_memory_equal(again.hash, raw.hash, sizeof(raw.hash));
	assert_int_equal(again.form, raw.form);
	assert_true(again.received.ms == raw.received.ms);
	assert_int_equal(again.security.bits, 128);
	assert_int_equal(again.security.tag, 128);
	assert_int_equal(again.security.holders, 2);
	assert_near(again.security.key_age_s, 43200.5, 0);
	assert_near(again.security.key_period_s, 604800, 0);
	assert_int_equal(again.security.key_state, NOS_RULE_KEY_DEACTIVATED);
	assert_int_equal(again.security.proof, NOS_RULE_PROOF_KEY);
	assert_true(again.security.open && again.security.fresh);
	nos_buf_release(&b);
}

static void an_entry_of_an_era_says_so_and_one_of_none_does_not(void **state)
{
	struct nos_raw raw = { .kind = "window", .received = { 1547813280000 } }, again;
	struct nos_buf b;
	struct nos_str body;

	(void)state;
	for (uint64_t era = 0; era < 2; era++) {
		raw.era = era * 1795600000000000;
		encode(&b, &raw, "[]");
		assert_int_equal(strstr(b.p, "\"era\":1795600000000000,") != NULL, era);
		assert_int_equal(nos_raw_decode(nos_buf_span(&b), &again, &body, &err), NOS_OK);
		assert_int_equal(again.era, raw.era);
		nos_buf_release(&b);
	}
	encode(&b, &raw, "[]");
	memcpy(strstr(b.p, "1795600000000000"), "9795600000000000", 16);
	assert_int_equal(nos_raw_decode(nos_buf_span(&b), &again, &body, &err), NOS_IO);
	nos_err_clear(&err);
	nos_buf_release(&b);
}

/* Else a time that is relative would be another when it is gone through again. */
static void its_body_is_read_as_when_it_came(void **state)
{
	struct nos_raw raw = sealed_pack(), again;
	struct nos_batch_how how;
	struct nos_buf b;
	struct nos_str body;

	(void)state;
	for (int form = NOS_BATCH_JSON; form <= NOS_BATCH_CSV; form++) {
		raw.form = (enum nos_batch_form)form;
		snprintf(raw.map, sizeof(raw.map), "%s", form ? "0123456789abcdef" : "");
		encode(&b, &raw, "[]");
		assert_int_equal(nos_raw_decode(nos_buf_span(&b), &again, &body, &err), NOS_OK);
		assert_string_equal(again.map, raw.map);
		how = nos_raw_how(&again, nos_map_plain());
		assert_int_equal(how.form, form);
		assert_ptr_equal(how.map, nos_map_plain());
		assert_true(how.now.ms == raw.received.ms);
		nos_buf_release(&b);
	}
}

static void an_anonymous_one_has_no_security(void **state)
{
	const struct nos_raw raw = { .kind = "window", .received = { 1547813280000 } };
	struct nos_raw again;
	struct nos_buf b;
	struct nos_str body;

	(void)state;
	encode(&b, &raw, "[]");
	assert_buf(&b, "{\"kind\":\"window\",\"form\":\"json\",\"received\":1547813280}\n[]");
	assert_int_equal(nos_raw_decode(nos_buf_span(&b), &again, &body, &err), NOS_OK);
	assert_memory_equal(&again.security, &raw.security, sizeof(raw.security));
	assert_string_equal(again.source, "");
	assert_true(again.seq == 0);
	assert_str(body, "[]");
	nos_buf_release(&b);
}

/* As above, through two relays; the second gave its prev. */
static struct nos_raw carried_pack(void)
{
	struct nos_raw raw = sealed_pack();

	raw.via_count = 2;
	raw.via[0] = (struct nos_raw_via){
		.source = "s-0000000001", .kid = "p.1", .seq = 9, .hash = { 4, 5, 6, 7 }
	};
	raw.via[1] = (struct nos_raw_via){ .source = "s-0000000002",
		.kid = "p.3",
		.seq = 18,
		.prev = 12,
		.hash = { 8, 9, 0, 1 } };
	return raw;
}

static void the_relays_that_carried_it_come_back(void **state)
{
	const struct nos_raw raw = carried_pack();
	struct nos_path path;
	struct nos_raw again;
	struct nos_buf b;
	struct nos_str body;

	(void)state;
	encode(&b, &raw, "body");
	assert_non_null(strstr(b.p,
	    ",\"via\":[{\"source\":\"s-0000000001\",\"key\":\"p.1\",\"seq\":9,\"hash\":\"BAUGBw\"},"
	    "{\"source\":\"s-0000000002\",\"key\":\"p.3\",\"seq\":18,\"prev\":12,"
	    "\"hash\":\"CAkAAQ\"}],"));
	assert_int_equal(nos_raw_decode(nos_buf_span(&b), &again, &body, &err), NOS_OK);
	assert_int_equal(again.via_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(again.via[i].source, raw.via[i].source);
		assert_string_equal(again.via[i].kid, raw.via[i].kid);
		assert_true(again.via[i].seq == raw.via[i].seq);
		assert_true(again.via[i].prev == raw.via[i].prev);
		assert_memory_equal(again.via[i].hash, raw.via[i].hash, NOS_WINDOW_HASH_LEN);
	}
	assert_int_equal(again.security.proof, NOS_RULE_PROOF_KEY);
	assert_true(again.security.fresh);
	nos_raw_path(&again, &path);
	assert_int_equal(path.count, 2);
	assert_string_equal(path.ids[1], "s-0000000002");
	nos_buf_release(&b);
}

static void an_anonymous_one_through_a_relay_is_vouched_for(void **state)
{
	struct nos_raw raw = carried_pack(), again;
	struct nos_buf b;
	struct nos_str body;

	(void)state;
	raw.source[0] = raw.name[0] = raw.mode[0] = raw.kid[0] = 0;
	raw.security.bits = raw.security.tag = 0;
	raw.security.holders = 4;
	encode(&b, &raw, "body");
	assert_non_null(strstr(b.p, "\"proof\":\"vouched\""));
	assert_int_equal(nos_raw_decode(nos_buf_span(&b), &again, &body, &err), NOS_OK);
	assert_string_equal(again.source, "");
	assert_int_equal(again.via_count, 2);
	assert_int_equal(again.security.proof, NOS_RULE_PROOF_VOUCHED);
	assert_int_equal(again.security.holders, 4);
	assert_true(again.security.open && !again.security.fresh);
	assert_near(again.security.key_age_s, 43200.5, 0);
	nos_buf_release(&b);
}

static struct nos_raw shown_by_a_token(void)
{
	return (struct nos_raw){ .source = "s-7f3a09c2e1",
		.mode = "push",
		.kind = "gateway",
		.received = { 1547813280000 },
		.security = {
		    .bits = 256, .tag = 128, .holders = 3, .proof = NOS_RULE_PROOF_BEARER } };
}

static void what_a_bearer_token_brought_has_a_source_and_no_number(void **state)
{
	struct nos_raw raw = shown_by_a_token(), again;
	struct nos_buf b;
	struct nos_str body;

	(void)state;
	encode(&b, &raw, "[]");
	assert_buf(&b, "{\"source\":\"s-7f3a09c2e1\",\"mode\":\"push\",\"proof\":\"bearer\","
		       "\"bits\":256,\"tag\":128,\"holders\":3,\"key_age\":0,\"key_period\":0,"
		       "\"grace\":false,\"open\":false,\"kind\":\"gateway\",\"form\":\"json\","
		       "\"received\":1547813280}\n[]");
	assert_int_equal(nos_raw_decode(nos_buf_span(&b), &again, &body, &err), NOS_OK);
	assert_memory_equal(&again.security, &raw.security, sizeof(raw.security));
	assert_string_equal(again.source, raw.source);
	assert_true(!*again.kid && !again.seq && !again.via_count);
	nos_buf_release(&b);
	/* The same without a source: who sent it is not known, but nobody listened. */
	raw = (struct nos_raw){ .kind = "gateway", .security = raw.security };
	raw.security.proof = NOS_RULE_PROOF_NONE;
	encode(&b, &raw, "[]");
	assert_int_equal(nos_raw_decode(nos_buf_span(&b), &again, &body, &err), NOS_OK);
	assert_memory_equal(&again.security, &raw.security, sizeof(raw.security));
	assert_string_equal(again.source, "");
	nos_buf_release(&b);
}

static void a_proof_that_is_not_that_of_how_it_came_is_damage(void **state)
{
	static const char *const heads[] = {
		"\"source\":\"s-7f3a09c2e1\",\"proof\":\"none\"",
		"\"source\":\"s-7f3a09c2e1\"",
		"\"proof\":\"bearer\"",
		"\"source\":\"s-7f3a09c2e1\",\"proof\":\"bearer\",\"via\":[{\"source\":"
		"\"s-0000000001\",\"key\":\"p.1\",\"seq\":9,\"hash\":\"BAUGBw\"}]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct nos_raw again;
		struct nos_str body;
		NOS_AUTO(buf) b = { 0 };

		nos_buf_init(&b, 1000);
		nos_buf_addf(&b,
		    "{%s,\"bits\":128,\"tag\":128,\"holders\":2,\"key_age\":0,"
		    "\"key_period\":0,\"grace\":false,\"open\":false,\"kind\":\"k\","
		    "\"form\":\"json\",\"received\":1}\n[]",
		    heads[i]);
		assert_int_equal(nos_raw_decode(nos_buf_span(&b), &again, &body, &err), NOS_IO);
	}
}

static void an_entry_that_is_cut_anywhere_in_its_head_is_damage(void **state)
{
	const struct nos_raw raw = sealed_pack();
	struct nos_raw again;
	struct nos_buf b;
	struct nos_str body;
	size_t head;

	(void)state;
	encode(&b, &raw, "body");
	head = b.len - strlen("body");
	for (size_t len = 0; len < head; len++)
		assert_int_equal(nos_raw_decode((struct nos_span){ (const uint8_t *)b.p, len },
				     &again, &body, &err),
		    NOS_IO);
	assert_string_equal(err.text, "store: an entry of the raw stream is damaged");
	assert_int_equal(
	    nos_raw_decode((struct nos_span){ (const uint8_t *)b.p, head }, &again, &body, &err),
	    NOS_OK);
	assert_int_equal(body.len, 0);
	nos_buf_release(&b);
}

static void each_member_that_is_not_as_it_should_be_is_damage(void **state)
{
	static const struct {
		const char *good, *bad;
	} changes[] = {
		{ "\"form\":\"x-ndjson\"", "\"form\":\"x-xml\"" },
		{ "\"seq\":9007199254740991", "\"seq\":0" },
		{ "\"seq\":9007199254740991", "\"seq\":9007199254740992" },
		{ "\"prev\":16", "\"prev\":0" },
		{ "\"hash\":\"AQID_w\"", "\"hash\":\"AQID_w==\"" },
		{ "\"key\":\"p.1\",", "" },
		{ "\"kind\":\"weather-station\",", "" },
		{ "\"received\":1547813280.48", "\"received\":\"now\"" },
		{ "\"grace\":true", "\"grace\":1" },
		{ "\"key_age\":43200.5", "\"key_age\":null" },
		{ "\"holders\":2", "\"holders\":-2" },
		{ "\"via\":[{", "\"via\":[1,{" },
		{ "\"via\":[{", "\"via\":[{},{" },
		{ "\"key\":\"p.3\",", "" },
		{ "\"seq\":9,", "\"seq\":0," },
		{ "\"hash\":\"CAkAAQ\"}]", "\"hash\":\"CAkAAQ\"},1]" },
		{ "\"hash\":\"CAkAAQ\"}]", "\"hash\":\"CAkA\"}]" },
		{ "\"via\":[", "\"via\":{},\"vie\":[" },
	};
	const struct nos_raw raw = carried_pack();
	struct nos_raw again;
	struct nos_buf b, broken;
	struct nos_str body;

	(void)state;
	encode(&b, &raw, "body");
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const char *at = strstr(b.p, changes[i].good);

		assert_non_null(at);
		nos_buf_init(&broken, 10000);
		nos_buf_add(&broken, b.p, (size_t)(at - b.p));
		nos_buf_add_text(&broken, changes[i].bad);
		nos_buf_add_text(&broken, at + strlen(changes[i].good));
		if (nos_raw_decode(nos_buf_span(&broken), &again, &body, &err) != NOS_IO)
			fail_msg("%s was taken", changes[i].bad);
		nos_buf_release(&broken);
	}
	nos_buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sealed_pack_comes_back_as_it_was),
		cmocka_unit_test(an_entry_of_an_era_says_so_and_one_of_none_does_not),
		cmocka_unit_test(its_body_is_read_as_when_it_came),
		cmocka_unit_test(an_anonymous_one_has_no_security),
		cmocka_unit_test(the_relays_that_carried_it_come_back),
		cmocka_unit_test(an_anonymous_one_through_a_relay_is_vouched_for),
		cmocka_unit_test(what_a_bearer_token_brought_has_a_source_and_no_number),
		cmocka_unit_test(a_proof_that_is_not_that_of_how_it_came_is_damage),
		cmocka_unit_test(an_entry_that_is_cut_anywhere_in_its_head_is_damage),
		cmocka_unit_test(each_member_that_is_not_as_it_should_be_is_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
