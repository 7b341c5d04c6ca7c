/* SPDX-License-Identifier: MIT */
/*
 * Trees of every depth to 8, over many evictions and joins at random: who is in has the keys of the
 * node, whichever way they came, and who is out gets nothing with what it had. The node keeps each
 * key as it was when it was last touched, and catches it up when it is asked for; members step
 * theirs each epoch.
 */
#include <stdio.h>
#include <time.h>

#include "../test.h"
#include "key/lkh_path.h"

#define DEPTH_MAX 8
#define LEAVES	  (1u << DEPTH_MAX)
#define EPOCHS	  24
#define GONE_MAX  16

static struct nos_err err;
static unsigned seed;

static struct {
	unsigned depth;
	uint64_t epoch;
	struct nos_secret keys[2 * LEAVES];
	uint64_t noted[2 * LEAVES]; /* the epoch that each key is of */
	bool in[LEAVES];
	struct nos_secret sign;
	uint8_t public[NOS_SIGN_PUBLIC_LEN];
} node;

static struct nos_lkh_path members[LEAVES];

/* What those who were evicted had, the newest in place of the oldest. */
static struct nos_lkh_path gone[GONE_MAX];
static size_t gone_count;

static unsigned below(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

static struct nos_secret any_secret(size_t len)
{
	struct nos_secret s = { .len = len };

	for (size_t i = 0; i < len; i++)
		s.bytes[i] = (uint8_t)rand_r(&seed);
	return s;
}

static enum nos_code key_of(void *tree, uint32_t number, struct nos_secret *ret, struct nos_err *e)
{
	(void)tree;
	if (nos_lkh_step(&node.keys[number], node.noted[number], node.epoch, e))
		return e->code;
	node.noted[number] = node.epoch;
	*ret = node.keys[number];
	return NOS_OK;
}

static void replace(uint32_t number, struct nos_secret key)
{
	node.keys[number] = key;
	node.noted[number] = node.epoch;
}

static void assert_in_step(const struct nos_lkh_path *p)
{
	assert_int_equal(p->epoch, node.epoch);
	for (unsigned h = 0; h <= p->depth; h++) {
		struct nos_secret key;

		assert_int_equal(
		    key_of(NULL, nos_lkh_number(p->depth, p->leaf, h), &key, &err), NOS_OK);
		assert_true(nos_secret_eq(&key, &p->keys[h]));
	}
}

/* A member at this leaf: its path goes as a message would bring it. */
static void join(uint32_t leaf)
{
	struct nos_lkh_path path = { node.depth, 3, node.epoch, leaf };
	struct nos_secret made = any_secret(32), key;
	struct nos_buf body;

	assert_int_equal(nos_lkh_leaf_key(&made, 3, &key, &err), NOS_OK);
	replace(nos_lkh_number(node.depth, leaf, 0), key);
	for (unsigned h = 1; h <= node.depth; h++)
		assert_int_equal(
		    key_of(NULL, nos_lkh_number(node.depth, leaf, h), &path.keys[h], &err), NOS_OK);
	nos_buf_init_secret(&body, NOS_LKH_PATH_MAX);
	nos_lkh_path_encode(&body, &path);
	assert_int_equal(
	    nos_lkh_path_decode(nos_buf_span(&body), &made, &members[leaf], &err), NOS_OK);
	nos_buf_release(&body);
	node.in[leaf] = true;
	assert_in_step(&members[leaf]);
}

static void plant(unsigned depth)
{
	memset(&node, 0, sizeof(node));
	node.depth = depth;
	node.sign = any_secret(NOS_SIGN_PRIVATE_LEN);
	assert_int_equal(nos_sign_public(&node.sign, node.public, &err), NOS_OK);
	for (uint32_t n = 1; n < 2u << depth; n++)
		replace(n, any_secret(NOS_LKH_KEY_LEN));
	for (uint32_t leaf = 0; leaf < 1u << depth; leaf++)
		if (below(4))
			join(leaf);
	gone_count = 0;
}

/* The node's part: the message to all; afterwards it stands in the new epoch. */
static void evict(uint32_t leaf, struct nos_lkh_climb *ret, struct nos_buf *ret_message)
{
	struct nos_eviction v = { .turn = { node.depth, 3, node.epoch + 1 }, .t = 7, .leaf = leaf };
	struct nos_secret s_0 = any_secret(NOS_LKH_KEY_LEN);

	assert_int_equal(nos_lkh_climb(&v.turn, 0, &s_0, ret, &err), NOS_OK);
	assert_int_equal(nos_lkh_wrap(&v.turn, ret, leaf, key_of, NULL, v.wraps, &err), NOS_OK);
	memcpy(v.confirm, ret->confirm, sizeof(v.confirm));
	nos_buf_init(ret_message, NOS_EVICTION_MAX);
	assert_int_equal(nos_eviction_seal(&v, &node.sign, ret_message, &err), NOS_OK);
	node.epoch++;
	for (unsigned h = 1; h <= node.depth; h++)
		replace(nos_lkh_number(node.depth, leaf, h), ret->keys[h]);
	replace(nos_lkh_number(node.depth, leaf, 0), any_secret(NOS_LKH_KEY_LEN));
	node.in[leaf] = false;
	gone[gone_count++ % GONE_MAX] = members[leaf];
}

static struct nos_eviction_pull pull_of(
    const struct nos_eviction *v, const struct nos_lkh_climb *climb, uint32_t leaf)
{
	const unsigned level = nos_lkh_level(v->leaf, leaf);
	struct nos_eviction_pull p = { 3, v->turn.epoch, v->t, level, climb->s[level] }, ret;
	struct nos_buf body;

	nos_buf_init_secret(&body, NOS_EVICTION_PULL_MAX);
	nos_eviction_pull_encode(&body, &p);
	assert_int_equal(nos_eviction_pull_decode(nos_buf_span(&body), &ret, &err), NOS_OK);
	nos_buf_release(&body);
	return ret;
}

static void take(
    struct nos_lkh_path *p, const struct nos_eviction *v, const struct nos_lkh_climb *climb)
{
	struct nos_secret b = { 0 };

	if (below(2)) {
		assert_int_equal(nos_lkh_path_hear(p, v, &b, &err), NOS_OK);
	} else {
		struct nos_eviction_pull pull = pull_of(v, climb, p->leaf);

		assert_int_equal(nos_lkh_path_pull(p, &pull, &b, &err), NOS_OK);
	}
	assert_true(nos_secret_eq(&b, &climb->b));
	assert_in_step(p);
}

/* Who is out does its best: all that it has is stepped on, and each of its keys tried on each wrap,
 * as the sibling's and as the evicted one's own. */
static void assert_shut_out(const struct nos_lkh_path *had, const struct nos_eviction *v)
{
	struct nos_lkh_path p = *had;
	struct nos_secret b = { 0 };

	assert_int_equal(nos_lkh_path_step(&p, v->turn.epoch - 1, &err), NOS_OK);
	for (unsigned j = 0; j < p.depth; j++)
		for (unsigned h = 0; h <= p.depth; h++) {
			const uint32_t own = nos_lkh_number(p.depth, v->leaf, j);
			struct nos_lkh_climb climb;
			struct nos_secret s;

			assert_int_equal(nos_lkh_unwrap(&v->turn, v->confirm, nos_lkh_sibling(own),
					     &p.keys[h], v->wraps[j], &s, &err),
			    NOS_OK);
			assert_int_equal(nos_lkh_climb(&v->turn, j, &s, &climb, &err), NOS_OK);
			assert_memory_not_equal(climb.confirm, v->confirm, NOS_LKH_CONFIRM_LEN);
		}
	assert_int_not_equal(nos_lkh_path_hear(&p, v, &b, &err), NOS_OK);
	assert_int_equal(b.len, 0);
}

static bool pick(bool in, uint32_t not, uint32_t *ret)
{
	const uint32_t leaves = 1u << node.depth, first = below(leaves);

	for (uint32_t i = 0; i < leaves; i++) {
		*ret = (first + i) % leaves;
		if (node.in[*ret] == in && *ret != not )
			return true;
	}
	return false;
}

static void one_epoch(void)
{
	struct nos_lkh_climb climb;
	struct nos_eviction v;
	struct nos_buf message;
	uint32_t leaf, other;

	if (!pick(true, UINT32_MAX, &leaf))
		join(leaf);
	evict(leaf, &climb, &message);
	assert_int_equal(nos_eviction_open(nos_buf_span(&message), node.public, &v, &err), NOS_OK);
	for (uint32_t x = 0; x < 1u << node.depth; x++)
		if (node.in[x])
			take(&members[x], &v, &climb);
	for (size_t i = 0; i < gone_count && i < GONE_MAX; i++)
		assert_shut_out(&gone[i], &v);
	for (unsigned joins = below(3); joins-- && pick(false, leaf, &other);)
		join(other);
	nos_buf_release(&message);
}

static void who_is_in_has_the_keys_of_the_node_and_who_is_out_has_none(void **state)
{
	(void)state;
	for (unsigned depth = 1; depth <= DEPTH_MAX; depth++) {
		plant(depth);
		for (int i = 0; i < EPOCHS; i++)
			one_epoch();
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_in_has_the_keys_of_the_node_and_who_is_out_has_none),
	};

	seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : (unsigned)time(NULL);
	printf("# seed %u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
