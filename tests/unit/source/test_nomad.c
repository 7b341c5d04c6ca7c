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
#define NOBODY "{\"type\":\"urn:nos:tag\",\"detail\":\"does not verify\"}"
#define DAY_MS INT64_C(86400000)

static struct nos_err err;
static struct nos_ring ring;
static struct nos_send sender;
static struct nos_nomad nomad;
static struct nos_send_pack pack;
static struct nos_answer answer;
static int never;
static const char *const homes[] = { "http://one", "http://uno" };
static const char *const hosts[] = { "http://two", "http://three" };

/* Home has two URLs; two and three are other nodes. */
static struct {
	bool home;	    /* it is there */
	bool away[2];	    /* another is not */
	bool lost;	    /* an answer of another */
	bool refuses[2];    /* with 401 */
	int64_t shift_days; /* of the others' clock */
	struct nos_ecdh_point key[2];
	uint8_t thumbprint[2][NOS_HASH_LEN];
	char log[LOG_MAX]; /* "one two/node two" */
} world;

static void document(size_t i, struct nos_buf *b)
{
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];

	assert_int_equal(nos_ecdh_to_xy(&world.key[i], x, y, &err), NOS_OK);
	nos_buf_addf(b, "{\"v\":1,\"node\":%zu,\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\"", i + 2);
	nos_encode_member_bytes(b, "x", x, sizeof(x));
	nos_encode_member_bytes(b, "y", y, sizeof(y));
	nos_buf_add_text(b, "}]}");
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

	(void)state;
	snprintf(world.log + len, LOG_MAX - len, "%s%s%s", len ? " " : "",
	    q->url + strlen("http://"), q->body ? "" : "/node");
	ret->sent = false;
	ret->status = 0;
	ret->receipt[0] = '\0';
	nos_buf_truncate(&ret->body, 0);
	if (strcmp(q->url, hosts[0]) != 0 && !i) {
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
	pack.sent = false;
	pack.url[0] = '\0';
	return again();
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
		NOMAD_TEST(a_node_that_refuses_it_has_not_taken_it),
		NOMAD_TEST(a_source_whose_clock_is_wrong_goes_by_the_date_of_the_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
