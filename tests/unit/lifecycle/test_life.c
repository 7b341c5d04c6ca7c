/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include "registry/due.h"
#include "lifecycle/member.h"

#define NOW ((struct nos_time){ 1795600000000 })
#define ID  "s-1111111111"

static void add_to(const char *id, const char *scheme)
{
	NOS_AUTO(derive_base) base = { 0 };
	NOS_AUTO(record) r = { .kind = "sensor", .token = "t-0000000000" };
	struct nos_issuer w;

	node_life();
	snprintf(r.scheme, sizeof(r.scheme), "%s", scheme);
	memset(base.down.bytes, 1, base.down.len = 32);
	memset(base.up.bytes, 2, base.up.len = 32);
	memset(base.pair.bytes, id[2], base.pair.len = 32);
	memset(base.z.bytes, 4, base.z.len = 32);
	snprintf(r.id, sizeof(r.id), "%s", id);
	w = nos_life_world(&changes, &r, NOW);
	nos_issuer_enrol(&r.a, &w, &base);
	nos_audit_begin(&audit);
	assert_int_equal(nos_life_put(&changes, NOW, &r, &err), NOS_OK);
}

static void add(const char *id)
{
	add_to(id, "pairwise");
}

static enum nos_code replace(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *e)
{
	enum nos_issuer_did did;

	(void)state;
	if (nos_issuer_replace(&r->a, w, &did, e))
		return e->code;
	*ret_changed = did != NOS_ISSUER_NOTHING;
	return NOS_OK;
}

static enum nos_code confirm(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *e)
{
	const struct nos_name *name = state;

	return nos_issuer_used(&r->a, w, name, ret_changed, e);
}

static struct nos_record change(
    const char *id, struct nos_time now, nos_life_step *step, void *state)
{
	struct nos_record r;

	nos_audit_begin(&audit);
	assert_int_equal(
	    nos_life_change(&changes, nos_str_of(id), now, step, state, &r, &err), NOS_OK);
	return r;
}

/* p.2 in place of p.1, confirmed. */
static void turn_over(const char *id)
{
	const struct nos_name p2 = { 'p', 1, { 2 } };

	(void)change(id, NOW, replace, NULL);
	(void)change(id, NOW, confirm, (void *)(uintptr_t)&p2);
}

static size_t swept;
static void see(void *state, const char *id)
{
	(void)state, (void)id;
	swept++;
}

static bool sweep(struct nos_time now, size_t most)
{
	bool more;

	swept = 0;
	nos_audit_begin(&audit);
	assert_int_equal(nos_life_sweep(&changes, now, most, see, NULL, &more, &err), NOS_OK);
	return more;
}

static enum nos_code count_one(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *e)
{
	size_t *n = state;

	(void)key, (void)value, (void)rev, (void)e;
	++*n;
	return NOS_OK;
}

static size_t due(void)
{
	size_t n = 0;

	assert_int_equal(
	    nos_store_scan(store, NOS_DUE_NS, NOS_STR(""), count_one, &n, &err), NOS_OK);
	return n;
}

static uint64_t events(void)
{
	uint64_t first, last;

	assert_int_equal(nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &last, &err), NOS_OK);
	return last;
}

/* As two of a node, or a tool beside it, do. */
static void what_is_written_down_while_another_writes_has_its_entry_each(void **state)
{
	const struct nos_audit_event event = { .what = NOS_AUDIT_SOURCE, .source = ID, .to = "x" };
	struct nos_audit_verdict verdict;
	struct nos_audit other;
	struct nos_record r;
	uint64_t before;

	(void)state;
	add(ID);
	before = events();
	nos_audit_init(&other, store, "other", false);
	nos_audit_begin(&other);
	assert_int_equal(nos_audit_append(&other, NOW, &event, &err), NOS_OK);
	r = change(ID, NOW, replace, NULL);
	assert_int_equal(nos_audit_append(&other, NOW, &event, &err), NOS_OK);
	assert_int_equal(nos_audit_append(&audit, NOW, &event, &err), NOS_OK);
	assert_int_equal(events(), before + 4);
	assert_int_equal(nos_audit_verify(store, 5, NULL, 0, &verdict, &err), NOS_OK);
	nos_record_release(&r);
}

static void a_key_is_destroyed_when_its_overlap_is_over_and_not_before(void **state)
{
	const struct nos_time over = { NOW.ms + 3600000 };
	NOS_AUTO(record) r = { 0 };

	(void)state;
	add(ID);
	turn_over(ID);
	assert_false(sweep((struct nos_time){ over.ms - 1 }, 10));
	assert_int_equal(swept, 0);
	assert_false(sweep(over, 10));
	assert_int_equal(swept, 1);
	assert_true(changes.destroyed);
	assert_int_equal(nos_registry_get(store, &vault, NOS_STR(ID), &r, &err), NOS_OK);
	assert_int_equal(r.a.key_count, 1);
	assert_int_equal(r.a.keys[0].name.parts[0], 2);
	/* p.1 was also noted under the three periods that it had had: nothing is left to do then.
	 */
	assert_int_equal(due(), 1);
	assert_false(sweep((struct nos_time){ NOW.ms + INT64_C(9999999999999) }, 10));
	assert_int_equal(due(), 0);
}

static void a_sweep_takes_no_more_sources_than_it_may_and_says_that_there_is_more(void **state)
{
	const struct nos_time over = { NOW.ms + 3600000 };

	(void)state;
	for (char c = '1'; c <= '5'; c++) {
		char id[] = ID;

		id[2] = c;
		add(id);
		turn_over(id);
	}
	assert_true(sweep(over, 2));
	assert_int_equal(swept, 2);
	assert_true(sweep(over, 2));
	assert_false(sweep(over, 2));
	assert_int_equal(swept, 1);
}

static void what_is_due_of_a_source_that_is_no_more_is_passed_over(void **state)
{
	NOS_AUTO(record) r = { 0 };

	(void)state;
	add(ID);
	turn_over(ID);
	assert_int_equal(nos_registry_get(store, NULL, NOS_STR(ID), &r, &err), NOS_OK);
	assert_int_equal(nos_registry_del(store, &r, &err), NOS_OK);
	assert_false(sweep((struct nos_time){ NOW.ms + INT64_C(9999999999999) }, 10));
	assert_int_equal(swept, 0);
	assert_int_equal(due(), 0);
}

static void a_change_touches_the_source_what_is_due_and_the_audit_stream_alone(void **state)
{
	uint64_t before_rev, after_rev, before;

	(void)state;
	add("s-2222222222");
	add(ID);
	before = events();
	before_rev = cluster.rev;
	(void)change(ID, NOW, replace, NULL);
	after_rev = cluster.rev;
	assert_int_equal(after_rev - before_rev, 2); /* due, source */
	assert_int_equal(events() - before, 1);	     /* p.2 issued */
	/* And nothing at all where nothing is to be changed. */
	(void)change(ID, NOW, replace, NULL);
	assert_int_equal(cluster.rev, after_rev);
	assert_int_equal(events() - before, 1);
}

struct contest {
	int left;
};

/* Another changes the source between the read and the put. */
static enum nos_code contested(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *e)
{
	struct contest *c = state;
	struct nos_record other;

	(void)w;
	*ret_changed = true;
	if (c->left-- <= 0)
		return NOS_OK;
	assert_int_equal(nos_registry_get(store, &vault, nos_str_of(r->id), &other, e), NOS_OK);
	other.a.version++;
	return nos_registry_put(store, &vault, &other, e);
}

static void who_is_not_the_quickest_does_it_again_on_what_the_other_left(void **state)
{
	struct contest few = { 3 }, always = { 1000 };
	NOS_AUTO(record) r = { 0 };

	(void)state;
	add(ID);
	r = change(ID, NOW, contested, &few);
	assert_int_equal(r.a.version, 4);
	nos_audit_begin(&audit);
	assert_int_equal(
	    nos_life_change(&changes, NOS_STR(ID), NOW, contested, &always, &r, &err), NOS_BUSY);
	assert_int_equal(r.a.key_count, 0);
}

/* ---- what a source lacks of its scheme ---- */

static void resize(unsigned size)
{
	bool changed;

	assert_int_equal(nos_globals_resize(store, &vault, size, 1, NOW, &changed, &err), NOS_OK);
	node_life();
}

/* A change, or none, of what has nothing to do with its scheme. */
static enum nos_code touch(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *e)
{
	(void)r, (void)w, (void)e;
	*ret_changed = *(bool *)state;
	return NOS_OK;
}

static void it_is_issued_with_whatever_change_of_the_source_and_once(void **state)
{
	bool is = false;
	NOS_AUTO(record) r = { 0 };

	(void)state;
	add_to(ID, "dini");
	resize(3);
	r = change(ID, NOW, touch, &is);
	assert_int_equal(r.a.out_count, 0);
	is = true;
	r = change(ID, NOW, touch, &is);
	assert_int_equal(r.a.out_count, 2);
	assert_int_equal(r.a.keys[1].name.kind, 'd');
	assert_int_equal(r.a.keys[1].from.version, 1);
	r = change(ID, NOW, touch, &is);
	assert_int_equal(r.a.out_count, 2);
}

static void what_was_made_of_a_key_that_was_taken_back_goes_with_whatever_change(void **state)
{
	NOS_AUTO(globals) g = { 0 };
	NOS_AUTO(record) r = { 0 };
	uint64_t before;
	bool is = true;

	(void)state;
	add_to(ID, "dini");
	resize(1);
	(void)change(ID, NOW, touch, &is);
	before = events();
	assert_int_equal(nos_globals_get(store, &vault, &g, &err), NOS_OK);
	assert_int_equal(nos_globals_take_back(&g, &self, 1, NOW, &err), NOS_OK);
	assert_int_equal(nos_globals_put(store, &vault, &g, &err), NOS_OK);
	node_life();
	r = change(ID, NOW, touch, &is);
	assert_true(changes.destroyed);
	assert_int_equal(r.a.key_count, 2);
	assert_int_equal(r.a.keys[1].from.version, 2);
	assert_int_equal(events() - before, 3); /* compromised, destroyed, issued */
}

static void a_source_of_another_scheme_and_a_dry_run_take_no_number(void **state)
{
	NOS_AUTO(buf) value = { 0 };
	NOS_AUTO(record) r = { 0 };
	uint64_t rev;
	bool is = true;

	(void)state;
	add(ID);
	resize(3);
	r = change(ID, NOW, touch, &is);
	assert_int_equal(r.a.out_count, 0);
	add_to("s-2222222222", "dini");
	changes.dry = true;
	r = change("s-2222222222", NOW, touch, &is);
	assert_int_equal(r.a.out_count, 0);
	nos_buf_init(&value, 1000);
	assert_int_equal(
	    nos_store_get(store, "node", NOS_STR("numbers"), &value, &rev, &err), NOS_ABSENT);
	nos_err_clear(&err);
	changes.dry = false;
	r = change("s-2222222222", NOW, touch, &is);
	assert_int_equal(r.a.out_count, 2);
	node_get("node", "numbers", &value);
}

/* ---- what is held of a source in memory ---- */

static struct nos_member_table *members;

static struct nos_member *get(void)
{
	struct nos_member *m = NULL;

	nos_err_clear(&err);
	assert_int_equal(nos_member_get(members, store, &vault, ID, &m, &err), NOS_OK);
	return m;
}

static void look_again(void)
{
	nos_member_changed(members, (struct nos_member_world){ 1, 1 });
}

static void a_pack_under_way_is_good_although_its_source_was_given_another_key(void **state)
{
	const struct nos_member_key *key;
	struct nos_member *m;

	(void)state;
	add(ID);
	assert_int_equal(nos_member_table_new(16, &members, &err), NOS_OK);
	look_again();
	m = get();
	key = nos_member_key(m, "p.1");
	(void)change(ID, NOW, replace, NULL);
	look_again();
	assert_int_equal(nos_member_check(members, store, &vault, &m, &key, &err), NOS_OK);
	/* And its answer carries the message. */
	assert_non_null(nos_member_key(m, "p.2"));
	assert_true(nos_member_waiting(m).len > 0);
	assert_ptr_equal(key, nos_member_key(m, "p.1"));
	nos_member_drop(members, m);
	nos_member_table_free(members);
}

static void a_pack_under_way_is_refused_when_its_key_was_destroyed_meanwhile(void **state)
{
	const struct nos_member_key *key;
	struct nos_member *m;

	(void)state;
	add(ID);
	assert_int_equal(nos_member_table_new(16, &members, &err), NOS_OK);
	look_again();
	m = get();
	key = nos_member_key(m, "p.1");
	changes.overlap_ms = 0;
	turn_over(ID);
	look_again();
	assert_int_equal(nos_member_check(members, store, &vault, &m, &key, &err), NOS_TAG);
	nos_member_drop(members, m);
	nos_member_table_free(members);
}

static void another_life_of_the_node_makes_each_source_ask(void **state)
{
	struct nos_member *m;

	(void)state;
	add(ID);
	assert_int_equal(nos_member_table_new(16, &members, &err), NOS_OK);
	look_again();
	m = get();
	assert_false(m->wants_ask || m->follows);
	nos_member_drop(members, m);
	nos_member_changed(members, (struct nos_member_world){ 2, 2 });
	m = get();
	assert_true(m->wants_ask && m->follows);
	nos_member_drop(members, m);
	nos_member_table_free(members);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(what_is_written_down_while_another_writes_has_its_entry_each),
		NODE_TEST(a_key_is_destroyed_when_its_overlap_is_over_and_not_before),
		NODE_TEST(a_sweep_takes_no_more_sources_than_it_may_and_says_that_there_is_more),
		NODE_TEST(what_is_due_of_a_source_that_is_no_more_is_passed_over),
		NODE_TEST(a_change_touches_the_source_what_is_due_and_the_audit_stream_alone),
		NODE_TEST(who_is_not_the_quickest_does_it_again_on_what_the_other_left),
		NODE_TEST(it_is_issued_with_whatever_change_of_the_source_and_once),
		NODE_TEST(what_was_made_of_a_key_that_was_taken_back_goes_with_whatever_change),
		NODE_TEST(a_source_of_another_scheme_and_a_dry_run_take_no_number),
		NODE_TEST(a_pack_under_way_is_good_although_its_source_was_given_another_key),
		NODE_TEST(a_pack_under_way_is_refused_when_its_key_was_destroyed_meanwhile),
		NODE_TEST(another_life_of_the_node_makes_each_source_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
