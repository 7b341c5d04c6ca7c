/* SPDX-License-Identifier: MIT */
#include "../vectors.h"

#include "key/invalidation.h"
#include "scheme/dini.h"
#include "scheme/holder.h"
#include "scheme/pool.h"

#define LONG_INCR ((UINT64_C(1) << 32) + 1)
#define SOURCE	  nos_str_of(vector_text("inputs/S"))

static struct nos_err err;

static int clear(void **state)
{
	(void)state;
	nos_err_clear(&err);
	return 0;
}

/* A source that has just registered. */
static struct nos_keyring registered(void)
{
	struct nos_keyring k = { .node = 1, .z = 1, .next = 1, .key_count = 1 };

	assert_true(nos_str_copy(SOURCE, k.source, sizeof(k.source)));
	k.z_key = vector_secret("registration/Z");
	k.down.key = vector_secret("registration/C_0 down");
	k.up.key = vector_secret("registration/C_0 up");
	k.keys[0] = (struct nos_keyring_key){ .name = { .kind = 'p', .count = 1, .parts = { 1 } },
		.state = NOS_STATE_ACTIVE,
		.value = vector_secret("registration/P_1") };
	memcpy(k.sign, vector_secret("inputs/ed25519 public").bytes, sizeof(k.sign));
	return k;
}

static enum nos_holder_did take(struct nos_keyring *k, const char *const *paths, size_t count)
{
	struct nos_buf messages[2];
	struct nos_span list[2] = { 0 };
	enum nos_holder_did did;

	for (size_t i = 0; i < count; i++) {
		vector_bytes(paths[i], &messages[i]);
		list[i] = nos_buf_span(&messages[i]);
	}
	assert_int_equal(
	    nos_holder_take(k, list, count, (struct nos_time){ 1 }, &did, &err), NOS_OK);
	for (size_t i = 0; i < count; i++)
		nos_buf_release(&messages[i]);
	return did;
}

static const char *const grants[] = { "U/global/bytes", "dini/install at 1/bytes" };

static void a_source_makes_the_local_key_of_the_vectors_and_acknowledges_it(void **state)
{
	NOS_AUTO(keyring) k = registered();

	(void)state;
	assert_int_equal(take(&k, grants, 2), NOS_HOLDER_TOOK);
	assert_int_equal(k.key_count, 2);
	assert_vector_secret(&k.keys[0].value, "dini/install at 1/L");
	assert_vector_secret(&k.globals[0].value, "dini/G");
	assert_int_equal(nos_holder_ack(&k, &err), NOS_OK);
	assert_vector(k.ack, k.ack_len, "dini/ack (behind global at 0 and install at 1)");
}

static void the_list_of_the_vectors_takes_both_keys_away(void **state)
{
	static const char *const list[] = { "dini/invalidation" };
	NOS_AUTO(keyring) k = registered();

	(void)state;
	assert_int_equal(take(&k, grants, 2), NOS_HOLDER_TOOK);
	assert_int_equal(take(&k, list, 1), NOS_HOLDER_TOOK);
	assert_int_equal(k.key_count, 1);
	assert_int_equal(k.keys[0].name.kind, 'p');
	assert_int_equal(k.global_count, 0);
}

static void a_node_makes_the_install_of_the_vectors_also_in_its_second_life(void **state)
{
	const struct nos_dini_local local = { 1, LONG_INCR, { 7, 1 } };
	struct nos_chain down = { 0, vector_secret("registration/C_0 down") };
	const struct nos_secret g = vector_secret("dini/G");
	NOS_AUTO(scheme_key) key = { 0 };
	NOS_AUTO(chain_step) step = { 0 };
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) body = { 0 };

	(void)state;
	nos_buf_init(&sealed, 100);
	vector_bytes("dini/install long (incr 4294967297)/body", &body);
	assert_int_equal(nos_chain_advance(&down, 1, &err), NOS_OK);
	assert_int_equal(nos_chain_look(&down, &step, &err), NOS_OK);
	assert_int_equal(nos_dini_make(&g, &step.key, &local, &key, &err), NOS_OK);
	assert_vector_secret(&key.value, "dini/install long (incr 4294967297)/L");
	assert_int_equal(nos_message_seal(NOS_MESSAGE_INSTALL, &down, 1, SOURCE,
			     nos_buf_span(&body), &sealed, &err),
	    NOS_OK);
	assert_vector(sealed.p, sealed.len, "dini/install long (incr 4294967297)/bytes");
	assert_int_equal(sealed.len, 24);
}

static void the_ring_of_a_source_is_that_of_the_vectors(void **state)
{
	static struct nos_pool pool = { .size = 100, .ring = 4 };
	uint64_t ring[NOS_POOL_RING_MAX];
	json_t *domain;
	size_t i;

	(void)state;
	assert_int_equal(nos_pool_ring(&pool, SOURCE, ring, &err), NOS_OK);
	json_array_foreach(vector("dini/ring (P 100, k 4)"), i, domain)
	    assert_true(ring[i] == (uint64_t)json_integer_value(domain));
	assert_int_equal(i, pool.ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    a_source_makes_the_local_key_of_the_vectors_and_acknowledges_it, clear),
		cmocka_unit_test_setup(the_list_of_the_vectors_takes_both_keys_away, clear),
		cmocka_unit_test_setup(
		    a_node_makes_the_install_of_the_vectors_also_in_its_second_life, clear),
		cmocka_unit_test_setup(the_ring_of_a_source_is_that_of_the_vectors, clear),
	};

	return cmocka_run_group_tests(tests, vectors_load, vectors_drop);
}
