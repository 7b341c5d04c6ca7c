/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include "../vectors.h"
#include "scheme/dini.h"
#include "scheme/outbox.h"

static struct pair p;

static int fresh(void **state)
{
	(void)state;
	pair_init_as(&p, &nos_dini_scheme, SOURCE);
	return 0;
}

/* The domain that the source's local keys are of. */
static uint64_t domain(void)
{
	uint64_t ring[NOS_POOL_RING_MAX];

	assert_int_equal(nos_pool_ring(&p.pool, p.world.source, ring, &p.err), NOS_OK);
	return ring[0];
}

/* A pool of so many keys, at least, that the source's domain is one that is asked for. */
static void pool_until(unsigned size, bool (*is)(uint64_t domain))
{
	do
		pair_pool(&p, size++, 1);
	while (!is(domain()));
}

static bool is_seven(uint64_t d)
{
	return d == 7;
}

static bool is_long(uint64_t d)
{
	return d > 127;
}

static const struct nos_assoc_key *node_key(size_t i)
{
	return &p.node.keys[i];
}

/* ---- bytes ---- */

/* The node of the vectors, and its source: domain 7 and number 7 are next, at the chain's head. */
static void as_the_vectors(void)
{
	const struct nos_secret g = vector_secret("dini/G"),
				down = vector_secret("registration/C_0 down");

	pool_until(7, is_seven);
	memcpy(p.pool.keys[6].value, g.bytes, g.len);
	p.numbers.next = 7;
	p.node.base.down.key = p.source.down.key = down;
}

static void a_local_key_and_the_message_that_brings_it_are_those_of_the_vectors(void **state)
{
	(void)state;
	as_the_vectors();
	nos_assoc_add_global(&p.node, (struct nos_assoc_global){ 7, 1 });
	assert_true(pair_fill(&p));
	assert_int_equal(p.node.out_count, 1);
	assert_vector(p.node.out[0].bytes, p.node.out[0].len, "U/install/bytes");
	assert_int_equal(p.node.out[0].len, 20);
	assert_vector_secret(&node_key(1)->value, "dini/L (N 1, incr 7, domain 7, version 1)");
	p.source.globals[0] = (struct nos_keyring_global){
		.domain = 7, .version = 1, .value = vector_secret("dini/G")
	};
	p.source.global_count = 1;
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
	assert_vector_secret(&p.source.keys[0].value, "dini/L (N 1, incr 7, domain 7, version 1)");
	assert_true(p.source.keys[0].domain == 7 && p.source.keys[0].version == 1);
	pair_is_whole(&p);
}

static void a_global_key_goes_first_in_36_bytes_and_is_those_of_the_vectors(void **state)
{
	(void)state;
	as_the_vectors();
	assert_true(pair_fill(&p));
	assert_int_equal(p.node.out_count, 2);
	assert_vector(p.node.out[0].bytes, p.node.out[0].len, "U/global/bytes");
	assert_int_equal(p.node.out[0].len, 36);
	assert_int_equal(p.node.out[1].len, 20);
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
	assert_vector_secret(&nos_keyring_global(&p.source, 7)->value, "dini/G");
}

static void an_install_message_with_long_names_has_24_bytes(void **state)
{
	(void)state;
	pool_until(200, is_long);
	p.numbers = (struct nos_pool_numbers){ (1 << 21) + 5, (1 << 21) + 9 };
	assert_true(pair_fill(&p));
	assert_int_equal(p.node.out[1].len, 24);
	pair_settle(&p);
	assert_int_equal(nos_keyring_active(&p.source)->name.parts[1], (1 << 21) + 5);
}

static void an_invalidation_of_one_name_has_70_bytes_and_is_that_of_the_vectors(void **state)
{
	struct nos_invalidation read;
	NOS_AUTO(buf) b = { 0 };

	(void)state;
	p.sign = vector_secret("inputs/ed25519 private");
	nos_buf_init(&b, NOS_INVALIDATION_MAX);
	pair_broadcast(&p, 7, 1, &b);
	assert_int_equal(b.len, 70);
	assert_vector(b.p, b.len, "dini/invalidation");
	assert_int_equal(nos_invalidation_open(nos_buf_span(&b),
			     vector_secret("inputs/ed25519 public").bytes, &read, &p.err),
	    NOS_OK);
	assert_true(read.node == 1 && read.version == 1 && read.count == 1);
	assert_true(nos_invalidation_names(&read, 7, 1));
	assert_false(nos_invalidation_names(&read, 7, 2) || nos_invalidation_names(&read, 6, 1));
}

/* ---- what is issued ---- */

static void what_a_source_lacks_is_issued_once(void **state)
{
	(void)state;
	assert_true(pair_fill(&p));
	assert_int_equal(p.node.out_count, 2);
	assert_int_equal(p.node.key_count, 2);
	assert_int_equal(node_key(1)->state, NOS_STATE_PRE_ACTIVE);
	assert_false(pair_fill(&p));
	assert_int_equal(p.node.out_count, 2);
	pair_settle(&p);
	assert_int_equal(nos_keyring_active(&p.source)->name.kind, 'd');
	assert_false(pair_fill(&p));
	assert_int_equal(p.node.out_count, 0);
	assert_int_equal(p.numbers.next, 2);
}

static void a_ring_that_grows_brings_what_is_new_in_it_alone(void **state)
{
	(void)state;
	pair_settle(&p);
	p.pool.ring = 3;
	assert_true(pair_fill(&p));
	assert_int_equal(p.node.out_count, 2);
	assert_int_equal(p.node.out[0].brings.kind, NOS_POOL_KIND);
	assert_int_equal(p.node.out[1].brings.kind, NOS_POOL_KIND);
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
	pair_make_ack(&p);
	assert_int_equal(pair_ack(&p), NOS_OK);
	assert_int_equal(p.source.global_count, 3);
	assert_int_equal(p.node.global_count, 3);
	assert_false(pair_fill(&p));
	pair_is_whole(&p);
}

static void a_ring_is_of_distinct_domains_the_same_each_time(void **state)
{
	uint64_t ring[NOS_POOL_RING_MAX], again[NOS_POOL_RING_MAX];
	uint64_t seen = 0;

	(void)state;
	pair_pool(&p, 4, 4);
	assert_int_equal(nos_pool_ring(&p.pool, p.world.source, ring, &p.err), NOS_OK);
	assert_int_equal(nos_pool_ring(&p.pool, p.world.source, again, &p.err), NOS_OK);
	assert_memory_equal(ring, again, sizeof(ring));
	for (int i = 0; i < 4; i++)
		seen |= UINT64_C(1) << ring[i];
	assert_int_equal(seen, 0x1e); /* 1, 2, 3 and 4 */
	pair_pool(&p, 256, 4);
	assert_int_equal(nos_pool_ring(&p.pool, p.world.source, ring, &p.err), NOS_OK);
	assert_int_equal(nos_pool_ring(&p.pool, NOS_STR("s-7f3a09c2e2"), again, &p.err), NOS_OK);
	assert_memory_not_equal(ring, again, sizeof(ring));
}

static void without_a_pool_or_numbers_nothing_is_issued_and_p_serves(void **state)
{
	(void)state;
	p.world.numbers = NULL;
	assert_false(pair_fill(&p));
	p.world.numbers = &p.numbers;
	p.pool.size = 0;
	assert_false(pair_fill(&p));
	p.world.pool = NULL;
	assert_false(pair_fill(&p));
	assert_true(pair_pack(&p));
	assert_int_equal(nos_keyring_active(&p.source)->name.kind, 'p');
}

static void where_no_number_is_left_one_is_wanted_and_the_global_key_goes_all_the_same(void **state)
{
	(void)state;
	p.numbers = (struct nos_pool_numbers){ 9, 9 };
	assert_true(pair_fill(&p));
	assert_true(p.numbers.wanted);
	assert_int_equal(p.node.out_count, 1);
	assert_null(nos_assoc_next(&p.node, 'd'));
	p.numbers = (struct nos_pool_numbers){ 9, 10 };
	pair_settle(&p);
	assert_false(p.numbers.wanted);
	assert_int_equal(nos_keyring_active(&p.source)->name.parts[1], 9);
	/* And who lacks none wants none. */
	assert_false(pair_fill(&p));
	assert_false(p.numbers.wanted);
}

static void a_replaced_key_has_a_number_of_its_own_and_the_old_its_overlap(void **state)
{
	(void)state;
	pair_settle(&p);
	pair_replace(&p, NOS_ISSUER_ISSUED);
	pair_replace(&p, NOS_ISSUER_NOTHING);
	assert_int_equal(p.node.out_count, 1); /* the global key is there */
	pair_settle(&p);
	assert_int_equal(nos_keyring_active(&p.source)->name.parts[1], 2);
	assert_int_equal(p.node.key_count, 3);
	assert_int_equal(node_key(1)->state, NOS_STATE_DEACTIVATED);
	assert_int_equal(node_key(1)->until.ms, p.world.now.ms + 3600000);
	assert_int_equal(node_key(0)->state, NOS_STATE_ACTIVE); /* p.1 */
}

static void a_key_that_waits_is_not_lost_though_an_acknowledgement_of_before_does_not_name_it(
    void **state)
{
	const struct nos_name next = nos_dini_name(1, 2);

	(void)state;
	assert_true(pair_fill(&p));
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
	pair_make_ack(&p);
	pair_replace(&p, NOS_ISSUER_NOTHING);
	assert_true(pair_pack(&p)); /* it has the first */
	pair_replace(&p, NOS_ISSUER_ISSUED);
	assert_int_equal(pair_ack(&p), NOS_OK);
	assert_int_equal(nos_assoc_key(&p.node, &next)->state, NOS_STATE_PRE_ACTIVE);
	assert_int_equal(p.node.out_count, 1);
	pair_settle(&p);
	assert_true(nos_name_eq(&nos_keyring_active(&p.source)->name, &next));
}

static void who_sends_under_p_though_nothing_waits_has_lost_all_and_gets_it_anew(void **state)
{
	const struct nos_keyring before = p.source;

	(void)state;
	pair_settle(&p);
	p.source.keys[0] = before.keys[0];
	p.source.key_count = 1;
	p.source.global_count = 0;
	assert_true(pair_pack(&p));
	assert_true(nos_issuer_lost(&p.node, &p.world));
	assert_int_equal(p.node.global_count, 0);
	pair_settle(&p);
	assert_int_equal(nos_keyring_active(&p.source)->name.parts[1], 2);
	/* Not while something waits for it, and not twice. */
	pair_replace(&p, NOS_ISSUER_ISSUED);
	assert_false(nos_issuer_lost(&p.node, &p.world));
}

/* ---- at a source ---- */

static void a_local_key_of_a_domain_of_which_there_is_none_is_refused(void **state)
{
	struct nos_keyring before;
	struct nos_assoc_global has;

	(void)state;
	has = (struct nos_assoc_global){ domain(), 1 };
	nos_assoc_add_global(&p.node, has); /* as the node believes */
	assert_true(pair_fill(&p));
	assert_int_equal(p.node.out_count, 1);
	before = p.source;
	assert_int_not_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
	assert_int_equal(p.err.code, NOS_TAG);
	assert_string_equal(p.err.text, "a local key of a domain of which there is none");
	assert_memory_equal(&before, &p.source, sizeof(before));
	/* The ask that follows mends it. */
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	assert_true(pair_pack(&p));
	pair_settle(&p);
	assert_int_equal(nos_keyring_active(&p.source)->name.kind, 'd');
}

static void what_is_no_body_of_a_message_is_refused(void **state)
{
	static const struct {
		enum nos_message_kind kind;
		const char *bytes;
		size_t len;
	} bad[] = { { NOS_MESSAGE_INSTALL, "\x07", 1 }, { NOS_MESSAGE_INSTALL, "\x07\x07\x00", 3 },
		{ NOS_MESSAGE_GLOBAL, "\x07\x01", 2 },
		{ NOS_MESSAGE_GLOBAL,
		    "\x00\x01"
		    "0123456789abcdef",
		    18 },
		{ NOS_MESSAGE_GLOBAL,
		    "\x07\x00"
		    "0123456789abcdef",
		    18 },
		{ NOS_MESSAGE_GLOBAL,
		    "\x07\x01"
		    "0123456789abcde",
		    17 },
		{ NOS_MESSAGE_GLOBAL,
		    "\x07\x01"
		    "0123456789abcdefg",
		    19 } };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct nos_span body = { (const uint8_t *)bad[i].bytes, bad[i].len };
		const struct nos_keyring before = p.source;
		struct nos_assoc_message *m;

		assert_int_equal(
		    nos_outbox_add(&p.node, &p.world, bad[i].kind, body, &m, &p.err), NOS_OK);
		assert_int_not_equal(
		    pair_take(&p, (struct nos_span){ m->bytes, m->len }), NOS_HOLDER_TOOK);
		assert_int_equal(p.err.code, NOS_TAG);
		assert_memory_equal(&before, &p.source, sizeof(before));
		nos_err_clear(&p.err);
	}
}

/* Its own after an ask: what it has of local keys may be another's. */
static void after_an_answer_p_goes_before_a_local_key_until_it_has_its_receipt(void **state)
{
	(void)state;
	pair_settle(&p);
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	assert_true(p.source.unproven);
	assert_int_equal(nos_keyring_active(&p.source)->name.kind, 'p');
	assert_true(pair_pack(&p));
	assert_false(p.source.unproven);
	pair_settle(&p);
	assert_int_equal(nos_keyring_active(&p.source)->name.kind, 'd');
}

static void after_a_renew_a_local_key_in_its_overlap_stands_under_the_new_k_s(void **state)
{
	const struct nos_assoc_key *local = NULL;
	NOS_AUTO(secret) here = { 0 };
	NOS_AUTO(secret) there = { 0 };

	(void)state;
	pair_settle(&p);
	assert_int_equal(pair_ask(&p, 0, true), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	assert_true(pair_pack(&p));
	for (size_t i = 0; i < p.node.key_count; i++)
		if (p.node.keys[i].name.kind == 'd')
			local = &p.node.keys[i];
	assert_non_null(local);
	assert_int_equal(local->state, NOS_STATE_DEACTIVATED);
	assert_int_equal(
	    nos_derive_static(&p.source.z_key, NOS_DERIVE_AUTH, &here, &p.err), NOS_OK);
	assert_int_equal(nos_assoc_auth(&p.node, local, &there, &p.err), NOS_OK);
	assert_true(nos_secret_eq(&here, &there));
	pair_settle(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, fresh)
		T(a_local_key_and_the_message_that_brings_it_are_those_of_the_vectors),
		T(a_global_key_goes_first_in_36_bytes_and_is_those_of_the_vectors),
		T(an_install_message_with_long_names_has_24_bytes),
		T(an_invalidation_of_one_name_has_70_bytes_and_is_that_of_the_vectors),
		T(what_a_source_lacks_is_issued_once),
		T(a_ring_that_grows_brings_what_is_new_in_it_alone),
		T(a_ring_is_of_distinct_domains_the_same_each_time),
		T(without_a_pool_or_numbers_nothing_is_issued_and_p_serves),
		T(where_no_number_is_left_one_is_wanted_and_the_global_key_goes_all_the_same),
		T(a_replaced_key_has_a_number_of_its_own_and_the_old_its_overlap),
		T(a_key_that_waits_is_not_lost_though_an_acknowledgement_of_before_does_not_name_it),
		T(who_sends_under_p_though_nothing_waits_has_lost_all_and_gets_it_anew),
		T(a_local_key_of_a_domain_of_which_there_is_none_is_refused),
		T(what_is_no_body_of_a_message_is_refused),
		T(after_a_renew_a_local_key_in_its_overlap_stands_under_the_new_k_s),
		T(after_an_answer_p_goes_before_a_local_key_until_it_has_its_receipt),
#undef T
	};

	return cmocka_run_group_tests(tests, vectors_load, vectors_drop);
}
