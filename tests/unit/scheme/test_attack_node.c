/* SPDX-License-Identifier: MIT */
/*
 * A member that was put out of a group, against the node that still has its loops' keys in memory:
 * by the group's key of before it speaks for nobody, where that alone would be enough.
 */
#include "cost.h"
#include "lifecycle/advance.h"

#define INSIDER 1
#define VICTIM	0

static struct nos_group group;
static struct nos_member_table *members;

static void advance(void)
{
	const struct nos_advance a = { .reason = "a test" };
	struct nos_advance_done done;

	assert_int_equal(
	    nos_advance_group(&life, &a, nos_str_of(group.name), NOW, &done, &err), NOS_OK);
}

/* Two members, and a session since they came. */
static void start(bool shared)
{
	node_open();
	group = (struct nos_group){
		.name = "roof", .scheme = "dipietro", .depth = 5, .shared = shared
	};
	begin();
	assert_int_equal(nos_groups_make(store, &vault, &group, 1, NOW, &err), NOS_OK);
	add(&nos_dipietro_scheme, VICTIM, group.number);
	add(&nos_dipietro_scheme, INSIDER, group.number);
	commit();
	advance();
	assert_int_equal(nos_member_table_new(10, &members, &err), NOS_OK);
}

static void stop(void)
{
	nos_member_table_free(members);
	node_close();
}

static bool never(void *state)
{
	(void)state;
	return false;
}

static void put_out(unsigned i)
{
	const struct nos_secret *sign = &self.sign;
	uint64_t halves;

	order(NOS_ORDER_REVOKE, i, NOS_ORDER_REVOKED);
	assert_int_equal(
	    nos_advance_put_out(&life, sign, "a test", never, NULL, &halves, &err), NOS_OK);
	nos_member_changed(members, (struct nos_member_world){ 1, 1, life.pool_rev });
}

/* Does what a loop holds of the victim still open, once the insider is out; and does what a loop
 * would read anew? Both are asked of the key that the insider had. */
static void look(bool *ret_held, bool *ret_anew)
{
	const struct nos_member_key *key;
	struct nos_member *m;
	char kid[NOS_NAME_TEXT_MAX];

	assert_int_equal(nos_member_get(members, store, &vault, id_of(VICTIM), &m, &err), NOS_OK);
	key = &m->keys[m->key_count - 1];
	assert_true(key->name.kind == 's' || key->name.kind == 'g');
	nos_name_format(&key->name, kid);
	put_out(INSIDER);
	*ret_held = !nos_member_check(members, store, &vault, &m, &key, &err);
	nos_err_clear(&err);
	nos_member_drop(members, m);
	assert_int_equal(nos_member_get(members, store, &vault, id_of(VICTIM), &m, &err), NOS_OK);
	*ret_anew =
	    nos_member_key(m, kid) || !nos_member_fetch(members, store, &vault, &m, kid, &err);
	nos_err_clear(&err);
	nos_member_drop(members, m);
}

static void who_was_put_out_of_a_shared_group_speaks_for_no_other_by_its_key(void **state)
{
	bool held, anew;

	(void)state;
	start(true);
	look(&held, &anew);
	assert_false(held || anew);
	stop();
	/* The control: where the others' packs stand under their K_S too they may be late. */
	start(false);
	look(&held, &anew);
	assert_true(held && anew);
	stop();
}

static void who_was_put_out_is_no_source_any_more(void **state)
{
	struct nos_member *m;

	(void)state;
	start(true);
	assert_int_equal(nos_member_get(members, store, &vault, id_of(INSIDER), &m, &err), NOS_OK);
	nos_member_drop(members, m);
	put_out(INSIDER);
	assert_int_equal(nos_member_get(members, store, &vault, id_of(INSIDER), &m, &err), NOS_TAG);
	nos_err_clear(&err);
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_was_put_out_of_a_shared_group_speaks_for_no_other_by_its_key),
		cmocka_unit_test(who_was_put_out_is_no_source_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
