/* SPDX-License-Identifier: MIT */
/* The tree's arithmetic and its messages, against the vectors; what is refused. Many members over
 * many epochs are test_lkh_tree.c's, who can find out what is test_lkh_closure.c's. */
#include "../vectors.h"

#include "key/lkh_path.h"
#include "key/message.h"

static struct nos_err err;

static const struct nos_lkh_turn turn = { .depth = 3, .group = 3, .epoch = 1 };

/* The key of a node of the vectors' tree, "before (e 0)" or "after (e 1)". */
static struct nos_secret key_at(const char *when, uint32_t number)
{
	char path[40];

	snprintf(path, sizeof(path), "tree/%s/%u", when, number);
	return vector_secret(path);
}

static enum nos_code key_before(
    void *tree, uint32_t number, struct nos_secret *ret, struct nos_err *e)
{
	(void)tree;
	(void)e;
	*ret = key_at("before (e 0)", number);
	return NOS_OK;
}

static struct nos_lkh_path path_at(const char *when, uint64_t epoch, uint32_t leaf)
{
	struct nos_lkh_path p = { .depth = 3, .group = 3, .epoch = epoch, .leaf = leaf };

	for (unsigned h = 0; h <= 3; h++)
		p.keys[h] = key_at(when, nos_lkh_number(3, leaf, h));
	return p;
}

/* The broadcast of the vectors, read. */
static struct nos_eviction heard(void)
{
	struct nos_secret sign = vector_secret("inputs/ed25519 public");
	struct nos_eviction v;
	struct nos_buf message;

	vector_bytes("tree/broadcast", &message);
	assert_int_equal(nos_eviction_open(nos_buf_span(&message), sign.bytes, &v, &err), NOS_OK);
	nos_buf_release(&message);
	return v;
}

static struct nos_eviction_pull pulled(void)
{
	struct nos_eviction_pull v;
	struct nos_buf body;

	vector_bytes("tree/pull body of leaf 6", &body);
	assert_int_equal(nos_eviction_pull_decode(nos_buf_span(&body), &v, &err), NOS_OK);
	nos_buf_release(&body);
	return v;
}

static void assert_secret(const struct nos_secret *a, const struct nos_secret *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->bytes, b->bytes, a->len);
}

static void assert_path(const struct nos_lkh_path *a, const struct nos_lkh_path *b)
{
	assert_int_equal(a->depth, b->depth);
	assert_int_equal(a->group, b->group);
	assert_int_equal(a->epoch, b->epoch);
	assert_int_equal(a->leaf, b->leaf);
	for (unsigned h = 0; h <= a->depth; h++)
		assert_secret(&a->keys[h], &b->keys[h]);
}

static void nodes_have_heap_numbers(void **state)
{
	(void)state;
	assert_int_equal(nos_lkh_number(3, 5, 0), 13);
	assert_int_equal(nos_lkh_number(3, 5, 1), 6);
	assert_int_equal(nos_lkh_number(3, 5, 3), 1);
	assert_int_equal(nos_lkh_number(20, (1u << 20) - 1, 0), (1u << 21) - 1);
	assert_int_equal(nos_lkh_number(1, 0, 0), 2);
	assert_int_equal(nos_lkh_parent(13), 6);
	assert_int_equal(nos_lkh_sibling(13), 12);
	assert_int_equal(nos_lkh_sibling(12), 13);
	assert_int_equal(nos_lkh_level(5, 4), 0);
	assert_int_equal(nos_lkh_level(5, 6), 1);
	assert_int_equal(nos_lkh_level(5, 7), 1);
	assert_int_equal(nos_lkh_level(5, 0), 2);
	assert_int_equal(nos_lkh_level(0, (1u << 20) - 1), 19);
}

static void an_eviction_at_the_node_has_the_bytes_of_the_vectors(void **state)
{
	struct nos_secret s_0 = vector_secret("tree/s/0"), sign = vector_secret("inputs/ed25519 "
										"private");
	struct nos_eviction v = { .turn = turn, .t = 4, .leaf = 5 };
	struct nos_lkh_climb c;
	struct nos_buf message;
	char at[40];

	(void)state;
	assert_int_equal(nos_lkh_climb(&turn, 0, &s_0, &c, &err), NOS_OK);
	assert_vector(c.confirm, sizeof(c.confirm), "tree/confirm");
	assert_vector_secret(&c.b, "tree/B_e");
	assert_int_equal(nos_lkh_wrap(&turn, &c, 5, key_before, NULL, v.wraps, &err), NOS_OK);
	for (unsigned j = 0; j < 3; j++) {
		struct nos_secret key = key_at("after (e 1)", nos_lkh_number(3, 5, j + 1));

		snprintf(at, sizeof(at), "tree/s/%u", j);
		assert_vector_secret(&c.s[j], at);
		snprintf(at, sizeof(at), "tree/wraps/%u", j);
		assert_vector(v.wraps[j], NOS_LKH_KEY_LEN, at);
		assert_secret(&c.keys[j + 1], &key);
	}
	memcpy(v.confirm, c.confirm, sizeof(v.confirm));
	nos_buf_init(&message, NOS_EVICTION_MAX);
	assert_int_equal(nos_eviction_seal(&v, &sign, &message, &err), NOS_OK);
	assert_vector(message.p, message.len, "tree/broadcast");
	nos_buf_release(&message);
}

static void every_key_that_is_not_replaced_steps(void **state)
{
	(void)state;
	for (uint32_t n = 1; n < 16; n++) {
		struct nos_secret key = key_at("before (e 0)", n), after = key_at("after (e 1)", n);

		assert_int_equal(nos_lkh_step(&key, 0, 1, &err), NOS_OK);
		if (n != 13 && n != 6 && n != 3 && n != 1)
			assert_secret(&key, &after);
		else
			assert_false(nos_secret_eq(&key, &after));
	}
}

static void by_the_broadcast_every_member_has_the_path_of_the_vectors(void **state)
{
	const struct nos_eviction v = heard();

	(void)state;
	for (uint32_t leaf = 0; leaf < 8; leaf++) {
		struct nos_lkh_path p = path_at("before (e 0)", 0, leaf), before = p;
		struct nos_lkh_path after = path_at("after (e 1)", 1, leaf);
		struct nos_secret b = { 0 };

		if (leaf == 5) {
			assert_int_equal(nos_lkh_path_hear(&p, &v, &b, &err), NOS_DENIED);
			assert_path(&p, &before);
			assert_int_equal(b.len, 0);
			continue;
		}
		assert_int_equal(nos_lkh_path_hear(&p, &v, &b, &err), NOS_OK);
		assert_vector_secret(&b, "tree/B_e");
		assert_path(&p, &after);
	}
}

static void what_a_member_pulls_is_as_in_the_vectors(void **state)
{
	struct nos_eviction_pull v = pulled();
	struct nos_lkh_path p = path_at("before (e 0)", 0, 6), before = p;
	struct nos_lkh_path after = path_at("after (e 1)", 1, 6);
	struct nos_secret b = { 0 };
	struct nos_buf body;

	(void)state;
	assert_int_equal(v.t, 4);
	assert_int_equal(v.level, nos_lkh_level(5, 6));
	nos_buf_init_secret(&body, NOS_EVICTION_PULL_MAX);
	nos_eviction_pull_encode(&body, &v);
	assert_vector(body.p, body.len, "tree/pull body of leaf 6");
	nos_buf_release(&body);
	v.level = 3;
	assert_int_equal(nos_lkh_path_pull(&p, &v, &b, &err), NOS_DATA);
	v.level = 1;
	v.group = 4;
	assert_int_equal(nos_lkh_path_pull(&p, &v, &b, &err), NOS_DATA);
	v.group = 3;
	v.epoch = 2;
	assert_int_equal(nos_lkh_path_pull(&p, &v, &b, &err), NOS_DATA);
	v.epoch = 1;
	assert_path(&p, &before);
	assert_int_equal(b.len, 0);
	assert_int_equal(nos_lkh_path_pull(&p, &v, &b, &err), NOS_OK);
	assert_vector_secret(&b, "tree/B_e");
	assert_path(&p, &after);
	assert_int_equal(nos_lkh_path_pull(&p, &v, &b, &err), NOS_DATA); /* a second time */
	assert_path(&p, &after);
}

static void what_is_of_another_group_depth_or_epoch_changes_nothing(void **state)
{
	const struct nos_eviction good = heard();
	struct nos_lkh_path p = path_at("before (e 0)", 0, 6), before = p;
	struct nos_secret b = { 0 };
	struct nos_eviction v;

	(void)state;
	v = good, v.turn.group = 4;
	assert_int_equal(nos_lkh_path_hear(&p, &v, &b, &err), NOS_DATA);
	v = good, v.turn.depth = 4;
	assert_int_equal(nos_lkh_path_hear(&p, &v, &b, &err), NOS_DATA);
	v = good, v.turn.epoch = 2;
	assert_int_equal(nos_lkh_path_hear(&p, &v, &b, &err), NOS_DATA);
	assert_string_equal(err.text, "epoch 2 of group 3 does not follow 0: ask for the path");
	v = good, v.leaf = 4; /* another's place in the tree */
	assert_int_equal(nos_lkh_path_hear(&p, &v, &b, &err), NOS_OK);
	p = before;
	v = good, v.leaf = 0;
	assert_int_equal(nos_lkh_path_hear(&p, &v, &b, &err), NOS_TAG);
	assert_path(&p, &before);
}

/* Without the signature in front: a member believes no s that does not lead to the confirm. */
static void a_wrap_or_a_confirm_with_any_bit_flipped_is_refused_or_not_looked_at(void **state)
{
	struct nos_eviction v = heard();
	const struct nos_lkh_path before = path_at("before (e 0)", 0, 6),
				  after = path_at("after (e 1)", 1, 6);
	uint8_t *const bytes[] = { v.confirm, v.wraps[0], v.wraps[1], v.wraps[2] };
	const size_t sizes[] = { NOS_LKH_CONFIRM_LEN, 16, 16, 16 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t bit = 0; bit < sizes[i] * 8; bit++) {
			const bool own = i == 0 || i == 2; /* leaf 6 takes the wrap of level 1 */
			struct nos_lkh_path p = before;
			struct nos_secret b = { 0 };

			bytes[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(
			    nos_lkh_path_hear(&p, &v, &b, &err), own ? NOS_TAG : NOS_OK);
			assert_path(&p, own ? &before : &after);
			assert_int_equal(b.len, own ? 0 : NOS_LKH_KEY_LEN);
			bytes[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
}

static void a_broadcast_with_any_bit_flipped_or_cut_anywhere_is_refused(void **state)
{
	struct nos_secret sign = vector_secret("inputs/ed25519 public");
	struct nos_eviction v;
	struct nos_buf m;

	(void)state;
	vector_bytes("tree/broadcast", &m);
	for (size_t bit = 0; bit < m.len * 8; bit++) {
		m.p[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(nos_eviction_open(nos_buf_span(&m), sign.bytes, &v, &err),
		    bit < 8 ? NOS_DATA : NOS_TAG);
		m.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t len = 0; len < m.len; len++)
		assert_int_not_equal(nos_eviction_open((struct nos_span){ (uint8_t *)m.p, len },
					 sign.bytes, &v, &err),
		    NOS_OK);
	assert_true(nos_eviction_is(nos_buf_span(&m)));
	assert_int_equal(nos_eviction_open(nos_buf_span(&m), sign.bytes, &v, &err), NOS_OK);
	nos_buf_release(&m);
}

/* A broadcast of these fields and so many bytes behind them, which the node itself has signed. */
static enum nos_code open_made(const char *fields_hex, size_t more)
{
	struct nos_secret private = vector_secret("inputs/ed25519 private"),
			  public = vector_secret("inputs/ed25519 public");
	uint8_t fields[40], signature[NOS_SIGN_LEN];
	static const uint8_t zeros[600];
	const size_t len = strlen(fields_hex) / 2;
	struct nos_eviction v;
	struct nos_buf text;
	enum nos_code code;

	assert_true(nos_enc_hex_decode(nos_str_of(fields_hex), fields, len));
	nos_buf_init(&text, 1000);
	nos_buf_add_text(&text, "nos/1 ");
	nos_buf_add(&text, fields, len);
	nos_buf_add(&text, zeros, more);
	assert_int_equal(nos_sign_make(&private, nos_buf_span(&text), signature, &err), NOS_OK);
	nos_buf_add(&text, signature, sizeof(signature));
	nos_buf_drop(&text, 6);
	code = nos_eviction_open(nos_buf_span(&text), public.bytes, &v, &err);
	nos_buf_release(&text);
	return code;
}

static void a_broadcast_that_makes_no_sense_is_refused_whoever_signed_it(void **state)
{
	(void)state;
	assert_int_equal(open_made("f103010405", 8 + 3 * 16), NOS_OK); /* the control */
	assert_int_equal(open_made("f103010400", 8 + 16), NOS_OK);
	assert_int_equal(open_made("f1030104ffff3f", 8 + 20 * 16), NOS_OK);
	assert_int_equal(open_made("f1030104ffff3f", 8 + 21 * 16), NOS_DATA); /* too deep */
	assert_int_equal(open_made("f103010400", 8), NOS_DATA);		      /* no wraps */
	assert_int_equal(open_made("f103010400", 7), NOS_DATA);
	assert_int_equal(open_made("f103010400", 600), NOS_DATA);
	assert_int_equal(open_made("f103010408", 8 + 3 * 16), NOS_DATA); /* no such leaf */
	assert_int_equal(open_made("f103010405", 8 + 3 * 16 + 1), NOS_DATA);
	assert_int_equal(
	    open_made("f103000405", 8 + 3 * 16), NOS_DATA); /* no epoch begins with it */
	assert_int_equal(open_made("f183000104"
				   "05",
			     8 + 3 * 16),
	    NOS_DATA); /* overlong */
	assert_int_equal(open_made("f103018080808080808010"
				   "05",
			     8 + 3 * 16),
	    NOS_DATA); /* 2^53 */
	assert_int_equal(open_made("f2030104"
				   "05",
			     8 + 3 * 16),
	    NOS_DATA);
}

static void a_body_that_makes_no_sense_is_refused(void **state)
{
	static const uint8_t pulls[][4] = { { 3, 0, 4, 1 }, { 3, 1, 4, 20 }, { 3, 1, 0x84, 0 } };
	uint8_t body[4 + 17] = { 3, 1, 4, 19 };
	struct nos_eviction_pull v;

	(void)state;
	assert_int_equal(nos_eviction_pull_decode((struct nos_span){ body, 20 }, &v, &err), NOS_OK);
	for (size_t len = 0; len <= sizeof(body); len++)
		if (len != 20)
			assert_int_equal(
			    nos_eviction_pull_decode((struct nos_span){ body, len }, &v, &err),
			    NOS_DATA);
	for (size_t i = 0; i < sizeof(pulls) / sizeof(pulls[0]); i++) {
		memcpy(body, pulls[i], sizeof(pulls[i]));
		assert_int_equal(
		    nos_eviction_pull_decode((struct nos_span){ body, 20 }, &v, &err), NOS_DATA);
	}
}

static void a_path_comes_as_it_went_with_the_leaf_key_of_its_message(void **state)
{
	struct nos_secret made = vector_secret("registration/Z"), leaf;
	struct nos_lkh_path p = path_at("after (e 1)", 1, 6), got = { 0 };
	struct nos_buf body;

	(void)state;
	assert_int_equal(nos_lkh_leaf_key(&made, 3, &leaf, &err), NOS_OK);
	assert_int_equal(leaf.len, NOS_LKH_KEY_LEN);
	p.keys[0] = leaf;
	nos_buf_init_secret(&body, NOS_LKH_PATH_MAX);
	nos_lkh_path_encode(&body, &p);
	assert_int_equal(body.len, 3 + 3 * 16);
	assert_int_equal(nos_lkh_path_decode(nos_buf_span(&body), &made, &got, &err), NOS_OK);
	assert_path(&got, &p);
	for (size_t len = 0; len < body.len; len++) /* a lower tree has no leaf 6 */
		assert_int_equal(nos_lkh_path_decode((struct nos_span){ (uint8_t *)body.p, len },
				     &made, &got, &err),
		    NOS_DATA);
	body.p[2] = 8;
	assert_int_equal(nos_lkh_path_decode(nos_buf_span(&body), &made, &got, &err), NOS_DATA);
	assert_path(&got, &p);
	nos_buf_release(&body);
}

static void a_path_and_the_leaf_key_that_its_message_makes_are_those_of_the_vectors(void **state)
{
	struct nos_secret made = vector_secret("chain down/0/M'");
	struct nos_lkh_path p = path_at("before (e 0)", 0, 5), got = { 0 };
	struct nos_buf body;

	(void)state;
	p.keys[0] = vector_secret("U/path/leaf key");
	vector_bytes("U/path/body", &body);
	assert_int_equal(nos_lkh_path_decode(nos_buf_span(&body), &made, &got, &err), NOS_OK);
	assert_path(&got, &p);
	nos_buf_truncate(&body, 0);
	nos_lkh_path_encode(&body, &got);
	assert_vector(body.p, body.len, "U/path/body");
	nos_buf_release(&body);
}

static void over_several_epochs_a_key_is_what_it_is_by_single_steps(void **state)
{
	struct nos_lkh_path one = path_at("before (e 0)", 0, 2), many = one;

	(void)state;
	for (uint64_t e = 1; e <= 9; e++) {
		assert_int_equal(nos_lkh_path_step(&one, e, &err), NOS_OK);
		many = path_at("before (e 0)", 0, 2);
		assert_int_equal(nos_lkh_path_step(&many, e, &err), NOS_OK);
		assert_path(&one, &many);
	}
	assert_int_equal(nos_lkh_path_step(&one, 9, &err), NOS_OK);
	assert_path(&one, &many);
	assert_int_equal(nos_lkh_path_step(&one, 8, &err), NOS_DATA);
	assert_int_equal(nos_lkh_path_step(&one, 10 + NOS_LKH_STEPS_MAX, &err), NOS_DATA);
	assert_path(&one, &many);
}

static size_t sealed_len(enum nos_message_kind kind, const struct nos_buf *body)
{
	struct nos_chain chain = { .key = vector_secret("registration/C_0 down") };
	struct nos_buf m;
	size_t len;

	nos_buf_init(&m, 1000);
	assert_int_equal(nos_message_seal(kind, &chain, 1, NOS_STR("s-7f3a09c2e1"),
			     nos_buf_span(body), &m, &err),
	    NOS_OK);
	len = m.len;
	nos_buf_release(&m);
	return len;
}

static void messages_are_as_long_as_the_page_says_and_a_path_no_longer(void **state)
{
	struct nos_secret private = vector_secret("inputs/ed25519 private");
	struct nos_eviction v = { .turn = { 20, 3, 1 }, .t = 20000, .leaf = (1u << 20) - 1 };
	struct nos_eviction_pull pull = {
		.group = 3, .epoch = 1, .t = 20000, .level = 19, .s = { .len = NOS_LKH_KEY_LEN }
	};
	struct nos_lkh_path path = { .depth = 20, .group = 3, .epoch = 1, .leaf = v.leaf };
	struct nos_buf b;

	(void)state;
	for (unsigned h = 1; h <= 20; h++)
		path.keys[h].len = NOS_LKH_KEY_LEN;
	nos_buf_init_secret(&b, NOS_EVICTION_MAX);
	assert_int_equal(nos_eviction_seal(&v, &private, &b, &err), NOS_OK);
	assert_int_equal(
	    b.len, json_integer_value(vector("sizes/evict broadcast at depth 20, t 3 bytes")));
	nos_buf_truncate(&b, 0);
	nos_eviction_pull_encode(&b, &pull);
	assert_int_equal(sealed_len(NOS_MESSAGE_EVICT, &b),
	    json_integer_value(vector("sizes/evict pull, t 3 bytes")));
	nos_buf_truncate(&b, 0);
	nos_lkh_path_encode(&b, &path);
	assert_int_equal(
	    sealed_len(NOS_MESSAGE_PATH, &b), json_integer_value(vector("sizes/path at depth 20")));
	nos_buf_add(&b, path.keys[1].bytes, NOS_LKH_KEY_LEN);
	assert_int_equal(nos_lkh_path_decode(nos_buf_span(&b), &private, &path, &err), NOS_DATA);
	nos_buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_have_heap_numbers),
		cmocka_unit_test(an_eviction_at_the_node_has_the_bytes_of_the_vectors),
		cmocka_unit_test(every_key_that_is_not_replaced_steps),
		cmocka_unit_test(by_the_broadcast_every_member_has_the_path_of_the_vectors),
		cmocka_unit_test(what_a_member_pulls_is_as_in_the_vectors),
		cmocka_unit_test(what_is_of_another_group_depth_or_epoch_changes_nothing),
		cmocka_unit_test(
		    a_wrap_or_a_confirm_with_any_bit_flipped_is_refused_or_not_looked_at),
		cmocka_unit_test(a_broadcast_with_any_bit_flipped_or_cut_anywhere_is_refused),
		cmocka_unit_test(a_broadcast_that_makes_no_sense_is_refused_whoever_signed_it),
		cmocka_unit_test(a_body_that_makes_no_sense_is_refused),
		cmocka_unit_test(a_path_comes_as_it_went_with_the_leaf_key_of_its_message),
		cmocka_unit_test(
		    a_path_and_the_leaf_key_that_its_message_makes_are_those_of_the_vectors),
		cmocka_unit_test(over_several_epochs_a_key_is_what_it_is_by_single_steps),
		cmocka_unit_test(messages_are_as_long_as_the_page_says_and_a_path_no_longer),
	};
	return cmocka_run_group_tests(tests, vectors_load, vectors_drop);
}
