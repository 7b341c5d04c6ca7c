/* SPDX-License-Identifier: MIT */
/* What a pack says of its source's keys by the key that it is under. */
#include "../registry/node.h"

#include "lane/change.h"
#include "registry/registry.h"

#define ID    "s-0000000001"
#define LOCAL "d.5.1"

static struct nos_member_table *members;
static struct nos_ledger ledger;

/* A source with a local key, and a p. key that came with an answer to its ask; nothing waits. */
static void put_source(void)
{
	NOS_AUTO(record)
	r = { .id = ID, .kind = "sensor", .mode = "push", .scheme = "dini", .token = "t-1" };
	struct nos_assoc *a = &r.a;

	a->base = (struct nos_assoc_base){ .z = 1, .life = 1, .identity = 1 };
	nos_secret_put(&a->base.z_key, "0123456789abcdef0123456789abcdef", 32);
	a->base.down.key = a->base.up.key = a->base.z_key;
	a->keys[0] = (struct nos_assoc_key){ .name = { 'p', 1, { 2 } },
		.state = NOS_STATE_ACTIVE,
		.unused = true,
		.value = a->base.z_key };
	a->keys[1] = (struct nos_assoc_key){ .name = { 'd', 2, { 5, 1 } },
		.state = NOS_STATE_ACTIVE,
		.value = { 16, { 7 } },
		.from = { 1, 1 } };
	a->key_count = 2;
	a->version = 2;
	nos_assoc_add_global(a, (struct nos_assoc_global){ 1, 1 });
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
}

static int start(void **state)
{
	bool changed;

	if (node_start(state) || nos_member_table_new(10, &members, &err) ||
	    nos_globals_resize(store, &vault, 1, 1, (struct nos_time){ 1 }, &changed, &err))
		return -1;
	ledger = (struct nos_ledger){ .config = {
					  .store = store, .vault = &vault, .members = members } };
	nos_audit_init(&ledger.audit, store, "test", false);
	if (nos_life_open(&ledger.life, store, &vault, &ledger.audit, &self, &err))
		return -1;
	/* Numbers in hand, whose next is not that of the key that is there. */
	ledger.life.numbers.block = (struct nos_pool_numbers){ 2, 1000 };
	ledger.life.numbers.sure = true;
	nos_member_changed(members,
	    (struct nos_member_world){ .life = 1, .identity = 1, .pool = ledger.life.pool_rev });
	put_source();
	return 0;
}

static int stop(void **state)
{
	nos_member_table_free(members);
	nos_life_release(&ledger.life);
	return node_stop(state);
}

/* A pack under this key of the source comes, in a group of its own. Was anything changed? */
static bool send_under(const char *kid)
{
	struct nos_job_news news = { 0 };
	struct nos_err fault = { 0 };
	const struct nos_member_key *key;
	struct nos_member *m;

	nos_buf_init(&news.keys, NOS_MEMBER_OUTSTANDING_MAX);
	assert_int_equal(nos_member_get(members, store, &vault, ID, &m, &err), NOS_OK);
	key = nos_member_key(m, kid);
	assert_non_null(key);
	nos_audit_begin(&ledger.audit);
	assert_int_equal(nos_change_seen(&ledger, m, key, &news, &fault, &err), NOS_OK);
	assert_int_equal(fault.code, NOS_OK);
	if (news.changed)
		nos_member_forget(members, ID);
	nos_member_drop(members, m);
	nos_buf_release(&news.keys);
	return news.changed;
}

static struct nos_record look(void)
{
	struct nos_record r;

	assert_int_equal(nos_registry_get(store, &vault, NOS_STR(ID), &r, &err), NOS_OK);
	return r;
}

static bool has_local(const struct nos_record *r)
{
	return nos_assoc_active(&r->a, 'd') != NULL;
}

/* Its source may send under no other before that has its receipt. */
static void the_first_pack_under_a_p_key_that_came_with_an_answer_says_nothing_of_local_keys(
    void **state)
{
	struct nos_record r;

	(void)state;
	assert_true(send_under("p.2"));
	r = look();
	assert_true(has_local(&r) && r.a.global_count == 1 && !r.a.out_count);
	assert_false(r.a.keys[0].unused);
	assert_false(send_under(LOCAL));
}

static void the_next_one_says_that_they_are_lost_and_what_is_lost_is_issued_anew(void **state)
{
	struct nos_record r;

	(void)state;
	assert_true(send_under("p.2"));
	assert_true(send_under("p.2"));
	r = look();
	assert_false(has_local(&r));
	assert_int_equal(r.a.out_count, 2);
	assert_int_equal(nos_assoc_next(&r.a, 'd')->name.parts[1], 2);
	/* What waits is waited for. */
	assert_false(send_under("p.2"));
}

static void a_pack_under_a_local_key_changes_nothing(void **state)
{
	const uint64_t rev = cluster.rev;

	(void)state;
	assert_false(send_under(LOCAL));
	assert_true(cluster.rev == rev);
}

#define CHANGE_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHANGE_TEST(
		    the_first_pack_under_a_p_key_that_came_with_an_answer_says_nothing_of_local_keys),
		CHANGE_TEST(the_next_one_says_that_they_are_lost_and_what_is_lost_is_issued_anew),
		CHANGE_TEST(a_pack_under_a_local_key_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
