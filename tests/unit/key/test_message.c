/* SPDX-License-Identifier: MIT */
#include "../vectors.h"

#include "key/message.h"

static struct nos_err err;

static const struct {
	const char *name;
	enum nos_message_kind kind;
} unicast[] = {
	{ "state (z 1, next 18, v 2)", NOS_MESSAGE_STATE },
	{ "install", NOS_MESSAGE_INSTALL },
	{ "global", NOS_MESSAGE_GLOBAL },
	{ "evict", NOS_MESSAGE_EVICT },
	{ "heal", NOS_MESSAGE_HEAL },
	{ "join", NOS_MESSAGE_JOIN },
	{ "link", NOS_MESSAGE_LINK },
	{ "pair", NOS_MESSAGE_PAIR },
	{ "path", NOS_MESSAGE_PATH },
};

/* A value of the vectors' list "U". */
static void vector_u(const char *name, const char *what, struct nos_buf *ret)
{
	char path[100];

	snprintf(path, sizeof(path), "U/%s/%s", name, what);
	vector_bytes(path, ret);
}

static void assert_sealed(
    enum nos_message_kind kind, const struct nos_chain *chain, const char *name)
{
	struct nos_buf body, wanted, sealed, opened;
	struct nos_message_head head;
	struct nos_str source = nos_str_of(vector_text("inputs/S"));

	vector_u(name, "body", &body);
	vector_u(name, "bytes", &wanted);
	nos_buf_init(&sealed, 1000);
	nos_buf_init_secret(&opened, 1000);
	assert_int_equal(
	    nos_message_seal(kind, chain, 1, source, nos_buf_span(&body), &sealed, &err), NOS_OK);
	assert_int_equal(sealed.len, wanted.len);
	assert_memory_equal(sealed.p, wanted.p, wanted.len);
	assert_int_equal(nos_message_head_read(nos_buf_span(&sealed), &head, &err), NOS_OK);
	assert_int_equal(head.kind, kind);
	assert_true(head.ctr == chain->ctr);
	assert_int_equal(
	    nos_message_open(nos_buf_span(&sealed), &head, chain, 1, source, &opened, &err),
	    NOS_OK);
	assert_int_equal(opened.len, body.len);
	assert_memory_equal(opened.p, body.p, body.len);
	nos_buf_release(&body);
	nos_buf_release(&wanted);
	nos_buf_release(&sealed);
	nos_buf_release(&opened);
}

static void every_kind_has_the_bytes_of_the_vectors_and_opens_again(void **state)
{
	struct nos_chain down = { .key = vector_secret("registration/C_0 down") };
	struct nos_chain up = { .key = vector_secret("registration/C_0 up") };

	(void)state;
	for (size_t i = 0; i < sizeof(unicast) / sizeof(unicast[0]); i++)
		assert_sealed(unicast[i].kind, &down, unicast[i].name);
	assert_sealed(NOS_MESSAGE_ACK, &up, "ack");
}

static void every_flipped_bit_and_every_swapped_field_is_refused(void **state)
{
	struct nos_chain down = { .key = vector_secret("registration/C_0 down") };
	struct nos_str source = nos_str_of(vector_text("inputs/S"));
	struct nos_message_head head;
	struct nos_buf bytes, opened;

	(void)state;
	vector_u("install", "bytes", &bytes);
	nos_buf_init_secret(&opened, 1000);
	for (size_t bit = 0; bit < bytes.len * 8; bit++) {
		bytes.p[bit / 8] ^= (char)(1 << bit % 8);
		if (!nos_message_head_read(nos_buf_span(&bytes), &head, &err) && head.ctr == 0)
			assert_int_equal(nos_message_open(nos_buf_span(&bytes), &head, &down, 1,
					     source, &opened, &err),
			    NOS_TAG);
		bytes.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_int_equal(nos_message_head_read(nos_buf_span(&bytes), &head, &err), NOS_OK);
	assert_int_equal(
	    nos_message_open(nos_buf_span(&bytes), &head, &down, 2, source, &opened, &err),
	    NOS_TAG);
	assert_int_equal(nos_message_open(nos_buf_span(&bytes), &head, &down, 1,
			     NOS_STR("s-7f3a09c2e2"), &opened, &err),
	    NOS_TAG);
	assert_int_equal(opened.len, 0);
	assert_int_equal(
	    nos_message_open(nos_buf_span(&bytes), &head, &down, 1, source, &opened, &err), NOS_OK);
	nos_buf_release(&bytes);
	nos_buf_release(&opened);
}

static void what_is_no_key_message_is_refused_at_its_head(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = { { "", 0 }, { "\x11", 1 }, { "\x12\x00", 2 }, { "\x31\x00", 2 },
		{ "\xf1\x00", 2 }, { "\xc1\x00", 2 }, { "\x11\x80\x00", 3 },
		{ "\x11\x80\x80\x80\x01", 5 }, { "\x11\xff", 2 } };
	struct nos_message_head head;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(nos_message_head_read(
				     (struct nos_span){ (const uint8_t *)bad[i].bytes, bad[i].len },
				     &head, &err),
		    NOS_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_the_bytes_of_the_vectors_and_opens_again),
		cmocka_unit_test(every_flipped_bit_and_every_swapped_field_is_refused),
		cmocka_unit_test(what_is_no_key_message_is_refused_at_its_head),
	};
	return cmocka_run_group_tests(tests, vectors_load, vectors_drop);
}
