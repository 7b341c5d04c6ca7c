/* SPDX-License-Identifier: MIT */
/*
 * grow STORE NODEKEY SOURCES fill: one pack of each of s-0000000001 and so on, which
 * tests/help/load has put there, and what is kept of them written down, as by a node that ends in
 * good order. grow STORE NODEKEY SOURCES PACKS SEQ: a node that has just begun over it. Some of
 * them from all over send a pack of one reading, that the node reads them from its store for. Then
 * those of a part send packs of 50, a part of the store in which each sends standing for the whole:
 * as many as a restart may go through again, and PACKS behind those, which count: where there are
 * many sources they are written down meanwhile, by rounds. They number their packs from SEQ. No
 * socket and no broker: packs go from their bytes to the store, and their records, all in one
 * thread. A line of either: touch or pack, packs, readings, nanoseconds of the processor, reads and
 * writes of files, bytes written. What counts is in counted(), at which callgrind writes what it
 * has counted (scripts/measure-grow).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "crypto/jose.h"
#include "ingest/ingest.h"
#include "json/encode.h"
#include "lane/ledger.h"
#include "lane/replay.h"

#define GROUP	   16
#define FILL	   100 /* packs of a group that fills */
#define EACH	   50
#define TOUCHED	   500
#define PART_OF	   1000 /* sources */
#define MANY	   1000
#define FLEET	   100000
#define PLAIN_MAX  65536
#define FIRST_S	   1700000000
#define EVERY_S	   10
#define ID_BITS	   UINT64_C(0xffffffffff)
#define ANSWER_MAX 4096

/* Sources by turns, in no order of their ids, since an index of a store is in that. */
struct senders {
	uint64_t of; /* of the first so many, evenly */
	size_t count;
	struct nos_pack_keys *keys;
};

struct grow {
	struct nos_home home;
	struct nos_card *card;
	struct nos_member_table *members;
	struct nos_limit limits;
	struct nos_metric metric;
	struct nos_ingest ingest;
	struct nos_ingest_loop loop;
	struct nos_store *loops, *own;
	struct nos_ledger ledger;
	uint64_t sources, seq;
	uint64_t again; /* packs of one reading that a restart goes through again */
	struct senders all, spread, part;
	struct nos_buf *packs; /* sealed */
	size_t pack_count;
	struct nos_http_request requests[FILL];
};

/* ---- packs ---- */

static uint64_t divisor(uint64_t a, uint64_t b)
{
	return b ? divisor(b, a % b) : a;
}

static void id_of(const struct senders *s, size_t i, char ret[static NOS_RECORD_ID_MAX])
{
	uint64_t step = 61803;

	while (divisor(step, s->of) != 1)
		step++;
	snprintf(ret, NOS_RECORD_ID_MAX, "s-%010" PRIx64, (1 + i * step % s->of) & ID_BITS);
}

static enum nos_code find_senders(
    struct grow *g, uint64_t of, uint64_t most, struct senders *ret, struct nos_err *err)
{
	char id[NOS_RECORD_ID_MAX];
	struct nos_member_table *t;
	struct nos_member *m;

	ret->of = of < g->sources ? of : g->sources;
	ret->count = (size_t)(most < ret->of ? most : ret->of);
	ret->keys = calloc(ret->count, sizeof(*ret->keys));
	if (!ret->keys)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (nos_member_table_new(16, &t, err))
		return err->code;
	for (size_t i = 0; i < ret->count && !err->code; i++) {
		id_of(ret, i, id);
		if (nos_member_get(t, g->loops, &g->home.vault, id, &m, err))
			break;
		ret->keys[i] = m->keys[0].keys;
		nos_member_drop(t, m);
	}
	nos_member_table_free(t);
	return err->code;
}

static void add_readings(struct nos_buf *b, uint64_t seq, size_t each)
{
	nos_buf_truncate(b, 0);
	for (uint64_t i = 0; i < each; i++) {
		const uint64_t number = seq * EACH + i;

		nos_buf_add_char(b, '{');
		nos_encode_member_text(b, "type", NOS_STR("air_temperature"));
		nos_encode_member_number(b, "value", (double)(number * 37 % 400) / 10 - 20);
		nos_encode_member_text(b, "unit", NOS_STR("Cel"));
		nos_encode_member_uint(b, "time", FIRST_S + number * EVERY_S);
		nos_buf_add_text(b, "}\n");
	}
}

static void drop_packs(struct grow *g)
{
	while (g->pack_count)
		nos_buf_release(&g->packs[--g->pack_count]);
	free(g->packs);
	g->packs = NULL;
}

/* count packs. */
static enum nos_code seal(
    struct grow *g, const struct senders *s, size_t count, size_t each, struct nos_err *err)
{
	NOS_AUTO(buf) plain = { 0 };
	char id[NOS_RECORD_ID_MAX];

	drop_packs(g);
	g->packs = calloc(count, sizeof(*g->packs));
	if (!g->packs)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	nos_buf_init(&plain, PLAIN_MAX);
	while (g->pack_count < count) {
		const size_t i = g->pack_count % s->count;
		const uint64_t seq = g->seq + g->pack_count / s->count;
		const struct nos_pack pack = { .kid = NOS_STR("p.1"),
			.source = nos_str_of(id),
			.cty = NOS_STR("application/x-ndjson"),
			.seq = seq,
			.prev = seq - 1 };
		struct nos_buf *to = &g->packs[g->pack_count++];

		id_of(s, i, id);
		add_readings(&plain, seq, each);
		nos_buf_init(to, NOS_PACK_MAX);
		if (nos_pack_seal(&s->keys[i],
			&(struct nos_pack){ pack.kid, nos_str_of(id), pack.cty, seq, seq - 1 },
			nos_buf_span(&plain), to, err))
			return err->code;
	}
	g->seq += (count + s->count - 1) / s->count;
	return NOS_OK;
}

/* ---- groups ---- */

static struct nos_job *take(struct grow *g, size_t i, struct nos_http_request *r)
{
	struct nos_buf out = r->out;

	nos_buf_truncate(&out, 0);
	*r = (struct nos_http_request){ .path = NOS_STR("/v1/data"),
		.media = NOS_STR("application/jose"),
		.body = nos_buf_span(&g->packs[i]),
		.out = out };
	return nos_ingest_take(&g->ingest, &g->loop, r);
}

static enum nos_code end_group(struct grow *g, struct nos_job *list, struct nos_err *err)
{
	if (!nos_ledger_commit(&g->ledger, list, err)) {
		for (struct nos_job *job = list; job; job = job->link)
			nos_ingest_answer(&g->ingest, job);
		nos_ledger_weigh(&g->ledger, list);
	}
	for (struct nos_job *next; list; list = next) {
		next = list->link;
		if (!err->code && !list->position)
			nos_err_set(
			    err, NOS_INTERNAL, "a pack was not taken: %.200s", list->err.text);
		nos_job_free(list, g->members);
	}
	return err->code;
}

/* All packs from one on, group by group. */
static enum nos_code send(struct grow *g, size_t from, size_t to, size_t group, struct nos_err *err)
{
	while (from < to) {
		struct nos_job *list = NULL, **tail = &list;

		for (size_t i = 0; i < group && from < to; i++, from++) {
			struct nos_job *job = take(g, from, &g->requests[i]);

			if (!job)
				return nos_err_set(err, NOS_INTERNAL, "a pack was refused: %.*s",
				    (int)g->requests[i].out.len, g->requests[i].out.p);
			*tail = job;
			tail = &job->link;
		}
		if (end_group(g, list, err))
			return err->code;
	}
	return NOS_OK;
}

/* As where nothing comes. */
static enum nos_code save_all(struct grow *g, struct nos_err *err)
{
	g->ledger.idle = true;
	while (nos_track_is_dirty(g->ledger.tracks) || g->ledger.pending.count)
		if (nos_ledger_commit(&g->ledger, NULL, err))
			return err->code;
	g->ledger.idle = false;
	return NOS_OK;
}

/* ---- what is counted ---- */

struct files {
	uint64_t read, write, bytes;
};

static struct files look(void)
{
	struct files ret = { 0 };
	FILE *f = fopen("/proc/self/io", "re");
	char line[128];

	while (f && fgets(line, sizeof(line), f)) {
		(void)sscanf(line, "syscr: %" SCNu64, &ret.read);
		(void)sscanf(line, "syscw: %" SCNu64, &ret.write);
		(void)sscanf(line, "wchar: %" SCNu64, &ret.bytes);
	}
	if (f)
		fclose(f);
	return ret;
}

static uint64_t spent(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Never inlined: callgrind looks for it. */
static __attribute__((noinline, noclone)) enum nos_code counted(
    struct grow *g, size_t from, size_t to, struct nos_err *err)
{
	return send(g, from, to, GROUP, err);
}

static enum nos_code count(
    struct grow *g, const char *what, size_t from, size_t each, struct nos_err *err)
{
	const struct files before = look();
	const uint64_t since = spent();
	struct files now;
	uint64_t ns;

	if (counted(g, from, g->pack_count, err))
		return err->code;
	ns = spent() - since;
	now = look();
	printf("%s %zu %zu %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", what,
	    g->pack_count - from, (g->pack_count - from) * each, ns, now.read - before.read,
	    now.write - before.write, now.bytes - before.bytes);
	return NOS_OK;
}

static enum nos_code touch(struct grow *g, struct nos_err *err)
{
	/* Buffers grow with the first group. */
	if (find_senders(g, g->sources, TOUCHED, &g->spread, err) ||
	    seal(g, &g->spread, g->spread.count, 1, err) || send(g, 0, GROUP, GROUP, err) ||
	    count(g, "touch", GROUP, 1, err))
		return err->code;
	return save_all(g, err);
}

static enum nos_code measure(struct grow *g, size_t packs, struct nos_err *err)
{
	const size_t again =
	    (size_t)(g->again * NOS_LAG_ONE / (NOS_LAG_ONE - 1 + EACH)); /* packs */

	if (touch(g, err) || find_senders(g, PART_OF, PART_OF, &g->part, err) ||
	    seal(g, &g->part, g->part.count, 1, err) || send(g, 0, g->part.count, GROUP, err) ||
	    save_all(g, err))
		return err->code;
	if (seal(g, &g->part, packs + again, EACH, err) || send(g, 0, again, GROUP, err))
		return err->code;
	return count(g, "pack", again, EACH, err);
}

static enum nos_code fill(struct grow *g, struct nos_err *err)
{
	g->seq = 1;
	if (find_senders(g, g->sources, g->sources, &g->all, err) ||
	    seal(g, &g->all, g->all.count, 1, err) || send(g, 0, g->all.count, FILL, err))
		return err->code;
	return save_all(g, err);
}

/* ---- the node ---- */

static enum nos_code begin(struct grow *g, char **argv, struct nos_err *err)
{
	struct nos_store_where where;
	struct nos_ledger_config config;

	nos_limit_init(&g->limits);
	g->limits.of[NOS_LIMIT_RESERVE] = 0;
	/* As much of each that sends as of a fleet, without --limit. */
	g->again = g->limits.of[NOS_LIMIT_REPLAY] * PART_OF / FLEET;
	if (g->sources >= MANY)
		g->limits.of[NOS_LIMIT_REPLAY] = g->again;
	if (nos_home_locate(&g->home, &(struct nos_store_where){ .url = argv[1] }, argv[2], err) ||
	    nos_home_open(&g->home, err))
		return err->code;
	where = nos_home_where(&g->home);
	if (nos_store_open(&where, false, &g->loops, err) ||
	    nos_store_open(&where, false, &g->own, err) ||
	    nos_card_new(&g->home, false, &g->card, err) ||
	    nos_member_table_new((size_t)g->limits.of[NOS_LIMIT_SOURCES], &g->members, err))
		return err->code;
	g->ingest = (struct nos_ingest){ .card = g->card,
		.vault = &g->home.vault,
		.limits = &g->limits,
		.members = g->members,
		.metric = &g->metric };
	nos_ingest_loop_init(&g->loop, g->loops, &g->metric);
	for (size_t i = 0; i < FILL; i++)
		nos_buf_init(&g->requests[i].out, ANSWER_MAX);
	config = (struct nos_ledger_config){ .store = g->own,
		.card = g->card,
		.vault = &g->home.vault,
		.members = g->members,
		.limits = &g->limits,
		.metric = &g->metric,
		.node = g->home.self.number };
	if (nos_ledger_init(&g->ledger, &config, nos_profile_builtin(), err) ||
	    nos_replay_run(&g->ledger, err))
		return err->code;
	g->ledger.idle = false;
	return NOS_OK;
}

static void end(struct grow *g)
{
	drop_packs(g);
	free(g->all.keys);
	free(g->spread.keys);
	free(g->part.keys);
	if (g->ledger.tracks)
		nos_ledger_release(&g->ledger);
	nos_ingest_loop_release(&g->loop);
	for (size_t i = 0; i < FILL; i++)
		nos_buf_release(&g->requests[i].out);
	if (g->members)
		nos_member_table_free(g->members);
	nos_card_free(g->card);
	nos_store_close(g->own);
	nos_store_close(g->loops);
	nos_home_release(&g->home);
}

static enum nos_code run(int argc, char **argv, struct grow *g, struct nos_err *err)
{
	const bool fills = argc == 5 && strcmp(argv[4], "fill") == 0;
	uint64_t packs = 0;

	if ((argc != 6 && !fills) ||
	    !nos_num_parse(nos_str_of(argv[3]), GROUP + 1, 10000000, &g->sources) ||
	    (!fills && (!nos_num_parse(nos_str_of(argv[4]), 1, 1000000, &packs) ||
			   !nos_num_parse(nos_str_of(argv[5]), 2, 1000000000, &g->seq))))
		return nos_err_set(err, NOS_USAGE,
		    "usage: grow STORE NODEKEY SOURCES fill, or grow STORE NODEKEY SOURCES PACKS SEQ");
	if (begin(g, argv, err))
		return err->code;
	return fills ? fill(g, err) : measure(g, (size_t)packs, err);
}

int main(int argc, char **argv)
{
	static struct grow g;
	struct nos_err err = { 0 };

	nos_jose_start();
	(void)!run(argc, argv, &g, &err);
	end(&g);
	if (!err.code)
		return fflush(stdout) != 0;
	fprintf(stderr, "grow: %s\n", err.text);
	return 1;
}
