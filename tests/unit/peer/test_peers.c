/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "peer/peers.h"

#define PIN  "\"pin\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""
#define PIN2 "\"pin\":\"BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""
#define SIGN "\"sign\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""
#define REST "\"url\":\"https://n2.example\"," SIGN ",\"may\":[\"roam\",\"revoked\"]"
#define ONE  "{\"node\":2," PIN "," REST "}"

static struct nos_err err;
static struct nos_peers_list list;

static enum nos_code parse(const char *text)
{
	nos_err_clear(&err);
	return nos_peers_parse(nos_str_of(text), &list, &err);
}

static void a_file_is_read(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"v\":1,\"peers\":[" ONE ",{\"node\":3," PIN2
			       ",\"url\":\"http://h\"," SIGN ",\"may\":[]}]}"),
	    NOS_OK);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.of[0].node, 2);
	assert_string_equal(list.of[0].url, "https://n2.example");
	assert_int_equal(list.of[0].sign[0], 1);
	assert_int_equal(list.of[0].may, 1u << NOS_PEER_ROAM | 1u << NOS_PEER_REVOKED);
	assert_int_equal(list.of[1].may, 0);
	assert_int_equal(parse("{\"v\":1,\"peers\":[]}"), NOS_OK);
	assert_int_equal(list.count, 0);
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "{\"v\":1}", "no 'peers' in it" },
		{ "{\"v\":1,\n\"peer\":[]}", "line 2, column 1: 'peer' is not known" },
		{ "{\"v\":1,\"peers\":{}}", "line 1, column 16: 'peers' is no list" },
		{ "{\"v\":1,\"peers\":[1]}", "line 1, column 17: 'peers' is a list of objects" },
		{ "{\"v\":1,\"peers\":[\n{\"node\":0," PIN "," REST "}]}",
		    "line 2, column 9: 'node' is no number of a node" },
		{ "{\"v\":1,\"peers\":[\n{\"node\":2,\"pin\":\"AAAA\"," REST "}]}",
		    "line 2, column 17: 'pin' is no base64url of 32 bytes" },
		{ "{\"v\":1,\"peers\":[\n{\"url\":\"ftp://x\"," PIN "}]}",
		    "line 2, column 8: 'url' is no http:// or https:// without user and query" },
		{ "{\"v\":1,\"peers\":[\n{\"url\":\"http://u:p@x\"}]}",
		    "line 2, column 8: 'url' is no http:// or https:// without user and query" },
		{ "{\"v\":1,\"peers\":[\n{\"url\":\"http://0.0.0.0:9\"}]}",
		    "line 2, column 8: 'url' is no machine's: a node is reached by its own name or "
		    "address" },
		{ "{\"v\":1,\"peers\":[\n{\"url\":\"https://[::]\"}]}",
		    "line 2, column 8: 'url' is no machine's: a node is reached by its own name or "
		    "address" },
		{ "{\"v\":1,\"peers\":[\n{\"may\":[\"rome\"]}]}",
		    "line 2, column 9: 'may' takes roam and revoked" },
		{ "{\"v\":1,\"peers\":[\n{\"node\":2," PIN "," SIGN ",\"may\":[]}]}",
		    "line 2, column 1: 'peers' need node, url, pin, sign and may each" },
		{ "{\"v\":1,\"peers\":[\n{\"node\":2,\"nod\":2}]}",
		    "line 2, column 11: 'nod' is not known" },
		{ "{\"v\":1,\"peers\":[" ONE ",\n" ONE "]}",
		    "line 2, column 1: 'peers' have a node or a pin twice" },
		{ "{\"v\":1,\"peers\":[" ONE ",\n{\"node\":3," PIN "," REST "}]}",
		    "line 2, column 1: 'peers' have a node or a pin twice" },
		{ "{\"v\":2,\"peers\":[]}", "line 1, column 6: written by a newer nos" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(cases[i].text), NOS_CONFIG);
		assert_string_equal(err.text, cases[i].why);
	}
}

static void a_peer_is_found_by_number_and_by_pin_until_the_file_is_another(void **state)
{
	struct nos_peers *peers;
	struct nos_peer p;
	uint8_t pin[NOS_HASH_LEN] = { 0 };

	(void)state;
	assert_int_equal(parse("{\"v\":1,\"peers\":[" ONE "]}"), NOS_OK);
	assert_int_equal(nos_peers_new(&list, &peers, &err), NOS_OK);
	assert_true(nos_peers_by_node(peers, 2, &p));
	assert_false(nos_peers_by_node(peers, 3, &p));
	assert_true(nos_peers_by_pin(peers, pin, &p));
	assert_int_equal(p.node, 2);
	pin[0] = 4;
	assert_false(nos_peers_by_pin(peers, pin, &p));
	assert_int_equal(parse("{\"v\":1,\"peers\":[{\"node\":3," PIN2 "," REST "}]}"), NOS_OK);
	nos_peers_replace(peers, &list);
	assert_false(nos_peers_by_node(peers, 2, &p));
	assert_true(nos_peers_by_pin(peers, pin, &p));
	assert_int_equal(p.node, 3);
	nos_peers_free(peers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
		cmocka_unit_test(a_peer_is_found_by_number_and_by_pin_until_the_file_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
