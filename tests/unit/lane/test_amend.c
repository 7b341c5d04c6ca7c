/* SPDX-License-Identifier: MIT */
/* Corrections, a few with each group, by a node that may end anywhere. */
#include "../registry/stock.h"

#include "lane/amend.h"
#include "lane/replay.h"
#include "keytable/taint.h"

#define FIRST "s-0000000001"
#define EVER  ((struct nos_time){ 0 })

static struct nos_home home;
static struct nos_card *card;
static struct nos_member_table *members;
static struct nos_limit limits;
static struct nos_metric metric;
static struct nos_ledger ledger;
static struct nos_profile *profile;
static char said[512]; /* by the newest correction */
static uint64_t era;   /* of the node */

static int start(void **state)
{
	struct nos_buf text;

	memset(&home, 0, sizeof(home));
	memset(&metric, 0, sizeof(metric));
	era = 0;
	nos_buf_init_secret(&text, 1000);
	if (stock_start(state) || nos_vault_new(&home.vault, &text, &err) ||
	    nos_self_make(store, &home.vault, 1, &err) ||
	    nos_self_open(store, &home.vault, &home.self, &err))
		return -1;
	nos_buf_release(&text);
	nos_limit_init(&limits);
	return nos_profile_parse(
	    NOS_STR("{\"v\":1,\"filters\":{\"all\":\"integrity >= 0\",\"lost\":\"key_state == "
		    "'compromised' && accuracy == 0.5\",\"good\":\"integrity == 1\"}}"),
	    &profile, &err);
}

static void node_up(void)
{
	struct nos_ledger_config config = { .store = store,
		.vault = &home.vault,
		.limits = &limits,
		.metric = &metric,
		.node = 1 };

	assert_int_equal(nos_card_new(&home, false, &card, &err), NOS_OK);
	assert_int_equal(nos_member_table_new(64, &members, &err), NOS_OK);
	config.card = card;
	config.members = members;
	assert_int_equal(nos_ledger_init(&ledger, &config, profile, &err), NOS_OK);
	assert_int_equal(nos_replay_run(&ledger, &err), NOS_OK);
}

static void node_down(void)
{
	nos_ledger_release(&ledger);
	nos_member_table_free(members);
	nos_card_free(card);
	members = NULL;
	card = NULL;
}

static int stop(void **state)
{
	if (card)
		node_down();
	nos_profile_free(profile);
	nos_self_release(&home.self);
	nos_vault_release(&home.vault);
	return stock_stop(state);
}

/* What an operator says, by a store of its own as a tool has it. */
static void say(const char *id, const char *key, struct nos_time since)
{
	struct nos_compromise_order o = { .since = since };
	struct nos_store *mine;
	char path[64];
	bool is_new;

	if (key) {
		snprintf(o.keys[0], sizeof(o.keys[0]), "%s", key);
		o.key_count = 1;
	}
	snprintf(path, sizeof(path), "%s/node.db", stock_folder);
	assert_int_equal(
	    nos_store_open_engine(&nos_sqlite_engine, path, false, &mine, &err), NOS_OK);
	assert_int_equal(nos_store_begin(mine, &err), NOS_OK);
	assert_int_equal(nos_compromise_add(mine, id, &o, &is_new, &err), NOS_OK);
	assert_int_equal(nos_store_commit(mine, &err), NOS_OK);
	nos_store_close(mine);
}

static enum nos_code group(void)
{
	nos_err_clear(&err);
	return nos_ledger_commit(&ledger, NULL, &err);
}

/* Groups until nothing is due, how many that were. */
static unsigned groups(void)
{
	unsigned n = 0;

	do {
		if (group())
			fail_msg("%s", err.text);
		assert_true(ledger.amend.count <= NOS_LEDGER_AMEND_MOST);
		n++;
	} while (nos_amend_is_due(&ledger));
	return n;
}

struct seen {
	unsigned corrections;
	uint64_t n[STOCK_SOURCES][STOCK_TYPES];
};

static enum nos_code see(void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	struct seen *s = state;
	struct nos_processed_id id;
	struct nos_processed p;
	uint64_t n, *before;
	unsigned source, type;

	(void)position, (void)e;
	assert_true(nos_processed_decode(entry, &p) && nos_processed_id_of(p.record, &id) &&
		    nos_processed_n_of(p.record, &n));
	assert_int_equal(sscanf(p.topic.p, "nos/1/meter/s-%10x/t%u", &source, &type), 2);
	before = &s->n[source - 1][type];
	if (n != *before + 1) {
		assert_int_equal(n, era + 1);
		assert_true(p.jumps && p.after == *before);
	}
	*before = n;
	if (id.correction) {
		assert_int_equal(id.correction, 1);
		s->corrections++;
		snprintf(said, sizeof(said), "%.*s %.*s", NOS_STR_ARG(p.filters),
		    p.record.len > 400 ? 400 : (int)p.record.len, p.record.p);
	}
	return NOS_OK;
}

/* Each topic's n has no gap but where an era begins; and no record is corrected twice, since no id
 * stands twice. */
static unsigned corrections(void)
{
	struct seen *s = calloc(1, sizeof(*s));
	unsigned ret;

	assert_non_null(s);
	assert_int_equal(
	    nos_store_read(store, NOS_PROCESSED_STREAM, 0, 1 << 20, see, s, &err), NOS_OK);
	ret = s->corrections;
	free(s);
	return ret;
}

static enum nos_code count_corrected(void *state, struct nos_str row, struct nos_err *e)
{
	(void)e;
	*(unsigned *)state += memmem(row.p, row.len, "\"corrected\":true", 16) != NULL;
	return NOS_OK;
}

static unsigned corrected_of(const char *id)
{
	struct nos_taint t = { .store = store, .source = id, .since = { NOS_TAINT_EVER } };
	unsigned ret = 0;

	assert_true(nos_name_parse(NOS_STR("p.1"), &t.key));
	assert_int_equal(nos_taint_scan(&t, count_corrected, &ret, &err), NOS_OK);
	return ret;
}

static void a_step_has_no_more_than_its_limit_and_all_of_a_source_come_once(void **state)
{
	(void)state;
	stock_fill(3, 301);
	stock_save(3);
	node_up();
	assert_false(nos_amend_is_due(&ledger));
	say(FIRST, NULL, EVER);
	assert_int_equal(groups(), 2);
	assert_int_equal(corrections(), 301);
	assert_int_equal(corrected_of(FIRST), 301);
	assert_int_equal(corrected_of("s-0000000002"), 0);
	assert_int_equal(atomic_load(&metric.counters[NOS_METRIC_CORRECTED]), 301);
	assert_int_equal(ledger.last_record, 3 * 301 + 301);
	assert_int_equal(groups(), 1);
	assert_int_equal(corrections(), 301);
}

static void an_earlier_time_says_more_a_later_one_and_a_key_that_was_among_all_nothing(void **state)
{
	(void)state;
	stock_fill(1, 30);
	stock_save(1);
	node_up();
	say(FIRST, "p.1", (struct nos_time){ STOCK_BEGIN + 21000 });
	groups();
	assert_int_equal(corrections(), 10);
	say(FIRST, "p.1", (struct nos_time){ STOCK_BEGIN + 25000 });
	groups();
	assert_int_equal(corrections(), 10);
	say(FIRST, NULL, (struct nos_time){ STOCK_BEGIN + 11000 });
	groups();
	assert_int_equal(corrections(), 20);
	say(FIRST, "p.1", (struct nos_time){ STOCK_BEGIN + 11000 });
	groups();
	assert_int_equal(corrections(), 20);
	say(FIRST, "p.9", EVER);
	groups();
	assert_int_equal(corrections(), 20);
	assert_int_equal(corrected_of(FIRST), 20);
}

static void it_is_handed_to_who_got_the_record_and_to_whom_it_is_good_now(void **state)
{
	(void)state;
	stock_fill(1, 1);
	stock_save(1);
	node_up();
	say(FIRST, NULL, EVER);
	groups();
	assert_int_equal(corrections(), 1);
	assert_int_equal(strncmp(said, "all lost {\"id\":\"1-1-0~1\",\"node\":1,\"n\":2,", 39), 0);
}

static void assert_said(uint64_t pack, uint64_t n)
{
	char begin[100];

	snprintf(begin, sizeof(begin),
	    "all lost {\"id\":\"1-%" PRIu64 "-0~1\",\"node\":1,\"n\":%" PRIu64 ",", pack, n);
	assert_int_equal(strncmp(said, begin, strlen(begin)), 0);
}

/* Of each topic the oldest is the last that is corrected. */
static void after_a_backup_corrections_have_the_ids_of_their_records_and_n_of_the_era(void **state)
{
	(void)state;
	stock_fill(1, 30);
	stock_era = era = stock_begin_era();
	stock_fill(1, 3);
	stock_save(1);
	node_up();
	say(FIRST, NULL, (struct nos_time){ STOCK_BEGIN + 31000 });
	groups();
	assert_int_equal(corrections(), 3);
	assert_said(era + 33, era + 2);
	say(FIRST, NULL, EVER);
	groups();
	assert_int_equal(corrections(), 33);
	assert_said(3, era + 12);
}

/* One whose users know n that it does not, and that has got nothing since. */
static void a_backup_without_news_corrects_behind_the_era(void **state)
{
	(void)state;
	stock_fill(1, 30);
	stock_save(1);
	era = stock_begin_era();
	node_up();
	say(FIRST, NULL, EVER);
	groups();
	assert_int_equal(corrections(), 30);
	assert_said(3, era + 10);
}

/* Whatever of a group is written when it fails. */
static void a_group_that_fails_changes_nothing_and_the_next_ones_do_it_all(void **state)
{
	(void)state;
	stock_fill(2, 90);
	stock_save(2);
	node_up();
	for (int good = 0; good < 90; good += 29) {
		say(FIRST, NULL, (struct nos_time){ STOCK_BEGIN - good });
		ledger.amend.failed.us = 0;
		stock_fail = good;
		assert_int_equal(group(), NOS_IO);
		assert_int_equal(corrections(), 0);
		/* Others are not kept waiting by it. */
		assert_false(nos_amend_is_due(&ledger));
		assert_int_equal(group(), NOS_OK);
	}
	stock_fail = -1;
	ledger.amend.failed.us = 0;
	assert_true(nos_amend_is_due(&ledger));
	groups();
	assert_int_equal(corrections(), corrected_of(FIRST));
	assert_int_equal(corrections(), 90);
}

static void a_node_that_ends_anywhere_goes_on_where_it_was(void **state)
{
	(void)state;
	stock_fill(4, 250);
	stock_save(4);
	for (unsigned i = 0; i < 4; i++)
		say(stock[i].id, NULL, EVER);
	for (unsigned i = 0; i < 12; i++) {
		node_up();
		/* The replay ends with a group, and one more may. */
		if (i % 3)
			assert_int_equal(group(), NOS_OK);
		node_down();
		corrections();
	}
	node_up();
	groups();
	assert_int_equal(corrections(), 1000);
}

static void what_was_trimmed_meanwhile_is_passed_over(void **state)
{
	const struct nos_store_trim what = { .before = { INT64_MAX }, .up_to = 30, .most = 100 };
	size_t dropped;

	(void)state;
	stock_fill(1, 50);
	stock_save(1);
	assert_int_equal(nos_store_trim(store, "processed", &what, &dropped, &err), NOS_OK);
	node_up();
	say(FIRST, NULL, EVER);
	assert_true(groups() > 0);
	assert_int_equal(corrected_of(FIRST), 20);
}

static void of_who_is_forgotten_nothing_is_written(void **state)
{
	uint64_t rev;

	(void)state;
	stock_fill(2, 9);
	stock_save(2);
	assert_int_equal(nos_store_put(store, NOS_FORGOTTEN_NS, NOS_STR(FIRST),
			     NOS_STR("{\"v\":1}"), NOS_STORE_ANY, &rev, &err),
	    NOS_OK);
	say(FIRST, NULL, EVER);
	say("s-0000000002", NULL, EVER);
	node_up();
	groups();
	assert_int_equal(corrections(), 9);
	assert_int_equal(corrected_of(FIRST), 0);
}

static void put_text(const char *ns, const char *id, const char *text)
{
	uint64_t rev;

	assert_int_equal(
	    nos_store_put(store, ns, nos_str_of(id), nos_str_of(text), NOS_STORE_ANY, &rev, &err),
	    NOS_OK);
}

static void a_source_whose_state_is_damaged_does_not_keep_the_others_waiting(void **state)
{
	(void)state;
	stock_fill(3, 9);
	stock_save(3);
	say("s-0000000001", NULL, EVER);
	say("s-0000000003", NULL, EVER);
	put_text("taint-due", "s-0000000002", "{\"v\":1}");
	put_text("taint", "s-0000000002",
	    "{\"v\":1,\"orders\":[{\"since\":-5}],\"done\":0,\"series\":0,\"at\":0}");
	node_up();
	groups();
	assert_int_equal(corrections(), 18);
	assert_int_equal(ledger.amend.said_count, 1);
	/* It is due still, and looked at later, when it may be good. */
	assert_true(ledger.amend.due);
	ledger.amend.again.us = 1;
	groups();
	assert_int_equal(ledger.amend.said_count, 1);
	put_text("taint", "s-0000000002",
	    "{\"v\":1,\"orders\":[{\"since\":5}],\"done\":0,\"series\":0,\"at\":0}");
	ledger.amend.again.us = 1;
	groups();
	assert_int_equal(corrections(), 27);
	assert_int_equal(ledger.amend.said_count, 0);
	assert_false(ledger.amend.due);
}

/* The newest record of a topic says no time at which it was received. */
static void send_damaged(void)
{
	struct nos_track *t = &stock[0].track;
	struct nos_track_series *s =
	    nos_track_series(t, NOS_STR(""), NOS_STR("t0"), STOCK_TYPES, &err);
	char text[400];
	uint64_t position;

	snprintf(text, sizeof(text),
	    "nos/1/meter/%s/t0 %" PRIu64 " %" PRIu64 "\n{\"id\":\"1-%" PRIu64
	    "-0\",\"node\":1,\"n\":%" PRIu64 ",\"source\":\"%s\"}",
	    stock[0].id, s->links.before, s->links.far, ++stock_pack, s->n + 1, stock[0].id);
	assert_int_equal(nos_store_append(store, "processed", EVER, nos_str_bytes(nos_str_of(text)),
			     &position, &err),
	    NOS_OK);
	s->links = nos_processed_next(s->links, position, ++s->n);
}

static void a_record_that_is_damaged_holds_up_its_source_alone_and_none_comes_twice(void **state)
{
	(void)state;
	stock_fill(2, 9);
	send_damaged();
	stock_fill(2, 6);
	stock_save(2);
	say(FIRST, NULL, EVER);
	say("s-0000000002", NULL, EVER);
	node_up();
	for (int i = 0; i < 3; i++) {
		groups();
		assert_int_equal(corrections(), 2 + 15);
		assert_true(ledger.amend.due);
		ledger.amend.again.us = 1;
	}
	assert_int_equal(ledger.amend.said_count, 1);
}

#define AMEND_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AMEND_TEST(a_step_has_no_more_than_its_limit_and_all_of_a_source_come_once),
		AMEND_TEST(
		    an_earlier_time_says_more_a_later_one_and_a_key_that_was_among_all_nothing),
		AMEND_TEST(it_is_handed_to_who_got_the_record_and_to_whom_it_is_good_now),
		AMEND_TEST(
		    after_a_backup_corrections_have_the_ids_of_their_records_and_n_of_the_era),
		AMEND_TEST(a_backup_without_news_corrects_behind_the_era),
		AMEND_TEST(a_group_that_fails_changes_nothing_and_the_next_ones_do_it_all),
		AMEND_TEST(a_node_that_ends_anywhere_goes_on_where_it_was),
		AMEND_TEST(what_was_trimmed_meanwhile_is_passed_over),
		AMEND_TEST(of_who_is_forgotten_nothing_is_written),
		AMEND_TEST(a_source_whose_state_is_damaged_does_not_keep_the_others_waiting),
		AMEND_TEST(a_record_that_is_damaged_holds_up_its_source_alone_and_none_comes_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
