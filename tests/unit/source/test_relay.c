/* SPDX-License-Identifier: MIT */
#include "keyring.h"

#include "key/hop.h"
#include "source/relay_frame.h"
#include "source/relay_reply.h"
#include "source/relay_trace.h"
#include "source/route.h"

#define NEIGHBOUR "s-00112233aa"

static struct nos_err err;
static struct nos_keyring k; /* the relay's */
static struct nos_buf made;
static unsigned hops;

static int set_up(void **state)
{
	(void)state;
	k = test_keyring();
	nos_buf_init(&made, NOS_PACK_MAX);
	nos_err_clear(&err);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	nos_keyring_release(&k);
	nos_buf_release(&made);
	return 0;
}

/* The link of NEIGHBOUR to the relay, as its node makes it. */
static struct nos_secret link_of_neighbour(void)
{
	struct nos_secret own, link;

	assert_int_equal(nos_hop_relay_key(&k.z_key, &own, &err), NOS_OK);
	assert_int_equal(nos_hop_link(&own, NOS_STR(NEIGHBOUR), &link, &err), NOS_OK);
	return link;
}

static enum nos_code make_of(
    const char *path, const char *media, const char *query, struct nos_span body)
{
	const struct nos_http_request r = { .path = nos_str_of(path),
		.media = nos_str_of(media),
		.query = nos_str_of(query),
		.body = body };

	nos_err_clear(&err);
	nos_buf_truncate(&made, 0);
	hops = 0;
	return nos_relay_frame_make(&r, &k, &made, &hops, &err);
}

static enum nos_code make_hop(const struct nos_buf *frame)
{
	return make_of("/v1/hop", "application/octet-stream", "", nos_buf_span(frame));
}

static void seal(struct nos_buf *frame, const struct nos_secret *link, unsigned n)
{
	nos_buf_init(frame, 200);
	assert_int_equal(nos_hop_seal(link, n, link ? NOS_STR(NEIGHBOUR) : NOS_STR(""),
			     nos_str_bytes(NOS_STR("a.b.c.d.e")), frame, &err),
	    NOS_OK);
}

static void a_frame_under_its_link_goes_on_with_one_hop_more(void **state)
{
	struct nos_secret link = link_of_neighbour();
	struct nos_buf frame;
	struct nos_hop h;

	(void)state;
	for (unsigned n = 0; n < NOS_HOP_MAX; n++) {
		seal(&frame, &link, n);
		assert_int_equal(make_hop(&frame), NOS_OK);
		assert_int_equal(hops, n + 1);
		assert_int_equal(nos_hop_read(nos_buf_span(&made), &h, &err), NOS_OK);
		assert_int_equal(h.hops, n + 1);
		assert_str(h.source, NEIGHBOUR);
		assert_memory_equal(h.pack.p, "a.b.c.d.e", h.pack.len);
		nos_buf_release(&frame);
	}
	seal(&frame, &link, NOS_HOP_MAX);
	assert_int_equal(make_hop(&frame), NOS_AWAY);
	assert_string_equal(err.text, "it has passed 4 relays, and no more are taken");
	nos_buf_release(&frame);
}

static void a_frame_with_any_bit_flipped_goes_nowhere(void **state)
{
	struct nos_secret link = link_of_neighbour();
	struct nos_buf frame;

	(void)state;
	seal(&frame, &link, 0);
	for (size_t bit = 0; bit < frame.len * 8; bit++) {
		frame.p[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_not_equal(make_hop(&frame), NOS_OK);
		frame.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	/* The control: as it was, it goes; under another relay's key it does not. */
	assert_int_equal(make_hop(&frame), NOS_OK);
	k.z_key.bytes[0] ^= 1;
	assert_int_equal(make_hop(&frame), NOS_TAG);
	nos_buf_release(&frame);
}

static void a_frame_that_names_no_source_is_the_relays_alone_to_make(void **state)
{
	struct nos_buf frame;
	struct nos_hop h;
	struct nos_str media, body;

	(void)state;
	seal(&frame, NULL, 0);
	assert_int_equal(make_hop(&frame), NOS_DATA);
	assert_int_equal(make_of("/v1/data", "application/x-ndjson", "kind=k",
			     nos_str_bytes(NOS_STR("{}\n{}\n"))),
	    NOS_OK);
	assert_int_equal(hops, 1);
	assert_int_equal(nos_hop_read(nos_buf_span(&made), &h, &err), NOS_OK);
	assert_int_equal(h.hops, 1);
	assert_int_equal(h.source.len, 0);
	assert_true(nos_hop_split(h.pack, &media, &body));
	assert_str(media, "application/x-ndjson?kind=k");
	assert_str(body, "{}\n{}\n");
	nos_buf_release(&frame);
}

static void what_a_relay_frames_is_known_by_its_header(void **state)
{
	static const struct {
		const char *path, *media, *query, *coding;
		enum nos_code code;
	} cases[] = {
		{ "/v1/hop", "application/octet-stream", "", "", NOS_OK },
		{ "/v1/hop", "application/jose", "", "", NOS_MEDIA },
		{ "/v1/hop", "application/octet-stream", "kind=k", "", NOS_DATA },
		{ "/v1/data", "application/jose", "", "", NOS_OK },
		{ "/v1/data", "application/jose", "", "identity", NOS_OK },
		{ "/v1/data", "application/jose", "", "gzip", NOS_MEDIA },
		{ "/v1/data", "application/jose", "kind=k", "", NOS_DATA },
		{ "/v1/data", "application/json", "kind=k", "", NOS_OK },
		{ "/v1/data", "application/x-ndjson", "", "", NOS_OK },
		{ "/v1/data", "application/x-ndjson", "map=k", "", NOS_OK },
		{ "/v1/data", "application/x-ndjson", "form=k", "", NOS_DATA },
		{ "/v1/data", "application/senml+json", "", "", NOS_OK },
		{ "/v1/data", "text/csv", "map=k&kind=k", "", NOS_OK },
		{ "/v1/data", "text/html", "", "", NOS_MEDIA },
		{ "/v1/data", "", "", "", NOS_MEDIA },
	};

	(void)state;
	assert_false(nos_relay_frame_is(NOS_STR("/v1/node")));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct nos_http_request r = { .path = nos_str_of(cases[i].path),
			.media = nos_str_of(cases[i].media),
			.query = nos_str_of(cases[i].query),
			.coding = nos_str_of(cases[i].coding) };

		nos_err_clear(&err);
		assert_true(nos_relay_frame_is(r.path));
		assert_int_equal(nos_relay_frame_check(&r, &err), cases[i].code);
	}
}

static void what_has_been_here_or_come_too_far_is_not_passed_on(void **state)
{
	static const struct {
		const char *trace;
		enum nos_code code;
	} cases[] = {
		{ "", NOS_OK },
		{ "s-1", NOS_OK },
		{ "s-1, s-2,s-3", NOS_OK },
		{ "s-1,s-2,s-3,s-4", NOS_AWAY },
		{ "me", NOS_AWAY },
		{ "s-1, me", NOS_AWAY },
		{ "s-1,s-2,s-3,me", NOS_AWAY },
		{ "s-me,mes", NOS_OK },
	};
	char longer[NOS_HTTP_VIA_MAX + 1] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		nos_err_clear(&err);
		assert_int_equal(
		    nos_relay_trace_check(nos_str_of(cases[i].trace), "me", &err), cases[i].code);
	}
	memset(longer, 'x', NOS_HTTP_VIA_MAX);
	nos_err_clear(&err);
	assert_int_equal(nos_relay_trace_check(nos_str_of(longer), "me", &err), NOS_DATA);
}

static void a_document_is_given_the_relays_name_and_nothing_else(void **state)
{
	static const struct {
		const char *document, *named;
	} cases[] = {
		{ "{\"v\":1,\"node\":1}", "{\"v\":1,\"node\":1,\"relay\":\"me\"}" },
		{ "{ }\n", "{\"relay\":\"me\"}" },
		{ "{\"relay\":\"s-1\",\"v\":1}", "{\"relay\":\"me\",\"v\":1}" },
		{ "{\"v\":1, \"relay\" : \"s-1\"}\n", "{\"v\":1, \"relay\" : \"me\"}\n" },
		{ "{\"keys\":[{\"relay\":\"s-1\"}]}",
		    "{\"keys\":[{\"relay\":\"s-1\"}],\"relay\":\"me\"}" },
	};
	static const char *const bad[] = { "", "[]", "{\"relay\":1}", "{\"v\":1}x" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		nos_err_clear(&err);
		nos_buf_truncate(&made, 0);
		assert_int_equal(
		    nos_relay_reply_name(&made, nos_str_of(cases[i].document), NOS_STR("me"), &err),
		    NOS_OK);
		assert_buf(&made, cases[i].named);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		nos_err_clear(&err);
		assert_int_equal(
		    nos_relay_reply_name(&made, nos_str_of(bad[i]), NOS_STR("me"), &err), NOS_DATA);
	}
}

static void the_cause_is_told_whole_however_many_relays_are_between(void **state)
{
	struct nos_err why = { 0 };
	char text[NOS_ERR_TEXT_MAX];

	(void)state;
	snprintf(text, sizeof(text), "http://127.0.0.1:1: not reached: Connection refused");
	for (int i = 0; i < 5; i++) {
		struct nos_http_request r = { 0 };

		nos_err_clear(&err);
		nos_err_set(&err, NOS_AWAY, "%s", text);
		nos_err_within(&err, NOS_ROUTE_DISCONNECTED);
		nos_buf_init(&r.out, 4096);
		nos_relay_reply_away(&r, &err);
		assert_int_equal(r.status, 503);
		assert_true(nos_answer_problem(nos_buf_str(&r.out), &why));
		assert_string_equal(why.text,
		    "this relay does not reach the node: "
		    "http://127.0.0.1:1: not reached: Connection refused");
		nos_err_within(&why, "http://relay%d", i);
		memcpy(text, why.text, sizeof(text));
		nos_buf_release(&r.out);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_frame_under_its_link_goes_on_with_one_hop_more),
		TEST(a_frame_with_any_bit_flipped_goes_nowhere),
		TEST(a_frame_that_names_no_source_is_the_relays_alone_to_make),
		TEST(what_a_relay_frames_is_known_by_its_header),
		TEST(what_has_been_here_or_come_too_far_is_not_passed_on),
		TEST(the_cause_is_told_whole_however_many_relays_are_between),
		TEST(a_document_is_given_the_relays_name_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
