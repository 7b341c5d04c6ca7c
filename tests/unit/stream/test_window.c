/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <unistd.h>

#include "stream/window.h"

#define MODEL_MAX 4096

static const uint8_t one[NOS_WINDOW_HASH_LEN] = { 1, 1, 1, 1 };
static const uint8_t other[NOS_WINDOW_HASH_LEN] = { 2, 2, 2, 2 };

static void note(struct nos_window *w, uint64_t seq, uint64_t prev)
{
	assert_int_equal(nos_window_look(w, seq, one), NOS_WINDOW_FRESH);
	nos_window_note(w, seq, prev, one);
}

static void assert_count(const struct nos_window *w, unsigned seen, unsigned used)
{
	unsigned got_seen, got_used;

	nos_window_count(w, &got_seen, &got_used);
	assert_int_equal(got_seen, seen);
	assert_int_equal(got_used, used);
}

static void a_number_is_fresh_once_and_then_the_same_or_a_duplicate(void **state)
{
	struct nos_window w = { 0 };

	(void)state;
	note(&w, 1, 0);
	assert_int_equal(nos_window_look(&w, 1, one), NOS_WINDOW_SAME);
	assert_int_equal(nos_window_look(&w, 1, other), NOS_WINDOW_DUPLICATE);
	assert_int_equal(nos_window_look(&w, 2, one), NOS_WINDOW_FRESH);
}

static void a_gap_in_the_window_may_be_filled_later(void **state)
{
	struct nos_window w = { 0 };

	(void)state;
	note(&w, 64, 0);
	note(&w, 1, 0);
	assert_int_equal(w.top, 64);
	assert_int_equal(nos_window_look(&w, 1, one), NOS_WINDOW_SAME);
	assert_int_equal(nos_window_look(&w, 64, one), NOS_WINDOW_SAME);
	note(&w, 33, 0);
	assert_int_equal(nos_window_look(&w, 33, other), NOS_WINDOW_DUPLICATE);
}

static void below_the_window_all_is_a_duplicate(void **state)
{
	struct nos_window w = { 0 };

	(void)state;
	note(&w, 1, 0);
	note(&w, 65, 0);
	assert_int_equal(nos_window_look(&w, 1, one), NOS_WINDOW_DUPLICATE);
	assert_int_equal(nos_window_look(&w, 2, one), NOS_WINDOW_FRESH);
	note(&w, UINT64_C(1) << 52, 0);
	assert_int_equal(nos_window_look(&w, 65, one), NOS_WINDOW_DUPLICATE);
	assert_int_equal(nos_window_look(&w, (UINT64_C(1) << 52) - 63, one), NOS_WINDOW_FRESH);
	assert_int_equal(nos_window_look(&w, (UINT64_C(1) << 52) - 64, one), NOS_WINDOW_DUPLICATE);
}

static void a_new_window_has_seen_nothing_and_expects_nothing(void **state)
{
	struct nos_window w = { 0 };

	(void)state;
	assert_count(&w, 0, 0);
	assert_int_equal(nos_window_look(&w, UINT64_C(1) << 52, one), NOS_WINDOW_FRESH);
}

static void seen_are_counted_of_the_last_64_that_there_are(void **state)
{
	struct nos_window w = { 0 };

	(void)state;
	note(&w, 1, 0);
	assert_count(&w, 1, 1);
	note(&w, 4, 0);
	assert_count(&w, 2, 4);
	note(&w, 63, 0);
	assert_count(&w, 3, 63);
	note(&w, 64, 0);
	assert_count(&w, 4, 64);
	note(&w, 65, 0); /* 1 is out of it */
	assert_count(&w, 4, 64);
	note(&w, 1000, 0);
	assert_count(&w, 1, 64);
}

static void numbers_that_were_never_used_do_not_count(void **state)
{
	struct nos_window w = { 0 };

	(void)state;
	note(&w, 17, 0);
	note(&w, 65, 17); /* a crash lost the rest of its block */
	assert_count(&w, 2, 64 - 47);
	note(&w, 66, 0);
	assert_count(&w, 3, 64 - 47);
	note(&w, 20, 0); /* one of them came nevertheless */
	assert_count(&w, 4, 64 - 46);
}

static void what_is_seen_is_not_called_unused_and_a_far_prev_is_cut_off(void **state)
{
	struct nos_window w = { 0 };

	(void)state;
	note(&w, 10, 0);
	note(&w, 12, 9);
	assert_count(&w, 2, 11); /* 11 alone was never used */
	note(&w, 1000, 12);
	assert_count(&w, 1, 1);
	note(&w, 990, 900); /* within the window, of an older pack */
	assert_count(&w, 2, 2);
}

/* The plain truth about every number. */
struct model {
	bool seen[MODEL_MAX], unused[MODEL_MAX];
	uint8_t hashes[MODEL_MAX][NOS_WINDOW_HASH_LEN];
	uint64_t top;
};

static enum nos_window_verdict model_look(
    const struct model *m, uint64_t seq, const uint8_t hash[static NOS_WINDOW_HASH_LEN])
{
	if (seq + NOS_WINDOW_SIZE <= m->top)
		return NOS_WINDOW_DUPLICATE;
	if (!m->seen[seq])
		return NOS_WINDOW_FRESH;
	return memcmp(m->hashes[seq], hash, NOS_WINDOW_HASH_LEN) == 0 ? NOS_WINDOW_SAME
								      : NOS_WINDOW_DUPLICATE;
}

static void model_note(
    struct model *m, uint64_t seq, uint64_t prev, const uint8_t hash[static NOS_WINDOW_HASH_LEN])
{
	if (seq > m->top)
		m->top = seq;
	m->seen[seq] = true;
	memcpy(m->hashes[seq], hash, NOS_WINDOW_HASH_LEN);
	for (uint64_t n = prev + 1; prev && n < seq; n++)
		m->unused[n] = true;
}

static void model_count(const struct model *m, unsigned *ret_seen, unsigned *ret_used)
{
	uint64_t first = m->top > NOS_WINDOW_SIZE ? m->top - NOS_WINDOW_SIZE + 1 : 1;

	*ret_seen = *ret_used = 0;
	for (uint64_t n = first; n <= m->top; n++) {
		*ret_seen += m->seen[n];
		*ret_used += m->seen[n] || !m->unused[n];
	}
}

static void a_random_schedule_is_judged_as_a_plain_list_of_numbers_would(void **state)
{
	static struct model m;
	struct nos_window w = { 0 };
	unsigned short seed[3] = { (unsigned short)getpid(), (unsigned short)time(NULL), 1 };
	unsigned seen, used, model_seen, model_used;
	unsigned verdicts[3] = { 0 };

	(void)state;
	print_message("# seed %u %u\n", seed[0], seed[1]);
	while (m.top < MODEL_MAX - 200) {
		/* Mostly onwards by a little, now and then far, else back into the window or below
		 * it. */
		long step = nrand48(seed) % 8 ? nrand48(seed) % 4 : nrand48(seed) % 150;
		uint64_t back = (uint64_t)nrand48(seed) % 80;
		bool onwards = nrand48(seed) % 2 || m.top <= back;
		uint64_t seq = onwards ? m.top + 1 + (uint64_t)step : m.top - back;
		uint64_t prev = nrand48(seed) % 3 ? 0 : seq - 1 - (uint64_t)nrand48(seed) % seq;
		const uint8_t hash[NOS_WINDOW_HASH_LEN] = { (uint8_t)(nrand48(seed) % 2) };
		enum nos_window_verdict verdict = nos_window_look(&w, seq, hash);

		assert_int_equal(verdict, model_look(&m, seq, hash));
		verdicts[verdict]++;
		if (verdict == NOS_WINDOW_FRESH) {
			nos_window_note(&w, seq, prev, hash);
			model_note(&m, seq, prev, hash);
		}
		nos_window_count(&w, &seen, &used);
		model_count(&m, &model_seen, &model_used);
		assert_int_equal(seen, model_seen);
		assert_int_equal(used, model_used);
	}
	assert_true(verdicts[NOS_WINDOW_FRESH] && verdicts[NOS_WINDOW_DUPLICATE] &&
		    verdicts[NOS_WINDOW_SAME]);
}

/* Numbers that two windows share out between them, and one that has both. */
static void windows_that_are_joined_have_seen_what_either_has(void **state)
{
	unsigned short seed[3] = { (unsigned short)getpid(), (unsigned short)time(NULL), 2 };

	(void)state;
	print_message("# seed %u %u\n", seed[0], seed[1]);
	for (int run = 0; run < 500; run++) {
		struct nos_window w[2] = { 0 }, all = { 0 };
		uint64_t seq = 0;

		for (int i = 0; i < 100; i++) {
			seq += 1 + (uint64_t)nrand48(seed) % (run % 3 ? 3 : 40);
			note(&w[nrand48(seed) % 2], seq, 0);
			note(&all, seq, 0);
		}
		nos_window_join(&w[0], &w[1]);
		assert_int_equal(w[0].top, all.top);
		/* What stood below the window of each by itself is not known any more. */
		assert_int_equal(w[0].seen, all.seen);
		for (uint64_t n = all.top - 63 > all.top ? 1 : all.top - 63; n <= all.top; n++)
			assert_int_equal(
			    nos_window_look(&w[0], n, one), nos_window_look(&all, n, one));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_fresh_once_and_then_the_same_or_a_duplicate),
		cmocka_unit_test(a_gap_in_the_window_may_be_filled_later),
		cmocka_unit_test(below_the_window_all_is_a_duplicate),
		cmocka_unit_test(a_new_window_has_seen_nothing_and_expects_nothing),
		cmocka_unit_test(seen_are_counted_of_the_last_64_that_there_are),
		cmocka_unit_test(numbers_that_were_never_used_do_not_count),
		cmocka_unit_test(what_is_seen_is_not_called_unused_and_a_far_prev_is_cut_off),
		cmocka_unit_test(a_random_schedule_is_judged_as_a_plain_list_of_numbers_would),
		cmocka_unit_test(windows_that_are_joined_have_seen_what_either_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
