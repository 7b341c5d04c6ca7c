/* SPDX-License-Identifier: MIT */
#include "source.h"

#include "registry/member.h"
#include "registry/roaming.h"
#include "registry/visit.h"

#define ID     "s-0000000001"
#define SECRET "0123456789abcdef0123456789abcdef"
#define OTHER  "s-0000000002"
#define DAY    UINT64_C(17914)

static char gone[NOS_RECORD_ID_MAX]; /* whom a sweep told of last */
static size_t count;		     /* of what a scan gave */

static struct nos_visit_key key_of(uint64_t day, char fill)
{
	struct nos_visit_key key = { .day = day, .expires = nos_roam_until(day) };

	key.value.len = NOS_ROAM_KEY_LEN;
	memset(key.value.bytes, fill, NOS_ROAM_KEY_LEN);
	return key;
}

static void put_visit(const char *id, uint64_t first, uint64_t last)
{
	struct nos_visit v = { .home = 2, .kind = "k", .open = true };

	snprintf(v.id, sizeof(v.id), "%s", id);
	for (uint64_t day = first; day <= last; day++) {
		const struct nos_visit_key key = key_of(day, (char)day);

		nos_visit_add(&v, &key);
	}
	assert_int_equal(nos_visit_put(store, &vault, &v, &err), NOS_OK);
}

static void note_gone(void *state, const char *id)
{
	(void)state;
	snprintf(gone, sizeof(gone), "%s", id);
}

static void a_visitor_is_kept_with_its_keys_sealed(void **state)
{
	NOS_AUTO(visit) v = { 0 };
	struct nos_buf text;

	(void)state;
	put_visit(ID, DAY, DAY);
	assert_int_equal(nos_visit_get(store, &vault, NOS_STR(ID), &v, &err), NOS_OK);
	assert_int_equal(v.home, 2);
	assert_string_equal(v.kind, "k");
	assert_true(v.open);
	assert_int_equal(v.keys[0].value.bytes[31], (uint8_t)DAY);
	assert_null(nos_visit_key(&v, DAY + 1));
	node_get(NOS_VISIT_NS, ID, &text);
	assert_null(memmem(text.p, text.len, v.keys[0].value.bytes, NOS_ROAM_KEY_LEN));
	nos_buf_release(&text);
	/* Without the vault there is no value. */
	assert_int_equal(nos_visit_get(store, NULL, NOS_STR(ID), &v, &err), NOS_OK);
	assert_int_equal(v.keys[0].value.len, 0);
	assert_int_equal(nos_visit_get(store, NULL, NOS_STR(OTHER), &v, &err), NOS_ABSENT);
	nos_err_clear(&err);
	node_put(NOS_VISIT_NS, ID, "{\"v\":1,\"home\":2}");
	assert_int_equal(nos_visit_get(store, NULL, NOS_STR(ID), &v, &err), NOS_IO);
	nos_err_clear(&err);
}

static void the_oldest_day_makes_room_for_a_fourth(void **state)
{
	NOS_AUTO(visit) v = { 0 };

	(void)state;
	put_visit(ID, DAY, DAY + 3);
	assert_int_equal(nos_visit_get(store, &vault, NOS_STR(ID), &v, &err), NOS_OK);
	assert_int_equal(v.key_count, NOS_VISIT_KEYS_MAX);
	assert_null(nos_visit_key(&v, DAY));
	for (uint64_t day = DAY + 1; day <= DAY + 3; day++)
		assert_int_equal(nos_visit_key(&v, day)->value.bytes[0], (uint8_t)day);
}

static void a_key_goes_with_the_end_of_the_next_day_and_the_visitor_with_its_last(void **state)
{
	NOS_AUTO(visit) v = { 0 };
	const struct nos_time first = nos_roam_until(DAY), second = nos_roam_until(DAY + 1);

	(void)state;
	put_visit(ID, DAY, DAY + 1);
	*gone = '\0';
	assert_int_equal(nos_visit_sweep(store, &vault, (struct nos_time){ first.ms - 1 },
			     note_gone, NULL, &err),
	    NOS_OK);
	assert_string_equal(gone, "");
	assert_int_equal(nos_visit_sweep(store, &vault, first, note_gone, NULL, &err), NOS_OK);
	assert_string_equal(gone, ID);
	assert_int_equal(nos_visit_get(store, &vault, NOS_STR(ID), &v, &err), NOS_OK);
	assert_int_equal(v.key_count, 1);
	assert_int_equal(nos_visit_key(&v, DAY + 1)->value.bytes[0], (uint8_t)(DAY + 1));
	assert_int_equal(nos_visit_sweep(store, &vault, second, note_gone, NULL, &err), NOS_OK);
	assert_int_equal(nos_visit_get(store, &vault, NOS_STR(ID), &v, &err), NOS_ABSENT);
	nos_err_clear(&err);
}

static bool is_two(void *state, uint64_t home)
{
	(void)state;
	return home == 2;
}

static void the_visitors_of_a_home_that_does_not_stay_go_and_no_others(void **state)
{
	NOS_AUTO(visit) v = { 0 };

	(void)state;
	put_visit(ID, DAY, DAY);
	*gone = '\0';
	assert_int_equal(nos_visit_drop(store, is_two, note_gone, NULL, &err), NOS_OK);
	assert_string_equal(gone, "");
	assert_int_equal(nos_visit_get(store, NULL, NOS_STR(ID), &v, &err), NOS_OK);
	assert_int_equal(nos_visit_drop(store, NULL, note_gone, NULL, &err), NOS_OK);
	assert_string_equal(gone, ID);
	assert_int_equal(nos_visit_get(store, NULL, NOS_STR(ID), &v, &err), NOS_ABSENT);
	nos_err_clear(&err);
}

/* ---- as a member ---- */

static void a_visitor_is_a_member_with_three_holders_until_its_home_takes_it_back(void **state)
{
	struct nos_member_table *table;
	const struct nos_member_key *key;
	struct nos_member *m;
	bool was;

	(void)state;
	put_visit(ID, DAY, DAY);
	assert_int_equal(nos_member_table_new(10, &table, &err), NOS_OK);
	nos_member_changed(table, (struct nos_member_world){ 1, 1, 0 });
	assert_int_equal(nos_member_get(table, store, &vault, ID, &m, &err), NOS_OK);
	key = nos_member_key(m, "r.2.17914");
	assert_non_null(key);
	assert_int_equal(key->holders, 3);
	assert_int_equal(key->since.ms, nos_roam_since(DAY).ms);
	assert_int_equal(nos_member_home(m), 2);
	assert_true(m->open && m->roams && !m->wants_ask && !m->follows && !m->lacks);
	assert_null(nos_member_key(m, "r.2.17915"));
	/* It is as it was while nothing changes, and nothing once it is gone. */
	nos_member_changed(table, (struct nos_member_world){ 1, 1, 0 });
	assert_int_equal(nos_member_check(table, store, &vault, &m, &key, &err), NOS_OK);
	assert_int_equal(nos_visit_del(store, NOS_STR(ID), &was, &err), NOS_OK);
	assert_true(was);
	nos_member_changed(table, (struct nos_member_world){ 1, 1, 0 });
	assert_int_equal(nos_member_check(table, store, &vault, &m, &key, &err), NOS_TAG);
	nos_err_clear(&err);
	nos_member_drop(table, m);
	assert_int_equal(nos_member_get(table, store, &vault, ID, &m, &err), NOS_TAG);
	nos_err_clear(&err);
	nos_member_table_free(table);
}

static void who_is_registered_here_is_no_visitor(void **state)
{
	struct nos_member_table *table;
	struct nos_member *m;

	(void)state;
	put_visit(ID, DAY, DAY);
	source_put(ID, SECRET);
	assert_int_equal(nos_member_table_new(10, &table, &err), NOS_OK);
	nos_member_changed(table, (struct nos_member_world){ 1, 1, 0 });
	assert_int_equal(nos_member_get(table, store, &vault, ID, &m, &err), NOS_OK);
	assert_int_equal(nos_member_home(m), 0);
	assert_null(nos_member_key(m, "r.2.17914"));
	nos_member_drop(table, m);
	nos_member_table_free(table);
}

/* ---- at home ---- */

static enum nos_code note_task(void *state, const struct nos_roaming *g, struct nos_err *e)
{
	(void)state, (void)e;
	assert_string_equal(g->id, ID);
	count++;
	return NOS_OK;
}

static size_t tasks(void)
{
	count = 0;
	assert_int_equal(nos_roaming_tasks(store, note_task, NULL, &err), NOS_OK);
	return count;
}

static void give(const char *id, uint64_t node, uint64_t day)
{
	struct nos_roaming g = { .node = node, .day = day };

	snprintf(g.id, sizeof(g.id), "%s", id);
	assert_int_equal(nos_roaming_give(store, &g, &err), NOS_OK);
}

/* Change the source's record as it is said. */
static enum nos_code turn(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *e)
{
	const char *what = state;

	(void)w, (void)e;
	if (strcmp(what, "roam") == 0)
		r->roams = r->a.base.z;
	else if (strcmp(what, "renew") == 0)
		r->a.base.z++;
	else if (strcmp(what, "revoke") == 0)
		r->a.revoked = true;
	*ret_changed = true;
	return NOS_OK;
}

static void change(char *what)
{
	NOS_AUTO(record) r = { 0 };

	assert_int_equal(
	    nos_life_change(&changes, NOS_STR(ID), nos_time_now(), turn, what, &r, &err), NOS_OK);
}

static void who_has_a_key_is_told_once_of_each_secret_that_counts_no_longer(void **state)
{
	const struct nos_roaming told = { .id = ID, .node = 7 };

	(void)state;
	source_put(ID, SECRET);
	node_life();
	change("roam");
	give(ID, 7, DAY);
	give(ID, 8, DAY);
	give(ID, 8, DAY - 1); /* a later day stays */
	give(OTHER, 7, DAY);
	change("nothing");
	assert_int_equal(tasks(), 0);
	change("renew");
	assert_int_equal(tasks(), 2);
	assert_int_equal(nos_roaming_told(store, &told, &err), NOS_OK);
	assert_int_equal(tasks(), 1);
	change("nothing");
	assert_int_equal(tasks(), 1);
	give(ID, 7, DAY);
	change("revoke");
	assert_int_equal(tasks(), 2);
}

static void what_was_given_is_forgotten_with_the_end_of_the_next_day(void **state)
{
	(void)state;
	give(ID, 7, DAY);
	give(ID, 8, DAY + 1);
	assert_int_equal(nos_roaming_sweep(store, nos_roam_until(DAY), &err), NOS_OK);
	assert_int_equal(nos_roaming_recall(store, ID, &err), NOS_OK);
	assert_int_equal(tasks(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_visitor_is_kept_with_its_keys_sealed),
		NODE_TEST(the_oldest_day_makes_room_for_a_fourth),
		NODE_TEST(a_key_goes_with_the_end_of_the_next_day_and_the_visitor_with_its_last),
		NODE_TEST(the_visitors_of_a_home_that_does_not_stay_go_and_no_others),
		NODE_TEST(a_visitor_is_a_member_with_three_holders_until_its_home_takes_it_back),
		NODE_TEST(who_is_registered_here_is_no_visitor),
		NODE_TEST(who_has_a_key_is_told_once_of_each_secret_that_counts_no_longer),
		NODE_TEST(what_was_given_is_forgotten_with_the_end_of_the_next_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
