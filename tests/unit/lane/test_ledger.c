/* SPDX-License-Identifier: MIT */
/* What is kept of sources is written by little, and a node that dies in between knows all of it. */
#define CLUSTER_MAX	4096
#define CLUSTER_ENTRIES 4096
#include "../registry/source.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "crypto/jose.h"
#include "ingest/ingest.h"
#include "lane/ledger.h"
#include "lane/replay.h"

#define SOURCES 40
#define PACKS	600
#define REPLAY	120 /* packs of one reading */
#define EACH	3
#define GROUP	12
#define SECRET	"00000000000000000000000000000001"
#define NDJSON	"application/x-ndjson"
#define READING "{\"type\":\"t\",\"value\":1}\n"

static unsigned short seed[3];
static struct nos_store *own;
static struct nos_card *card;
static struct nos_limit limits;
static struct nos_metric metric;
static struct nos_member_table *members;
static struct nos_ingest ingest;
static struct nos_ingest_loop loop;
static struct nos_ledger ledger;
static struct nos_http_request requests[GROUP];
static uint64_t sent[SOURCES];
static struct nos_buf packs[PACKS];
static size_t pack_count, total;

static size_t any(size_t n)
{
	return (size_t)nrand48(seed) % n;
}

static const char *id_of(size_t i, char ret[static NOS_RECORD_ID_MAX])
{
	snprintf(ret, NOS_RECORD_ID_MAX, "s-%010zx", i * 7919);
	return ret;
}

static void begin(void)
{
	const struct nos_ledger_config config = { .store = own,
		.card = card,
		.vault = &vault,
		.members = members,
		.limits = &limits,
		.metric = &metric,
		.node = 5 };

	assert_int_equal(nos_ledger_init(&ledger, &config, nos_profile_builtin(), &err), NOS_OK);
	assert_int_equal(nos_replay_run(&ledger, &err), NOS_OK);
	ledger.idle = false;
}

static int start(void **state)
{
	struct nos_home home;
	char id[NOS_RECORD_ID_MAX];

	nos_jose_start();
	if (node_start(state))
		return 1;
	home = (struct nos_home){ .store = store, .vault = vault, .self = self };
	nos_limit_init(&limits);
	limits.of[NOS_LIMIT_RESERVE] = 0;
	limits.of[NOS_LIMIT_REPLAY] = REPLAY;
	if (nos_store_open_engine(&cluster_engine, "", true, &own, &err) ||
	    nos_card_new(&home, false, &card, &err) ||
	    nos_member_table_new(SOURCES, &members, &err))
		return 1;
	for (size_t i = 0; i < SOURCES; i++)
		source_put(id_of(i, id), SECRET);
	ingest = (struct nos_ingest){ .card = card,
		.vault = &vault,
		.limits = &limits,
		.members = members,
		.metric = &metric };
	nos_ingest_loop_init(&loop, store, &metric);
	for (size_t i = 0; i < GROUP; i++)
		nos_buf_init(&requests[i].out, 1 << 20);
	begin();
	return 0;
}

static int stop(void **state)
{
	nos_ledger_release(&ledger);
	while (pack_count)
		nos_buf_release(&packs[--pack_count]);
	for (size_t i = 0; i < GROUP; i++)
		nos_buf_release(&requests[i].out);
	nos_ingest_loop_release(&loop);
	nos_member_table_free(members);
	nos_card_free(card);
	nos_store_close(own);
	return node_stop(state);
}

static void seal(void)
{
	const size_t i = any(SOURCES);
	char id[NOS_RECORD_ID_MAX], text[sizeof(READING) * EACH] = "";
	const size_t each = 1 + any(EACH);

	total += each;
	for (size_t k = 0; k < each; k++)
		memcpy(text + k * (sizeof(READING) - 1), READING, sizeof(READING));
	source_seal(id_of(i, id), SECRET, ++sent[i], NDJSON, nos_str_bytes(nos_str_of(text)),
	    &packs[pack_count++]);
}

static struct nos_job *take(size_t pack, struct nos_http_request *r)
{
	struct nos_job *ret;

	r->path = NOS_STR("/v1/data");
	r->media = NOS_STR("application/jose");
	r->body = nos_buf_span(&packs[pack]);
	ret = nos_ingest_take(&ingest, &loop, r);
	assert_non_null(ret);
	return ret;
}

/* Packs from one on, in one group; each has the verdict. */
static void commit(size_t from, size_t count, enum nos_window_verdict verdict)
{
	struct nos_job *list = NULL, **tail = &list;

	for (size_t i = 0; i < count; i++) {
		*tail = take(from + i, &requests[i]);
		tail = &(*tail)->link;
	}
	assert_int_equal(nos_ledger_commit(&ledger, list, &err), NOS_OK);
	nos_ledger_weigh(&ledger, list);
	while (list) {
		struct nos_job *next = list->link;

		assert_int_equal(list->err.code, NOS_OK);
		assert_int_equal(list->verdict, verdict);
		nos_job_free(list, members);
		list = next;
	}
}

/* As a restart counts what it goes through, in quarters of a pack of one reading. */
static enum nos_code count_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	const struct nos_str text = { (const char *)entry.p, entry.len };
	size_t *quarters = state;

	(void)position, (void)e;
	for (const char *p = text.p; p < text.p + text.len; p++)
		*quarters += *p == '\n';
	*quarters += 3 - 1; /* a line is the head */
	return NOS_OK;
}

/* As it is killed, and started again. */
static void die(void)
{
	size_t quarters = 0;

	assert_int_equal(nos_store_read(store, NOS_RAW_STREAM, ledger.mark.saved, PACKS,
			     count_entry, &quarters, &err),
	    NOS_OK);
	/* A group, and what of a step is not told apart. */
	assert_in_range(quarters, 0, 4 * REPLAY + 2 * GROUP * (3 + EACH));
	nos_ledger_release(&ledger);
	begin();
}

static enum nos_code take_n(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	uint64_t *ns = state;
	struct nos_processed p;
	struct nos_str source;
	uint64_t n;
	size_t i = 0;
	char id[NOS_RECORD_ID_MAX];

	(void)position, (void)e;
	assert_true(nos_processed_decode(entry, &p) && nos_processed_n_of(p.record, &n) &&
		    nos_processed_source(p.topic, &source));
	while (!nos_str_is(source, id_of(i, id)))
		i++;
	assert_int_equal(n, ++ns[i]);
	return NOS_OK;
}

static void whoever_dies_at_any_time_has_each_pack_once_and_each_record_in_its_order(void **state)
{
	uint64_t ns[SOURCES] = { 0 }, records = 0;
	size_t saved = 0;

	(void)state;
	for (size_t done = 0; done < PACKS;) {
		const size_t left = PACKS - done, most = left < GROUP ? left : GROUP;
		const size_t count = 1 + any(most);

		for (size_t i = 0; i < count; i++)
			seal();
		commit(done, count, NOS_WINDOW_FRESH);
		done += count;
		saved += ledger.mark.saved > 0;
		if (!any(8))
			die();
	}
	assert_true(saved > 0);
	/* The newest of a source are told apart; each of them is known. */
	for (size_t done = PACKS - 100; done < PACKS; done += 10)
		commit(done, 10, NOS_WINDOW_SAME);
	die();
	commit(PACKS - 10, 10, NOS_WINDOW_SAME);
	assert_int_equal(
	    nos_store_read(store, NOS_PROCESSED_STREAM, 0, PACKS * EACH, take_n, ns, &err), NOS_OK);
	for (size_t i = 0; i < SOURCES; i++)
		records += ns[i];
	assert_int_equal(records, total);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    whoever_dies_at_any_time_has_each_pack_once_and_each_record_in_its_order, start,
		    stop),
	};

	seed[0] = (unsigned short)getpid();
	seed[1] = (unsigned short)time(NULL);
	if (getenv("NOS_TEST_SEED"))
		assert_int_equal(sscanf(getenv("NOS_TEST_SEED"), "%hu %hu", &seed[0], &seed[1]), 2);
	print_message("# seed %u %u\n", seed[0], seed[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
