/* SPDX-License-Identifier: MIT */
/*
 * Fig. 4: replacement against the number of registered sources, from the order until the last of
 * them holds the new key and has said so where its scheme says so. The sources come over 16
 * connections once the order is given; the first part, until it is given, is the node's alone. In
 * the default profile each sends a pack of one reading, whose answer brings the key: that is the
 * way that all four schemes have, and it costs the storing of a reading that the paper's has not.
 */
#include <stdlib.h>
#include <string.h>

#include "delay.h"

static const uint64_t usual[] = { 2, 3, 10, 100, 1000, 10000 };
#define QUICK_COUNT 4

static const char *const hows[BENCH_SCHEMES][BENCH_PROFILES] = {
	[BENCH_PAIRWISE] = { NULL, "with the answer to a pack: a message each, each acknowledges" },
	[BENCH_DINI] = { "a packet each, each replies",
	    "with the answer to a pack: a message each, each acknowledges" },
	[BENCH_DIPIETRO] = { "the same packet for all, none replies",
	    "with the answer to a pack: the same order for all, none acknowledges" },
	[BENCH_TREE] = { NULL,
	    "with the answer to a pack: an epoch by heal, a message each, each acknowledges" },
};

struct replacement {
	struct bench *b;
	struct stage *stage;
	struct stage_fleet fleets[BENCH_SCHEMES];
	struct printed_net *nets[BENCH_SCHEMES];
	struct crowd *crowd;
	/* Of the number of sources in hand: all of it, and the node's part. */
	struct bench_sample whole[BENCH_SCHEMES][BENCH_PROFILES];
	struct bench_sample alone[BENCH_SCHEMES][BENCH_PROFILES];
};

static bool is_wanted(const struct bench *b, int scheme, int profile)
{
	return b->schemes[scheme] && b->profiles[profile] &&
	       (profile == BENCH_DEFAULT || delay_is_printed((enum bench_scheme)scheme));
}

static uint64_t runs_of(const struct bench *b, uint64_t sources)
{
	if (sources <= 10)
		return bench_runs(b, 50, 10);
	if (sources <= 100)
		return bench_runs(b, 30, 5);
	return sources <= 1000 ? bench_runs(b, 6, 3) : bench_runs(b, 2, 1);
}

/* ---- a run ---- */

static enum nos_code go(struct replacement *d, enum bench_scheme scheme, bool paper,
    double *ret_ordered, struct nos_err *err)
{
	struct stage_fleet *f = &d->fleets[scheme];

	if (paper ? printed_net_order(d->nets[scheme], false, &d->b->random, err)
		  : stage_order(d->stage, f, STAGE_REPLACE, err))
		return err->code;
	*ret_ordered = delay_clock();
	return paper ? printed_net_follow(d->nets[scheme], d->crowd, err)
		     : stage_follow(d->stage, f, err);
}

static enum nos_code measure(
    struct replacement *d, int scheme, enum bench_profile profile, struct nos_err *err)
{
	struct stage_fleet *f = &d->fleets[scheme];
	double since, ordered = 0, now;

	/* One fleet is at work at a time: all of them would need more descriptors than there are.
	 */
	if (profile == BENCH_DEFAULT && stage_fleet_wake(d->stage, f, err))
		return err->code;
	since = delay_clock();
	(void)!go(d, (enum bench_scheme)scheme, profile == BENCH_PAPER, &ordered, err);
	now = delay_clock();
	stage_fleet_rest(f);
	if (err->code)
		return err->code;
	if (profile == BENCH_PAPER && !printed_net_agrees(d->nets[scheme]))
		return nos_err_set(err, NOS_INTERNAL, "the sides have other keys");
	return bench_sample_add(&d->alone[scheme][profile], ordered - since, err) ||
		       bench_sample_add(&d->whole[scheme][profile], now - since, err)
		   ? err->code
		   : NOS_OK;
}

/* Each time another one begins. */
static enum nos_code measure_all(struct replacement *d, uint64_t run, struct nos_err *err)
{
	for (uint64_t i = 0; i < BENCH_SCHEMES * BENCH_PROFILES && !err->code; i++) {
		const uint64_t at = (run + i) % (BENCH_SCHEMES * BENCH_PROFILES);
		const int scheme = (int)(at % BENCH_SCHEMES);
		const enum bench_profile profile = (enum bench_profile)(at / BENCH_SCHEMES);

		if (is_wanted(d->b, scheme, (int)profile) && !bench_is_stopped())
			(void)!measure(d, scheme, profile, err);
	}
	return err->code;
}

/* ---- a number of sources ---- */

static enum nos_code grow(struct replacement *d, uint64_t sources, struct nos_err *err)
{
	struct bench *b = d->b;

	nos_progress_init(&b->progress, "sources registered", sources);
	for (int i = 0; i < BENCH_SCHEMES && !err->code; i++) {
		struct stage_fleet *f = &d->fleets[i];

		f->scheme = (enum bench_scheme)i;
		if (is_wanted(b, i, BENCH_DEFAULT) && f->count < sources)
			(void)!stage_fleet_add(
			    d->stage, f, (size_t)sources - f->count, &b->progress, err);
		printed_net_close(d->nets[i]);
		d->nets[i] = NULL;
		if (!err->code && is_wanted(b, i, BENCH_PAPER))
			(void)!printed_net_open(
			    i == BENCH_DIPIETRO, (size_t)sources, &b->random, &d->nets[i], err);
	}
	nos_progress_done(&b->progress);
	return err->code;
}

static enum nos_code print(struct replacement *d, uint64_t sources, struct nos_err *err)
{
	for (int i = 0; i < BENCH_SCHEMES * BENCH_PROFILES && !err->code; i++) {
		const int scheme = i / BENCH_PROFILES, profile = i % BENCH_PROFILES;
		struct bench_row r = { .what = "replace",
			.scheme = bench_scheme_text((enum bench_scheme)scheme),
			.profile = bench_profile_text((enum bench_profile)profile),
			.unit = "ms",
			.sources = sources,
			.how = hows[scheme][profile] };

		if (delay_row(d->b, &r, &d->whole[scheme][profile], err))
			break;
		r.what = "replace, the node's part";
		r.how = "until the order is given";
		(void)!delay_row(d->b, &r, &d->alone[scheme][profile], err);
	}
	return err->code;
}

static enum nos_code run_one(struct replacement *d, uint64_t sources, struct nos_err *err)
{
	const uint64_t runs = runs_of(d->b, sources);

	if (grow(d, sources, err))
		return err->code;
	nos_progress_init(&d->b->progress, "keys replaced of all sources", runs);
	for (uint64_t i = 0; i < runs && !err->code && !bench_is_stopped(); i++) {
		nos_progress_set(&d->b->progress, i);
		(void)!measure_all(d, i, err);
	}
	nos_progress_done(&d->b->progress);
	return bench_unless_stopped(err) ? err->code : print(d, sources, err);
}

/* ---- the whole ---- */

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* In order, since fleets only grow. */
static size_t numbers_of(const struct bench *b, uint64_t ret[static BENCH_SOURCES_MAX])
{
	const size_t count = sizeof(usual) / sizeof(usual[0]);

	if (!b->source_count) {
		memcpy(ret, usual, sizeof(usual));
		return b->o->quick ? QUICK_COUNT : count;
	}
	memcpy(ret, b->sources, b->source_count * sizeof(*ret));
	qsort(ret, b->source_count, sizeof(*ret), compare);
	return b->source_count;
}

static enum nos_code run_all(struct replacement *d, struct nos_err *err)
{
	uint64_t numbers[BENCH_SOURCES_MAX];
	const size_t count = numbers_of(d->b, numbers);
	const uint64_t rtt_ms = d->b->o->rtt_ms;

	if ((d->b->profiles[BENCH_PAPER] && crowd_open(rtt_ms, &d->crowd, err)) ||
	    (d->b->profiles[BENCH_DEFAULT] && stage_open(rtt_ms, &d->stage, err)))
		return err->code;
	for (size_t i = 0; i < count && !bench_is_stopped(); i++)
		if ((!i || numbers[i] != numbers[i - 1]) && run_one(d, numbers[i], err))
			return err->code;
	return NOS_OK;
}

enum nos_code delay_replacement(struct bench *b, struct nos_err *err)
{
	struct replacement d = { .b = b };

	(void)!run_all(&d, err);
	for (int i = 0; i < BENCH_SCHEMES; i++) {
		printed_net_close(d.nets[i]);
		stage_fleet_release(&d.fleets[i]);
		for (int p = 0; p < BENCH_PROFILES; p++) {
			bench_sample_release(&d.whole[i][p]);
			bench_sample_release(&d.alone[i][p]);
		}
	}
	stage_close(d.stage);
	crowd_close(d.crowd);
	return err->code;
}
