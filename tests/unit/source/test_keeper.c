/* SPDX-License-Identifier: MIT */
#include "keeper.h"

static void a_key_is_replaced_by_an_answer_and_the_next_pack_goes_under_it(void **state)
{
	struct nos_keyring k;

	(void)state;
	node_replaces(&n);
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(source_version(&s), 2);
	assert_int_equal(version_on_disk(), 2);
	assert_int_equal(n.acks, 1);
	assert_int_equal(n.a.out_count, 0);
	assert_int_equal(s.ring.k.key_count, 2);
	/* The receipt under the new key destroys the old one, on disk too. */
	source_is_whole(&s, &n);
	assert_int_equal(s.ring.k.key_count, 1);
	k = source_on_disk();
	assert_int_equal(k.key_count, 1);
	assert_int_equal(k.ack_len, 0);
	assert_int_equal(n.asks, 0);
	assert_int_equal(n.acks, 1);
}

static void a_key_is_replaced_by_a_poll(void **state)
{
	(void)state;
	node_replaces(&n);
	assert_int_equal(poll(), NOS_OK);
	assert_int_equal(version_on_disk(), 2);
	assert_int_equal(n.acks, 1);
	source_is_whole(&s, &n);
	/* The nonce is kept: one request a poll. */
	n.polls = 0;
	assert_int_equal(poll(), NOS_OK);
	memset(n.nonce, 6, sizeof(n.nonce));
	assert_int_equal(poll(), NOS_OK);
	assert_int_equal(n.polls, 3);
}

static void an_acknowledgement_that_was_lost_is_sent_again(void **state)
{
	uint8_t first[NOS_HASH_LEN];

	(void)state;
	node_replaces(&n);
	n.away = "/acks";
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.acks, 0);
	assert_int_not_equal(s.ring.k.ack_len, 0);
	/* The list comes again, by a poll: another, on disk before it is sent. */
	n.away = NULL;
	n.lose = "/acks";
	assert_int_equal(poll(), NOS_OK);
	assert_int_equal(n.acks, 1);
	assert_int_equal(n.a.out_count, 0);
	memcpy(first, n.ack, sizeof(first));
	assert_int_not_equal(source_on_disk().ack_len, 0);
	/* It arrived, but who knows: the same goes again at the next contact. */
	n.lose = NULL;
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.acks, 2);
	assert_memory_equal(first, n.ack, sizeof(first));
	assert_int_equal(s.ring.k.ack_len, 0);
	source_is_whole(&s, &n);
	assert_int_equal(n.acks, 2);
}

static void a_crash_behind_the_write_sends_the_acknowledgement_that_is_in_the_file(void **state)
{
	(void)state;
	node_replaces(&n);
	n.away = "/acks";
	assert_int_equal(source_send(&s), NOS_OK);
	source_again(&s, &n);
	assert_int_equal(source_version(&s), 2);
	n.away = NULL;
	source_is_whole(&s, &n);
	assert_int_equal(n.acks, 1);
	assert_int_equal(s.ring.k.ack_len, 0);
}

static void a_crash_before_the_write_takes_the_same_list_again(void **state)
{
	struct nos_keyring before;

	(void)state;
	assert_int_equal(source_send(&s), NOS_OK); /* so that a block is reserved */
	node_replaces(&n);
	before = s.ring.k;
	s.ring.path = "gone/a.key";
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(s.send.fault.code, NOS_ABSENT);
	assert_memory_equal(&before, &s.ring.k, offsetof(struct nos_keyring, next));
	assert_int_equal(source_version(&s), 1);
	assert_int_equal(s.ring.k.down.ctr, before.down.ctr);
	assert_int_equal(n.acks, 0);
	source_again(&s, &n);
	assert_int_equal(source_version(&s), 1);
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(source_version(&s), 2);
	source_is_whole(&s, &n);
}

/* What a poll is answered that was held: the first message that is outstanding. */
static void hear_of(const struct nos_assoc *a)
{
	struct nos_span key = { a->out[0].bytes, a->out[0].len };
	const struct nos_answer_news news = { .keys = &key, .key_count = 1 };

	nos_err_clear(&s.err);
	assert_int_equal(nos_send_heard(&s.send, &news, &s.err), NOS_OK);
}

static void a_poll_that_was_overtaken_by_answers_says_nothing_of_the_node(void **state)
{
	struct nos_assoc before;

	(void)state;
	node_replaces(&n);
	before = n.a;
	source_is_whole(&s, &n);
	node_replaces(&n);
	source_is_whole(&s, &n);
	assert_int_equal(source_version(&s), 3);
	hear_of(&before);
	assert_int_equal(n.asks, 0);
	assert_int_equal(source_version(&s), 3);
	/* The control: the node did go back, and says the same when it is asked again. */
	n.a = before;
	hear_of(&before);
	assert_int_equal(n.asks, 1);
	source_is_whole(&s, &n);
}

static void an_answer_without_its_receipt_changes_nothing(void **state)
{
	struct nos_keyring before, after;

	(void)state;
	node_replaces(&n);
	n.strip = true;
	before = s.ring.k;
	assert_int_equal(source_send(&s), NOS_AWAY);
	assert_int_equal(poll(), NOS_TAG);
	after = s.ring.k;
	after.next = before.next;
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(version_on_disk(), 1);
	assert_int_equal(n.acks + n.asks, 0);
	/* The same list, with it. */
	n.strip = false;
	assert_int_equal(poll(), NOS_OK);
	assert_int_equal(version_on_disk(), 2);
}

/* ---- with a spool ---- */

static unsigned notes;

static void note(void *state, const char *text)
{
	(void)state, (void)text;
	notes++;
}

static struct nos_spool spool;
static struct nos_courier courier;

static void open_spool(void)
{
	nos_spool_init(&spool);
	assert_int_equal(nos_spool_open(&spool, "sp", &s.ring.k, 1 << 20, &s.err), NOS_OK);
	courier = (struct nos_courier){ .send = &s.send, .spool = &spool, .note = note };
	notes = 0;
}

static enum nos_code deliver(enum nos_courier_fate expect)
{
	struct nos_send_pack p = { .text = NOS_STR("{\"type\":\"t\",\"value\":1}\n"),
		.readings = 1 };
	struct nos_answer a = { 0 };
	enum nos_courier_fate fate;

	nos_err_clear(&s.err);
	(void)!nos_courier_deliver(&courier, &p, &fate, &a, &s.err);
	nos_answer_release(&a);
	assert_int_equal(fate, expect);
	return s.err.code;
}

static void what_was_spooled_before_a_renew_goes_behind_it(void **state)
{
	(void)state;
	open_spool();
	n.away = "/v1/data";
	for (int i = 0; i < 3; i++)
		assert_int_equal(deliver(NOS_COURIER_SPOOLED), NOS_OK);
	n.away = NULL;
	assert_true(nos_issuer_renew(&n.a));
	s.send.attempt = (struct nos_attempt){ 0 };
	/* The first brings the order; the others were sealed under the Z before. */
	assert_int_equal(nos_courier_drain(&courier, &s.err), NOS_OK);
	assert_int_equal(s.ring.k.z, 2);
	assert_int_equal(spool.count, 0);
	assert_int_equal(courier.accepted, 3);
	assert_int_equal(courier.aside, 0);
	n.away = "/v1/data";
	assert_int_equal(deliver(NOS_COURIER_SPOOLED), NOS_OK);
	assert_string_equal(spool.keys[0].kid, "z.2");
	nos_spool_release(&spool);
	n.away = NULL;
	source_again(&s, &n);
	open_spool();
	assert_int_equal(nos_courier_drain(&courier, &s.err), NOS_OK);
	assert_int_equal(spool.count, 0);
	assert_int_equal(notes, 0);
	nos_spool_release(&spool);
}

static void what_is_spooled_stays_where_the_source_is_revoked(void **state)
{
	bool done;

	(void)state;
	open_spool();
	n.away = "/v1/data";
	assert_int_equal(deliver(NOS_COURIER_SPOOLED), NOS_OK);
	n.away = NULL;
	s.send.attempt = (struct nos_attempt){ 0 };
	assert_int_equal(nos_issuer_revoke(&n.a, "stolen", &done, &s.err), NOS_OK);
	assert_int_equal(nos_courier_drain(&courier, &s.err), NOS_DENIED);
	assert_int_equal(spool.count, 1);
	assert_int_equal(deliver(NOS_COURIER_SPOOLED), NOS_OK);
	assert_int_equal(spool.count, 2);
	nos_spool_release(&spool);
}

static void an_answer_settles_its_pack_also_where_its_keys_cannot_be_kept(void **state)
{
	(void)state;
	open_spool();
	assert_int_equal(deliver(NOS_COURIER_ANSWERED), NOS_OK);
	node_replaces(&n);
	s.ring.path = "gone/a.key";
	assert_int_equal(deliver(NOS_COURIER_ANSWERED), NOS_ABSENT);
	s.ring.path = "a.key";
	assert_int_equal(deliver(NOS_COURIER_ANSWERED), NOS_OK);
	assert_int_equal(version_on_disk(), 2);
	nos_spool_release(&spool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
		T(a_key_is_replaced_by_an_answer_and_the_next_pack_goes_under_it),
		T(a_key_is_replaced_by_a_poll),
		T(an_acknowledgement_that_was_lost_is_sent_again),
		T(a_crash_behind_the_write_sends_the_acknowledgement_that_is_in_the_file),
		T(a_crash_before_the_write_takes_the_same_list_again),
		T(a_poll_that_was_overtaken_by_answers_says_nothing_of_the_node),
		T(an_answer_without_its_receipt_changes_nothing),
		T(what_was_spooled_before_a_renew_goes_behind_it),
		T(what_is_spooled_stays_where_the_source_is_revoked),
		T(an_answer_settles_its_pack_also_where_its_keys_cannot_be_kept),
#undef T
	};

	nos_jose_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
