/* SPDX-License-Identifier: MIT */
/* The committer over a store of which a group that failed may be there in part. */
#include "../ingest/intake.h"
#include "../registry/source.h"

#include <pthread.h>

#include "crypto/jose.h"
#include "lane/commit.h"
#include "lane/replay.h"
#include "self/era.h"
#include "stream/seen.h"

#define SOURCE	"s-0000000001"
#define SECRET	"00000000000000000000000000000001"
#define NDJSON	"application/x-ndjson"
#define READING "{\"type\":\"t\",\"value\":1}\n"
#define PACKS	4

static struct nos_store_engine failing;
static atomic_bool fail_commit; /* of the group in which something comes into the raw stream */
static enum nos_code fail_as = NOS_IO;
static bool in_raw;
static struct nos_buf late; /* an entry that another's append puts before the next; len 0: none */
static struct nos_store *loops;
static struct nos_http_request requests[PACKS];
static struct nos_job *jobs[PACKS];
static struct nos_buf packs[PACKS];
static struct nos_commit *commit;
static atomic_uint_least64_t until_us;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static unsigned count; /* guarded by lock, so also: */
static enum nos_code code;
static enum nos_window_verdict verdict;

static enum nos_code append(void *e, const char *stream, struct nos_time at, struct nos_span entry,
    uint64_t *ret_position, struct nos_err *e_err)
{
	in_raw |= strcmp(stream, "raw") == 0;
	if (late.len && strcmp(stream, "raw") == 0) {
		if (cluster_engine.append(e, stream, at, nos_buf_span(&late), NULL, e_err))
			return e_err->code;
		nos_buf_truncate(&late, 0);
	}
	return cluster_engine.append(e, stream, at, entry, ret_position, e_err);
}

static enum nos_code end_group(void *e, struct nos_err *e_err)
{
	(void)e;
	if (!in_raw || !fail_commit)
		return NOS_OK;
	fail_commit = false;
	return nos_err_set(e_err, fail_as, "the leader is gone");
}

static enum nos_code begin_group(void *e, struct nos_err *e_err)
{
	(void)e, (void)e_err;
	in_raw = false;
	return NOS_OK;
}

static void note_answers(void *state, struct nos_job *list)
{
	(void)state;
	pthread_mutex_lock(&lock);
	for (; list; list = list->link) {
		code = list->err.code;
		verdict = list->verdict;
		list->request = NULL;
		count++;
	}
	pthread_cond_signal(&answered);
	pthread_mutex_unlock(&lock);
}

static void seal(uint64_t seq, struct nos_buf *ret)
{
	source_seal(SOURCE, SECRET, seq, NDJSON, nos_str_bytes(NOS_STR(READING)), ret);
}

/* All jobs are made before the committer runs, since the store in memory is for one thread. */
static void make_job(int i, const struct nos_buf *pack)
{
	nos_buf_init(&requests[i].out, 1 << 20);
	requests[i].path = NOS_STR("/v1/data");
	requests[i].media = NOS_STR("application/jose");
	requests[i].body = nos_buf_span(pack);
	jobs[i] = nos_ingest_take(&ingest, &loop, &requests[i]);
	assert_non_null(jobs[i]);
}

static int start(void **state)
{
	nos_jose_start();
	failing = cluster_engine;
	failing.append = append;
	failing.begin = begin_group;
	failing.commit = end_group;
	fail_commit = false;
	count = 0;
	if (intake_start(state, &failing, 100) ||
	    nos_store_open_engine(&failing, "", true, &loops, &err))
		return 1;
	source_put(SOURCE, SECRET);
	intake_takes(loops);
	seal(1, &packs[0]);
	seal(2, &packs[1]);
	seal(3, &packs[2]);
	make_job(0, &packs[0]);
	make_job(1, &packs[1]);
	make_job(2, &packs[1]); /* which comes again */
	make_job(3, &packs[2]);
	return 0;
}

static int stop(void **state)
{
	for (int i = 0; i < PACKS; i++) {
		nos_buf_release(&requests[i].out);
		nos_buf_release(&packs[i]);
		nos_job_free(jobs[i], members);
	}
	(void)intake_stop(state);
	nos_store_close(loops);
	return 0;
}

static void begin(void)
{
	struct nos_commit_config config = {
		.ledger = intake_ledger(), .answer = note_answers, .wake_fd = -1
	};

	config.ledger.until_us = &until_us;
	assert_int_equal(nos_commit_new(&config, nos_profile_builtin(), &commit, &err), NOS_OK);
}

/* The answer to it. */
static enum nos_code submit(int i)
{
	struct nos_job *job = jobs[i];
	enum nos_code ret;
	unsigned before;

	jobs[i] = NULL;
	pthread_mutex_lock(&lock);
	before = count;
	pthread_mutex_unlock(&lock);
	nos_commit_submit(commit, job, 1);
	pthread_mutex_lock(&lock);
	while (count == before)
		pthread_cond_wait(&answered, &lock);
	ret = code;
	pthread_mutex_unlock(&lock);
	return ret;
}

static uint64_t last_of(const char *stream)
{
	uint64_t first, last;

	assert_int_equal(nos_store_bounds(store, stream, &first, &last, &err), NOS_OK);
	return last;
}

static void what_of_a_group_that_failed_was_stored_is_known_when_it_comes_again(void **state)
{
	(void)state;
	atomic_store(&until_us, UINT64_MAX);
	begin();
	assert_int_equal(submit(0), NOS_OK);
	fail_commit = true; /* nothing is on its way: the committer looks at it with the next job */
	assert_int_equal(submit(1), NOS_IO);
	assert_int_equal(submit(2), NOS_OK);
	assert_int_equal(verdict, NOS_WINDOW_SAME);
	assert_int_equal(submit(3), NOS_OK);
	assert_int_equal(verdict, NOS_WINDOW_FRESH);
	nos_commit_free(commit);
	assert_int_equal(last_of(NOS_RAW_STREAM), 3);
	assert_int_equal(last_of(NOS_PROCESSED_STREAM), 3);
}

/* As if it were wrong in itself, its source would give it up. */
static void what_another_writes_at_the_same_time_is_told_to_come_again(void **state)
{
	(void)state;
	atomic_store(&until_us, UINT64_MAX);
	fail_as = NOS_EXISTS;
	begin();
	fail_commit = true;
	assert_int_equal(submit(0), NOS_BUSY);
	nos_commit_free(commit);
	fail_as = NOS_IO;
}

static void what_comes_when_the_lane_is_anothers_is_refused_and_changes_nothing(void **state)
{
	uint64_t rev;

	(void)state;
	atomic_store(&until_us, UINT64_MAX);
	begin();
	atomic_store(&until_us, 0);
	assert_int_equal(submit(0), NOS_AWAY);
	nos_commit_free(commit);
	assert_int_equal(last_of(NOS_RAW_STREAM), 0);
	assert_int_equal(
	    nos_store_get(store, NOS_TRACK_NS, NOS_STR(SOURCE), NULL, &rev, &err), NOS_ABSENT);
	nos_err_clear(&err);
}

/* It died in between: another goes through what it left. */
static void a_lane_that_another_takes_over_is_as_it_was_stored(void **state)
{
	(void)state;
	atomic_store(&until_us, UINT64_MAX);
	begin();
	assert_int_equal(submit(0), NOS_OK);
	assert_int_equal(submit(1), NOS_OK);
	atomic_store(&until_us, 0);
	nos_commit_free(commit);
	atomic_store(&until_us, UINT64_MAX);
	begin();
	assert_int_equal(submit(2), NOS_OK);
	assert_int_equal(verdict, NOS_WINDOW_SAME);
	assert_int_equal(submit(3), NOS_OK);
	nos_commit_free(commit);
	assert_int_equal(last_of(NOS_RAW_STREAM), 3);
	assert_int_equal(last_of(NOS_PROCESSED_STREAM), 3);
}

/* It woke late, and this view's append went on behind what it wrote. */
static void what_another_has_written_behind_the_last_that_is_known_is_not_passed_over(void **state)
{
	(void)state;
	atomic_store(&until_us, UINT64_MAX);
	nos_buf_init(&late, 10000);
	nos_raw_encode(&late, &jobs[0]->raw, nos_buf_str(&jobs[0]->body));
	begin();
	assert_int_equal(submit(1), NOS_BUSY);
	assert_int_equal(submit(0), NOS_OK);
	assert_int_equal(verdict, NOS_WINDOW_SAME);
	assert_int_equal(submit(2), NOS_OK);
	assert_int_equal(verdict, NOS_WINDOW_SAME);
	assert_int_equal(submit(3), NOS_OK);
	assert_int_equal(verdict, NOS_WINDOW_FRESH);
	nos_commit_free(commit);
	assert_int_equal(last_of(NOS_RAW_STREAM), 3);
	assert_int_equal(last_of(NOS_PROCESSED_STREAM), 3);
	nos_buf_release(&late);
}

/* A ledger without a committer. */
static enum nos_code try_ledger(struct nos_ledger *ret)
{
	const struct nos_ledger_config config = { .store = own,
		.card = card,
		.vault = &vault,
		.members = members,
		.limits = &limits,
		.metric = &metric,
		.keep_ms = UINT64_C(86400000),
		.node = 5 };

	return nos_ledger_init(ret, &config, nos_profile_builtin(), &err)
		   ? err.code
		   : nos_replay_run(ret, &err);
}

static void open_ledger(struct nos_ledger *ret)
{
	assert_int_equal(try_ledger(ret), NOS_OK);
}

/* As another has it, and in no group of this one. */
static void put_raw(int i)
{
	NOS_AUTO(buf) entry = { 0 };

	nos_buf_init(&entry, 10000);
	nos_raw_encode(&entry, &jobs[i]->raw, nos_buf_str(&jobs[i]->body));
	assert_int_equal(nos_store_append(store, NOS_RAW_STREAM, nos_time_now(),
			     nos_buf_span(&entry), NULL, &err),
	    NOS_OK);
}

/* Who looks for what is old enough asks for the end, and would go on behind what stands there. */
static void what_another_has_written_is_found_before_anything_goes_behind_it(void **state)
{
	struct nos_ledger ledger;

	(void)state;
	open_ledger(&ledger);
	put_raw(0);
	assert_int_equal(nos_ledger_commit(&ledger, jobs[0], &err), NOS_BUSY);
	assert_int_equal(last_of(NOS_RAW_STREAM), 1);
	nos_err_clear(&err);
	nos_ledger_release(&ledger);
}

/* ---- a backup that was put back ---- */

static enum nos_code see(void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	struct nos_buf *seen = state;
	struct nos_processed p;
	uint64_t n;

	(void)e;
	assert_true(nos_processed_decode(entry, &p) && nos_processed_n_of(p.record, &n));
	nos_buf_addf(seen, "%llu: %.*s %llu", (unsigned long long)position,
	    (int)((const char *)memchr(p.record.p, ',', p.record.len) - p.record.p - 8),
	    p.record.p + 7, (unsigned long long)n);
	if (p.jumps)
		nos_buf_addf(seen, " behind %llu", (unsigned long long)p.after);
	nos_buf_add_char(seen, '\n');
	return NOS_OK;
}

/* A line of each record: where it stands, its id, n, and what it follows where that is not one
 * below. */
static void assert_records(const char *text)
{
	NOS_AUTO(buf) seen = { 0 };

	nos_buf_init(&seen, 10000);
	assert_int_equal(
	    nos_store_read(store, NOS_PROCESSED_STREAM, 0, 100, see, &seen, &err), NOS_OK);
	assert_buf(&seen, text);
}

/* A group of a job, and one of its records. */
static void take_in(struct nos_ledger *ledger, int i)
{
	assert_int_equal(nos_ledger_commit(ledger, jobs[i], &err), NOS_OK);
	nos_ledger_weigh(ledger, jobs[i]);
	assert_int_equal(nos_ledger_commit(ledger, NULL, &err), NOS_OK);
}

static void what_a_backup_had_not_weighed_keeps_its_ids_and_what_comes_counts_from_the_era(
    void **state)
{
	struct nos_ledger ledger;
	uint64_t era;

	(void)state;
	put_raw(0);
	put_raw(1);
	assert_int_equal(nos_era_begin(store, (struct nos_time){ 1 }, &era, &err), NOS_OK);
	assert_int_equal(era, 1000);
	open_ledger(&ledger);
	take_in(&ledger, 3);
	nos_ledger_release(&ledger);
	assert_records("1: 5-1-0 1\n2: 5-2-0 2\n3: 5-1003-0 1001 behind 2\n");
	/* Nor does it change that all of it is gone through again. */
	node_put(NOS_SELF_NS, "mark", "{\"v\":1,\"saved\":0}");
	assert_int_equal(
	    nos_store_del(store, NOS_TRACK_NS, NOS_STR(SOURCE), NOS_STORE_ANY, &err), NOS_OK);
	open_ledger(&ledger);
	nos_ledger_release(&ledger);
	assert_int_equal(last_of(NOS_PROCESSED_STREAM), 3);
}

/* Which servers tell it late. */
static void begin_era_beside(struct nos_ledger *ledger, int64_t ms)
{
	uint64_t era;

	assert_int_equal(nos_era_begin(store, (struct nos_time){ ms }, &era, &err), NOS_OK);
	for (int i = 0; i <= CLUSTER_LATE; i++)
		assert_int_equal(nos_ledger_commit(ledger, NULL, &err), NOS_OK);
}

static void an_era_that_begins_under_a_node_that_runs_holds_once_it_hears_of_it(void **state)
{
	struct nos_ledger ledger;

	(void)state;
	open_ledger(&ledger);
	take_in(&ledger, 0);
	begin_era_beside(&ledger, 1);
	take_in(&ledger, 1);
	begin_era_beside(&ledger, 2);
	take_in(&ledger, 3);
	nos_ledger_release(&ledger);
	assert_records("1: 5-1-0 1\n2: 5-1002-0 1001 behind 1\n3: 5-2003-0 2001 behind 1001\n");
}

/* Else what it takes in would have ids that were given. */
static void a_node_that_cannot_read_its_era_takes_nothing_in(void **state)
{
	struct nos_ledger ledger;

	(void)state;
	node_put(NOS_SELF_NS, NOS_ERA_KEY, "{\"v\":1}");
	assert_int_equal(try_ledger(&ledger), NOS_IO);
	nos_ledger_release(&ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
		T(what_of_a_group_that_failed_was_stored_is_known_when_it_comes_again),
		T(what_another_writes_at_the_same_time_is_told_to_come_again),
		T(what_comes_when_the_lane_is_anothers_is_refused_and_changes_nothing),
		T(a_lane_that_another_takes_over_is_as_it_was_stored),
		T(what_another_has_written_behind_the_last_that_is_known_is_not_passed_over),
		T(what_a_backup_had_not_weighed_keeps_its_ids_and_what_comes_counts_from_the_era),
		T(an_era_that_begins_under_a_node_that_runs_holds_once_it_hears_of_it),
		T(a_node_that_cannot_read_its_era_takes_nothing_in),
		T(what_another_has_written_is_found_before_anything_goes_behind_it),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
