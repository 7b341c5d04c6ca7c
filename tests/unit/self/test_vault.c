/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "self/vault.h"

static struct nos_err err;
static struct nos_vault vault;
static const struct nos_vault_place place = { "keys", NOS_STR("s-1/p.1"), "sealed" };

static int start(void **state)
{
	struct nos_buf text;
	enum nos_code code;

	(void)state;
	nos_err_clear(&err);
	nos_buf_init_secret(&text, 1000);
	code = nos_vault_new(&vault, &text, &err);
	nos_buf_release(&text);
	return code;
}

static int stop(void **state)
{
	(void)state;
	nos_vault_release(&vault);
	return 0;
}

static void seal(const char *text, struct nos_buf *ret)
{
	nos_buf_init(ret, 1000);
	assert_int_equal(
	    nos_vault_seal(&vault, &place, nos_str_bytes(nos_str_of(text)), ret, &err), NOS_OK);
}

/* Open sealed at a place, by v; what was opened is text where it did. */
static enum nos_code opens(const struct nos_vault *v, const struct nos_vault_place *at,
    struct nos_span sealed, const char *text)
{
	struct nos_buf plain;
	enum nos_code code;

	nos_err_clear(&err);
	nos_buf_init_secret(&plain, 1000);
	nos_buf_add_text(&plain, "before ");
	code = nos_vault_open(v, at, sealed, &plain, &err);
	assert_int_equal(code, err.code);
	if (code)
		assert_buf(&plain, "before "); /* nothing of it is let out */
	else
		assert_string_equal(plain.p + strlen("before "), text);
	nos_buf_release(&plain);
	return code;
}

static void what_is_sealed_opens_and_does_not_show(void **state)
{
	struct nos_buf sealed;

	(void)state;
	seal("the value of a key", &sealed);
	assert_int_equal(sealed.len, 12 + strlen("the value of a key") + 16);
	assert_null(memmem(sealed.p, sealed.len, "value", 5));
	assert_int_equal(
	    opens(&vault, &place, nos_buf_span(&sealed), "the value of a key"), NOS_OK);
	nos_buf_release(&sealed);
	seal("", &sealed);
	assert_int_equal(opens(&vault, &place, nos_buf_span(&sealed), ""), NOS_OK);
	nos_buf_release(&sealed);
}

static void the_same_value_is_sealed_as_other_bytes_each_time(void **state)
{
	struct nos_buf a, b;

	(void)state;
	seal("value", &a);
	seal("value", &b);
	assert_memory_not_equal(a.p, b.p, 12);
	assert_memory_not_equal(a.p + 12, b.p + 12, a.len - 12);
	nos_buf_release(&a);
	nos_buf_release(&b);
}

static void no_value_opens_in_another_place(void **state)
{
	static const struct nos_vault_place others[] = {
		{ "tokens", NOS_STR("s-1/p.1"), "sealed" },
		{ "keys", NOS_STR("s-1/p.2"), "sealed" }, { "keys", NOS_STR("s-1/p.1"), "seale" },
		{ "key", NOS_STR("ss-1/p.1"), "sealed" }, /* the same bytes, cut elsewhere */
	};
	struct nos_buf sealed;

	(void)state;
	seal("value", &sealed);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(
		    opens(&vault, &others[i], nos_buf_span(&sealed), NULL), NOS_DENIED);
	nos_buf_release(&sealed);
}

static void no_bit_of_it_may_change_and_no_byte_may_be_missing(void **state)
{
	struct nos_buf sealed;

	(void)state;
	seal("value", &sealed);
	for (size_t bit = 0; bit < sealed.len * 8; bit++) {
		sealed.p[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(opens(&vault, &place, nos_buf_span(&sealed), NULL), NOS_DENIED);
		sealed.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t len = 0; len < sealed.len; len++)
		assert_int_equal(opens(&vault, &place,
				     (struct nos_span){ (const uint8_t *)sealed.p, len }, NULL),
		    NOS_DENIED);
	assert_int_equal(opens(&vault, &place, nos_buf_span(&sealed), "value"), NOS_OK);
	nos_buf_release(&sealed);
}

static void the_file_s_text_gives_the_key_again_and_another_key_opens_nothing(void **state)
{
	struct nos_vault first = { 0 }, again = { 0 };
	struct nos_buf text, sealed;

	(void)state;
	nos_buf_init_secret(&text, 1000);
	assert_int_equal(nos_vault_new(&first, &text, &err), NOS_OK);
	assert_int_equal(nos_vault_decode(nos_buf_str(&text), &again, &err), NOS_OK);
	assert_true(nos_secret_eq(&first.key, &again.key));
	assert_false(nos_secret_eq(&first.key, &vault.key));
	seal("value", &sealed);
	assert_int_equal(opens(&again, &place, nos_buf_span(&sealed), NULL), NOS_DENIED);
	assert_string_equal(
	    err.text, "store: a sealed value of keys does not open: another node key?");
	nos_vault_release(&first);
	nos_vault_release(&again);
	nos_buf_release(&text);
	nos_buf_release(&sealed);
}

static void a_file_that_is_no_node_key_says_why_and_shows_nothing_of_it(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "not a node key file: node key: no JSON value" },
		{ "{}", "not a node key file: key is missing or not a key" },
		{ "{\"key\":\"c2VjcmV0\"}", "not a node key file: key is missing or not a key" },
		{ "{\"v\":2,\"key\":\"c2VjcmV0\"}",
		    "not a node key file: node key: written by a newer nos" },
	};
	struct nos_vault v = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(nos_vault_decode(nos_str_of(bad[i].text), &v, &err), NOS_CONFIG);
		assert_string_equal(err.text, bad[i].why);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(what_is_sealed_opens_and_does_not_show),
		TEST(the_same_value_is_sealed_as_other_bytes_each_time),
		TEST(no_value_opens_in_another_place),
		TEST(no_bit_of_it_may_change_and_no_byte_may_be_missing),
		TEST(the_file_s_text_gives_the_key_again_and_another_key_opens_nothing),
		TEST(a_file_that_is_no_node_key_says_why_and_shows_nothing_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
