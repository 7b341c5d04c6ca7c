/* SPDX-License-Identifier: MIT */
/* Three NATS servers keep the contract of store.h, and what they alone are to withstand. */
#include "contract_append.h"
#include "contract_stream.h"
#include "two.h"

static enum nos_code same_key(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *e)
{
	(void)rev, (void)e;
	assert_true(nos_str_eq(key, value));
	++*(size_t *)state;
	return NOS_OK;
}

static void a_key_is_made_of_whatever_bytes(void **state)
{
	static const char *const odd[] = { "/", "//", "a/", "/a", "a//b", "a=2Fb", "=",
		"soil temp.", "*", ">", "a.b", "\xc3\xa4/\x01" };
	char every[256];
	size_t count = 0;
	uint64_t rev;

	(void)state;
	for (size_t i = 0; i < sizeof(every); i++)
		every[i] = (char)i;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_int_equal(nos_store_put(a, "odd", nos_str_of(odd[i]), nos_str_of(odd[i]),
				     NOS_STORE_NEW, &rev, &err),
		    NOS_OK);
	assert_int_equal(nos_store_put(a, "odd", (struct nos_str){ every, sizeof(every) },
			     (struct nos_str){ every, sizeof(every) }, NOS_STORE_NEW, &rev, &err),
	    NOS_OK);
	assert_int_equal(nos_store_scan(b, "odd", NOS_STR(""), same_key, &count, &err), NOS_OK);
	assert_int_equal(count, sizeof(odd) / sizeof(odd[0]) + 1);
	count = 0;
	assert_int_equal(nos_store_scan(b, "odd", NOS_STR("a"), same_key, &count, &err), NOS_OK);
	assert_int_equal(count, 2); /* "a/" and "a//b" */
}

static enum nos_code size_of(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	(void)position, (void)e;
	*(size_t *)state = entry.len;
	return NOS_OK;
}

static void the_largest_value_and_entry_are_taken(void **state)
{
	char *bytes = malloc(NOS_STORE_ENTRY_MAX);
	uint64_t rev, position;
	struct nos_buf space;
	size_t size = 0;

	(void)state;
	memset(bytes, 0xf0, NOS_STORE_ENTRY_MAX);
	nos_buf_init(&space, NOS_STORE_VALUE_MAX);
	assert_int_equal(
	    nos_store_put(a, "sources", NOS_STR("s-large"),
		(struct nos_str){ bytes, NOS_STORE_VALUE_MAX }, NOS_STORE_NEW, &rev, &err),
	    NOS_OK);
	assert_int_equal(get(b, "s-large", &space, &rev).len, NOS_STORE_VALUE_MAX);
	assert_memory_equal(space.p, bytes, NOS_STORE_VALUE_MAX);
	assert_int_equal(
	    nos_store_append(a, "large", (struct nos_time){ 1000 },
		(struct nos_span){ (uint8_t *)bytes, NOS_STORE_ENTRY_MAX }, &position, &err),
	    NOS_OK);
	for (size_t limit = 1; limit <= 10; limit += 9) {
		assert_int_equal(
		    nos_store_read(b, "large", 0, limit, size_of, &size, &err), NOS_OK);
		assert_int_equal(size, NOS_STORE_ENTRY_MAX);
	}
	nos_buf_release(&space);
	free(bytes);
}

static enum nos_code opening(const char *scheme, const char *tail)
{
	char other[sizeof(url) + 32];
	const struct nos_store_where at = { .url = other };
	struct nos_store *s = NULL;

	nos_err_clear(&err);
	servers_url(other, sizeof(other), scheme, tail);
	(void)!nos_store_open(&at, false, &s, &err);
	nos_store_close(s);
	return err.code;
}

static void what_was_never_made_is_absent_and_what_is_no_place_is_refused(void **state)
{
	(void)state;
	assert_int_equal(opening("nats", ""), NOS_OK); /* the prefix is nos */
	assert_int_equal(opening("nats", "/nos?replicas=1"), NOS_OK);
	assert_int_equal(opening("nats", "/other"), NOS_ABSENT);
	assert_int_equal(opening("nats", "/a.b"), NOS_USAGE);
	assert_int_equal(opening("nats", "/nos?replicas=9"), NOS_USAGE);
	assert_int_equal(opening("nats", "/nos?size=9"), NOS_USAGE);
	assert_int_equal(opening("nats", ","), NOS_USAGE);
	assert_int_equal(opening("nats", ",me:secret@127.0.0.1"), NOS_USAGE);
	assert_null(strstr(err.text, "secret"));
	nos_err_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRACT,
		CONTRACT_APPEND,
		CONTRACT_STREAM,
		cmocka_unit_test(a_key_is_made_of_whatever_bytes),
		cmocka_unit_test(the_largest_value_and_entry_are_taken),
		cmocka_unit_test(what_was_never_made_is_absent_and_what_is_no_place_is_refused),
	};
	return cmocka_run_group_tests(tests, two_start, two_stop);
}
