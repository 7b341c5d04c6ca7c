/* SPDX-License-Identifier: MIT */
/* Orders and what becomes of them, on a store that keeps no more than a replicated engine does. */
#include "../registry/node.h"

#include "lifecycle/campaign.h"
#include "lifecycle/recall.h"
#include "scheme/pairwise.h"

#define NOW ((struct nos_time){ 1547812800000 })

static struct nos_audit audit;
static struct nos_life life;

/* What was told. */
static char rows[4000];
static size_t absent, stop_at, told;

static enum nos_code done(void *state, const struct nos_order_done *d, struct nos_err *e)
{
	const struct nos_campaign *c = state;
	NOS_AUTO(buf) b = { 0 };

	(void)e;
	nos_buf_init(&b, 512);
	nos_order_row(&b, &c->order, d, 5);
	snprintf(rows + strlen(rows), sizeof(rows) - strlen(rows), "%s\n", b.p);
	told++;
	return NOS_OK;
}

static void gone(void *state, const struct nos_err *e)
{
	(void)state;
	assert_int_equal(e->code, NOS_ABSENT);
	absent++;
}

static void count(void *state, uint64_t n)
{
	(void)state, (void)n;
}

static bool stop(void *state)
{
	(void)state;
	return stop_at && told >= stop_at;
}

static void begin(struct nos_campaign *c, enum nos_order_what what)
{
	nos_audit_init(&audit, store, "test", false);
	nos_life_release(&life);
	assert_int_equal(nos_life_open(&life, store, &vault, &audit, &self, &err), NOS_OK);
	nos_campaign_init(c);
	c->life = &life;
	c->order = (struct nos_order){ .what = what, .reason = "a test" };
	c->calls = (struct nos_campaign_calls){ done, gone, count, stop, c };
	rows[0] = '\0';
	absent = stop_at = told = 0;
}

static void source_of(const char *id, const char *scheme)
{
	const struct nos_secret secret = { .len = 32, .bytes = { 7 } };
	const struct nos_derive_base base = {
		.z = secret, .down = secret, .up = secret, .pair = secret
	};
	NOS_AUTO(record) r = { .kind = "meter", .token = "t-1" };
	struct nos_issuer w;
	bool filled;

	assert_true(nos_str_copy(nos_str_of(id), r.id, sizeof(r.id)));
	snprintf(r.scheme, sizeof(r.scheme), "%s", scheme);
	assert_int_equal(nos_life_world_full(&life, &r, NOW, 1, &w, &err), NOS_OK);
	nos_issuer_enrol(&r.a, &w, &base);
	assert_int_equal(nos_issuer_fill(&r.a, &w, &filled, &err), NOS_OK);
	assert_int_equal(nos_life_put(&life, NOW, &r, &err), NOS_OK);
}

static void source(const char *id)
{
	source_of(id, "pairwise");
}

static void name(struct nos_campaign *c, const char *id)
{
	struct nos_roster_item item = { 0 };

	assert_true(nos_str_copy(nos_str_of(id), item.id, sizeof(item.id)));
	assert_int_equal(nos_roster_add(&c->sources, &item, &err), NOS_OK);
}

static void give(struct nos_campaign *c, const char *expect)
{
	rows[0] = '\0';
	assert_int_equal(nos_campaign_give(c, &err), NOS_OK);
	assert_string_equal(rows, expect);
}

static enum nos_code use(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *e)
{
	const struct nos_name p = nos_pairwise_name(*(uint64_t *)state);

	return nos_issuer_used(&r->a, w, &p, ret_changed, e);
}

static void confirm(const char *id, uint64_t version)
{
	NOS_AUTO(record) r = { 0 };

	assert_int_equal(
	    nos_life_change(&life, nos_str_of(id), NOW, use, &version, &r, &err), NOS_OK);
}

static void a_key_that_waits_is_not_issued_again(void **state)
{
	static const char row[] =
	    "{\"source\":\"s-0000000001\",\"key\":\"p.2\",\"replaces\":\"p.1\",\"status\":\"pending\"}\n";
	struct nos_campaign c;

	(void)state;
	begin(&c, NOS_ORDER_REPLACE);
	source("s-0000000001");
	name(&c, "s-0000000001");
	give(&c, row);
	give(&c, row);
	confirm("s-0000000001", 2);
	give(&c,
	    "{\"source\":\"s-0000000001\",\"key\":\"p.3\",\"replaces\":\"p.2\",\"status\":\"pending\"}\n");
	nos_campaign_release(&c);
}

static void one_that_is_to_ask_has_no_key_promised(void **state)
{
	struct nos_campaign c;

	(void)state;
	begin(&c, NOS_ORDER_RENEW);
	source("s-0000000001");
	name(&c, "s-0000000001");
	give(&c, "{\"source\":\"s-0000000001\",\"status\":\"pending\"}\n");
	c.order.what = NOS_ORDER_REPLACE;
	give(&c, "{\"source\":\"s-0000000001\",\"status\":\"pending\"}\n");
	nos_campaign_release(&c);
}

static void a_revoked_one_is_told_of_only_where_it_is_named(void **state)
{
	struct nos_campaign c;

	(void)state;
	begin(&c, NOS_ORDER_REVOKE);
	source("s-0000000001");
	name(&c, "s-0000000001");
	c.named = true;
	give(&c, "{\"source\":\"s-0000000001\",\"status\":\"revoked\"}\n");
	assert_true(life.destroyed);
	give(&c, "{\"source\":\"s-0000000001\",\"status\":\"revoked\"}\n");
	c.order.what = NOS_ORDER_REPLACE;
	give(&c, "{\"source\":\"s-0000000001\",\"status\":\"revoked\"}\n");
	c.named = false;
	give(&c, "");
	nos_campaign_release(&c);
}

static void one_that_has_gone_is_told_of_only_where_it_is_named(void **state)
{
	struct nos_campaign c;

	(void)state;
	begin(&c, NOS_ORDER_REPLACE);
	name(&c, "s-0000000009");
	give(&c, "");
	assert_int_equal(absent, 0);
	c.named = true;
	give(&c, "");
	assert_int_equal(absent, 1);
	nos_campaign_release(&c);
}

static void who_is_waited_for_is_told_of_when_it_has_confirmed(void **state)
{
	struct nos_campaign c;
	NOS_AUTO(buf) names = { 0 };

	(void)state;
	begin(&c, NOS_ORDER_REPLACE);
	c.waits = true;
	for (int i = 1; i <= 3; i++) {
		char id[NOS_RECORD_ID_MAX];

		snprintf(id, sizeof(id), "s-000000000%d", i % 10);
		source(id);
		name(&c, id);
	}
	give(&c, "");
	confirm("s-0000000002", 2);
	confirm("s-0000000003", 2);
	assert_int_equal(nos_campaign_wait(&c, 0, &err), NOS_OK);
	assert_string_equal(rows,
	    "{\"source\":\"s-0000000002\",\"key\":\"p.2\",\"replaces\":\"p.1\",\"status\":\"confirmed\"}\n"
	    "{\"source\":\"s-0000000003\",\"key\":\"p.2\",\"replaces\":\"p.1\",\"status\":\"confirmed\"}\n");
	nos_buf_init(&names, NOS_CAMPAIGN_NAMES_MAX);
	nos_campaign_names(&c, &names);
	assert_string_equal(names.p, "1 of 3 have not confirmed: s-0000000001");
	rows[0] = '\0';
	assert_int_equal(nos_campaign_tell(&c, &err), NOS_OK);
	assert_string_equal(rows,
	    "{\"source\":\"s-0000000001\",\"key\":\"p.2\",\"replaces\":\"p.1\",\"status\":\"pending\"}\n");
	nos_campaign_release(&c);
}

static void a_confirmation_holds_though_the_next_key_is_ordered_already(void **state)
{
	struct nos_campaign c, other;

	(void)state;
	begin(&c, NOS_ORDER_REPLACE);
	c.waits = true;
	source("s-0000000001");
	name(&c, "s-0000000001");
	give(&c, "");
	confirm("s-0000000001", 2);
	begin(&other, NOS_ORDER_REPLACE);
	name(&other, "s-0000000001");
	assert_int_equal(nos_campaign_give(&other, &err), NOS_OK);
	rows[0] = '\0';
	assert_int_equal(nos_campaign_wait(&c, 0, &err), NOS_OK);
	assert_string_equal(rows,
	    "{\"source\":\"s-0000000001\",\"key\":\"p.2\",\"replaces\":\"p.1\",\"status\":\"confirmed\"}\n");
	nos_campaign_release(&c);
	nos_campaign_release(&other);
}

static void one_that_is_revoked_meanwhile_is_told_of_as_revoked(void **state)
{
	struct nos_campaign c, other;

	(void)state;
	begin(&c, NOS_ORDER_REPLACE);
	c.waits = true;
	source("s-0000000001");
	name(&c, "s-0000000001");
	give(&c, "");
	begin(&other, NOS_ORDER_REVOKE);
	name(&other, "s-0000000001");
	assert_int_equal(nos_campaign_give(&other, &err), NOS_OK);
	rows[0] = '\0';
	assert_int_equal(nos_campaign_wait(&c, 600000, &err), NOS_OK);
	assert_string_equal(rows, "{\"source\":\"s-0000000001\",\"status\":\"revoked\"}\n");
	nos_campaign_release(&c);
	nos_campaign_release(&other);
}

static void it_ends_behind_the_group_in_which_it_is_stopped(void **state)
{
	struct nos_campaign c;

	(void)state;
	begin(&c, NOS_ORDER_REPLACE);
	c.group = 2;
	for (int i = 1; i <= 6; i++) {
		char id[NOS_RECORD_ID_MAX];

		snprintf(id, sizeof(id), "s-000000000%d", i % 10);
		source(id);
		name(&c, id);
	}
	stop_at = 3;
	assert_int_equal(nos_campaign_give(&c, &err), NOS_OK);
	assert_int_equal(told, 4);
	nos_campaign_release(&c);
}

static void a_younger_key_stays(void **state)
{
	struct nos_campaign c;

	(void)state;
	begin(&c, NOS_ORDER_REPLACE);
	source("s-0000000001");
	name(&c, "s-0000000001");
	c.named = true;
	c.order.older_than_ms = UINT64_C(36500) * 24 * 3600 * 1000;
	give(&c, "{\"source\":\"s-0000000001\",\"key\":\"p.1\",\"status\":\"unchanged\"}\n");
	c.order.older_than_ms = 1000;
	c.order.dry_run = true;
	give(&c,
	    "{\"source\":\"s-0000000001\",\"key\":\"p.2\",\"replaces\":\"p.1\",\"status\":\"pending\",\"dry_run\":true}\n");
	c.order = (struct nos_order){ .older_than_ms = UINT64_C(36500) * 24 * 3600 * 1000 };
	give(&c, "{\"source\":\"s-0000000001\",\"key\":\"p.1\",\"status\":\"unchanged\"}\n");
	nos_campaign_release(&c);
}

/* ---- global keys ---- */

static enum nos_code use_local(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *e)
{
	const struct nos_name d = { 'd', 2, { 5, *(uint64_t *)state } };

	return nos_issuer_used(&r->a, w, &d, ret_changed, e);
}

static void confirm_local(const char *id, uint64_t number)
{
	NOS_AUTO(record) r = { 0 };

	assert_int_equal(
	    nos_life_change(&life, nos_str_of(id), NOW, use_local, &number, &r, &err), NOS_OK);
}

/* A pool of one key; the first source has a local key of it in use, the other is of another scheme.
 */
static void begin_local(struct nos_campaign *c)
{
	bool changed;

	begin(c, NOS_ORDER_INVALIDATE);
	assert_int_equal(nos_globals_resize(store, &vault, 1, 1, NOW, &changed, &err), NOS_OK);
	assert_int_equal(nos_life_open(&life, store, &vault, &audit, &self, &err), NOS_OK);
	source_of("s-0000000001", "dini");
	confirm_local("s-0000000001", 1);
	source("s-0000000003");
	name(c, "s-0000000001");
	name(c, "s-0000000003");
}

static void take_back(void)
{
	struct nos_recall_done recalled;

	assert_int_equal(
	    nos_recall_one(&life, &self, NOS_STR("w.1"), "stolen", NOW, &recalled, &err), NOS_OK);
	assert_int_equal(nos_life_open(&life, store, &vault, &audit, &self, &err), NOS_OK);
}

static void who_has_a_key_of_what_was_taken_back_gets_another_and_no_other_is_touched(void **state)
{
	static const char pending[] =
	    "{\"source\":\"s-0000000001\",\"key\":\"d.5.2\",\"replaces\":\"d.5.1\",\"status\":\"pending\"}\n";
	uint64_t before;
	struct nos_campaign c;

	(void)state;
	begin_local(&c);
	give(&c, "");
	take_back();
	before = cluster.rev;
	give(&c, pending);
	assert_true(life.destroyed);
	assert_true(cluster.rev - before <= 2);
	/* Who is asked for by name is told of all the same. */
	c.named = true;
	give(&c, "{\"source\":\"s-0000000001\",\"key\":\"d.5.2\",\"status\":\"unchanged\"}\n"
		 "{\"source\":\"s-0000000003\",\"key\":\"p.1\",\"status\":\"unchanged\"}\n");
	nos_campaign_release(&c);
}

static void who_is_waited_for_there_is_told_of_as_any_other(void **state)
{
	struct nos_campaign c;

	(void)state;
	begin_local(&c);
	c.waits = true;
	take_back();
	give(&c, "");
	assert_int_equal(c.pending.count, 1);
	confirm_local("s-0000000001", 2);
	rows[0] = '\0';
	assert_int_equal(nos_campaign_wait(&c, 0, &err), NOS_OK);
	assert_string_equal(rows,
	    "{\"source\":\"s-0000000001\",\"key\":\"d.5.2\",\"replaces\":\"d.5.1\",\"status\":\"confirmed\"}\n");
	assert_int_equal(c.pending.count, 0);
	nos_campaign_release(&c);
}

static void a_dry_run_says_what_would_be_and_leaves_all_as_it_is(void **state)
{
	struct nos_campaign c;
	uint64_t before;

	(void)state;
	begin_local(&c);
	take_back();
	c.order.dry_run = life.dry = true;
	before = cluster.rev;
	give(&c,
	    "{\"source\":\"s-0000000001\",\"replaces\":\"d.5.1\",\"status\":\"pending\",\"dry_run\":true}\n");
	assert_true(cluster.rev == before);
	life.dry = false;
	nos_campaign_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(
		    who_has_a_key_of_what_was_taken_back_gets_another_and_no_other_is_touched),
		NODE_TEST(who_is_waited_for_there_is_told_of_as_any_other),
		NODE_TEST(a_dry_run_says_what_would_be_and_leaves_all_as_it_is),
		NODE_TEST(a_key_that_waits_is_not_issued_again),
		NODE_TEST(one_that_is_to_ask_has_no_key_promised),
		NODE_TEST(a_revoked_one_is_told_of_only_where_it_is_named),
		NODE_TEST(one_that_has_gone_is_told_of_only_where_it_is_named),
		NODE_TEST(who_is_waited_for_is_told_of_when_it_has_confirmed),
		NODE_TEST(a_confirmation_holds_though_the_next_key_is_ordered_already),
		NODE_TEST(one_that_is_revoked_meanwhile_is_told_of_as_revoked),
		NODE_TEST(it_ends_behind_the_group_in_which_it_is_stopped),
		NODE_TEST(a_younger_key_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
