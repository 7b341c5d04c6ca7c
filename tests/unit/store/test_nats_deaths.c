/* SPDX-License-Identifier: MIT */
/* NATS servers that are killed: what they acknowledged is there, once, and in its place. */
#include "two.h"

#define GROUP	100
#define ENTRIES 2000

/* Entries that say where they stand, or which they are. */
struct tally {
	uint64_t next;		      /* position */
	unsigned char times[ENTRIES]; /* of each that says which it is */
};

static enum nos_code in_order(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	struct tally *t = state;

	(void)e;
	assert_int_equal(position, t->next);
	assert_int_equal(strtoull((const char *)entry.p, NULL, 10), t->next++);
	return NOS_OK;
}

static enum nos_code in_number(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	struct tally *t = state;

	(void)e;
	t->next = position + 1;
	t->times[strtoull((const char *)entry.p, NULL, 10) % ENTRIES]++;
	return NOS_OK;
}

/* All of it, and how much that is. */
static void tally(struct nos_store *s, const char *stream, nos_store_entry *each, struct tally *t)
{
	uint64_t before;

	t->next = 1;
	do {
		before = t->next;
		assert_answered(nos_store_read(s, stream, t->next - 1, 500, each, t, &err), &err);
	} while (t->next != before);
}

static void append_one(const char *stream, uint64_t number, bool told)
{
	char text[300] = { 0 };
	uint64_t position;

	snprintf(text, sizeof(text), "%d", (int)number);
	assert_int_equal(nos_store_append(a, stream, (struct nos_time){ 1000 },
			     (struct nos_span){ (const uint8_t *)text, sizeof(text) },
			     told ? &position : NULL, &err),
	    NOS_OK);
	if (told)
		assert_int_equal(position, number);
}

/* A group of entries, each of which says where it stands, and of as many without a position, each
 * of which says which it is. In its midst a server may die. */
static void append_group(const char *stream, uint64_t from, int dies)
{

	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	for (uint64_t i = from; i < from + GROUP; i++) {
		if (i == from + GROUP / 2 && dies >= 0)
			servers_kill(dies);
		append_one(stream, i, true);
		append_one("crowd", i, false);
	}
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
}

static void a_leader_that_dies_takes_no_entry_with_it_and_none_is_there_twice(void **state)
{
	struct tally t = { 0 };
	int dead;

	(void)state;
	append_group("ordered", 1, -1);
	dead = servers_led("nos-ordered");
	for (uint64_t i = GROUP + 1; i <= ENTRIES; i += GROUP)
		append_group("ordered", i, i == 5 * GROUP + 1 ? dead : -1);
	tally(b, "ordered", in_order, &t);
	assert_int_equal(t.next, ENTRIES + 1);
	tally(b, "crowd", in_number, &t);
	for (size_t i = 0; i < ENTRIES; i++)
		assert_int_equal(t.times[i], 1);
	servers_run(dead);
}

static void what_all_servers_held_is_there_when_they_have_died_and_come_back(void **state)
{
	struct tally t = { 0 };
	struct nos_buf space;
	uint64_t rev, before;
	bool changed;

	(void)state;
	nos_buf_init(&space, 100);
	append_group("again", 1, -1);
	assert_int_equal(nos_store_put(a, "sources", NOS_STR("s-again"), NOS_STR("1"),
			     NOS_STORE_NEW, &rev, &err),
	    NOS_OK);
	for (int i = 0; i < servers.count; i++)
		servers_kill(i);
	for (int i = 0; i < servers.count; i++)
		servers_run(i);
	nos_store_close(servers_store(&where));
	(void)servers_led("nos-again");
	(void)servers_led("nos-crowd");
	(void)servers_led("KV_nos-sources");
	append_group("again", GROUP + 1, -1);
	tally(b, "again", in_order, &t);
	assert_int_equal(t.next, 2 * GROUP + 1);
	before = rev;
	assert_answered(nos_store_get(b, "sources", NOS_STR("s-again"), &space, &rev, &err), &err);
	assert_buf(&space, "1");
	assert_int_equal(rev, before);
	assert_int_equal(nos_store_changed(b, &changed, &err), NOS_OK);
	assert_true(changed); /* what it may have missed */
	nos_buf_release(&space);
}

/* It is stopped, so that its connections stay, and nothing comes of them: as where a net drops what
 * is sent, or where a server is cut off from the others and answers that it cannot. */
static void a_store_whose_server_is_there_and_does_not_answer_goes_to_another(void **state)
{
	char one[80];
	const struct nos_store_where there = { .url = one };
	struct nos_store *all = a;
	struct tally t = { 0 };
	struct nos_buf space;
	uint64_t rev;

	(void)state;
	nos_buf_init(&space, 100);
	snprintf(one, sizeof(one), "nats://127.0.0.1:%d/nos?replicas=3", servers.ports[0]);
	assert_int_equal(nos_store_open(&there, false, &a, &err), NOS_OK);
	append_group("left", 1, -1);
	assert_int_equal(
	    nos_store_put(a, "sources", NOS_STR("s-left"), NOS_STR("1"), NOS_STORE_NEW, &rev, &err),
	    NOS_OK);
	assert_int_equal(kill(servers.pids[0], SIGSTOP), 0);
	append_group("left", GROUP + 1, -1);
	assert_answered(nos_store_get(a, "sources", NOS_STR("s-left"), &space, &rev, &err), &err);
	assert_int_equal(kill(servers.pids[0], SIGCONT), 0);
	tally(a, "left", in_order, &t);
	assert_int_equal(t.next, 2 * GROUP + 1);
	nos_buf_release(&space);
	nos_store_close(a);
	a = all;
}

/* It slept while the others took what it has not, and they are gone when it wakes. */
static void what_a_server_has_that_knows_of_no_leader_is_not_taken_for_the_stream(void **state)
{
	const int behind = (servers_led("nos-ordered") + 1) % servers.count;
	char one[80];
	const struct nos_store_where there = { .url = one };
	struct nos_store *alone;
	uint64_t first, last;

	(void)state;
	snprintf(one, sizeof(one), "nats://127.0.0.1:%d/nos?replicas=3", servers.ports[behind]);
	assert_int_equal(nos_store_open(&there, false, &alone, &err), NOS_OK);
	assert_int_equal(kill(servers.pids[behind], SIGSTOP), 0);
	append_group("ordered", ENTRIES + 1, -1);
	for (int i = 0; i < servers.count; i++)
		if (i != behind)
			servers_kill(i);
	assert_int_equal(kill(servers.pids[behind], SIGCONT), 0);
	assert_int_equal(nos_store_bounds(alone, "ordered", &first, &last, &err), NOS_BUSY);
	nos_err_clear(&err);
	for (int i = 0; i < servers.count; i++)
		if (i != behind)
			servers_run(i);
	(void)servers_led("nos-ordered");
	assert_answered(nos_store_bounds(alone, "ordered", &first, &last, &err), &err);
	assert_int_equal(last, ENTRIES + GROUP);
	nos_store_close(alone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leader_that_dies_takes_no_entry_with_it_and_none_is_there_twice),
		cmocka_unit_test(what_all_servers_held_is_there_when_they_have_died_and_come_back),
		cmocka_unit_test(a_store_whose_server_is_there_and_does_not_answer_goes_to_another),
		cmocka_unit_test(
		    what_a_server_has_that_knows_of_no_leader_is_not_taken_for_the_stream),
	};
	return cmocka_run_group_tests(tests, two_start, two_stop);
}
