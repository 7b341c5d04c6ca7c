/* SPDX-License-Identifier: MIT */
/* Fig. 2: how long a key takes to a source that reaches its node, from the order to the node's word
 * that it has the acknowledgement. */
#include <pthread.h>
#include <time.h>

#include "delay.h"

#define RUNS	  100
#define QUICK	  10
#define HELD_RUNS 30 /* of those that the node keeps waiting */
#define HELD_S	  10
#define HELD_NS	  20000000 /* after which a poll is held */

enum way {
	GLOBAL,	 /* under a global key: install */
	LOCAL,	 /* in the place of a local key: replace */
	WAITING, /* the same, to a source whose poll is held */
	WAYS,
};
static const char *const whats[WAYS] = { "propagate by global key", "propagate by local key",
	"propagate to who waits" };
static const char *const hows[WAYS][BENCH_PROFILES] = {
	[GLOBAL] = { "the source asks at once, and replies",
	    "the global key is taken back, another is sent, and a local key of it" },
	[LOCAL] = { "the source asks at once, and replies",
	    "the source polls at once, and acknowledges" },
	[WAITING] = { "the NOS holds a request",
	    "the node holds a poll, and looks ten times a second for what others ordered" },
};

struct direct {
	struct bench *b;
	struct stage *stage;
	struct stage_fleet fleets[BENCH_SCHEMES]; /* of one source */
	struct printed_net *net;
	struct crowd *crowd; /* of the net */
	struct bench_sample samples[WAYS][BENCH_SCHEMES][BENCH_PROFILES];
};

/* ---- one of them ---- */

/* A source that waits, on a thread of its own. */
struct waiter {
	struct direct *d;
	enum bench_scheme scheme;
	enum bench_profile profile;
	const struct nos_carrier *carrier;
	struct nos_err err;
};

static enum nos_code visit(const struct waiter *w, bool wait, struct nos_err *err)
{
	struct direct *d = w->d;

	return w->profile == BENCH_PAPER
		   ? printed_net_visit(d->net, 0, wait, w->carrier, err)
		   : stage_poll(&d->fleets[w->scheme], 0, wait ? HELD_S : 0, w->carrier, err);
}

static void *work(void *state)
{
	struct waiter *w = state;

	(void)!visit(w, true, &w->err);
	return NULL;
}

static enum nos_code order(const struct waiter *w, enum way way, struct nos_err *err)
{
	struct direct *d = w->d;

	return w->profile == BENCH_PAPER
		   ? printed_net_order(d->net, way == GLOBAL, &d->b->random, err)
		   : stage_order(d->stage, &d->fleets[w->scheme],
			 way == GLOBAL ? STAGE_RECALL : STAGE_REPLACE, err);
}

static enum nos_code check(const struct waiter *w, struct nos_err *err)
{
	struct direct *d = w->d;

	if (w->profile == BENCH_PAPER)
		return printed_net_agrees(d->net)
			   ? NOS_OK
			   : nos_err_set(err, NOS_INTERNAL, "the sides have other keys");
	return d->fleets[w->scheme].sources[0].done
		   ? NOS_OK
		   : nos_err_set(err, NOS_INTERNAL, "a source has no new key of %s",
			 bench_scheme_text(w->scheme));
}

static enum nos_code measure_waiting(struct waiter *w, double *ret_since, struct nos_err *err)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, work, w))
		return nos_err_set(err, NOS_INTERNAL, "cannot start a thread");
	nanosleep(&(struct timespec){ .tv_nsec = HELD_NS }, NULL);
	*ret_since = delay_clock();
	(void)!order(w, WAITING, err);
	pthread_join(thread, NULL);
	if (!err->code)
		*err = w->err;
	return err->code;
}

static enum nos_code measure_one(struct direct *d, enum way way, enum bench_scheme scheme,
    enum bench_profile profile, struct nos_err *err)
{
	struct waiter w = { .d = d,
		.scheme = scheme,
		.profile = profile,
		.carrier =
		    crowd_carrier(profile == BENCH_PAPER ? d->crowd : stage_crowd(d->stage)) };
	double since = delay_clock();

	if (way == WAITING ? measure_waiting(&w, &since, err)
			   : order(&w, way, err) || visit(&w, false, err))
		return err->code;
	return bench_sample_add(&d->samples[way][scheme][profile], delay_clock() - since, err) ||
		       check(&w, err)
		   ? err->code
		   : NOS_OK;
}

/* ---- all of them ---- */

static bool is_wanted(
    const struct bench *b, enum way way, enum bench_scheme scheme, enum bench_profile profile)
{
	if (!b->schemes[scheme] || !b->profiles[profile])
		return false;
	return scheme == BENCH_DINI ||
	       (scheme == BENCH_PAIRWISE && way != GLOBAL && profile == BENCH_DEFAULT);
}

static enum nos_code measure_all(struct direct *d, uint64_t run, struct nos_err *err)
{
	const uint64_t held = bench_runs(d->b, HELD_RUNS, QUICK);

	for (int i = 0; i < WAYS * 2 * BENCH_PROFILES && !err->code; i++) {
		const int at = (int)((run + (uint64_t)i) % (WAYS * 2 * BENCH_PROFILES));
		const enum way way = (enum way)(at % WAYS);
		const enum bench_profile profile = (enum bench_profile)(at / WAYS % BENCH_PROFILES);
		const enum bench_scheme scheme =
		    at / WAYS / BENCH_PROFILES ? BENCH_DINI : BENCH_PAIRWISE;

		if (is_wanted(d->b, way, scheme, profile) && (way != WAITING || run < held))
			(void)!measure_one(d, way, scheme, profile, err);
	}
	return err->code;
}

static enum nos_code open_all(struct direct *d, struct nos_err *err)
{
	const uint64_t rtt_ms = d->b->o->rtt_ms;

	if (d->b->profiles[BENCH_PAPER] && d->b->schemes[BENCH_DINI] &&
	    (crowd_open(rtt_ms, &d->crowd, err) ||
		printed_net_open(false, 1, &d->b->random, &d->net, err)))
		return err->code;
	if (!d->b->profiles[BENCH_DEFAULT])
		return NOS_OK;
	if (stage_open(rtt_ms, &d->stage, err))
		return err->code;
	for (int i = 0; i < BENCH_SCHEMES && !err->code; i++) {
		d->fleets[i].scheme = (enum bench_scheme)i;
		if (is_wanted(d->b, LOCAL, (enum bench_scheme)i, BENCH_DEFAULT))
			(void)!(stage_fleet_add(d->stage, &d->fleets[i], 1, NULL, err) ||
				stage_fleet_wake(d->stage, &d->fleets[i], err));
	}
	return err->code;
}

static enum nos_code run_all(struct direct *d, struct nos_err *err)
{
	const uint64_t runs = bench_runs(d->b, RUNS, QUICK);

	nos_progress_init(&d->b->progress, "keys propagated", runs);
	for (uint64_t i = 0; i < runs && !err->code && !bench_is_stopped(); i++) {
		nos_progress_set(&d->b->progress, i);
		(void)!measure_all(d, i, err);
	}
	nos_progress_done(&d->b->progress);
	return bench_unless_stopped(err);
}

static enum nos_code print(struct direct *d, struct nos_err *err)
{
	for (int i = 0; i < WAYS * BENCH_SCHEMES * BENCH_PROFILES && !err->code; i++) {
		const int way = i / (BENCH_SCHEMES * BENCH_PROFILES), profile = i % BENCH_PROFILES,
			  scheme = i / BENCH_PROFILES % BENCH_SCHEMES;
		const struct bench_row r = { .what = whats[way],
			.scheme = bench_scheme_text((enum bench_scheme)scheme),
			.profile = bench_profile_text((enum bench_profile)profile),
			.unit = "ms",
			.sources = 1,
			.how = hows[way][profile] };

		(void)!delay_row(d->b, &r, &d->samples[way][scheme][profile], err);
	}
	return err->code;
}

static void close_all(struct direct *d)
{
	printed_net_close(d->net);
	crowd_close(d->crowd);
	for (int i = 0; i < BENCH_SCHEMES; i++) {
		stage_fleet_release(&d->fleets[i]);
		for (int j = 0; j < WAYS * BENCH_PROFILES; j++)
			bench_sample_release(
			    &d->samples[j / BENCH_PROFILES][i][j % BENCH_PROFILES]);
	}
	stage_close(d->stage);
}

enum nos_code delay_direct(struct bench *b, struct nos_err *err)
{
	struct direct d = { .b = b };

	if (!open_all(&d, err) && !run_all(&d, err))
		(void)!print(&d, err);
	close_all(&d);
	return err->code;
}
