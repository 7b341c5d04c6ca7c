/* SPDX-License-Identifier: MIT */
#include "keyring.h"

#include "key/hop.h"
#include "source/route.h"

#define NODE	 "http://node"
#define FIRST	 "http://first"
#define SECOND	 "http://second"
#define RELAY	 "s-00112233aa"
#define LOG_MAX	 1024
#define AWAY_DOC "{\"type\":\"urn:nos:away\",\"detail\":\"not reached\"}"
#define NO_NONCE "{\"type\":\"urn:nos:tag\",\"detail\":\"no\"}"
#define NONCE	 "{\"type\":\"urn:nos:tag\",\"detail\":\"no\",\"nonce\":\"AQIDBAUGBwgJCgsMDQ4PEA\"}"

#define BUSY  "{\"type\":\"urn:nos:busy\",\"detail\":\"\"}"
#define PROOF "proof"
#define HTML  "<html>"

static struct nos_err err;
static struct nos_ring ring;
static struct nos_route route;
static struct nos_http_answer answer;
static const char *const via[] = { FIRST, SECOND };

/* What is behind each URL: what it answers, and what came. */
static struct {
	bool away[3];	     /* no connection: node, first, second */
	bool stopped;	     /* every request is */
	const char *data[3]; /* answers to /v1/data; NULL: 202 */
	const char *hop;     /* to /v1/hop; NULL: 202 */
	unsigned status;     /* of those that are not NULL */
	const char *relay;   /* of the document; NULL: none */
	char log[LOG_MAX];   /* "node /v1/data\n" */
	struct nos_buf body; /* the last */
} world;

static size_t place_of(const char *url)
{
	return strcmp(url, NODE) == 0 ? 0 : strcmp(url, FIRST) == 0 ? 1 : 2;
}

static void give(struct nos_http_answer *ret, const char *doc)
{
	ret->status = doc ? world.status : 202;
	snprintf(ret->receipt, sizeof(ret->receipt), "%s", doc ? "" : PROOF);
	nos_buf_add_text(&ret->body, doc ? doc : "{\"accepted\":1}");
}

static enum nos_code carry(void *state, const struct nos_carrier_request *q,
    struct nos_http_answer *ret, struct nos_err *e)
{
	const size_t place = place_of(q->url), len = strlen(world.log);

	(void)state;
	snprintf(world.log + len, LOG_MAX - len, "%s %s\n", q->url + strlen("http://"), q->path);
	ret->sent = false;
	if (world.stopped)
		return nos_err_set(e, NOS_BUSY, "stopped");
	if (world.away[place])
		return nos_err_set(e, NOS_AWAY, "%s: refused", q->url);
	ret->sent = true;
	ret->receipt[0] = ret->media[0] = '\0';
	nos_buf_truncate(&ret->body, 0);
	nos_buf_truncate(&world.body, 0);
	if (q->body)
		nos_buf_add(&world.body, q->body->p, q->body->len);
	if (strcmp(q->path, "/v1/hop") == 0) {
		give(ret, world.hop);
	} else if (strcmp(q->path, "/v1/node") == 0) {
		ret->status = 200;
		nos_buf_addf(
		    &ret->body, world.relay ? "{\"v\":1,\"relay\":\"%s\"}" : "{}", world.relay);
	} else {
		give(ret, world.data[place]);
	}
	return NOS_OK;
}

/* A link to RELAY is in the keyring. */
static int set_up(void **state)
{
	const struct nos_carrier straight = { .carry = carry };

	(void)state;
	nos_ring_init(&ring);
	ring.k = test_keyring();
	ring.k.link_count = 1;
	snprintf(ring.k.links[0].relay, sizeof(ring.k.links[0].relay), RELAY);
	memset(ring.k.links[0].value.bytes, 7, ring.k.links[0].value.len = NOS_HOP_LINK_LEN);
	memset(&world, 0, sizeof(world));
	nos_buf_init(&world.body, 4096);
	nos_buf_init(&answer.body, 4096);
	nos_route_init(&route, &straight, &ring, via, 2);
	/* What is behind the URLs has no key. */
	nos_route_aim(&route, NULL);
	nos_err_clear(&err);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	nos_route_release(&route);
	nos_ring_release(&ring);
	nos_buf_release(&world.body);
	nos_buf_release(&answer.body);
	return 0;
}

/* One request; what came of it is in the log, which begins anew. */
static enum nos_code ask(const char *path, const char *media, const char *text)
{
	const struct nos_span body = nos_str_bytes(nos_str_of(text));
	const struct nos_carrier_request q = {
		.url = NODE, .path = path, .media = media, .body = text ? &body : NULL
	};
	const struct nos_carrier c = nos_route_carrier(&route);

	nos_err_clear(&err);
	world.log[0] = '\0';
	return nos_carrier_send(&c, &q, &answer, &err);
}

static enum nos_code send_pack(void)
{
	return ask("/v1/data", "application/jose", "a.b.c.d.e");
}

static void a_node_that_is_reached_is_all_that_is_asked(void **state)
{
	(void)state;
	assert_int_equal(send_pack(), NOS_OK);
	assert_string_equal(world.log, "node /v1/data\n");
	assert_string_equal(world.body.p, "a.b.c.d.e");
}

static void each_way_is_tried_once_and_the_good_one_goes_first_from_then_on(void **state)
{
	(void)state;
	world.away[0] = true;
	world.data[1] = AWAY_DOC;
	world.status = 503;
	assert_int_equal(ask("/v1/x", "application/jose", "m1"), NOS_OK);
	assert_string_equal(world.log, "node /v1/x\nfirst /v1/x\nsecond /v1/x\n");
	assert_int_equal(answer.status, 202);
	assert_int_equal(ask("/v1/x?y=1", NULL, NULL), NOS_OK);
	assert_string_equal(world.log, "second /v1/x?y=1\n");
	/* It goes away, and the others are there again. */
	world.away[0] = false;
	world.away[2] = true;
	assert_int_equal(ask("/v1/x?y=1", NULL, NULL), NOS_OK);
	assert_string_equal(world.log, "second /v1/x?y=1\nnode /v1/x?y=1\n");
}

static void the_straight_way_is_tried_again_when_its_time_has_come(void **state)
{
	(void)state;
	world.away[0] = true;
	assert_int_equal(ask("/v1/x", NULL, NULL), NOS_OK);
	world.away[0] = false;
	assert_int_equal(ask("/v1/x", NULL, NULL), NOS_OK);
	assert_string_equal(world.log, "first /v1/x\n");
	route.again.us = 0;
	assert_int_equal(ask("/v1/x", NULL, NULL), NOS_OK);
	assert_string_equal(world.log, "node /v1/x\n");
	/* Where it is still away that is found once in that time. */
	world.away[0] = true;
	assert_int_equal(ask("/v1/x", NULL, NULL), NOS_OK);
	route.again.us = 0;
	assert_int_equal(ask("/v1/x", NULL, NULL), NOS_OK);
	assert_string_equal(world.log, "node /v1/x\nfirst /v1/x\n");
	assert_int_equal(ask("/v1/x", NULL, NULL), NOS_OK);
	assert_string_equal(world.log, "first /v1/x\n");
}

static void a_pack_goes_in_a_frame_to_a_neighbour_with_a_link(void **state)
{
	struct nos_hop h;

	(void)state;
	world.away[0] = true;
	world.relay = RELAY;
	assert_int_equal(send_pack(), NOS_OK);
	assert_string_equal(world.log, "node /v1/data\nfirst /v1/node\nfirst /v1/hop\n");
	assert_int_equal(nos_hop_read(nos_buf_span(&world.body), &h, &err), NOS_OK);
	assert_true(nos_hop_is_good(&h, &ring.k.links[0].value));
	assert_int_equal(h.hops, 0);
	assert_str(h.source, TEST_SOURCE);
	assert_memory_equal(h.pack.p, "a.b.c.d.e", h.pack.len);
	/* Who it is is remembered. */
	assert_int_equal(send_pack(), NOS_OK);
	assert_string_equal(world.log, "first /v1/hop\n");
	/* What is no pack has no frame. */
	assert_int_equal(ask("/v1/data?kind=k", "application/x-ndjson", "{}"), NOS_OK);
	assert_string_equal(world.log, "first /v1/data?kind=k\n");
}

static void without_a_link_it_goes_as_it_is(void **state)
{
	(void)state;
	world.away[0] = true;
	world.relay = "s-another";
	assert_int_equal(send_pack(), NOS_OK);
	assert_string_equal(world.log, "node /v1/data\nfirst /v1/node\nfirst /v1/data\n");
	assert_string_equal(world.body.p, "a.b.c.d.e");
	/* And where there is none at all, nobody is asked who he is. */
	ring.k.link_count = 0;
	route.ways[1].asked = false;
	assert_int_equal(send_pack(), NOS_OK);
	assert_string_equal(world.log, "first /v1/data\n");
}

static void a_frame_that_the_neighbour_refuses_goes_once_more_without(void **state)
{
	(void)state;
	world.away[0] = true;
	world.relay = RELAY;
	world.hop = NO_NONCE;
	world.status = 401;
	assert_int_equal(send_pack(), NOS_OK);
	assert_string_equal(
	    world.log, "node /v1/data\nfirst /v1/node\nfirst /v1/hop\nfirst /v1/data\n");
	assert_int_equal(answer.status, 202);
	/* A node's own refusal, which has a nonce, is the answer, where no other way has a better.
	 */
	world.hop = NONCE;
	world.away[2] = true;
	assert_int_equal(send_pack(), NOS_OK);
	assert_string_equal(
	    world.log, "first /v1/node\nfirst /v1/hop\nnode /v1/data\nsecond /v1/node\n");
	assert_int_equal(answer.status, 401);
}

static void where_no_way_is_good_it_is_said_and_what_may_have_arrived_too(void **state)
{
	(void)state;
	world.away[0] = world.away[1] = world.away[2] = true;
	assert_int_equal(ask("/v1/x", NULL, NULL), NOS_AWAY);
	assert_string_equal(world.log, "node /v1/x\nfirst /v1/x\nsecond /v1/x\n");
	assert_string_equal(err.text, "disconnected: neither the node nor a neighbour is reached: "
				      "http://second: refused");
	assert_false(answer.sent);
	world.away[1] = false;
	world.data[1] = AWAY_DOC;
	world.status = 502;
	assert_int_equal(ask("/v1/x", NULL, NULL), NOS_AWAY);
	assert_true(answer.sent);
	/* A 503 of another reason is an answer, where no way has a better one. */
	world.data[1] = BUSY;
	assert_int_equal(ask("/v1/x", NULL, NULL), NOS_OK);
	assert_string_equal(world.log, "node /v1/x\nfirst /v1/x\nsecond /v1/x\n");
	assert_int_equal(answer.status, 502);
	assert_string_equal(answer.from, FIRST);
	assert_true(answer.sent);
}

static void what_answers_without_a_receipt_hides_no_way_behind_it(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
	} cases[] = {
		{ 200, "{}" },
		{ 202, "{\"accepted\":1,\"duplicates\":0,\"rejected\":[]}" },
		{ 204, "" },
		{ 301, HTML },
		{ 400, "{\"type\":\"urn:nos:data\",\"detail\":\"\"}" },
		{ 401, NO_NONCE },
		{ 401, NONCE },
		{ 403, HTML },
		{ 404, HTML },
		{ 413, "{\"type\":\"urn:nos:large\",\"detail\":\"\"}" },
		{ 415, "" },
		{ 422, "" },
		{ 429, "" },
		{ 500, "" },
		{ 502, HTML },
		{ 503, BUSY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world.data[0] = world.data[1] = cases[i].body;
		world.status = cases[i].status;
		route.good = 0;
		assert_int_equal(send_pack(), NOS_OK);
		assert_int_equal(answer.status, 202);
		assert_string_equal(answer.receipt, PROOF);
		assert_string_equal(answer.from, SECOND);
		assert_int_equal(route.good, 2);
	}
	/* The control: what has a receipt is the answer, and nobody else is asked. */
	route.good = 0;
	world.data[0] = NULL;
	assert_int_equal(send_pack(), NOS_OK);
	assert_string_equal(world.log, "node /v1/data\n");
}

static bool is_never(void *state, const struct nos_http_answer *a)
{
	(void)state;
	(void)a;
	return false;
}

static void a_receipt_that_does_not_verify_is_none(void **state)
{
	(void)state;
	ring.k.link_count = 0;
	route.proven = is_never;
	assert_int_equal(send_pack(), NOS_OK);
	assert_string_equal(world.log, "node /v1/data\nfirst /v1/data\nsecond /v1/data\n");
	assert_int_equal(route.good, 0);
}

static void where_no_way_has_a_receipt_what_helps_most_is_given_back(void **state)
{
	(void)state;
	ring.k.link_count = 0;
	world.status = 401;
	world.data[0] = HTML;
	world.data[1] = NONCE;
	world.data[2] = NO_NONCE;
	assert_int_equal(send_pack(), NOS_OK);
	assert_string_equal(answer.from, FIRST);
	assert_non_null(strstr(answer.body.p, "nonce"));
	world.data[1] = NO_NONCE;
	assert_int_equal(send_pack(), NOS_OK);
	assert_string_equal(answer.from, NODE);
	assert_string_equal(answer.body.p, HTML);
}

static void what_is_no_document_of_the_node_is_asked_for_elsewhere(void **state)
{
	static const uint8_t pin[NOS_HASH_LEN];

	(void)state;
	nos_route_aim(&route, pin);
	assert_int_equal(ask("/v1/node", NULL, NULL), NOS_OK);
	assert_string_equal(world.log, "node /v1/node\nfirst /v1/node\nsecond /v1/node\n");
	/* The control: where the node is not known, any document is one. */
	nos_route_aim(&route, NULL);
	assert_int_equal(ask("/v1/node", NULL, NULL), NOS_OK);
	assert_string_equal(world.log, "node /v1/node\n");
	/* A neighbour that shows another node is asked for nothing more once it refused. */
	nos_route_aim(&route, pin);
	ring.k.link_count = 0;
	world.away[0] = true;
	world.status = 401;
	world.data[1] = NONCE;
	assert_int_equal(send_pack(), NOS_OK);
	assert_string_equal(
	    world.log, "node /v1/data\nfirst /v1/data\nfirst /v1/node\nsecond /v1/data\n");
	world.away[2] = true;
	assert_int_equal(send_pack(), NOS_AWAY);
	assert_string_equal(world.log, "second /v1/data\nnode /v1/data\n");
	assert_non_null(strstr(err.text, FIRST ": a relay of another node"));
	/* When its time has come it is asked anew. */
	route.ways[1].foreign.us = 1;
	assert_int_equal(send_pack(), NOS_AWAY);
	assert_string_equal(
	    world.log, "second /v1/data\nnode /v1/data\nfirst /v1/data\nfirst /v1/node\n");
}

static void one_that_is_stopped_tries_no_further_way(void **state)
{
	(void)state;
	world.stopped = true;
	assert_int_equal(send_pack(), NOS_BUSY);
	assert_string_equal(world.log, "node /v1/data\n");
}

static void neighbours_are_urls_and_not_too_many(void **state)
{
	const char *many[NOS_ROUTE_VIA_MAX + 1];
	static const char *const bad[] = { "ftp://x" };

	(void)state;
	for (size_t i = 0; i <= NOS_ROUTE_VIA_MAX; i++)
		many[i] = FIRST;
	assert_int_equal(nos_route_check(many, NOS_ROUTE_VIA_MAX, &err), NOS_OK);
	assert_int_equal(nos_route_check(many, NOS_ROUTE_VIA_MAX + 1, &err), NOS_USAGE);
	nos_err_clear(&err);
	assert_int_equal(nos_route_check(bad, 1, &err), NOS_USAGE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_node_that_is_reached_is_all_that_is_asked),
		TEST(each_way_is_tried_once_and_the_good_one_goes_first_from_then_on),
		TEST(the_straight_way_is_tried_again_when_its_time_has_come),
		TEST(a_pack_goes_in_a_frame_to_a_neighbour_with_a_link),
		TEST(without_a_link_it_goes_as_it_is),
		TEST(a_frame_that_the_neighbour_refuses_goes_once_more_without),
		TEST(where_no_way_is_good_it_is_said_and_what_may_have_arrived_too),
		TEST(what_answers_without_a_receipt_hides_no_way_behind_it),
		TEST(a_receipt_that_does_not_verify_is_none),
		TEST(where_no_way_has_a_receipt_what_helps_most_is_given_back),
		TEST(what_is_no_document_of_the_node_is_asked_for_elsewhere),
		TEST(one_that_is_stopped_tries_no_further_way),
		TEST(neighbours_are_urls_and_not_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
