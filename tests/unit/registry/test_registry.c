/* SPDX-License-Identifier: MIT */
#include "node.h"

#include "registry/registry.h"

static struct nos_secret secret_of(uint8_t byte)
{
	struct nos_secret s = { .len = 32 };

	memset(s.bytes, byte, s.len);
	return s;
}

static struct nos_registry_source source(const char *id)
{
	struct nos_registry_source s = { .name = "campodenno",
		.kind = "weather-station",
		.mode = "push",
		.types = "[\"air_temperature\"]",
		.scheme = "pairwise",
		.token = "t-5c01d2aa90",
		.open = true,
		.state = NOS_STATE_ACTIVE,
		.registered = { 1547812800480 },
		.z = 2,
		.z_key = secret_of(1),
		.down = { 3, secret_of(2) },
		.up = { 4, secret_of(3) },
		.key_count = 2 };

	snprintf(s.id, sizeof(s.id), "%s", id);
	s.keys[0] = (struct nos_registry_key){ .name = { 'p', 1, { 1 } },
		.state = NOS_STATE_DEACTIVATED,
		.since = { 1547812800000 },
		.until = { 1547816400000 },
		.value = secret_of(4) };
	s.keys[1] = (struct nos_registry_key){ .name = { 'p', 1, { 2 } },
		.state = NOS_STATE_ACTIVE,
		.since = { 1547812801000 },
		.value = secret_of(5) };
	return s;
}

static void add(const char *id)
{
	struct nos_registry_source s = source(id);

	assert_int_equal(nos_registry_add(store, &vault, &s, NOS_STR("m2 of it"), &err), NOS_OK);
}

static void a_source_comes_back_as_it_was_added(void **state)
{
	const struct nos_registry_source s = source("s-7f3a09c2e1");
	struct nos_registry_source again;
	struct nos_buf m2;

	(void)state;
	add("s-7f3a09c2e1");
	assert_int_equal(
	    nos_registry_get(store, &vault, NOS_STR("s-7f3a09c2e1"), &again, &err), NOS_OK);
	assert_string_equal(again.id, s.id);
	assert_string_equal(again.name, s.name);
	assert_string_equal(again.kind, s.kind);
	assert_string_equal(again.mode, s.mode);
	assert_string_equal(again.types, s.types);
	assert_string_equal(again.scheme, s.scheme);
	assert_string_equal(again.token, s.token);
	assert_true(again.open && again.state == NOS_STATE_ACTIVE && again.z == 2);
	assert_true(again.registered.ms == s.registered.ms);
	assert_true(nos_secret_eq(&again.z_key, &s.z_key));
	assert_true(again.down.ctr == 3 && nos_secret_eq(&again.down.key, &s.down.key));
	assert_true(again.up.ctr == 4 && nos_secret_eq(&again.up.key, &s.up.key));
	assert_int_equal(again.key_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_memory_equal(&again.keys[i].name, &s.keys[i].name, sizeof(s.keys[i].name));
		assert_int_equal(again.keys[i].state, s.keys[i].state);
		assert_true(again.keys[i].since.ms == s.keys[i].since.ms &&
			    again.keys[i].until.ms == s.keys[i].until.ms);
		assert_true(nos_secret_eq(&again.keys[i].value, &s.keys[i].value));
	}
	nos_buf_init(&m2, 100);
	assert_int_equal(nos_registry_answer(store, NOS_STR("s-7f3a09c2e1"), &m2, &err), NOS_OK);
	assert_buf(&m2, "m2 of it");
	nos_buf_release(&m2);
	nos_registry_source_release(&again);
}

static void without_a_vault_no_secret_comes_with_it(void **state)
{
	struct nos_registry_source s;

	(void)state;
	add("s-1111111111");
	assert_int_equal(nos_registry_get(store, NULL, NOS_STR("s-1111111111"), &s, &err), NOS_OK);
	assert_int_equal(s.key_count, 2);
	assert_true(!s.z_key.len && !s.down.key.len && !s.up.key.len && !s.keys[0].value.len &&
		    !s.keys[1].value.len);
	assert_int_equal(s.down.ctr, 3);
}

static void another_node_key_opens_no_source(void **state)
{
	struct nos_vault other = { secret_of(9) };
	struct nos_registry_source s;

	(void)state;
	add("s-1111111111");
	assert_int_equal(
	    nos_registry_get(store, &other, NOS_STR("s-1111111111"), &s, &err), NOS_DENIED);
	assert_int_equal(s.key_count, 0);
}

static void a_key_of_one_source_cannot_stand_in_for_another_s(void **state)
{
	struct nos_registry_source s;
	struct nos_buf value;

	(void)state;
	add("s-1111111111");
	add("s-2222222222");
	node_get(NOS_REGISTRY_KEYS_NS, "s-1111111111/p.2", &value);
	node_put(NOS_REGISTRY_KEYS_NS, "s-2222222222/p.2", value.p);
	assert_int_equal(
	    nos_registry_get(store, &vault, NOS_STR("s-2222222222"), &s, &err), NOS_DENIED);
	nos_buf_release(&value);
}

static void an_id_is_given_once_and_doing_it_again_changes_nothing(void **state)
{
	struct nos_registry_source s = source("s-1111111111"), again;

	(void)state;
	add("s-1111111111");
	s.z_key = secret_of(8);
	assert_int_equal(nos_registry_add(store, &vault, &s, NOS_STR("other"), &err), NOS_EXISTS);
	nos_err_clear(&err);
	assert_int_equal(
	    nos_registry_get(store, &vault, NOS_STR("s-1111111111"), &again, &err), NOS_OK);
	assert_int_equal(again.z_key.bytes[0], 1);
}

static void a_source_that_is_not_there_or_cannot_be_one_is_absent(void **state)
{
	static const char *const none[] = { "", "s-0000000000", "s-00000000000000000" };
	struct nos_registry_source s;
	struct nos_buf m2;

	(void)state;
	nos_buf_init(&m2, 100);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    nos_registry_get(store, &vault, nos_str_of(none[i]), &s, &err), NOS_ABSENT);
	assert_string_equal(err.text, "no source 's-00000000000000000'");
	assert_int_equal(
	    nos_registry_answer(store, NOS_STR("s-0000000000"), &m2, &err), NOS_ABSENT);
	nos_buf_release(&m2);
}

static void a_name_is_one_source_s_and_stands_for_it(void **state)
{
	char id[NOS_REGISTRY_ID_MAX];

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
	char id[NOS_REGISTRY_ID_MAX], longest[NOS_NAME_WORD_MAX + 2];
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
	char last[NOS_REGISTRY_ID_MAX];
};

static enum nos_code see(void *state, const struct nos_registry_source *s, struct nos_err *e)
{
	struct seen *seen = state;

	assert_true(strcmp(seen->last, s->id) < 0);
	assert_int_equal(s->z_key.len, 0);
	snprintf(seen->last, sizeof(seen->last), "%s", s->id);
	seen->keys += s->key_count;
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
	assert_true(seen.count == 3 && seen.keys == 6);
	assert_int_equal(nos_registry_scan(store, see, &two, &err), NOS_DATA); /* its own error */
	assert_int_equal(two.count, 2);
}

static void what_is_damaged_is_the_store_s_fault(void **state)
{
	static const char *const sources[] = { "{", "[]", "{}",
		"{\"kind\":\"k\",\"scheme\":\"pairwise\",\"token\":\"t\",\"open\":false,"
		"\"state\":\"alive\",\"registered\":1,\"z\":1,\"down\":0,\"up\":0}" };
	struct seen seen = { 0 };
	struct nos_registry_source s;
	char id[NOS_REGISTRY_ID_MAX];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		nos_err_clear(&err);
		node_put(NOS_REGISTRY_SOURCES_NS, "s-1111111111", sources[i]);
		assert_int_equal(
		    nos_registry_get(store, NULL, NOS_STR("s-1111111111"), &s, &err), NOS_IO);
		assert_true(nos_str_starts(nos_str_of(err.text), "store: "));
		assert_int_equal(nos_registry_scan(store, see, &seen, &err), NOS_IO);
	}
	node_put(NOS_REGISTRY_SOURCES_NS, "s-1111111111", "{\"v\":2}");
	assert_int_equal(
	    nos_registry_get(store, NULL, NOS_STR("s-1111111111"), &s, &err), NOS_CONFIG);
	node_put(NOS_REGISTRY_NAMES_NS, "attic", "{}");
	assert_int_equal(nos_registry_resolve(store, NOS_STR("attic"), id, &err), NOS_IO);
	assert_int_equal(seen.count, 0);
}

static void keys_that_are_too_many_or_no_keys_are_the_store_s_fault(void **state)
{
	struct nos_registry_source s;
	struct nos_buf value;
	char record[64];

	(void)state;
	add("s-1111111111");
	node_get(NOS_REGISTRY_KEYS_NS, "s-1111111111/p.1", &value);
	for (int i = 3; i <= NOS_REGISTRY_KEYS_MAX; i++) {
		snprintf(record, sizeof(record), "s-1111111111/p.%d", i);
		node_put(NOS_REGISTRY_KEYS_NS, record, value.p);
	}
	assert_int_equal(nos_registry_get(store, NULL, NOS_STR("s-1111111111"), &s, &err), NOS_OK);
	assert_int_equal(s.key_count, NOS_REGISTRY_KEYS_MAX);
	node_put(NOS_REGISTRY_KEYS_NS, "s-1111111111/p.99", value.p);
	assert_int_equal(nos_registry_get(store, NULL, NOS_STR("s-1111111111"), &s, &err), NOS_IO);
	assert_string_equal(err.text, "store: the keys of 's-1111111111' are damaged");
	add("s-2222222222");
	node_put(NOS_REGISTRY_KEYS_NS, "s-2222222222/p.01", value.p);
	assert_int_equal(nos_registry_get(store, NULL, NOS_STR("s-2222222222"), &s, &err), NOS_IO);
	nos_buf_release(&value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_source_comes_back_as_it_was_added),
		NODE_TEST(without_a_vault_no_secret_comes_with_it),
		NODE_TEST(another_node_key_opens_no_source),
		NODE_TEST(a_key_of_one_source_cannot_stand_in_for_another_s),
		NODE_TEST(an_id_is_given_once_and_doing_it_again_changes_nothing),
		NODE_TEST(a_source_that_is_not_there_or_cannot_be_one_is_absent),
		NODE_TEST(a_name_is_one_source_s_and_stands_for_it),
		NODE_TEST(a_word_that_is_no_source_is_absent),
		NODE_TEST(a_scan_shows_each_in_order_with_its_own_keys),
		NODE_TEST(what_is_damaged_is_the_store_s_fault),
		NODE_TEST(keys_that_are_too_many_or_no_keys_are_the_store_s_fault),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
