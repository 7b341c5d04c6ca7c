/* SPDX-License-Identifier: MIT */
/* Any changes of a stream, in groups of two views, against a table of what is to be there. */
#include "sqlite_views.h"

#include <time.h>

#define LONGEST	  (NOS_SQLITE_RUN_ALONE * 3 / 2) /* bytes of an entry, some of which stand alone */
#define MODEL_MAX 20000

static unsigned short seed[3];

static size_t any(size_t below)
{
	return (size_t)nrand48(seed) % below;
}

/* What is to be there; a length of 0: it is not. */
static struct {
	int64_t ms;
	size_t len;
	char first;
} model[MODEL_MAX];
static size_t given, given_before; /* now, and when the group began */

static enum nos_code compare(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	uint64_t *at = state;

	(void)e;
	for (++*at; *at < position; ++*at)
		assert_int_equal(model[*at].len, 0);
	assert_int_equal(entry.len, model[position].len);
	assert_int_equal((char)entry.p[0], model[position].first);
	assert_int_equal((char)entry.p[entry.len - 1], model[position].first);
	return NOS_OK;
}

static void look(struct nos_store *s)
{
	uint64_t after = any(given + 1), at = after, first, last, want = 1;
	size_t limit = any(2) ? any(5) + 1 : SIZE_MAX;

	assert_int_equal(nos_store_read(s, STREAM, after, limit, compare, &at, &err), NOS_OK);
	for (at++; limit == SIZE_MAX && at <= given; at++)
		assert_int_equal(model[at].len, 0);
	assert_int_equal(nos_store_bounds(s, STREAM, &first, &last, &err), NOS_OK);
	while (want <= given && !model[want].len)
		want++;
	assert_int_equal(last, given);
	assert_int_equal(first, want);
}

static void append_any(struct nos_store *s)
{
	static char bytes[LONGEST];
	const size_t len = any(8) ? any(300) + 1 : any(sizeof(bytes)) + 1;
	uint64_t position;

	take_turn(s);
	given++;
	model[given].ms = (int64_t)(given / 7 * 10 + any(9));
	model[given].len = len;
	model[given].first = (char)('a' + any(26));
	memset(bytes, model[given].first, len);
	assert_int_equal(nos_store_append(s, STREAM, (struct nos_time){ model[given].ms },
			     (struct nos_span){ (const uint8_t *)bytes, len }, &position, &err),
	    NOS_OK);
	assert_int_equal(position, given);
}

static void erase_any(struct nos_store *s)
{
	const size_t position = any(given + 2);

	assert_int_equal(nos_store_erase(s, STREAM, position, &err), NOS_OK);
	model[position].len = 0;
}

static void trim_any(struct nos_store *s)
{
	const size_t base = given > 300 ? given - 300 : 0;
	const struct nos_store_trim what = { { any(3) ? INT64_MAX
						      : (int64_t)((base + any(300)) / 7 * 10) },
		any(3) ? base + any(200) : INT64_MAX, any(3) ? any(60) : 10000 };
	size_t dropped, want = 0;

	assert_int_equal(nos_store_trim(s, STREAM, &what, &dropped, &err), NOS_OK);
	for (size_t i = 1; i <= given && i <= what.up_to && want < what.most; i++) {
		if (!model[i].len)
			continue;
		if (model[i].ms >= what.before.ms)
			break;
		model[i].len = 0;
		want++;
	}
	assert_int_equal(dropped, want);
}

static void change_any(struct nos_store *s)
{
	size_t what = any(40);

	if (what < 6)
		erase_any(s);
	else if (what == 6)
		trim_any(s);
	else if (what < 10)
		look(s);
	else
		append_any(s);
}

static void whatever_is_done_in_groups_is_as_if_each_entry_stood_alone(void **state)
{
	static __typeof__(model) before;
	struct nos_store *views[] = { a, b };

	(void)state;
	given = 0;
	memset(model, 0, sizeof(model));
	for (size_t round = 0; round < 60; round++) {
		struct nos_store *s = views[any(2)];
		size_t changes = any(4) ? any(20) : any(200);

		memcpy(before, model, sizeof(model));
		given_before = given;
		begin(s);
		while (changes--)
			change_any(s);
		if (any(6)) {
			commit(s);
		} else {
			nos_store_rollback(s);
			memcpy(model, before, sizeof(model));
			given = given_before;
		}
		look(a);
		look(b);
	}
	assert_true(given < MODEL_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whatever_is_done_in_groups_is_as_if_each_entry_stood_alone),
	};

	seed[0] = (unsigned short)getpid();
	seed[1] = (unsigned short)time(NULL);
	if (getenv("NOS_TEST_SEED"))
		assert_int_equal(sscanf(getenv("NOS_TEST_SEED"), "%hu %hu", &seed[0], &seed[1]), 2);
	print_message("# seed %u %u\n", seed[0], seed[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
