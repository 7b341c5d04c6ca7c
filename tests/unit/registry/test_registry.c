/* SPDX-License-Identifier: MIT */
#include "node.h"

#include "registry/registry.h"
#include "scheme/pool.h"

static struct nos_secret secret_of(uint8_t byte)
{
	struct nos_secret s = { .len = 32 };

	memset(s.bytes, byte, s.len);
	return s;
}

static struct nos_record source(const char *id)
{
	struct nos_record r = { .name = "campodenno",
		.kind = "weather-station",
		.mode = "push",
		.types = "[\"air_temperature\"]",
		.scheme = "pairwise",
		.token = "t-5c01d2aa90",
		.open = true,
		.registered = { 1547812800480 },
		.m2 = "m2.of.it" };
	struct nos_assoc *a = &r.a;

	snprintf(r.id, sizeof(r.id), "%s", id);
	a->base = (struct nos_assoc_base){ .z = 2,
		.life = 3,
		.identity = 4,
		.z_key = secret_of(1),
		.down = { 3, secret_of(2) },
		.up = { 4, secret_of(3) },
		.acked = { 7 } };
	a->keys[0] = (struct nos_assoc_key){ .name = { 'p', 1, { 1 } },
		.state = NOS_STATE_DEACTIVATED,
		.since = { 1547812800000 },
		.until = { 1547816400000 },
		.value = secret_of(4),
		.auth = secret_of(6) };
	a->keys[1] = (struct nos_assoc_key){ .name = { 'p', 1, { 2 } },
		.state = NOS_STATE_ACTIVE,
		.since = { 1547812801000 },
		.confirmed = { 1547812801500 },
		.value = secret_of(5) };
	a->keys[2] = (struct nos_assoc_key){ .name = { 'p', 1, { 3 } },
		.state = NOS_STATE_PRE_ACTIVE,
		.since = { 1547812802000 },
		.overlap_ms = 90500,
		.value = secret_of(7) };
	a->key_count = 3;
	a->version = 4;
	a->out[0] = (struct nos_assoc_message){
		.ctr = 2, .brings = { 'p', 1, { 3 } }, .len = 3, .bytes = { 1, 2, 3 }
	};
	a->out_count = 1;
	a->resync = true;
	a->offer = (struct nos_assoc_offer){ .is = true,
		.base = { .z = 3,
		    .life = 3,
		    .identity = 5,
		    .z_key = secret_of(8),
		    .down = { 1, secret_of(9) },
		    .up = { 0, secret_of(10) } },
		.key = { .name = { 'p', 1, { 4 } },
		    .state = NOS_STATE_PRE_ACTIVE,
		    .since = { 1547812803000 },
		    .value = secret_of(11) },
		.ask = { 5 },
		.len = 2,
		.answer = { 9, 9 } };
	a->asked[0] = (struct nos_assoc_asked){ .minute = 25796880, .hash = { 8 } };
	a->asked_count = 1;
	return r;
}

static void add(const char *id)
{
	struct nos_record r = source(id);

	nos_err_clear(&err);
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
}

static void a_source_comes_back_as_it_was_put_every_byte_of_it(void **state)
{
	struct nos_record r = source("s-7f3a09c2e1"), again;

	(void)state;
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
	assert_int_equal(
	    nos_registry_get(store, &vault, NOS_STR("s-7f3a09c2e1"), &again, &err), NOS_OK);
	assert_memory_equal(&again, &r, sizeof(r));
	/* And when it was revoked. */
	memset(&r.a, 0, sizeof(r.a));
	r.a.base.z = r.a.base.life = r.a.base.identity = 2;
	r.a.revoked = true;
	r.a.polls[0] = secret_of(12);
	r.m2[0] = '\0';
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
	nos_record_release(&again);
	assert_int_equal(
	    nos_registry_get(store, &vault, NOS_STR("s-7f3a09c2e1"), &again, &err), NOS_OK);
	assert_string_equal(again.id, r.id);
	assert_memory_equal(&again.a, &r.a, sizeof(r.a));
	assert_int_equal(nos_record_state(&again), NOS_STATE_COMPROMISED);
}

static void local_keys_global_keys_and_links_come_back_with_it(void **state)
{
	struct nos_record r = source("s-7f3a09c2e1"), again;
	struct nos_assoc *a = &r.a;

	(void)state;
	memcpy(r.scheme, "dini\0\0\0", 8);
	a->keys[3] = (struct nos_assoc_key){ .name = { 'd', 2, { 5, UINT64_C(1) << 33 } },
		.state = NOS_STATE_ACTIVE,
		.since = { 1547812804000 },
		.confirmed = { 1547812804500 },
		.unused = true,
		.value = { 16, { 13 } },
		.from = { 7, (UINT64_C(1) << 32) + 1 } };
	a->key_count = 4;
	a->offer.key.unused = true;
	a->globals[0] = (struct nos_assoc_global){ 7, (UINT64_C(1) << 32) + 1 };
	a->globals[1] = (struct nos_assoc_global){ 256, 1 };
	a->global_count = 2;
	a->out[1] = (struct nos_assoc_message){
		.ctr = 3, .brings = { 'w', 2, { 256, 2 } }, .len = 2, .bytes = { 4, 5 }
	};
	a->out[2] = (struct nos_assoc_message){
		.ctr = 4, .relay = "s-0011223344556677889900112233aa", .len = 1, .bytes = { 6 }
	};
	a->out_count = 3;
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
	assert_int_equal(
	    nos_registry_get(store, &vault, NOS_STR("s-7f3a09c2e1"), &again, &err), NOS_OK);
	assert_memory_equal(&again, &r, sizeof(r));
}

static void the_largest_source_that_there_may_be_fits_into_its_record(void **state)
{
	struct nos_record r = source("s-7f3a09c2e1"), again;
	struct nos_assoc *a = &r.a;

	(void)state;
	for (size_t i = 0; i < NOS_ASSOC_KEYS_MAX; i++)
		a->keys[i] =
		    (struct nos_assoc_key){ .name = { 'd', 2, { UINT64_MAX, UINT64_MAX - i } },
			    .state = NOS_STATE_DEACTIVATED,
			    .since = { 1547812804000 },
			    .until = { 1547812804500 },
			    .unused = true,
			    .value = secret_of(13),
			    .auth = secret_of(14),
			    .from = { NOS_POOL_MAX, (UINT64_C(1) << 53) - 1 } };
	a->key_count = NOS_ASSOC_KEYS_MAX;
	for (size_t i = 0; i < NOS_ASSOC_GLOBALS_MAX; i++)
		a->globals[i] = (struct nos_assoc_global){ i + 1, (UINT64_C(1) << 53) - 1 };
	a->global_count = NOS_ASSOC_GLOBALS_MAX;
	for (size_t i = 0; i < NOS_ASSOC_OUT_MAX; i++) {
		a->out[i] = (struct nos_assoc_message){ .ctr = NOS_CHAIN_CTR_MAX,
			.relay = "s-0011223344556677889900112233aa",
			.len = NOS_ASSOC_MESSAGE_MAX };
		memset(a->out[i].bytes, 0xff, a->out[i].len);
	}
	a->out_count = NOS_ASSOC_OUT_MAX;
	if (nos_registry_put(store, &vault, &r, &err))
		fail_msg("%s", err.text);
	if (nos_registry_get(store, &vault, NOS_STR("s-7f3a09c2e1"), &again, &err))
		fail_msg("%s", err.text);
	assert_memory_equal(&again, &r, sizeof(r));
}

static void without_a_vault_no_secret_comes_with_it(void **state)
{
	struct nos_record r;
	uint8_t *at = (uint8_t *)&r;

	(void)state;
	add("s-1111111111");
	assert_int_equal(nos_registry_get(store, NULL, NOS_STR("s-1111111111"), &r, &err), NOS_OK);
	assert_int_equal(r.a.key_count, 3);
	assert_int_equal(r.a.base.down.ctr, 3);
	for (size_t i = 0; i + 32 <= sizeof(r); i++)
		for (uint8_t value = 1; value <= 11; value++)
			assert_false(
			    at[i] == value && memcmp(at + i, secret_of(value).bytes, 32) == 0);
}

static void another_node_key_opens_no_source(void **state)
{
	struct nos_vault other = { secret_of(9) };
	struct nos_record r;

	(void)state;
	add("s-1111111111");
	assert_int_equal(
	    nos_registry_get(store, &other, NOS_STR("s-1111111111"), &r, &err), NOS_DENIED);
	assert_int_equal(r.a.key_count, 0);
}

static void the_record_of_one_source_cannot_stand_in_for_another_s(void **state)
{
	struct nos_record r;
	struct nos_buf value;

	(void)state;
	add("s-1111111111");
	add("s-2222222222");
	node_get(NOS_RECORD_NS, "s-1111111111", &value);
	node_put(NOS_RECORD_NS, "s-2222222222", value.p);
	assert_int_equal(
	    nos_registry_get(store, &vault, NOS_STR("s-2222222222"), &r, &err), NOS_DENIED);
	nos_buf_release(&value);
}

static void a_put_of_what_another_has_changed_changes_nothing(void **state)
{
	struct nos_record mine, other, again = source("s-1111111111");

	(void)state;
	add("s-1111111111");
	assert_int_equal(nos_registry_put(store, &vault, &again, &err), NOS_EXISTS);
	nos_err_clear(&err);
	assert_int_equal(
	    nos_registry_get(store, &vault, NOS_STR("s-1111111111"), &mine, &err), NOS_OK);
	other = mine;
	other.a.version = 99;
	assert_int_equal(nos_registry_put(store, &vault, &other, &err), NOS_OK);
	assert_int_equal(nos_registry_put(store, &vault, &mine, &err), NOS_EXISTS);
	nos_err_clear(&err);
	assert_int_equal(
	    nos_registry_get(store, &vault, NOS_STR("s-1111111111"), &mine, &err), NOS_OK);
	assert_int_equal(mine.a.version, 99);
}

static void one_that_is_forgotten_is_gone_with_its_name(void **state)
{
	struct nos_record r;
	char id[NOS_RECORD_ID_MAX];

	(void)state;
	add("s-1111111111");
	assert_int_equal(
	    nos_registry_name(store, NOS_STR("campodenno"), "s-1111111111", &err), NOS_OK);
	assert_int_equal(nos_registry_get(store, NULL, NOS_STR("s-1111111111"), &r, &err), NOS_OK);
	assert_int_equal(nos_registry_del(store, &r, &err), NOS_OK);
	assert_int_equal(nos_registry_del(store, &r, &err), NOS_OK);
	assert_int_equal(nos_registry_resolve(store, NOS_STR("campodenno"), id, &err), NOS_ABSENT);
	assert_int_equal(
	    nos_registry_get(store, NULL, NOS_STR("s-1111111111"), &r, &err), NOS_ABSENT);
}

static void a_source_that_is_not_there_or_cannot_be_one_is_absent(void **state)
{
	static const char *const none[] = { "", "s-0000000000", "s-00000000000000000" };
	struct nos_record r;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    nos_registry_get(store, &vault, nos_str_of(none[i]), &r, &err), NOS_ABSENT);
	assert_string_equal(err.text, "no source 's-00000000000000000'");
}

static void a_name_is_one_source_s_and_stands_for_it(void **state)
{
	char id[NOS_RECORD_ID_MAX];

	(void)state;
	add("s-1111111111");
	assert_int_equal(nos_registry_name(store, NOS_STR("attic"), "s-1111111111", &err), NOS_OK);
	assert_int_equal(nos_registry_name(store, NOS_STR("attic"), "s-1111111111", &err), NOS_OK);
	assert_int_equal(
	    nos_registry_name(store, NOS_STR("attic"), "s-2222222222", &err), NOS_EXISTS);
	assert_string_equal(err.text, "the name 'attic' is taken");
	nos_err_clear(&err);
	assert_int_equal(nos_registry_resolve(store, NOS_STR("attic"), id, &err), NOS_OK);
	assert_string_equal(id, "s-1111111111");
	assert_int_equal(nos_registry_resolve(store, NOS_STR("s-1111111111"), id, &err), NOS_OK);
	assert_string_equal(id, "s-1111111111");
}

static void a_word_that_is_no_source_is_absent(void **state)
{
	char id[NOS_RECORD_ID_MAX], longest[NOS_NAME_WORD_MAX + 2];
	static const char *const none[] = { "", "cellar", "s-2222222222", "s-222222222222222222" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(
		    nos_registry_resolve(store, nos_str_of(none[i]), id, &err), NOS_ABSENT);
	}
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(nos_registry_resolve(store, nos_str_of(longest), id, &err), NOS_ABSENT);
}

struct seen {
	size_t count, keys, stop_at;
	char last[NOS_RECORD_ID_MAX];
};

static enum nos_code see(void *state, const struct nos_record *s, struct nos_err *e)
{
	struct seen *seen = state;

	assert_true(strcmp(seen->last, s->id) < 0);
	assert_int_equal(s->a.base.z_key.len, 0);
	snprintf(seen->last, sizeof(seen->last), "%s", s->id);
	seen->keys += s->a.key_count;
	return ++seen->count == seen->stop_at ? nos_err_set(e, NOS_DATA, "enough") : NOS_OK;
}

static void a_scan_shows_each_in_order_with_its_own_keys(void **state)
{
	struct seen seen = { 0 }, two = { .stop_at = 2 };

	(void)state;
	add("s-3333333333");
	add("s-1111111111");
	add("s-2222222222");
	assert_int_equal(nos_registry_scan(store, see, &seen, &err), NOS_OK);
	assert_true(seen.count == 3 && seen.keys == 9);
	assert_int_equal(nos_registry_scan(store, see, &two, &err), NOS_DATA); /* its own error */
	assert_int_equal(two.count, 2);
}

/* The record with the first from replaced by to. */
static void damage(const char *from, const char *to, enum nos_code expect)
{
	struct nos_buf value, bad;
	struct nos_record r;
	const char *at;

	add("s-4444444444");
	node_get(NOS_RECORD_NS, "s-4444444444", &value);
	at = strstr(value.p, from);
	assert_non_null(at);
	nos_buf_init(&bad, NOS_STORE_VALUE_MAX);
	nos_buf_add(&bad, value.p, (size_t)(at - value.p));
	nos_buf_add_text(&bad, to);
	nos_buf_add_text(&bad, at + strlen(from));
	node_put(NOS_RECORD_NS, "s-4444444444", bad.p);
	if (nos_registry_get(store, &vault, NOS_STR("s-4444444444"), &r, &err) != expect)
		fail_msg("'%s' for '%s' gives '%s'", to, from, err.text);
	nos_err_clear(&err);
	assert_int_equal(
	    nos_store_del(store, NOS_RECORD_NS, NOS_STR("s-4444444444"), NOS_STORE_ANY, &err),
	    NOS_OK);
	nos_buf_release(&value);
	nos_buf_release(&bad);
}

static void what_is_damaged_is_the_store_s_fault(void **state)
{
	static const char *const sources[] = { "{", "[]", "{}", "{\"kind\":\"k\"}" };
	struct seen seen = { 0 };
	struct nos_record r;
	char id[NOS_RECORD_ID_MAX];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		nos_err_clear(&err);
		node_put(NOS_RECORD_NS, "s-1111111111", sources[i]);
		assert_int_equal(
		    nos_registry_get(store, NULL, NOS_STR("s-1111111111"), &r, &err), NOS_IO);
		assert_true(nos_str_starts(nos_str_of(err.text), "store: "));
		assert_int_equal(nos_registry_scan(store, see, &seen, &err), NOS_IO);
	}
	nos_err_clear(&err);
	damage("\"v\":1", "\"v\":2", NOS_CONFIG);
	damage("\"active\"", "\"awake\"", NOS_IO);
	damage("\"p.2\"", "\"p.02\"", NOS_IO);
	damage("\"z\":2", "\"z\":0", NOS_IO);
	damage("\"down\":3", "\"down\":3000000", NOS_IO);
	damage("\"offer\"", "\"other\"", NOS_OK); /* what is left over of the secrets is not read */
	damage("{\"key\":\"p.1\"", "{\"kex\":\"p.1\"", NOS_IO);
	damage("\"keys\":[", "\"keys\":[1,", NOS_IO);
	damage("\"sealed\":\"", "\"sealed\":\"AAAA", NOS_DENIED);
	node_put(NOS_REGISTRY_NAMES_NS, "attic", "{}");
	assert_int_equal(nos_registry_resolve(store, NOS_STR("attic"), id, &err), NOS_IO);
	assert_int_equal(seen.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_source_comes_back_as_it_was_put_every_byte_of_it),
		NODE_TEST(local_keys_global_keys_and_links_come_back_with_it),
		NODE_TEST(the_largest_source_that_there_may_be_fits_into_its_record),
		NODE_TEST(without_a_vault_no_secret_comes_with_it),
		NODE_TEST(another_node_key_opens_no_source),
		NODE_TEST(the_record_of_one_source_cannot_stand_in_for_another_s),
		NODE_TEST(a_put_of_what_another_has_changed_changes_nothing),
		NODE_TEST(one_that_is_forgotten_is_gone_with_its_name),
		NODE_TEST(a_source_that_is_not_there_or_cannot_be_one_is_absent),
		NODE_TEST(a_name_is_one_source_s_and_stands_for_it),
		NODE_TEST(a_word_that_is_no_source_is_absent),
		NODE_TEST(a_scan_shows_each_in_order_with_its_own_keys),
		NODE_TEST(what_is_damaged_is_the_store_s_fault),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
