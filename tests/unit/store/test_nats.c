/* SPDX-License-Identifier: MIT */
/* Three NATS servers keep the contract of store.h, and what they alone are to withstand. */
#include "contract.h"
#include "servers.h"

#define GROUP	100
#define ENTRIES 2000

static char url[200];
static const struct nos_store_where where = { .url = url };

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
		assert_int_equal(
		    nos_store_read(s, stream, t->next - 1, 500, each, t, &err), NOS_OK);
	} while (t->next != before);
}

/* A group of entries, each of which says where it stands or, without a position, which it is. */
static void append_group(const char *stream, uint64_t from, bool told, int dies)
{
	char text[300] = { 0 };
	uint64_t position;

	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	for (uint64_t i = from; i < from + GROUP; i++) {
		snprintf(text, sizeof(text), "%d", (int)i);
		if (i == from + GROUP / 2 && dies >= 0)
			servers_kill(dies);
		assert_int_equal(nos_store_append(a, stream, (struct nos_time){ 1000 },
				     (struct nos_span){ (const uint8_t *)text, sizeof(text) },
				     told ? &position : NULL, &err),
		    NOS_OK);
		if (told)
			assert_int_equal(position, i);
	}
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
}

static void a_leader_that_dies_takes_no_entry_with_it_and_none_is_there_twice(void **state)
{
	struct tally t = { 0 };
	int dead = -1;

	(void)state;
	nos_err_clear(&err);
	for (uint64_t i = 1; i <= ENTRIES; i += GROUP) {
		const bool kill = i == 5 * GROUP + 1;

		if (kill)
			dead = servers_leader("nos-ordered");
		append_group("ordered", i, true, kill ? dead : -1);
	}
	assert_true(dead >= 0);
	tally(b, "ordered", in_order, &t);
	assert_int_equal(t.next, ENTRIES + 1);
	servers_run(dead);
}

static void nor_where_nobody_is_told_where_they_stand(void **state)
{
	struct tally t = { 0 };
	int dead = -1;

	(void)state;
	append_group("crowd", 0, false, -1);
	while (dead < 0)
		dead = servers_leader("nos-crowd");
	for (uint64_t i = GROUP; i < ENTRIES; i += GROUP)
		append_group("crowd", i, false, i == 5 * GROUP ? dead : -1);
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

	(void)state;
	nos_buf_init(&space, 100);
	append_group("again", 1, true, -1);
	assert_int_equal(nos_store_put(a, "sources", NOS_STR("s-again"), NOS_STR("1"),
			     NOS_STORE_NEW, &rev, &err),
	    NOS_OK);
	for (int i = 0; i < servers.count; i++)
		servers_kill(i);
	for (int i = 0; i < servers.count; i++)
		servers_run(i);
	append_group("again", GROUP + 1, true, -1);
	tally(b, "again", in_order, &t);
	assert_int_equal(t.next, 2 * GROUP + 1);
	before = rev;
	assert_str(get(b, "s-again", &space, &rev), "1");
	assert_int_equal(rev, before);
	assert_true(notices_late(b)); /* what it may have missed */
	nos_buf_release(&space);
}

static enum nos_code same_key(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *e)
{
	(void)rev, (void)e;
	assert_true(nos_str_eq(key, value));
	++*(size_t *)state;
	return NOS_OK;
}

static void a_key_is_made_of_whatever_bytes(void **state)
{
	static const char *const odd[] = { "/", "//", "a/", "/a", "a//b", "a=2Fb", "=",
		"soil temp.", "*", ">", "a.b", "\xc3\xa4/\x01" };
	char every[256];
	size_t count = 0;
	uint64_t rev;

	(void)state;
	for (size_t i = 0; i < sizeof(every); i++)
		every[i] = (char)i;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_int_equal(nos_store_put(a, "odd", nos_str_of(odd[i]), nos_str_of(odd[i]),
				     NOS_STORE_NEW, &rev, &err),
		    NOS_OK);
	assert_int_equal(nos_store_put(a, "odd", (struct nos_str){ every, sizeof(every) },
			     (struct nos_str){ every, sizeof(every) }, NOS_STORE_NEW, &rev, &err),
	    NOS_OK);
	assert_int_equal(nos_store_scan(b, "odd", NOS_STR(""), same_key, &count, &err), NOS_OK);
	assert_int_equal(count, sizeof(odd) / sizeof(odd[0]) + 1);
	count = 0;
	assert_int_equal(nos_store_scan(b, "odd", NOS_STR("a"), same_key, &count, &err), NOS_OK);
	assert_int_equal(count, 2); /* "a/" and "a//b" */
}

static enum nos_code size_of(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	(void)position, (void)e;
	*(size_t *)state = entry.len;
	return NOS_OK;
}

static void the_largest_value_and_entry_are_taken(void **state)
{
	char *bytes = malloc(NOS_STORE_ENTRY_MAX);
	uint64_t rev, position;
	struct nos_buf space;
	size_t size = 0;

	(void)state;
	memset(bytes, 0xf0, NOS_STORE_ENTRY_MAX);
	nos_buf_init(&space, NOS_STORE_VALUE_MAX);
	assert_int_equal(
	    nos_store_put(a, "sources", NOS_STR("s-large"),
		(struct nos_str){ bytes, NOS_STORE_VALUE_MAX }, NOS_STORE_NEW, &rev, &err),
	    NOS_OK);
	assert_int_equal(get(b, "s-large", &space, &rev).len, NOS_STORE_VALUE_MAX);
	assert_memory_equal(space.p, bytes, NOS_STORE_VALUE_MAX);
	assert_int_equal(
	    nos_store_append(a, "large", (struct nos_time){ 1000 },
		(struct nos_span){ (uint8_t *)bytes, NOS_STORE_ENTRY_MAX }, &position, &err),
	    NOS_OK);
	for (size_t limit = 1; limit <= 10; limit += 9) {
		assert_int_equal(
		    nos_store_read(b, "large", 0, limit, size_of, &size, &err), NOS_OK);
		assert_int_equal(size, NOS_STORE_ENTRY_MAX);
	}
	nos_buf_release(&space);
	free(bytes);
}

static enum nos_code opening(const char *scheme, const char *tail)
{
	char other[sizeof(url) + 32];
	const struct nos_store_where at = { .url = other };
	struct nos_store *s = NULL;

	nos_err_clear(&err);
	servers_url(other, sizeof(other), scheme, tail);
	(void)!nos_store_open(&at, false, &s, &err);
	nos_store_close(s);
	return err.code;
}

static void what_was_never_made_is_absent_and_what_is_no_place_is_refused(void **state)
{
	(void)state;
	assert_int_equal(opening("nats", ""), NOS_OK); /* the prefix is nos */
	assert_int_equal(opening("nats", "/nos?replicas=1"), NOS_OK);
	assert_int_equal(opening("nats", "/other"), NOS_ABSENT);
	assert_int_equal(opening("nats", "/a.b"), NOS_USAGE);
	assert_int_equal(opening("nats", "/nos?replicas=9"), NOS_USAGE);
	assert_int_equal(opening("nats", "/nos?size=9"), NOS_USAGE);
	assert_int_equal(opening("nats", ","), NOS_USAGE);
	assert_int_equal(opening("nats", ",me:secret@127.0.0.1"), NOS_USAGE);
	assert_null(strstr(err.text, "secret"));
	nos_err_clear(&err);
}

static int start(void **state)
{
	(void)state;
	servers_start(3, "");
	servers_url(url, sizeof(url), "nats", "/nos");
	a = servers_store(&where);
	return a && !nos_store_open(&where, false, &b, &err) ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	nos_store_close(a);
	nos_store_close(b);
	return servers_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRACT,
		cmocka_unit_test(a_key_is_made_of_whatever_bytes),
		cmocka_unit_test(the_largest_value_and_entry_are_taken),
		cmocka_unit_test(what_was_never_made_is_absent_and_what_is_no_place_is_refused),
		cmocka_unit_test(a_leader_that_dies_takes_no_entry_with_it_and_none_is_there_twice),
		cmocka_unit_test(nor_where_nobody_is_told_where_they_stand),
		cmocka_unit_test(what_all_servers_held_is_there_when_they_have_died_and_come_back),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
