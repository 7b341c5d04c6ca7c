/* SPDX-License-Identifier: MIT */
#include "../registry/source.h"

#include "json/decode.h"
#include "lifecycle/member.h"
#include "lifecycle/order.h"
#include "roam/roaming.h"
#include "roam/stay.h"
#include "stream/track.h"
#include "roam/visit.h"

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

static struct nos_stay stay(void)
{
	nos_audit_init(&audit, store, "test", false);
	return (
	    struct nos_stay){ .store = store, .vault = &vault, .audit = &audit, .gone = note_gone };
}

/* What of an entry says what was done. */
static char entries[4096];

static enum nos_code take_entry(void *state, struct nos_str entry, struct nos_err *e)
{
	const char *members[] = { "what", "key", "from", "to", "reason" };
	struct nos_scan scan = { 0 };
	struct nos_decode d;
	struct nos_str text;

	(void)state;
	assert_int_equal(nos_decode_object(&scan, entry, "entry", &d, e), NOS_OK);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const size_t len = strlen(entries);

		if (nos_decode_has(&d, members[i]) && !nos_decode_text(&d, members[i], &text, e))
			snprintf(entries + len, sizeof(entries) - len, "%.*s ", NOS_STR_ARG(text));
	}
	snprintf(entries + strlen(entries), sizeof(entries) - strlen(entries), "/ ");
	nos_scan_release(&scan);
	return NOS_OK;
}

/* The audit stream of one source, as "what key from to reason / …". */
static const char *told_of(const char *id)
{
	entries[0] = '\0';
	assert_int_equal(
	    nos_audit_scan(store, (struct nos_time){ 0 }, id, take_entry, NULL, &err), NOS_OK);
	return entries;
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
	const struct nos_stay s = stay();

	(void)state;
	put_visit(ID, DAY, DAY + 1);
	*gone = '\0';
	assert_int_equal(nos_stay_sweep(&s, (struct nos_time){ first.ms - 1 }, &err), NOS_OK);
	assert_string_equal(gone, "");
	assert_int_equal(nos_stay_sweep(&s, first, &err), NOS_OK);
	assert_string_equal(gone, ID);
	assert_int_equal(nos_visit_get(store, &vault, NOS_STR(ID), &v, &err), NOS_OK);
	assert_int_equal(v.key_count, 1);
	assert_int_equal(nos_visit_key(&v, DAY + 1)->value.bytes[0], (uint8_t)(DAY + 1));
	assert_int_equal(nos_stay_sweep(&s, second, &err), NOS_OK);
	assert_int_equal(nos_visit_get(store, &vault, NOS_STR(ID), &v, &err), NOS_ABSENT);
	nos_err_clear(&err);
}

static bool is_two(void *state, const struct nos_visit *v)
{
	(void)state;
	return v->home == 2;
}

static void the_visitors_of_a_home_that_does_not_stay_go_and_no_others(void **state)
{
	const struct nos_time now = nos_roam_since(DAY);
	const struct nos_stay s = stay();
	NOS_AUTO(visit) v = { 0 };

	(void)state;
	put_visit(ID, DAY, DAY);
	*gone = '\0';
	assert_int_equal(nos_stay_drop(&s, is_two, NULL, "why", now, &err), NOS_OK);
	assert_string_equal(gone, "");
	assert_int_equal(nos_visit_get(store, NULL, NOS_STR(ID), &v, &err), NOS_OK);
	assert_int_equal(nos_stay_drop(&s, NULL, NULL, "why", now, &err), NOS_OK);
	assert_string_equal(gone, ID);
	assert_int_equal(nos_visit_get(store, NULL, NOS_STR(ID), &v, &err), NOS_ABSENT);
	nos_err_clear(&err);
}

static void keep(const struct nos_stay *s, uint64_t day)
{
	const struct nos_visit_key key = key_of(day, 'k');
	const struct nos_stay_guest guest = { ID, "k", 2, false };

	assert_int_equal(nos_stay_keep(s, &guest, &key, nos_roam_since(day), &err), NOS_OK);
}

static void a_visit_is_one_entry_where_it_begins_and_one_where_it_ends(void **state)
{
	const struct nos_stay s = stay();
	bool was;

	(void)state;
	for (uint64_t day = DAY; day < DAY + 5; day++) {
		keep(&s, day);
		assert_int_equal(nos_stay_sweep(&s, nos_roam_since(day), &err), NOS_OK);
	}
	assert_string_equal(told_of(ID), "key r.2.17914 active given by node 2, its home / ");
	/* Of another home's word nothing ends. */
	assert_int_equal(nos_stay_end(&s, ID, 3, "x", nos_roam_since(DAY), &was, &err), NOS_OK);
	assert_false(was);
	assert_int_equal(
	    nos_stay_end(&s, ID, 2, NOS_STAY_TAKEN_BACK, nos_roam_since(DAY + 5), &was, &err),
	    NOS_OK);
	assert_true(was);
	assert_string_equal(gone, ID);
	assert_int_equal(nos_stay_end(&s, ID, 2, "x", nos_roam_since(DAY), &was, &err), NOS_OK);
	assert_false(was);
	keep(&s, DAY + 6);
	assert_int_equal(nos_stay_sweep(&s, nos_roam_until(DAY + 6), &err), NOS_OK);
	assert_string_equal(told_of(ID), "key r.2.17914 active given by node 2, its home / "
					 "key r.2.17918 active destroyed its home took it back / "
					 "key r.2.17920 active given by node 2, its home / "
					 "key r.2.17920 active destroyed it has had its time / ");
}

/* The operator's word, in a group of its own; true: it changed something. */
static bool refuse(const char *id)
{
	bool changed = false;

	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	nos_audit_begin(&audit);
	(void)!nos_stay_refuse(store, &audit, id, "stolen", nos_roam_since(DAY), &changed, &err);
	if (err.code)
		nos_store_rollback(store);
	else
		assert_int_equal(nos_store_commit(store, &err), NOS_OK);
	return changed;
}

static void who_was_refused_here_stays_so_whoever_says_what(void **state)
{
	const struct nos_stay_guest guest = { ID, "k", 2, false };
	const struct nos_visit_key key = key_of(DAY, 'k');
	const struct nos_time now = nos_roam_since(DAY);
	const struct nos_stay s = stay();
	NOS_AUTO(visit) v = { 0 };
	bool was;

	(void)state;
	assert_false(refuse(ID));
	assert_int_equal(err.code, NOS_ABSENT);
	nos_err_clear(&err);
	keep(&s, DAY);
	assert_true(refuse(ID));
	assert_false(refuse(ID));
	/* Neither its home's word, nor time, nor a restore lets it in again. */
	assert_int_equal(nos_stay_end(&s, ID, 2, "x", now, &was, &err), NOS_OK);
	assert_int_equal(nos_stay_drop(&s, NULL, NULL, "x", now, &err), NOS_OK);
	assert_int_equal(nos_stay_sweep(&s, nos_roam_until(DAY + 9), &err), NOS_OK);
	assert_int_equal(nos_visit_clear(store, &err), NOS_OK);
	assert_int_equal(nos_visit_get(store, &vault, NOS_STR(ID), &v, &err), NOS_OK);
	assert_int_equal(v.refused.ms, now.ms);
	assert_int_equal(nos_stay_keep(&s, &guest, &key, now, &err), NOS_TAG);
	nos_err_clear(&err);
	assert_int_equal(v.key_count, 0);
	assert_string_equal(told_of(ID),
	    "key r.2.17914 active given by node 2, its home / "
	    "key r.2.17914 active destroyed stolen / source active compromised stolen / ");
}

static enum nos_order_status order(enum nos_order_what what)
{
	const struct nos_order o = {
		.what = what, .reason = "stolen", .compromised = true, .since = { 1000 }
	};
	struct nos_order_done done;

	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	nos_audit_begin(&audit);
	assert_int_equal(
	    nos_order_give(&changes, &o, ID, nos_roam_since(DAY), &done, &err), NOS_OK);
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
	assert_string_equal(done.id, ID);
	return done.status;
}

static void what_a_visitor_sent_is_corrected_as_that_of_a_source_of_the_node(void **state)
{
	const struct nos_stay s = stay();
	struct nos_compromise c;

	(void)state;
	node_life();
	keep(&s, DAY);
	/* What it has is not meant, all that it had is. */
	assert_int_equal(order(NOS_ORDER_COMPROMISED), NOS_ORDER_NOTED);
	assert_int_equal(nos_compromise_get(store, ID, &c, &err), NOS_OK);
	assert_int_equal(c.count, 1);
	assert_true(c.orders[0].others);
	assert_int_equal(c.orders[0].since.ms, 1000);
	assert_int_equal(c.orders[0].key_count, 1);
	assert_string_equal(c.orders[0].keys[0], "r.2.17914");
	/* Put out, all of it is. */
	assert_int_equal(order(NOS_ORDER_REVOKE), NOS_ORDER_REVOKED);
	assert_int_equal(nos_compromise_get(store, ID, &c, &err), NOS_OK);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.orders[0].key_count, 0);
}

/* Of one that has left the node keeps what it has seen. */
static void who_has_left_can_be_refused_still(void **state)
{
	const struct nos_stay s = stay();
	struct nos_track_table *tracks;
	struct nos_track *track;
	char id[NOS_RECORD_ID_MAX];
	NOS_AUTO(visit) v = { 0 };
	bool was;

	(void)state;
	keep(&s, DAY);
	assert_int_equal(nos_stay_resolve(store, NOS_STR(ID), id, &err), NOS_OK);
	assert_int_equal(nos_stay_end(&s, ID, 2, "x", nos_roam_since(DAY), &was, &err), NOS_OK);
	assert_int_equal(nos_stay_resolve(store, NOS_STR(ID), id, &err), NOS_ABSENT);
	nos_err_clear(&err);
	assert_int_equal(nos_track_table_new(10, &tracks, &err), NOS_OK);
	assert_int_equal(nos_track_get(tracks, store, ID, &track, &err), NOS_OK);
	assert_int_equal(nos_track_use(track, "r.2.17914", 1, nos_roam_since(DAY), &err), NOS_OK);
	nos_track_touch(tracks, track, 1);
	assert_int_equal(nos_track_save(tracks, store, 10, &err), NOS_OK);
	nos_track_table_free(tracks);
	assert_int_equal(nos_stay_resolve(store, NOS_STR(ID), id, &err), NOS_OK);
	assert_string_equal(id, ID);
	assert_true(refuse(ID));
	assert_int_equal(nos_visit_get(store, &vault, NOS_STR(ID), &v, &err), NOS_OK);
	assert_int_equal(v.home, 2);
	assert_true(v.refused.ms);
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

static struct nos_roaming_home home(void)
{
	nos_audit_init(&audit, store, "test", false);
	return (struct nos_roaming_home){ store, &audit, 5 };
}

static enum nos_code note_task(
    void *state, const struct nos_roaming *g, bool told, struct nos_err *e)
{
	(void)state, (void)e;
	assert_string_equal(g->id, ID);
	assert_false(told);
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
	const struct nos_roaming_home h = home();
	struct nos_roaming g = { .node = node, .day = day };

	snprintf(g.id, sizeof(g.id), "%s", id);
	assert_int_equal(nos_roaming_give(&h, &g, nos_roam_since(day), &err), NOS_OK);
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
	assert_int_equal(nos_roaming_told(store, &told, nos_roam_since(DAY), &err), NOS_OK);
	assert_int_equal(tasks(), 1);
	change("nothing");
	assert_int_equal(tasks(), 1);
	give(ID, 7, DAY);
	change("revoke");
	assert_int_equal(tasks(), 2);
}

static void what_was_given_is_forgotten_with_the_end_of_the_next_day(void **state)
{
	const struct nos_roaming_home h = home();

	(void)state;
	give(ID, 7, DAY);
	give(ID, 8, DAY + 1);
	give(ID, 8, DAY + 2);
	assert_int_equal(nos_roaming_sweep(&h, nos_roam_until(DAY), &err), NOS_OK);
	assert_int_equal(nos_roaming_recall(&h, ID, nos_roam_since(DAY), &err), NOS_OK);
	assert_int_equal(tasks(), 1);
	/* As the audit stream tells it: where each began, and where it ended. */
	assert_string_equal(told_of(ID),
	    "key r.5.17914 active given to node 7 / key r.5.17915 active given to node 8 / "
	    "key r.5.17914 active destroyed it has had its time at node 7 / "
	    "key r.5.17916 active destroyed taken back from node 8 / ");
}

/* What is to be told of all sources, as "node day told …". */
static char all[256];

static enum nos_code note_all(
    void *state, const struct nos_roaming *g, bool told, struct nos_err *e)
{
	(void)state, (void)e;
	assert_string_equal(g->id, "");
	snprintf(all + strlen(all), sizeof(all) - strlen(all), "%d %d %d / ", (int)g->node,
	    (int)g->day, told);
	return NOS_OK;
}

static const char *told_all(void)
{
	all[0] = '\0';
	assert_int_equal(nos_roaming_tasks(store, note_all, NULL, &err), NOS_OK);
	return all;
}

static void after_a_restore_each_peer_is_told_once_of_all_sources_while_a_key_may_hold(void **state)
{
	const struct nos_time now = nos_roam_since(DAY);
	const struct nos_roaming told = { .node = 7, .day = DAY + 1 }, every = { .day = DAY + 1 };

	(void)state;
	assert_int_equal(nos_roaming_recall_all(store, now, &err), NOS_OK);
	assert_string_equal(told_all(), "0 17915 0 / ");
	assert_int_equal(nos_roaming_told(store, &told, now, &err), NOS_OK);
	assert_string_equal(told_all(), "0 17915 0 / 7 17915 1 / ");
	/* Another restore: all again. */
	assert_int_equal(nos_roaming_recall_all(store, now, &err), NOS_OK);
	assert_string_equal(told_all(), "0 17915 0 / ");
	assert_int_equal(nos_roaming_told(store, &told, now, &err), NOS_OK);
	assert_int_equal(nos_roaming_told(store, &told, nos_roam_until(DAY + 1), &err), NOS_OK);
	assert_int_equal(nos_roaming_told(store, &every, nos_roam_until(DAY + 1), &err), NOS_OK);
	assert_string_equal(told_all(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_visitor_is_kept_with_its_keys_sealed),
		NODE_TEST(the_oldest_day_makes_room_for_a_fourth),
		NODE_TEST(a_key_goes_with_the_end_of_the_next_day_and_the_visitor_with_its_last),
		NODE_TEST(the_visitors_of_a_home_that_does_not_stay_go_and_no_others),
		NODE_TEST(a_visit_is_one_entry_where_it_begins_and_one_where_it_ends),
		NODE_TEST(who_was_refused_here_stays_so_whoever_says_what),
		NODE_TEST(what_a_visitor_sent_is_corrected_as_that_of_a_source_of_the_node),
		NODE_TEST(who_has_left_can_be_refused_still),
		NODE_TEST(a_visitor_is_a_member_with_three_holders_until_its_home_takes_it_back),
		NODE_TEST(who_is_registered_here_is_no_visitor),
		NODE_TEST(who_has_a_key_is_told_once_of_each_secret_that_counts_no_longer),
		NODE_TEST(what_was_given_is_forgotten_with_the_end_of_the_next_day),
		NODE_TEST(
		    after_a_restore_each_peer_is_told_once_of_all_sources_while_a_key_may_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
