/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include <pthread.h>

#include "lane/ledger.h"
#include "node/card.h"
#include "self/self_document.h"

#define NOW	((struct nos_time){ 1547812800000 })
#define READERS 3

static struct nos_home home;
static struct nos_card *card;

/* The test's self is the operator's, who renews it; the card begins with the same. */
static int card_start(void **state)
{
	if (node_start(state))
		return -1;
	home = (struct nos_home){ .store = store, .vault = vault, .self = self };
	return nos_card_new(&home, false, &card, &err);
}

static int card_stop(void **state)
{
	nos_card_free(card);
	card = NULL;
	nos_self_release(&home.self);
	nos_vault_release(&home.vault);
	return node_stop(state);
}

static void renew(void)
{
	nos_err_clear(&err);
	assert_int_equal(nos_self_renew(store, &vault, &self, NOW, &err), NOS_OK);
}

static bool refresh(void)
{
	bool changed;

	nos_err_clear(&err);
	if (nos_card_refresh(card, store, &vault, &changed, &err))
		fail_msg("%s", err.text);
	return changed;
}

static void assert_document_of(const struct nos_self *s, bool closed)
{
	struct nos_buf expected;

	nos_buf_init(&expected, 16384);
	assert_int_equal(nos_self_document(s, closed, &expected, &err), NOS_OK);
	nos_buf_add_char(&expected, '\n');
	assert_str(nos_card_document(card), expected.p);
	nos_buf_release(&expected);
}

static void it_shows_the_node_as_the_home_has_it(void **state)
{
	(void)state;
	assert_true(nos_card_self(card)->number == 5 && nos_card_self(card)->generation == 1);
	assert_string_equal(nos_card_self(card)->pin, self.pin);
	assert_document_of(&self, false);
	nos_card_free(card);
	assert_int_equal(nos_card_new(&home, true, &card, &err), NOS_OK);
	assert_document_of(&self, true);
}

static void what_was_not_changed_is_not_read_again(void **state)
{
	const struct nos_self *before = nos_card_self(card);

	(void)state;
	assert_false(refresh());
	node_put(NOS_SELF_NS, "url", "{\"v\":1}");
	assert_false(refresh());
	assert_ptr_equal(nos_card_self(card), before);
}

static void a_replaced_set_is_shown_and_what_was_got_before_stays_good(void **state)
{
	const struct nos_self *first = nos_card_self(card);
	struct nos_str document = nos_card_document(card);
	char *copy = strndup(document.p, document.len);
	struct nos_self before = self;

	(void)state;
	for (uint64_t generation = 2; generation <= 4; generation++) {
		renew();
		assert_true(nos_card_self(card)->generation == generation - 1);
		assert_true(refresh());
		assert_true(nos_card_self(card)->generation == generation);
		assert_string_equal(nos_card_self(card)->pin, self.pin);
		assert_document_of(&self, false);
		assert_false(refresh());
	}
	assert_string_equal(first->pin, before.pin);
	assert_true(nos_secret_eq(&first->private, &before.private));
	assert_str(document, copy);
	nos_self_release(&before);
	free(copy);
}

static void what_cannot_be_read_leaves_the_card_as_it_was(void **state)
{
	struct nos_vault other = { .key = { .len = NOS_VAULT_KEY_LEN, .bytes = { 1 } } };
	const struct nos_self *before = nos_card_self(card);
	bool changed = true;

	(void)state;
	renew();
	assert_int_equal(nos_card_refresh(card, store, &other, &changed, &err), NOS_DENIED);
	assert_false(changed);
	assert_ptr_equal(nos_card_self(card), before);
	assert_true(refresh());
	before = nos_card_self(card);
	nos_err_clear(&err);
	node_put(NOS_SELF_NS, "identity", "{\"v\":1,\"node\":5,\"sealed\":\"\"}");
	assert_int_not_equal(nos_card_refresh(card, store, &vault, &changed, &err), NOS_OK);
	nos_err_clear(&err);
	assert_int_equal(
	    nos_store_del(store, NOS_SELF_NS, NOS_STR("identity"), NOS_STORE_ANY, &err), NOS_OK);
	assert_int_equal(nos_card_refresh(card, store, &vault, &changed, &err), NOS_ABSENT);
	assert_ptr_equal(nos_card_self(card), before);
}

/* ---- threads ---- */

/* A thread of the node: asks until it sees the last generation; what it sees must fit together. */
static void *look(void *state)
{
	uint64_t last = 0;
	size_t *bad = state;

	while (last < 5) {
		const struct nos_self *s = nos_card_self(card);
		struct nos_str document = nos_card_document(card);

		*bad += s->generation < last || s->old_count != s->generation - 1 ||
			document.p[document.len - 1] != '\n';
		last = s->generation;
	}
	return NULL;
}

static void threads_see_one_whole_set_after_the_other(void **state)
{
	pthread_t threads[READERS];
	size_t bad[READERS] = { 0 };

	(void)state;
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look, &bad[i]), 0);
	while (self.generation < 5) {
		renew();
		assert_true(refresh());
	}
	for (int i = 0; i < READERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(bad[i], 0);
	}
}

static void *refresh_once(void *state)
{
	struct nos_err e = { 0 };
	bool *ret = state;

	if (nos_card_refresh(card, store, &vault, ret, &e))
		*ret = false;
	return NULL;
}

static void of_those_who_refresh_at_once_one_shows_it(void **state)
{
	pthread_t threads[READERS];
	bool changed[READERS];
	int shown = 0;

	(void)state;
	renew();
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, refresh_once, &changed[i]), 0);
	for (int i = 0; i < READERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		shown += changed[i];
	}
	assert_int_equal(shown, 1);
	assert_string_equal(nos_card_self(card)->pin, self.pin);
}

/* ---- the committer's ledger, which has a store of its own ---- */

static struct nos_limit limits;
static struct nos_metric metric;

static void ledger_start(struct nos_ledger *l, const struct nos_vault *with,
    struct nos_store **ret_store, struct nos_member_table **ret_members)
{
	struct nos_ledger_config config = {
		.card = card, .vault = with, .limits = &limits, .metric = &metric, .node = 5
	};

	nos_limit_init(&limits);
	limits.of[NOS_LIMIT_RESERVE] = 0;
	assert_int_equal(nos_store_open_engine(&cluster_engine, "", true, ret_store, &err), NOS_OK);
	assert_int_equal(nos_member_table_new(16, ret_members, &err), NOS_OK);
	config.store = *ret_store;
	config.members = *ret_members;
	assert_int_equal(nos_ledger_init(l, &config, NULL, &err), NOS_OK);
}

static void group(struct nos_ledger *l)
{
	if (nos_ledger_commit(l, NULL, &err))
		fail_msg("%s", err.text);
}

static void a_group_of_the_committer_brings_what_another_changed(void **state)
{
	struct nos_member_table *members;
	struct nos_store *own;
	struct nos_ledger l;

	(void)state;
	renew(); /* before the ledger asked the store for the first time */
	ledger_start(&l, &vault, &own, &members);
	group(&l);
	assert_true(nos_card_self(card)->generation == 2);
	renew();
	/* A change is noticed late, and then for good. */
	for (int i = 0; i <= CLUSTER_LATE; i++)
		group(&l);
	assert_true(nos_card_self(card)->generation == 3);
	nos_ledger_release(&l);
	nos_member_table_free(members);
	nos_store_close(own);
}

static void a_card_that_cannot_be_read_hinders_no_group_and_is_read_later(void **state)
{
	struct nos_vault with = vault;
	struct nos_member_table *members;
	struct nos_store *own;
	struct nos_ledger l;

	(void)state;
	ledger_start(&l, &with, &own, &members);
	group(&l);
	renew();
	with.key.bytes[0] ^= 1;
	for (int i = 0; i < 2 * CLUSTER_LATE; i++)
		group(&l);
	assert_true(l.stale && nos_card_self(card)->generation == 1);
	with.key.bytes[0] ^= 1; /* the store is as it was */
	group(&l);
	assert_true(!l.stale && nos_card_self(card)->generation == 2);
	nos_ledger_release(&l);
	nos_member_table_free(members);
	nos_store_close(own);
	nos_vault_release(&with);
}

#define CARD_TEST(f) cmocka_unit_test_setup_teardown(f, card_start, card_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CARD_TEST(it_shows_the_node_as_the_home_has_it),
		CARD_TEST(what_was_not_changed_is_not_read_again),
		CARD_TEST(a_replaced_set_is_shown_and_what_was_got_before_stays_good),
		CARD_TEST(what_cannot_be_read_leaves_the_card_as_it_was),
		CARD_TEST(threads_see_one_whole_set_after_the_other),
		CARD_TEST(of_those_who_refresh_at_once_one_shows_it),
		CARD_TEST(a_group_of_the_committer_brings_what_another_changed),
		CARD_TEST(a_card_that_cannot_be_read_hinders_no_group_and_is_read_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
