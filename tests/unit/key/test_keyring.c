/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "key/keyring.h"

#define KEY   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define OTHER "__________________________________________8"

static const char good[] =
    "{\"v\":1,\"source\":\"s-7f3a09c2e1\",\"name\":\"campodenno\",\"kind\":\"weather-station\","
    "\"mode\":\"push\",\"types\":[\"air_temperature\"],\"node\":{\"number\":1,\"urls\":[\"http://"
    "127.0.0.1:8080\"],\"pin\":\"" KEY "\",\"sign\":\"" OTHER
    "\"},\"scheme\":\"pairwise\",\"enrolment\":\"t-5c01d2aa90\",\"seq\":{\"next\":64},\"control\":{\"down\":{\"ctr\":3,\"key\":"
    "\"" KEY "\"},\"up\":{\"ctr\":1,\"key\":\"" OTHER "\"}},\"static\":{\"z\":2,\"key\":\"" KEY
    "\",\"older\":[{\"z\":1,\"resync\":\"" KEY "\",\"renew\":\"" OTHER "\",\"spool\":\"" KEY
    "\"}]},\"keys\":[{\"key\":\"p.2\",\"state\":\"active\",\"value\":\"" OTHER
    "\",\"since\":1547812800},{\"key\":\"p.1\",\"state\":\"deactivated\",\"value\":\"" KEY
    "\",\"since\":1547726400,\"until\":1547816400.5}],\"ask\":{\"z\":1,\"bytes\":\"wQ\",\"E_S\":\"" KEY
    "\",\"since\":1547812801},\"ack\":\"oQ\"}\n";

static void a_keyring_is_written_as_it_was_read(void **state)
{
	struct nos_keyring k;
	struct nos_err err = { 0 };
	struct nos_buf b;

	(void)state;
	assert_int_equal(nos_keyring_decode(nos_str_of(good), &k, &err), NOS_OK);
	nos_buf_init_secret(&b, NOS_KEYRING_TEXT_MAX);
	nos_keyring_encode(&b, &k);
	assert_buf(&b, good);
	assert_int_equal(nos_keyring_active(&k)->name.parts[0], 2);
	nos_buf_release(&b);
	nos_keyring_release(&k);
	assert_int_equal(k.z_key.len, 0);
}

/* good with the first from replaced by to must be refused with code. */
static void refuse(const char *from, const char *to, enum nos_code code)
{
	const char *at = strstr(good, from);
	struct nos_keyring k;
	struct nos_err err = { 0 };
	struct nos_buf b;

	assert_non_null(at);
	nos_buf_init(&b, 4096);
	nos_buf_add(&b, good, (size_t)(at - good));
	nos_buf_add_text(&b, to);
	nos_buf_add_text(&b, at + strlen(from));
	if (nos_keyring_decode(nos_buf_str(&b), &k, &err) != code)
		fail_msg("'%s' for '%s' gives '%s'", to, from, err.text);
	assert_null(strstr(err.text, KEY));
	nos_buf_release(&b);
}

static void a_keyring_that_is_not_whole_is_refused(void **state)
{
	(void)state;
	refuse("\"v\":1", "\"v\":2", NOS_CONFIG);
	refuse("\"source\"", "\"sauce\"", NOS_DATA);
	refuse("\"t-5c01d2aa90\"", "5", NOS_DATA);
	refuse("\"enrolment\"", "\"more\"", NOS_OK);
	refuse("\"next\":64", "\"next\":0", NOS_DATA);
	refuse("\"ctr\":3", "\"ctr\":-3", NOS_DATA);
	refuse("\"ctr\":3", "\"ctr\":2097153", NOS_DATA);
	refuse("\"z\":2", "\"z\":\"2\"", NOS_DATA);
	refuse(",\"key\":\"" KEY, ",\"key\":\"AA", NOS_DATA);
	refuse("\"active\"", "\"awake\"", NOS_DATA);
	refuse("\"p.2\"", "\"p.02\"", NOS_DATA);
	refuse("[\"http://127.0.0.1:8080\"]", "[]", NOS_DATA);
	refuse("[\"http://127.0.0.1:8080\"]", "[8080]", NOS_DATA);
	refuse("\"number\":1", "\"number\":1,\"number\":1", NOS_DATA);
	refuse("}\n", "", NOS_DATA);
	refuse("{\"v\"", "[{\"v\"", NOS_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_keyring_is_written_as_it_was_read),
		cmocka_unit_test(a_keyring_that_is_not_whole_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
