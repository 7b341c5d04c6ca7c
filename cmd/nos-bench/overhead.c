/* SPDX-License-Identifier: MIT */
#include "overhead.h"

#include <stdio.h>
#include <stdlib.h>

#define RUNS_MANY 300
#define RUNS_FEW  30
#define FEWEST	  2 /* registered sources, in the paper's first scenario */

enum nos_code overhead_row(const struct overhead *o, const char *what, const char *unit,
    unsigned sources, double value, const char *how, struct nos_err *err)
{
	const struct bench_row row = { .what = what,
		.scheme = bench_scheme_text(o->scheme),
		.profile = bench_profile_text(o->profile),
		.unit = unit,
		.sources = sources,
		.how = how };

	return bench_is_stopped() ? NOS_OK : bench_row_count(o->place->b, &row, value, err);
}

/* ---- a new key ---- */

enum nos_code overhead_operations(const struct overhead *o, const char *where,
    const struct counted *c, const char *how, struct nos_err *err)
{
	const char *name;
	char what[64];
	uint64_t n;

	for (unsigned i = 0; counted_at(c, i, &name, &n); i++) {
		snprintf(what, sizeof(what), "operation %s %s", where, name);
		if (n && overhead_row(o, what, "count", 0, (double)n, how, err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code say_time(const struct overhead *o, const char *what, struct bench_sample *ms,
    unsigned sources, const char *how, struct nos_err *err)
{
	const struct bench_row row = { .what = what,
		.scheme = bench_scheme_text(o->scheme),
		.profile = bench_profile_text(o->profile),
		.unit = "µs",
		.sources = sources,
		.how = how };

	for (size_t i = 0; i < ms->count; i++)
		ms->values[i] *= 1000;
	return bench_is_stopped() ? NOS_OK : bench_row_sample(o->place->b, &row, ms, err);
}

/* What the node's operations are for. */
static const char *node_how(const struct overhead *o)
{
	if (o->scheme == BENCH_TREE)
		return "for one epoch by heal, and the message of one member";
	if (o->scheme != BENCH_DIPIETRO)
		return "for one new key of one source";
	return o->profile == BENCH_PAPER
		   ? "for one order to all members"
		   : "for one order to all members; a token takes up to 256 hashes out of its chain";
}

static enum nos_code say_keying(
    const struct overhead *o, struct keying *k, unsigned sources, struct nos_err *err)
{
	if (sources == FEWEST &&
	    (overhead_operations(o, "node", &k->made, node_how(o), err) ||
		overhead_operations(o, "source", &k->taken,
		    k->up ? "for one new key, and its acknowledgement" : "for one new key", err)))
		return err->code;
	if (say_time(o, "time node", &k->make, sources, "a new key for each of the sources", err) ||
	    say_time(o, "time source", &k->take, sources, "the slowest of the sources", err))
		return err->code;
	return say_time(o, "time loopback", &k->wire, sources,
	    o->scheme == BENCH_DIPIETRO
		? "one order, which all hear"
		: "each message and its acknowledgement, one source behind the other",
	    err);
}

static enum nos_code key_once(
    const struct overhead *o, bool first, unsigned sources, struct nos_err *err)
{
	const struct keying_what what = {
		.scheme = o->scheme, .profile = o->profile, .first = first, .sources = sources
	};
	const uint64_t runs = first ? 1 : bench_runs(o->place->b, RUNS_MANY, RUNS_FEW);
	struct keying k;

	if (!keying_measure(o->place, &what, runs, &k, err)) {
		if (!first)
			(void)!say_keying(o, &k, sources, err);
		if (!err->code && o->profile == BENCH_PAPER)
			(void)!overhead_printed(o, &k, sources, first, err);
	}
	keying_release(&k);
	return err->code;
}

static enum nos_code key_all(const struct overhead *o, struct nos_err *err)
{
	const bool has_first = o->profile == BENCH_PAPER && o->scheme == BENCH_DINI;

	for (unsigned n = FEWEST; n <= KEYING_SOURCES && !bench_is_stopped(); n++)
		if ((has_first && key_once(o, true, n, err)) || key_once(o, false, n, err))
			return err->code;
	return NOS_OK;
}

/* ---- the whole ---- */

static enum nos_code say(struct overhead *o, struct nos_err *err)
{
	if (key_all(o, err) || overhead_storage(o, err))
		return err->code;
	if (o->profile == BENCH_PAPER)
		return NOS_OK;
	return overhead_messages(o, err) ? err->code : overhead_exchange(o, err);
}

static enum nos_code say_all(struct keying_place *place, struct nos_err *err)
{
	struct bench *b = place->b;
	uint64_t done = 0;

	nos_progress_init(&b->progress, "schemes", BENCH_PROFILES * BENCH_SCHEMES);
	for (unsigned p = 0; p < BENCH_PROFILES && !bench_is_stopped(); p++) {
		if (b->profiles[p] && overhead_primitives(b, (enum bench_profile)p, err))
			return err->code;
		for (unsigned s = 0; s < BENCH_SCHEMES && !bench_is_stopped(); s++) {
			struct overhead o = { place, (enum bench_scheme)s, (enum bench_profile)p,
				0 };
			const struct keying_what what = { .scheme = o.scheme,
				.profile = o.profile };

			nos_progress_set(&b->progress, done++);
			if (b->profiles[p] && b->schemes[s] && keying_is(&what) && say(&o, err))
				return err->code;
		}
	}
	return NOS_OK;
}

enum nos_code bench_overhead(struct bench *b, struct nos_err *err)
{
	struct keying_place *place = calloc(1, sizeof(*place));

	if (!place)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (!keying_open(place, b, err))
		(void)!say_all(place, err);
	keying_close(place);
	free(place);
	return err->code;
}
