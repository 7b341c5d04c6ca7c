/* SPDX-License-Identifier: MIT */
/* Bytes of rows made shorter, and back. */
#include "store/sqlite_compress.h"

#include "../test.h"
#include "store/sqlite_run.h"

#define MOST 70000

static struct nos_sqlite_compress c;
static uint8_t plain[MOST];

/* The same each time. */
static unsigned below(unsigned n)
{
	static uint64_t x = 1;

	x = x * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(x >> 33) % n;
}

static void fill(size_t len, unsigned alphabet)
{
	for (size_t i = 0; i < len; i++)
		plain[i] = (uint8_t)('a' + below(alphabet));
}

static void assert_comes_back(struct nos_span bytes, size_t len)
{
	struct nos_buf back;

	nos_buf_init_secret(&back, MOST);
	nos_buf_add(&back, "before", 6);
	assert_true(nos_sqlite_compress_undo(bytes, len, &back));
	assert_int_equal(back.len, len + 6);
	assert_memory_equal(back.p, "before", 6);
	assert_memory_equal(back.p + 6, plain, len);
	nos_buf_release(&back);
}

static void what_repeats_itself_is_shorter_and_comes_back(void **state)
{
	(void)state;
	for (size_t len = NOS_SQLITE_COMPRESS_MIN; len < MOST; len = len * 5 / 4) {
		struct nos_span bytes;

		fill(len, 2);
		assert_true(nos_sqlite_compress_make(&c, (struct nos_span){ plain, len }, &bytes));
		assert_in_range(bytes.len, 1, len - len / 8);
		assert_comes_back(bytes, len);
	}
}

static void what_is_short_or_says_all_it_can_stays_as_it_is(void **state)
{
	struct nos_span bytes;

	(void)state;
	memset(plain, 'a', MOST);
	assert_false(nos_sqlite_compress_make(
	    &c, (struct nos_span){ plain, NOS_SQLITE_COMPRESS_MIN - 1 }, &bytes));
	assert_false(nos_sqlite_compress_make(&c, (struct nos_span){ plain, 0 }, &bytes));
	fill(MOST, 256);
	assert_false(nos_sqlite_compress_make(&c, (struct nos_span){ plain, 16384 }, &bytes));
}

static void what_was_damaged_is_noticed_or_something_else_of_the_same_length(void **state)
{
	uint8_t bad[8192];
	struct nos_span bytes;
	struct nos_buf back;
	size_t noticed = 0;

	(void)state;
	fill(4096, 3);
	assert_true(nos_sqlite_compress_make(&c, (struct nos_span){ plain, 4096 }, &bytes));
	nos_buf_init(&back, 4096);
	assert_false(nos_sqlite_compress_undo(bytes, 4095, &back));
	nos_buf_truncate(&back, 0);
	assert_false(nos_sqlite_compress_undo(bytes, SIZE_MAX, &back));
	nos_buf_truncate(&back, 0);
	assert_false(
	    nos_sqlite_compress_undo((struct nos_span){ bytes.p, bytes.len - 1 }, 4096, &back));
	nos_buf_truncate(&back, 0);
	assert_false(nos_sqlite_compress_undo((struct nos_span){ bytes.p, 0 }, 4096, &back));
	for (size_t i = 0; i < bytes.len; i++) {
		memcpy(bad, bytes.p, bytes.len);
		bad[i] ^= (uint8_t)(1 + below(255));
		nos_buf_truncate(&back, 0);
		if (!nos_sqlite_compress_undo((struct nos_span){ bad, bytes.len }, 4096, &back))
			noticed++;
		else
			assert_int_equal(back.len, 4096);
	}
	assert_true(noticed > 0);
	nos_buf_release(&back);
}

static int release(void **state)
{
	(void)state;
	nos_sqlite_compress_release(&c);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_repeats_itself_is_shorter_and_comes_back),
		cmocka_unit_test(what_is_short_or_says_all_it_can_stays_as_it_is),
		cmocka_unit_test(what_was_damaged_is_noticed_or_something_else_of_the_same_length),
	};
	return cmocka_run_group_tests(tests, NULL, release);
}
