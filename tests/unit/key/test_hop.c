/* SPDX-License-Identifier: MIT */
#include "../vectors.h"

#include "key/hop.h"
#include "scheme/link.h"

static struct nos_err err;

/* The frame of the vectors, and the link that it stands under. */
static struct nos_secret link_of_vectors(struct nos_buf *ret_frame)
{
	struct nos_secret a = vector_secret("dini/A_M"), k_sm;

	vector_bytes("dini/hop", ret_frame);
	assert_int_equal(
	    nos_hop_link(&a, nos_str_of(vector_text("inputs/S")), &k_sm, &err), NOS_OK);
	return k_sm;
}

static struct nos_hop read_hop(const struct nos_buf *frame)
{
	struct nos_hop h;

	assert_int_equal(nos_hop_read(nos_buf_span(frame), &h, &err), NOS_OK);
	return h;
}

static void keys_and_frame_have_the_bytes_of_the_vectors(void **state)
{
	struct nos_secret z = vector_secret("dini/Z_M"), a, k_sm;
	struct nos_buf wanted, made;
	struct nos_hop h;

	(void)state;
	assert_int_equal(nos_hop_relay_key(&z, &a, &err), NOS_OK);
	assert_vector_secret(&a, "dini/A_M");
	k_sm = link_of_vectors(&wanted);
	assert_vector_secret(&k_sm, "dini/K_SM");
	h = read_hop(&wanted);
	assert_int_equal(h.hops, 0);
	assert_str(h.source, vector_text("inputs/S"));
	assert_true(nos_hop_is_good(&h, &k_sm));
	nos_buf_init(&made, wanted.len);
	assert_int_equal(nos_hop_seal(&k_sm, 0, h.source, h.pack, &made, &err), NOS_OK);
	assert_vector(made.p, made.len, "dini/hop");
	nos_buf_release(&wanted);
	nos_buf_release(&made);
}

static void a_frame_with_any_bit_flipped_or_cut_anywhere_is_refused(void **state)
{
	struct nos_buf frame;
	struct nos_secret k_sm = link_of_vectors(&frame);
	struct nos_hop h;

	(void)state;
	for (size_t bit = 0; bit < frame.len * 8; bit++) {
		frame.p[bit / 8] ^= (char)(1 << bit % 8);
		assert_false(
		    !nos_hop_read(nos_buf_span(&frame), &h, &err) && nos_hop_is_good(&h, &k_sm));
		frame.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t len = 0; len < frame.len; len++)
		assert_int_equal(
		    nos_hop_read((struct nos_span){ (const uint8_t *)frame.p, len }, &h, &err),
		    NOS_DATA);
	h = read_hop(&frame);
	assert_true(nos_hop_is_good(&h, &k_sm));
	k_sm.bytes[0] ^= 1;
	assert_false(nos_hop_is_good(&h, &k_sm));
	nos_buf_release(&frame);
}

static void a_raised_frame_has_one_hop_more_and_the_rest_as_it_came(void **state)
{
	struct nos_buf frame, raised, lowered;
	struct nos_secret k_sm = link_of_vectors(&frame);
	struct nos_hop h = read_hop(&frame), more;

	(void)state;
	nos_buf_init(&raised, frame.len);
	nos_hop_raise(&raised, &h);
	assert_int_equal(nos_buf_check(&raised, "frame", &err), NOS_OK);
	more = read_hop(&raised);
	assert_int_equal(more.hops, 1);
	assert_int_equal(more.tag.len, NOS_HOP_TAG_LEN);
	assert_memory_equal(more.tag.p, h.tag.p, h.tag.len);
	/* The tag is over the frame as its source sent it: with that number it is good. */
	nos_buf_init(&lowered, frame.len);
	nos_buf_add(&lowered, raised.p, raised.len);
	lowered.p[1] = 0;
	more = read_hop(&lowered);
	assert_true(nos_hop_is_good(&more, &k_sm));
	nos_buf_release(&frame);
	nos_buf_release(&raised);
	nos_buf_release(&lowered);
}

static void a_frame_that_names_no_source_proves_nothing(void **state)
{
	const struct nos_str pack = NOS_STR("application/jose\na.b.c.d.e");
	struct nos_secret k_sm = vector_secret("dini/K_SM");
	struct nos_str media, body;
	struct nos_buf frame;
	struct nos_hop h;

	(void)state;
	nos_buf_init(&frame, 200);
	assert_int_equal(
	    nos_hop_seal(NULL, 0, NOS_STR(""), nos_str_bytes(pack), &frame, &err), NOS_OK);
	h = read_hop(&frame);
	assert_int_equal(h.source.len, 0);
	assert_false(nos_hop_is_good(&h, &k_sm));
	assert_true(nos_hop_split(h.pack, &media, &body));
	assert_str(media, "application/jose");
	assert_str(body, "a.b.c.d.e");
	assert_false(nos_hop_split(nos_str_bytes(NOS_STR("application/jose")), &media, &body));
	nos_buf_release(&frame);
}

static void over_the_most_hops_it_is_no_frame(void **state)
{
	struct nos_buf frame, raised;
	struct nos_hop h;

	(void)state;
	nos_buf_init(&frame, 100);
	nos_buf_init(&raised, 100);
	assert_int_equal(
	    nos_hop_seal(NULL, NOS_HOP_MAX, NOS_STR(""), (struct nos_span){ 0 }, &frame, &err),
	    NOS_OK);
	h = read_hop(&frame);
	nos_hop_raise(&raised, &h);
	assert_int_equal(nos_hop_read(nos_buf_span(&raised), &h, &err), NOS_DATA);
	nos_buf_release(&frame);
	nos_buf_release(&raised);
}

static void the_message_that_brings_a_link_has_the_bytes_of_the_vectors(void **state)
{
	struct nos_issuer world = { .now = { 1547812800000 },
		.node = 1,
		.source = nos_str_of(vector_text("inputs/S")),
		.life = 1,
		.identity = 1 };
	struct nos_assoc a = { .base = { .z = 1,
				   .life = 1,
				   .identity = 1,
				   .z_key = vector_secret("registration/Z"),
				   .down = { .key = vector_secret("registration/C_0 down") } } };
	struct nos_secret relay = vector_secret("dini/A_M");
	struct nos_scheme_message m = { .kind = NOS_MESSAGE_LINK };
	struct nos_keyring k = { 0 };
	struct nos_buf body;
	bool changed;

	(void)state;
	assert_int_equal(
	    nos_link_issue(&a, &world, NOS_STR("s-00112233aa"), &relay, &changed, &err), NOS_OK);
	assert_true(changed);
	assert_int_equal(a.out_count, 1);
	assert_vector(a.out[0].bytes, a.out[0].len, "U/link/bytes");
	vector_bytes("U/link/body", &body);
	m.body = nos_buf_span(&body);
	assert_int_equal(nos_link_accept(&m, &k, &err), NOS_OK);
	assert_int_equal(k.link_count, 1);
	assert_string_equal(k.links[0].relay, "s-00112233aa");
	assert_vector_secret(&k.links[0].value, "dini/K_SM");
	m.body.len--;
	assert_int_equal(nos_link_accept(&m, &k, &err), NOS_DATA);
	assert_int_equal(k.link_count, 1);
	nos_buf_release(&body);
	nos_assoc_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_frame_have_the_bytes_of_the_vectors),
		cmocka_unit_test(a_frame_with_any_bit_flipped_or_cut_anywhere_is_refused),
		cmocka_unit_test(a_raised_frame_has_one_hop_more_and_the_rest_as_it_came),
		cmocka_unit_test(a_frame_that_names_no_source_proves_nothing),
		cmocka_unit_test(over_the_most_hops_it_is_no_frame),
		cmocka_unit_test(the_message_that_brings_a_link_has_the_bytes_of_the_vectors),
	};
	return cmocka_run_group_tests(tests, vectors_load, vectors_drop);
}
