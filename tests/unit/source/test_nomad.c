/* SPDX-License-Identifier: MIT */
#include "keyring.h"

#include "crypto/jose.h"
#include "envelope/header.h"
#include "json/encode.h"
#include "source/nomad.h"

#define LOG_MAX 1024
#define GOOD                                                               \
	"{\"accepted\":1,\"duplicates\":0,\"rejected\":[],\"position\":1," \
	"\"keys\":[],\"next\":6,\"resync\":false}"
#define NOBODY	    "{\"type\":\"urn:nos:tag\",\"detail\":\"does not verify\"}"
#define NOT_REACHED "{\"type\":\"urn:nos:away\",\"detail\":\"the source's home is not reached\"}"
#define DAY_MS	    INT64_C(86400000)

static struct nos_err err;
static struct nos_ring ring;
static struct nos_send sender;
static struct nos_nomad nomad;
static struct nos_send_pack pack;
static struct nos_answer answer;
static int never;
static const char *const homes[] = { "http://one", "http://uno" };
static const char *const hosts[] = { "http://two", "http://three" };
static const char *const renamed[] = { "http://three", "http://zwei" };

/* Home has two URLs; two and three are other nodes, and zwei is two by another name. */
static struct {
	bool home;				 /* it is there */
	bool away[2];				 /* another is not */
	bool lost;				 /* an answer of another */
	bool refuses[2];			 /* with 401 */
	bool alone;				 /* another does not reach home: with 503 */
	int64_t shift_days;			 /* of the others' clock */
	struct nos_ecdh_point key[2], before[2]; /* before: what is shown as older keys */
	uint8_t thumbprint[2][NOS_HASH_LEN];
	char log[LOG_MAX]; /* "one two/node two" */
} world;

static void document_key(const struct nos_ecdh_point *key, struct nos_buf *b)
{
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];

	assert_int_equal(nos_ecdh_to_xy(key, x, y, &err), NOS_OK);
	nos_buf_add_text(b, "\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\"");
	nos_encode_member_bytes(b, "x", x, sizeof(x));
	nos_encode_member_bytes(b, "y", y, sizeof(y));
	nos_buf_add_text(b, "}]");
}

static void document(size_t i, struct nos_buf *b)
{
	nos_buf_addf(b, "{\"v\":1,\"node\":%zu,", i + 2);
	document_key(&world.key[i], b);
	if (world.before[i].bytes[0]) {
		nos_buf_add_text(b, ",\"previous\":[{");
		document_key(&world.before[i], b);
		nos_buf_add_text(b, "}]");
	}
	nos_buf_add_char(b, '}');
}

static uint64_t today(void)
{
	return nos_roam_day(nos_time_now()) + (uint64_t)world.shift_days;
}

/* As a node does that has the key of its own day. */
static void take(size_t i, const struct nos_span *body, struct nos_http_answer *ret)
{
	const struct nos_str jwe = { (const char *)body->p, body->len };
	const struct nos_name name = nos_roam_name(1, today());
	struct nos_scan scan = { .depth = 4 };
	struct nos_pack_keys keys;
	struct nos_secret d;
	struct nos_header h;
	struct nos_buf text;

	assert_int_equal(
	    nos_header_read(jwe, NOS_HEADER_PACK, NOS_PACK_MAX, &scan, &h, &err), NOS_OK);
	nos_scan_release(&scan);
	assert_string_equal(h.source, TEST_SOURCE);
	assert_int_equal(h.seq, 5);
	ret->date.ms = nos_time_now().ms + world.shift_days * DAY_MS;
	if (world.alone) {
		ret->status = 503;
		nos_buf_add_text(&ret->body, NOT_REACHED);
		return;
	}
	if (world.refuses[i] || !nos_name_eq(&h.name, &name)) {
		ret->status = 401;
		nos_buf_add_text(&ret->body, NOBODY);
		return;
	}
	assert_int_equal(
	    nos_roam_key(&ring.k.z_key, world.thumbprint[i], today(), &d, &err), NOS_OK);
	assert_int_equal(
	    nos_pack_keys_of(&d, nos_str_of(h.kid), nos_str_of(h.source), &keys, &err), NOS_OK);
	nos_buf_init(&text, 1000);
	assert_int_equal(nos_pack_open(&keys, jwe, &text, &err), NOS_OK);
	assert_buf(&text, "{}\n");
	nos_buf_release(&text);
	ret->status = 202;
	nos_buf_add_text(&ret->body, GOOD);
	assert_int_equal(
	    nos_pack_receipt(&keys, *body, nos_buf_span(&ret->body), ret->receipt, &err), NOS_OK);
}

static enum nos_code carry(void *state, const struct nos_carrier_request *q,
    struct nos_http_answer *ret, struct nos_err *e)
{
	const size_t len = strlen(world.log), i = strcmp(q->url, hosts[1]) == 0;
	const bool two = strcmp(q->url, hosts[0]) == 0 || strcmp(q->url, renamed[1]) == 0;

	(void)state;
	snprintf(world.log + len, LOG_MAX - len, "%s%s%s", len ? " " : "",
	    q->url + strlen("http://"), q->body ? "" : "/node");
	ret->sent = false;
	ret->status = 0;
	ret->receipt[0] = '\0';
	nos_buf_truncate(&ret->body, 0);
	if (!two && !i) {
		ret->sent = world.home;
		ret->status = 503;
		return world.home ? NOS_OK : nos_err_set(e, NOS_AWAY, "%s: refused", q->url);
	}
	if (world.away[i])
		return nos_err_set(e, NOS_AWAY, "%s: refused", q->url);
	ret->sent = true;
	ret->status = 200;
	if (!q->body)
		document(i, &ret->body);
	else
		take(i, q->body, ret);
	if (q->body && world.lost)
		return nos_err_set(e, NOS_AWAY, "%s: broken off", q->url);
	return NOS_OK;
}

static int set_up(void **state)
{
	static const struct nos_carrier carrier = { .carry = carry };
	const struct nos_send_config config = { .ring = &ring,
		.urls = homes,
		.url_count = 2,
		.roam = hosts,
		.roam_count = 2,
		.carrier = &carrier,
		.stop = &never };
	struct nos_secret private;

	(void)state;
	nos_jose_start();
	nos_err_clear(&err);
	nos_ring_init(&ring);
	ring.k = test_keyring();
	memset(&world, 0, sizeof(world));
	for (size_t i = 0; i < 2; i++)
		if (nos_ecdh_generate(&private, &world.key[i], &err) ||
		    nos_jose_thumbprint(&world.key[i], world.thumbprint[i], &err))
			return -1;
	pack = (struct nos_send_pack){ .text = NOS_STR("{}\n"), .readings = 1, .seq = 5 };
	nos_send_init(&sender);
	if (nos_nomad_check(hosts, 2, &err) || nos_send_open(&sender, &config, &err))
		return -1;
	nos_nomad_init(&nomad, &sender, hosts, 2);
	nomad.waits = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	nos_answer_release(&answer);
	nos_nomad_release(&nomad);
	nos_send_release(&sender);
	nos_ring_release(&ring);
	return 0;
}

/* The next run, with other words on its command line. */
static void run_with(const char *const *urls, size_t count)
{
	nos_nomad_release(&nomad);
	nos_nomad_init(&nomad, &sender, urls, count);
	nomad.waits = true;
}

/* The node at two has other keys from now on. */
static void replace_keys(bool shows_before)
{
	struct nos_secret private;

	if (shows_before)
		world.before[0] = world.key[0];
	assert_int_equal(nos_ecdh_generate(&private, &world.key[0], &err), NOS_OK);
	assert_int_equal(nos_jose_thumbprint(&world.key[0], world.thumbprint[0], &err), NOS_OK);
}

/* Send it once, as a new one or again; the log begins anew. */
static enum nos_code again(void)
{
	nos_err_clear(&err);
	world.log[0] = '\0';
	nos_answer_release(&answer);
	assert_int_equal(nos_send_number(&sender, &pack, &err), NOS_OK);
	(void)!nos_nomad_pack(&nomad, &pack, 0, &answer, &err);
	return err.code;
}

static enum nos_code send_new(void)
{
	nos_send_let_go(&pack);
	return again();
}

/* It arrives at two, and the answer is lost; home is there in the next run. */
static void lose_at_two(void)
{
	world.lost = true;
	world.home = false;
	assert_int_equal(send_new(), NOS_AWAY);
	world.lost = false;
	world.home = true;
}

static void where_home_is_not_reached_the_first_that_takes_it_has_it_and_goes_first_then(
    void **state)
{
	(void)state;
	world.away[0] = true;
	assert_int_equal(send_new(), NOS_OK);
	assert_string_equal(world.log, "one uno two/node three/node three");
	assert_int_equal(pack.node, 3);
	assert_int_equal(answer.accepted, 1);
	assert_int_equal(send_new(), NOS_OK);
	assert_string_equal(world.log, "three");
	world.away[0] = false;
	world.away[1] = true;
	assert_int_equal(send_new(), NOS_OK);
	assert_string_equal(world.log, "three one uno two/node two");
	assert_int_equal(pack.node, 2);
}

static void home_is_looked_for_again_after_a_while(void **state)
{
	(void)state;
	assert_int_equal(send_new(), NOS_OK);
	assert_int_equal(send_new(), NOS_OK);
	assert_string_equal(world.log, "two");
	nomad.again.us = 0;
	assert_int_equal(send_new(), NOS_OK);
	assert_string_equal(world.log, "one uno two");
	assert_int_equal(send_new(), NOS_OK);
	assert_string_equal(world.log, "two");
}

static void a_home_that_answers_is_reached_and_no_other_node_is_asked(void **state)
{
	(void)state;
	world.home = true;
	assert_int_equal(send_new(), NOS_BUSY);
	assert_string_equal(world.log, "one uno"); /* both are home */
}

static void a_pack_that_may_have_arrived_goes_there_again_and_nowhere_else(void **state)
{
	(void)state;
	world.lost = true;
	assert_int_equal(send_new(), NOS_AWAY);
	assert_string_equal(world.log, "one uno two/node two");
	assert_true(pack.sent);
	assert_string_equal(pack.url, "http://two");
	world.lost = false;
	world.home = true;
	assert_int_equal(again(), NOS_OK);
	assert_string_equal(world.log, "two");
}

static void a_pack_that_may_have_arrived_finds_its_node_by_whatever_url(void **state)
{
	(void)state;
	lose_at_two();
	run_with(renamed, 2);
	world.away[0] = true;
	assert_int_equal(again(), NOS_AWAY);
	assert_string_equal(world.log, "three/node zwei/node");
	assert_string_equal(err.text,
	    "what may have arrived at node 2 waits for it, unless --give-up 2: "
	    "http://zwei: refused");
	world.away[0] = false;
	assert_int_equal(again(), NOS_OK);
	assert_string_equal(world.log, "zwei/node zwei");
	assert_int_equal(pack.node, 2);
	assert_string_equal(pack.url, "http://zwei");
}

static void a_pack_that_may_have_arrived_at_home_waits_for_it_until_that_is_given_up(void **state)
{
	(void)state;
	world.home = true;
	assert_int_equal(send_new(), NOS_BUSY);
	assert_true(pack.sent);
	assert_int_equal(pack.node, 0);
	world.home = false;
	assert_int_equal(again(), NOS_AWAY);
	assert_string_equal(world.log, "one uno");
	assert_string_equal(err.text,
	    "what may have arrived at node 1 waits for it, unless --give-up 1: "
	    "http://uno: refused");
	/* Without a spool nothing waits. */
	nomad.waits = false;
	assert_int_equal(again(), NOS_AWAY);
	assert_string_equal(err.text, "http://uno: refused");
	world.home = true;
	nomad.home_last = true;
	assert_int_equal(send_new(), NOS_OK);
	assert_string_equal(world.log, "two/node two");
	assert_int_equal(pack.node, 2);
}

static void a_home_that_was_given_up_is_tried_behind_all_others(void **state)
{
	(void)state;
	nomad.home_last = true;
	world.away[0] = world.away[1] = true;
	assert_int_equal(send_new(), NOS_AWAY);
	assert_string_equal(world.log, "two/node three/node one uno");
	assert_false(pack.sent);
}

static void where_nothing_names_its_node_it_goes_nowhere_and_the_line_says_what_helps(void **state)
{
	(void)state;
	lose_at_two();
	for (size_t count = 0; count <= 1; count++) {
		run_with(renamed, count);
		assert_int_equal(again(), NOS_AWAY);
		assert_string_equal(world.log, count ? "three/node" : "");
		assert_string_equal(err.text,
		    "what may have arrived at node 2 waits for it, and no --roam names it: "
		    "name it (it was http://two), or --give-up 2");
		assert_true(pack.sent);
	}
	/* Given up, it is as one that never went. */
	nos_send_let_go(&pack);
	(void)!again();
	assert_string_equal(world.log, "one uno");
}

static void a_node_of_the_same_number_is_it_by_its_keys_alone(void **state)
{
	(void)state;
	lose_at_two();
	replace_keys(false);
	run_with(hosts, 2);
	assert_int_equal(again(), NOS_AWAY);
	assert_string_equal(world.log, "two/node two/node three/node");
	lose_at_two();
	replace_keys(true);
	run_with(hosts, 2);
	assert_int_equal(again(), NOS_OK);
	assert_string_equal(world.log, "two/node two/node two");
}

static void a_node_that_does_not_reach_home_is_as_one_that_is_away(void **state)
{
	(void)state;
	world.alone = true;
	assert_int_equal(send_new(), NOS_AWAY);
	assert_string_equal(world.log, "one uno two/node two three/node three");
	assert_non_null(
	    strstr(err.text, "http://two: answered 503 without a receipt: the source's"));
	assert_false(pack.sent);
}

static void a_node_that_refuses_it_has_not_taken_it(void **state)
{
	(void)state;
	world.refuses[0] = true;
	assert_int_equal(send_new(), NOS_OK);
	assert_string_equal(world.log, "one uno two/node two three/node three");
	world.refuses[1] = true;
	assert_int_equal(send_new(), NOS_TAG);
	assert_false(pack.sent);
	/* It may have other keys by now: who it is is asked anew. */
	assert_int_equal(send_new(), NOS_TAG);
	assert_string_equal(world.log, "three/node three one uno two/node two");
}

static void a_source_whose_clock_is_wrong_goes_by_the_date_of_the_refusal(void **state)
{
	(void)state;
	world.shift_days = -3;
	assert_int_equal(send_new(), NOS_OK);
	assert_string_equal(world.log, "one uno two/node two two");
	assert_int_equal(send_new(), NOS_OK);
	assert_string_equal(world.log, "two");
}

#define NOMAD_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NOMAD_TEST(
		    where_home_is_not_reached_the_first_that_takes_it_has_it_and_goes_first_then),
		NOMAD_TEST(home_is_looked_for_again_after_a_while),
		NOMAD_TEST(a_home_that_answers_is_reached_and_no_other_node_is_asked),
		NOMAD_TEST(a_pack_that_may_have_arrived_goes_there_again_and_nowhere_else),
		NOMAD_TEST(a_pack_that_may_have_arrived_finds_its_node_by_whatever_url),
		NOMAD_TEST(
		    a_pack_that_may_have_arrived_at_home_waits_for_it_until_that_is_given_up),
		NOMAD_TEST(a_home_that_was_given_up_is_tried_behind_all_others),
		NOMAD_TEST(
		    where_nothing_names_its_node_it_goes_nowhere_and_the_line_says_what_helps),
		NOMAD_TEST(a_node_of_the_same_number_is_it_by_its_keys_alone),
		NOMAD_TEST(a_node_that_does_not_reach_home_is_as_one_that_is_away),
		NOMAD_TEST(a_node_that_refuses_it_has_not_taken_it),
		NOMAD_TEST(a_source_whose_clock_is_wrong_goes_by_the_date_of_the_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
