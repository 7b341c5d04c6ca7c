/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "base/num.h"
#include "key/keyring.h"

#define KEY   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define OTHER "__________________________________________8"
#define SHORT "AAAAAAAAAAAAAAAAAAAAAA"

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

/* A source that relays or goes through relays: local keys, global keys, links. */
static const char local[] =
    "{\"v\":1,\"source\":\"s-7f3a09c2e1\",\"node\":{\"number\":1,\"urls\":[\"http://"
    "127.0.0.1:8080\"],\"pin\":\"" KEY "\",\"sign\":\"" OTHER
    "\"},\"scheme\":\"dini\",\"seq\":{\"next\":64},\"control\":{\"down\":{\"ctr\":3,\"key\":"
    "\"" KEY "\"},\"up\":{\"ctr\":1,\"key\":\"" OTHER "\"}},\"static\":{\"z\":2,\"key\":\"" KEY
    "\"},\"keys\":[{\"key\":\"d.1.8589934593\",\"state\":\"active\",\"value\":\"" SHORT
    "\",\"since\":1547812800,\"domain\":7,\"version\":4294967297},{\"key\":\"p.1\",\"state\":"
    "\"active\",\"value\":\"" KEY "\",\"since\":1547726400}],\"unproven\":true,\"global\":[{"
    "\"domain\":7,\"version\":4294967297,\"value\":\"" SHORT
    "\",\"since\":1547812800},{\"domain\":256,\"version\":1,\"value\":\"" SHORT
    "\",\"since\":1547812801.5}],\"links\":[{\"relay\":\"s-0011223344\",\"value\":\"" SHORT
    "\"},{\"relay\":\"s-00112233445566778899001122aabb\",\"value\":\"" SHORT "\"}]}\n";

/* A member of a group: its place in the tree, its clock, the key that it made. */
#define MEMBER(scheme, key, value, group)                                                    \
	"{\"v\":1,\"source\":\"s-7f3a09c2e1\",\"node\":{\"number\":1,\"urls\":[\"http://"    \
	"127.0.0.1:8080\"],\"pin\":\"" KEY "\",\"sign\":\"" OTHER "\"},\"scheme\":\"" scheme \
	"\",\"seq\":{\"next\":64},\"control\":{\"down\":{\"ctr\":3,\"key\":"                 \
	"\"" KEY "\"},\"up\":{\"ctr\":1,\"key\":\"" OTHER                                    \
	"\"}},\"static\":{\"z\":2,\"key\":\"" KEY "\"},\"keys\":[{\"key\":\"" key            \
	"\",\"state\":\"active\",\"value\":\"" value                                         \
	"\",\"since\":1547812800},{\"key\":\"p.1\",\"state\":\"active\",\"value\":\"" KEY    \
	"\",\"since\":1547726400}],\"group\":" group "}\n"
#define PLACE "\"leaf\":1,\"epoch\":2,\"path\":[\"" SHORT "\",\"" SHORT "\"]"

static const char member[] = MEMBER("dipietro", "g.3.2.7", OTHER,
    "{\"name\":\"roof\",\"shared\":true,\"number\":3," PLACE
    ",\"clock\":{\"epoch\":2,\"t\":7,\"A\":\"" KEY
    "\"},\"token\":{\"epoch\":3,\"t\":8,\"h\":\"" SHORT "\"},\"leapt\":1547812800.5}");
static const char leaf[] =
    MEMBER("tree", "t.3.2", SHORT, "{\"name\":\"roof\",\"number\":3," PLACE "}");
static const char placed[] = MEMBER("dipietro", "s.3.2.7", OTHER,
    "{\"name\":\"roof\",\"number\":3,\"clock\":{\"epoch\":2,\"t\":7,\"A\":\"" KEY
    "\"},\"token\":{\"t\":7,\"h\":\"" SHORT "\"}}");
static const char named[] = MEMBER("dipietro", "p.2", OTHER, "{\"name\":\"roof\"}");

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

static void local_keys_global_keys_and_links_are_written_as_they_were_read(void **state)
{
	struct nos_keyring k;
	struct nos_err err = { 0 };
	struct nos_buf b;

	(void)state;
	if (nos_keyring_decode(nos_str_of(local), &k, &err))
		fail_msg("%s", err.text);
	assert_true(k.unproven && k.key_count == 2 && k.global_count == 2 && k.link_count == 2);
	assert_true(k.keys[0].domain == 7 && k.keys[0].version == (UINT64_C(1) << 32) + 1);
	assert_true(k.keys[0].value.len == 16 && k.keys[1].value.len == 32 && !k.keys[1].domain);
	assert_int_equal(nos_keyring_global(&k, 256)->since.ms, 1547812801500);
	assert_null(nos_keyring_global(&k, 8));
	assert_ptr_equal(
	    nos_keyring_link(&k, NOS_STR("s-00112233445566778899001122aabb")), &k.links[1]);
	assert_null(nos_keyring_link(&k, NOS_STR("s-00112233")));
	nos_buf_init_secret(&b, NOS_KEYRING_TEXT_MAX);
	nos_keyring_encode(&b, &k);
	assert_buf(&b, local);
	nos_buf_release(&b);
	nos_keyring_release(&k);
	assert_int_equal(k.globals[0].value.len, 0);
}

static void what_a_member_holds_of_its_group_is_written_as_it_was_read(void **state)
{
	static const char *const texts[] = { member, leaf, placed, named };
	struct nos_keyring k;
	struct nos_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		NOS_AUTO(buf) b = { 0 };

		if (nos_keyring_decode(nos_str_of(texts[i]), &k, &err))
			fail_msg("%zu: %s", i, err.text);
		nos_buf_init_secret(&b, NOS_KEYRING_TEXT_MAX);
		nos_keyring_encode(&b, &k);
		assert_buf(&b, texts[i]);
		assert_string_equal(k.group_name, "roof");
		assert_int_equal(k.shared, i == 0);
		assert_int_equal(k.group.number, i < 3 ? 3 : 0);
		assert_int_equal(k.group.path.depth, i < 2);
		assert_int_equal(k.group.path.group, i < 2 ? 3 : 0);
		assert_int_equal(k.group.clock.group, i == 0 || i == 2 ? 3 : 0);
		assert_int_equal(k.group.token_epoch, i == 0 ? 3 : i == 2 ? 2 : 0);
		nos_keyring_release(&k);
	}
}

static void a_source_sends_under_its_scheme_s_own_and_under_p_while_that_is_unproven(void **state)
{
	struct nos_keyring k;
	struct nos_err err = { 0 };

	(void)state;
	assert_int_equal(nos_keyring_decode(nos_str_of(local), &k, &err), NOS_OK);
	assert_int_equal(nos_keyring_active(&k)->name.kind, 'p');
	k.unproven = false;
	assert_int_equal(nos_keyring_active(&k)->name.kind, 'd');
	assert_int_equal(nos_keyring_pairwise(&k)->name.kind, 'p');
	/* The newest of them by its name, wherever it stands. */
	*nos_keyring_add(&k) =
	    (struct nos_keyring_key){ .name = { 'd', 2, { 1, 7 } }, .state = NOS_STATE_ACTIVE };
	assert_true(nos_keyring_active(&k)->name.parts[1] == (UINT64_C(1) << 33) + 1);
	k.keys[1].state = NOS_STATE_DEACTIVATED;
	assert_int_equal(nos_keyring_active(&k)->name.parts[1], 7);
	k.keys[0].state = NOS_STATE_DEACTIVATED;
	assert_int_equal(nos_keyring_active(&k)->name.kind, 'p');
	k.keys[2].state = NOS_STATE_DEACTIVATED;
	assert_null(nos_keyring_active(&k));
	nos_keyring_release(&k);
}

static void the_largest_keyring_that_there_may_be_fits_into_its_file(void **state)
{
	static struct nos_keyring k, again;
	const struct nos_secret longest = { .len = 32 };
	struct nos_err err = { 0 };
	NOS_AUTO(buf) b = { 0 };

	(void)state;
	assert_int_equal(nos_keyring_decode(nos_str_of(local), &k, &err), NOS_OK);
	for (k.key_count = 0; k.key_count < NOS_KEYRING_KEYS_MAX; k.key_count++)
		k.keys[k.key_count] =
		    (struct nos_keyring_key){ .name = { 'd', 2, { UINT64_MAX, UINT64_MAX } },
			    .state = NOS_STATE_DEACTIVATED,
			    .value = { .len = 16 },
			    .since = { 1547812801500 },
			    .until = { 1547812801500 },
			    .domain = NOS_NUM_SAFE - 1,
			    .version = NOS_NUM_SAFE - 1 };
	for (k.global_count = 0; k.global_count < NOS_KEYRING_GLOBALS_MAX; k.global_count++)
		k.globals[k.global_count] = (struct nos_keyring_global){ NOS_NUM_SAFE - 1,
			NOS_NUM_SAFE - 1, { 1547812801500 }, { .len = 16 } };
	for (k.link_count = 0; k.link_count < NOS_KEYRING_LINKS_MAX; k.link_count++)
		k.links[k.link_count] =
		    (struct nos_keyring_link){ "s-00112233445566778899001122aabb", { .len = 16 } };
	for (k.older_count = 0; k.older_count < NOS_KEYRING_OLDER_MAX; k.older_count++)
		k.older[k.older_count] =
		    (struct nos_keyring_older){ k.older_count + 1, longest, longest, longest };
	memset(k.group_name, 'g', NOS_NAME_WORD_MAX);
	k.shared = true;
	k.group = (struct nos_keyring_group){ .number = NOS_NUM_SAFE - 1,
		.path = { NOS_LKH_DEPTH_MAX, NOS_NUM_SAFE - 1, NOS_NUM_SAFE - 1, (1u << 20) - 1 },
		.clock = { NOS_NUM_SAFE - 1, NOS_NUM_SAFE - 1, NOS_NUM_SAFE - 1, longest },
		.token = { .t = NOS_NUM_SAFE - 1 },
		.token_epoch = NOS_NUM_SAFE - 2,
		.leapt = { 1547812801500 } };
	for (unsigned h = 0; h <= NOS_LKH_DEPTH_MAX; h++)
		k.group.path.keys[h].len = NOS_LKH_KEY_LEN;
	k.ack_len = NOS_KEYRING_ACK_MAX;
	nos_buf_init_secret(&b, NOS_KEYRING_TEXT_MAX);
	nos_keyring_encode(&b, &k);
	assert_int_equal(nos_buf_check(&b, "keyring", &err), NOS_OK);
	if (nos_keyring_decode(nos_buf_str(&b), &again, &err))
		fail_msg("%s", err.text);
	assert_memory_equal(&k, &again, sizeof(k));
}

/* A text with the first from replaced by to must be refused with code. */
static void refuse_in(const char *text, const char *from, const char *to, enum nos_code code)
{
	const char *at = strstr(text, from);
	struct nos_keyring k;
	struct nos_err err = { 0 };
	struct nos_buf b;

	assert_non_null(at);
	nos_buf_init(&b, 4096);
	nos_buf_add(&b, text, (size_t)(at - text));
	nos_buf_add_text(&b, to);
	nos_buf_add_text(&b, at + strlen(from));
	if (nos_keyring_decode(nos_buf_str(&b), &k, &err) != code)
		fail_msg("'%s' for '%s' gives '%s'", to, from, err.text);
	assert_null(strstr(err.text, SHORT));
	nos_buf_release(&b);
}

static void refuse(const char *from, const char *to, enum nos_code code)
{
	refuse_in(good, from, to, code);
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

static void local_keys_global_keys_and_links_that_are_not_whole_are_refused(void **state)
{
	(void)state;
	refuse_in(local, "\"domain\":7", "\"domain\":0", NOS_DATA);
	refuse_in(local, ",\"version\":4294967297},{\"key\":\"p.1", "},{\"key\":\"p.1", NOS_DATA);
	refuse_in(local, SHORT, KEY, NOS_DATA);
	refuse_in(local, "\"unproven\":true", "\"unproven\":1", NOS_DATA);
	refuse_in(local, "\"global\":[", "\"global\":[1,", NOS_DATA);
	refuse_in(local, "\"domain\":256", "\"domain\":-1", NOS_DATA);
	refuse_in(local, "\"version\":1,", "\"version\":0,", NOS_DATA);
	refuse_in(local, "\"links\":[", "\"links\":[1,", NOS_DATA);
	refuse_in(local, "s-00112233445566778899001122aabb", "s-00112233445566778899001122aabbc",
	    NOS_DATA);
	refuse_in(local, "\"relay\"", "\"delay\"", NOS_DATA);
}

static void what_a_member_holds_and_is_not_whole_is_refused(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "\"number\":3", "\"number\":0" },
		{ "\"name\":\"roof\"", "\"name\":5" },
		{ "\"shared\":true", "\"shared\":1" },
		{ "\"leaf\":1", "\"leaf\":2" },
		{ "\"leaf\":1,", "" },
		{ "\"epoch\":2,\"path", "\"epoch\":-2,\"path" },
		{ "\"path\":[\"" SHORT "\",", "\"path\":[" },
		{ "\"path\":[\"" SHORT, "\"path\":[\"" KEY },
		{ "\"path\":[\"" SHORT, "\"path\":[\"AA" },
		{ "\"path\":[", "\"path\":[1," },
		{ "\"t\":7", "\"t\":9007199254740992" },
		{ "\"A\":\"" KEY, "\"A\":\"" SHORT },
		{ "\"token\"", "\"broken\"" },
		{ "\"h\":\"" SHORT, "\"h\":\"" KEY },
		{ "\"leapt\":1547812800.5", "\"leapt\":\"now\"" },
		{ "\"value\":\"" OTHER, "\"value\":\"" SHORT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse_in(member, rows[i].from, rows[i].to, NOS_DATA);
	refuse_in(leaf, "\"value\":\"" SHORT, "\"value\":\"" KEY, NOS_DATA);
	refuse_in(leaf, "\"path\":[",
	    "\"path\":[" /* 22 keys */
	    "\"" SHORT "\",\"" SHORT "\",\"" SHORT "\",\"" SHORT "\",\"" SHORT "\",\"" SHORT
	    "\",\"" SHORT "\",\"" SHORT "\",\"" SHORT "\",\"" SHORT "\",\"" SHORT "\",\"" SHORT
	    "\",\"" SHORT "\",\"" SHORT "\",\"" SHORT "\",\"" SHORT "\",\"" SHORT "\",\"" SHORT
	    "\",\"" SHORT "\",\"" SHORT "\",",
	    NOS_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_keyring_is_written_as_it_was_read),
		cmocka_unit_test(local_keys_global_keys_and_links_are_written_as_they_were_read),
		cmocka_unit_test(what_a_member_holds_of_its_group_is_written_as_it_was_read),
		cmocka_unit_test(
		    a_source_sends_under_its_scheme_s_own_and_under_p_while_that_is_unproven),
		cmocka_unit_test(the_largest_keyring_that_there_may_be_fits_into_its_file),
		cmocka_unit_test(a_keyring_that_is_not_whole_is_refused),
		cmocka_unit_test(local_keys_global_keys_and_links_that_are_not_whole_are_refused),
		cmocka_unit_test(what_a_member_holds_and_is_not_whole_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
