/* SPDX-License-Identifier: MIT */
/* What an operator says of keys that others may have known, and what is done of it. */
#include "node.h"

#include "registry/compromise.h"
#include "lifecycle/order.h"

#define ID  "s-0000000001"
#define NOW ((struct nos_time){ 1547812800000 })

static struct nos_compromise c;

static struct nos_compromise_order order(int64_t since, const char *key, const char *other)
{
	struct nos_compromise_order o = { .since = { since } };

	if (key)
		snprintf(o.keys[o.key_count++], sizeof(o.keys[0]), "%s", key);
	if (other)
		snprintf(o.keys[o.key_count++], sizeof(o.keys[0]), "%s", other);
	return o;
}

/* Is it more than was said before? */
static bool add(int64_t since, const char *key, const char *other)
{
	const struct nos_compromise_order o = order(since, key, other);
	bool is_new;

	assert_int_equal(nos_compromise_add(store, ID, &o, &is_new, &err), NOS_OK);
	assert_int_equal(nos_compromise_get(store, ID, &c, &err), NOS_OK);
	return is_new;
}

static const char *due(void)
{
	static char id[NOS_RECORD_ID_MAX];

	assert_int_equal(nos_compromise_due(store, "", id, &err), NOS_OK);
	return id;
}

/* The node is through with all that waits. */
static void done(void)
{
	while (c.done < c.count)
		nos_compromise_next(&c);
	assert_int_equal(nos_compromise_put(store, ID, &c, &err), NOS_OK);
	assert_int_equal(nos_compromise_get(store, ID, &c, &err), NOS_OK);
}

static bool wants(const char *key, int64_t received)
{
	return nos_compromise_wants(&c, nos_str_of(key), (struct nos_time){ received });
}

static bool was(const char *key, int64_t received)
{
	return nos_compromise_was(&c, nos_str_of(key), (struct nos_time){ received });
}

static void an_order_names_records_by_key_and_time_and_waits_until_it_is_done(void **state)
{
	(void)state;
	assert_string_equal(due(), "");
	assert_true(add(1000, "d.1.1", "d.1.2"));
	assert_string_equal(due(), ID);
	assert_true(wants("d.1.1", 1000) && wants("d.1.2", 5000));
	assert_false(wants("d.1.1", 999) || wants("d.1.3", 5000) || wants("", 5000));
	assert_false(was("d.1.1", 1000));
	done();
	assert_string_equal(due(), "");
	assert_false(wants("d.1.1", 1000));
	assert_true(was("d.1.1", 1000));
}

static void what_was_said_already_is_nothing_new(void **state)
{
	(void)state;
	assert_true(add(1000, "d.1.1", "d.1.2"));
	assert_false(add(1000, "d.1.2", NULL));
	done();
	assert_false(add(2000, "d.1.1", NULL));
	assert_string_equal(due(), "");
	assert_true(add(2000, NULL, NULL));
	assert_true(wants("p.1", 2000) && wants("", 2000)); /* a token's has no key */
	assert_false(wants("p.1", 1999) || wants("d.1.1", 2000));
	done();
	assert_false(add(3000, "p.7", NULL));
	assert_false(add(2000, NULL, NULL));
}

static void an_earlier_time_names_what_lies_before_and_takes_the_place_of_the_later(void **state)
{
	(void)state;
	add(3000, NULL, NULL);
	done();
	assert_true(add(1000, NULL, NULL));
	assert_true(wants("p.1", 1000) && wants("p.1", 2999));
	assert_false(wants("p.1", 3000) || wants("p.1", 999));
	done();
	assert_int_equal(c.count, 1);
	assert_true(was("p.1", 1000));
}

/* What came until then, but for the keys that are in use. */
static bool add_others(int64_t since, int64_t until, const char *key)
{
	struct nos_compromise_order o = order(since, key, NULL);
	bool is_new;

	o.until.ms = until;
	o.others = key != NULL;
	assert_int_equal(nos_compromise_add(store, ID, &o, &is_new, &err), NOS_OK);
	assert_int_equal(nos_compromise_get(store, ID, &c, &err), NOS_OK);
	return is_new;
}

static void an_order_of_all_other_keys_names_neither_those_nor_what_came_later(void **state)
{
	(void)state;
	assert_true(add_others(1000, 5000, "p.2"));
	assert_true(wants("p.1", 1000) && wants("d.1.1", 5000) && wants("", 2000));
	assert_false(wants("p.2", 2000) || wants("p.1", 999) || wants("p.3", 5001));
	done();
	assert_false(add_others(1000, 5000, "p.2") || add_others(2000, 4000, "p.2"));
	assert_true(add_others(1000, 6000, "p.2"));
	assert_true(wants("p.1", 5001));
	assert_false(wants("p.1", 5000));
	/* All but one is less than all, and more than one of the others. */
	assert_true(add_others(1000, 6000, NULL));
	done();
	assert_int_equal(c.count, 1);
	assert_false(add_others(1000, 6000, "p.3"));
}

static void those_of_the_same_keys_that_meet_become_one(void **state)
{
	(void)state;
	for (int64_t i = 0; i < 3 * NOS_COMPROMISE_ORDERS_MAX; i++) {
		assert_true(add_others(1000 + i, 5000 + i, "p.2"));
		done();
		assert_int_equal(c.count, 1);
	}
	assert_true(was("p.1", 1000) && was("p.1", 5047));
	assert_true(add_others(9000, 9900, "p.2"));
	done();
	assert_int_equal(c.count, 2);
	assert_false(was("p.1", 8999));
}

static void one_that_is_under_way_is_gone_on_with_and_those_that_wait_are_not_piled_up(void **state)
{
	(void)state;
	add(5000, NULL, NULL);
	c.at = 17;
	c.series = 2;
	assert_int_equal(nos_compromise_put(store, ID, &c, &err), NOS_OK);
	for (int64_t since = 4000; since > 0; since -= 100)
		assert_true(add(since, NULL, NULL));
	assert_int_equal(c.count, 2);
	assert_int_equal(c.done, 0);
	assert_int_equal(c.at, 17);
	assert_int_equal(c.series, 2);
	assert_int_equal(c.orders[1].since.ms, 100);
	nos_compromise_next(&c);
	assert_int_equal(c.at + c.series, 0);
	assert_true(wants("p.1", 4999));
	assert_false(wants("p.1", 5000));
}

static void where_too_many_wait_no_more_is_said(void **state)
{
	struct nos_compromise_order o;
	char key[NOS_NAME_TEXT_MAX];
	bool is_new;

	(void)state;
	for (int i = 0; i < NOS_COMPROMISE_ORDERS_MAX; i++) {
		snprintf(key, sizeof(key), "d.1.%d", i + 1);
		assert_true(add(1000, key, NULL));
	}
	o = order(-5, NULL, NULL);
	assert_int_equal(nos_compromise_add(store, ID, &o, &is_new, &err), NOS_USAGE);
	nos_err_clear(&err);
	o = order(1000, "d.1.99", NULL);
	assert_int_equal(nos_compromise_add(store, ID, &o, &is_new, &err), NOS_BUSY);
	nos_err_clear(&err);
	/* One that says all of it takes their place. */
	assert_true(add(1000, NULL, NULL));
	assert_int_equal(c.count, 1);
}

static void what_does_not_mean_anything_is_damage_and_what_is_newer_is_left(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"v\":1,\"orders\":[{\"keys\":[\"p.1\"]}],\"done\":0,\"series\":0,\"at\":0}",
		"{\"v\":1,\"orders\":[{\"since\":1,\"keys\":[]}],\"done\":0,\"series\":0,\"at\":0}",
		"{\"v\":1,\"orders\":[{\"since\":1,\"keys\":[1]}],\"done\":0,\"series\":0,\"at\":0}",
		"{\"v\":1,\"orders\":[],\"done\":1,\"series\":0,\"at\":0}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		node_put(NOS_COMPROMISE_NS, ID, texts[i]);
		assert_int_equal(nos_compromise_get(store, ID, &c, &err), NOS_IO);
		nos_err_clear(&err);
	}
	node_put(NOS_COMPROMISE_NS, ID, "{\"v\":2}");
	assert_int_equal(nos_compromise_get(store, ID, &c, &err), NOS_CONFIG);
	nos_err_clear(&err);
	assert_int_equal(nos_compromise_del(store, ID, &err), NOS_OK);
	assert_int_equal(nos_compromise_get(store, ID, &c, &err), NOS_OK);
	assert_int_equal(c.count, 0);
}

/* A source with a p. key, and two local keys made of w.1.1 and w.2.1. */
static void put_source(void)
{
	NOS_AUTO(record)
	r = { .id = ID, .kind = "sensor", .mode = "push", .scheme = "dini", .token = "t-1" };
	struct nos_assoc *a = &r.a;

	a->base = (struct nos_assoc_base){ .z = 1, .life = 1, .identity = 1 };
	nos_secret_put(&a->base.z_key, "0123456789abcdef0123456789abcdef", 32);
	a->base.down.key = a->base.up.key = a->base.z_key;
	for (unsigned i = 0; i < 3; i++)
		a->keys[i] = (struct nos_assoc_key){ .name = { i ? 'd' : 'p', i ? 2 : 1, { 1, i } },
			.state = NOS_STATE_ACTIVE,
			.value = { 16, { 7 } },
			.from = { i, i ? 1 : 0 } };
	a->key_count = 3;
	a->version = 1;
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
}

static void give(struct nos_order o)
{
	struct nos_order_done d;

	o.reason = "a test";
	node_life();
	nos_audit_begin(&audit);
	assert_int_equal(nos_order_give(&changes, &o, ID, NOW, &d, &err), NOS_OK);
	assert_int_equal(nos_compromise_get(store, ID, &c, &err), NOS_OK);
}

static void an_order_that_says_since_when_names_what_was_made_of_the_global_key(void **state)
{
	const struct nos_assoc_global taken = { 2, 1 }, other = { 3, 1 };

	(void)state;
	put_source();
	give((struct nos_order){ .what = NOS_ORDER_INVALIDATE,
	    .compromised = true,
	    .since = { 1000 },
	    .globals = &other,
	    .global_count = 1 });
	assert_int_equal(c.count, 0);
	give((struct nos_order){ .what = NOS_ORDER_INVALIDATE,
	    .compromised = true,
	    .since = { 1000 },
	    .globals = &taken,
	    .global_count = 1 });
	assert_int_equal(c.count, 1);
	assert_int_equal(c.orders[0].key_count, 1);
	assert_string_equal(c.orders[0].keys[0], "d.1.2");
}

static void a_revocation_that_says_since_when_names_all_keys_also_where_it_comes_later(void **state)
{
	(void)state;
	put_source();
	give((struct nos_order){ .what = NOS_ORDER_REVOKE });
	assert_int_equal(c.count, 0);
	give(
	    (struct nos_order){ .what = NOS_ORDER_REVOKE, .compromised = true, .since = { 1000 } });
	assert_int_equal(c.count, 1);
	assert_int_equal(c.orders[0].key_count, 0);
	assert_string_equal(due(), ID);
}

static void of_keys_that_a_source_had_those_in_use_are_left_out_and_nothing_is_done_to_them(
    void **state)
{
	NOS_AUTO(record) r = { 0 };

	(void)state;
	put_source();
	give((struct nos_order){
	    .what = NOS_ORDER_COMPROMISED, .compromised = true, .since = { 1000 } });
	assert_int_equal(c.count, 1);
	assert_int_equal(c.orders[0].until.ms, NOW.ms);
	assert_true(c.orders[0].others && c.orders[0].key_count == 3);
	assert_true(wants("p.7", 1000) && wants("d.1.7", NOW.ms));
	assert_false(wants("p.1", 1000) || wants("d.1.1", 1000) || wants("d.1.2", 1000));
	assert_int_equal(nos_registry_get(store, &vault, NOS_STR(ID), &r, &err), NOS_OK);
	assert_false(r.a.revoked);
	assert_int_equal(r.a.key_count, 3);
}

static void of_a_source_that_was_revoked_all_that_came_until_now_is_meant(void **state)
{
	(void)state;
	put_source();
	give((struct nos_order){ .what = NOS_ORDER_REVOKE });
	give((struct nos_order){
	    .what = NOS_ORDER_COMPROMISED, .compromised = true, .since = { 1000 } });
	assert_true(wants("p.1", 1000) && wants("", NOW.ms));
	assert_false(wants("p.2", NOW.ms + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(an_order_names_records_by_key_and_time_and_waits_until_it_is_done),
		NODE_TEST(what_was_said_already_is_nothing_new),
		NODE_TEST(an_earlier_time_names_what_lies_before_and_takes_the_place_of_the_later),
		NODE_TEST(an_order_of_all_other_keys_names_neither_those_nor_what_came_later),
		NODE_TEST(those_of_the_same_keys_that_meet_become_one),
		NODE_TEST(
		    one_that_is_under_way_is_gone_on_with_and_those_that_wait_are_not_piled_up),
		NODE_TEST(where_too_many_wait_no_more_is_said),
		NODE_TEST(what_does_not_mean_anything_is_damage_and_what_is_newer_is_left),
		NODE_TEST(an_order_that_says_since_when_names_what_was_made_of_the_global_key),
		NODE_TEST(
		    a_revocation_that_says_since_when_names_all_keys_also_where_it_comes_later),
		NODE_TEST(
		    of_keys_that_a_source_had_those_in_use_are_left_out_and_nothing_is_done_to_them),
		NODE_TEST(of_a_source_that_was_revoked_all_that_came_until_now_is_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
