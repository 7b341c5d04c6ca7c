/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include "lifecycle/bearer.h"
#include "registry/registry.h"
#include "lifecycle/token.h"
#include "scheme/issuer.h"
#include "serve/upkeep.h"

#define NOW	((struct nos_time){ 1547812800000 })
#define HOUR_MS 3600000

static struct nos_card *card;
static struct nos_audit audit;

/* The keys were replaced twice: the sets are of generation 3, 2 (until NOW) and 1 (an hour before).
 */
static int upkeep_start(void **state)
{
	struct nos_home home;

	if (node_start(state) ||
	    nos_self_renew(store, &vault, &self, (struct nos_time){ NOW.ms - HOUR_MS }, &err) ||
	    nos_self_renew(store, &vault, &self, NOW, &err))
		return -1;
	nos_audit_init(&audit, store, "test", false);
	home = (struct nos_home){ .store = store, .vault = vault, .self = self };
	return nos_card_new(&home, false, &card, &err);
}

static int upkeep_stop(void **state)
{
	nos_card_free(card);
	return node_stop(state);
}

static void source(const char *id, uint64_t identity, bool revoked)
{
	struct nos_record r = { .kind = "meter", .scheme = "pairwise", .token = "t-5c01d2aa90" };
	const struct nos_issuer w = {
		.now = NOW, .node = 5, .source = nos_str_of(id), .life = 1, .identity = identity
	};
	NOS_AUTO(derive_base) base = { 0 };
	bool done;

	base.down.len = base.up.len = base.pair.len = base.z.len = 32;
	snprintf(r.id, sizeof(r.id), "%s", id);
	r.registered = NOW;
	nos_issuer_enrol(&r.a, &w, &base);
	if (revoked)
		assert_int_equal(nos_issuer_revoke(&r.a, "test", &done, &err), NOS_OK);
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
	nos_record_release(&r);
}

static void token(int64_t made_ms, int64_t expires_ms)
{
	NOS_AUTO(token)
	t = { .most = 1,
		.scheme = "pairwise",
		.kind = "meter",
		.made = { made_ms },
		.expires = { expires_ms } };
	NOS_AUTO(secret) secret = { 0 };

	assert_int_equal(nos_token_make(store, &vault, &t, &secret, &err), NOS_OK);
}

/* How many old sets are left, once it was looked after; something was done where there are less. */
static size_t left(struct nos_time now)
{
	const struct nos_upkeep u = {
		.store = store, .vault = &vault, .card = card, .audit = &audit
	};
	size_t before = nos_card_self(card)->old_count;
	bool done;

	if (nos_upkeep_retire(&u, now, &done, &err))
		fail_msg("%s", err.text);
	assert_int_equal(done, nos_card_self(card)->old_count != before);
	return nos_card_self(card)->old_count;
}

/* It was made under the first set, and learns of no other. */
static void who_is_known_by_a_bearer_token_keeps_no_set(void **state)
{
	struct nos_bearer t = { .kind = "meter", .made = NOW };
	NOS_AUTO(secret) secret = { 0 };

	(void)state;
	node_life();
	nos_audit_begin(&audit);
	changes.identity = 1;
	assert_int_equal(nos_bearer_make(&changes, &t, &secret, &err), NOS_OK);
	assert_int_equal(left(NOW), 0);
}

static void sets_that_nobody_needs_go_and_it_is_written_down_once(void **state)
{
	uint64_t first, last;

	(void)state;
	assert_int_equal(left(NOW), 0);
	assert_int_equal(left(NOW), 0);
	assert_int_equal(nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &last, &err), NOS_OK);
	assert_int_equal(last, 1);
	assert_int_equal(nos_card_self(card)->generation, 3);
}

static void a_source_keeps_its_set_and_those_behind_it_but_not_those_before(void **state)
{
	(void)state;
	source("s-0000000001", 3, false);
	source("s-0000000002", 2, false);
	assert_int_equal(left(NOW), 1);
	assert_int_equal(nos_card_self(card)->old[0].generation, 2);
	assert_int_equal(left(NOW), 1);
}

static void a_source_of_the_oldest_set_keeps_all_and_a_revoked_one_none(void **state)
{
	(void)state;
	source("s-0000000001", 1, false);
	assert_int_equal(left(NOW), 2);
	assert_int_equal(
	    nos_store_del(store, NOS_RECORD_NS, NOS_STR("s-0000000001"), NOS_STORE_ANY, &err),
	    NOS_OK);
	source("s-0000000002", 1, true);
	assert_int_equal(left(NOW), 0);
}

static void an_enrolment_pins_the_set_that_was_when_it_was_made(void **state)
{
	(void)state;
	token(NOW.ms + 1, NOW.ms + HOUR_MS); /* 3 */
	token(NOW.ms, NOW.ms + HOUR_MS);     /* 2, at the last moment */
	assert_int_equal(left(NOW), 1);
	assert_int_equal(nos_card_self(card)->old[0].generation, 2);
}

static void an_enrolment_pins_until_it_expires(void **state)
{
	(void)state;
	token(NOW.ms - 2 * HOUR_MS, NOW.ms + HOUR_MS);
	assert_int_equal(left(NOW), 2);
	assert_int_equal(left((struct nos_time){ NOW.ms + HOUR_MS }), 0);
}

static void an_enrolment_that_does_not_say_when_it_was_made_pins_the_oldest(void **state)
{
	(void)state;
	token(0, NOW.ms + HOUR_MS);
	assert_int_equal(left(NOW), 2);
}

static void it_goes_by_the_keys_as_another_has_just_left_them(void **state)
{
	(void)state;
	assert_int_equal(nos_self_renew(store, &vault, &self, NOW, &err), NOS_OK);
	source("s-0000000001", 3, false);
	assert_int_equal(left(NOW), 1);
	assert_int_equal(nos_card_self(card)->generation, 4);
}

static void the_newest_entry_is_signed_and_an_empty_stream_is_not(void **state)
{
	const struct nos_upkeep u = {
		.store = store, .vault = &vault, .card = card, .audit = &audit
	};
	struct nos_audit_head head;

	(void)state;
	assert_int_equal(nos_upkeep_sign(&u, NOW, &head, &err), NOS_OK);
	assert_int_equal(head.n, 0);
	assert_int_equal(left(NOW), 0);
	assert_int_equal(nos_upkeep_sign(&u, NOW, &head, &err), NOS_OK);
	assert_int_equal(head.n, 1);
}

#define UPKEEP_TEST(f) cmocka_unit_test_setup_teardown(f, upkeep_start, upkeep_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UPKEEP_TEST(who_is_known_by_a_bearer_token_keeps_no_set),
		UPKEEP_TEST(sets_that_nobody_needs_go_and_it_is_written_down_once),
		UPKEEP_TEST(a_source_keeps_its_set_and_those_behind_it_but_not_those_before),
		UPKEEP_TEST(a_source_of_the_oldest_set_keeps_all_and_a_revoked_one_none),
		UPKEEP_TEST(an_enrolment_pins_the_set_that_was_when_it_was_made),
		UPKEEP_TEST(an_enrolment_pins_until_it_expires),
		UPKEEP_TEST(an_enrolment_that_does_not_say_when_it_was_made_pins_the_oldest),
		UPKEEP_TEST(it_goes_by_the_keys_as_another_has_just_left_them),
		UPKEEP_TEST(the_newest_entry_is_signed_and_an_empty_stream_is_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
