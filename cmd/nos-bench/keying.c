/* SPDX-License-Identifier: MIT */
#include "keying.h"

#include <stdlib.h>
#include <string.h>

#include "lap.h"

#define WARM_UP 50

/* ---- where it takes place ---- */

static bool is_grouped(enum bench_scheme s)
{
	return s == BENCH_DIPIETRO || s == BENCH_TREE;
}

/* An acknowledgement names a source's domain in digits, and nine of ten have two: another is drawn
 * again, so that bytes repeat. */
static bool has_usual_names(const struct party_source *s)
{
	const struct nos_keyring *k = &s->keyring;

	return !k->global_count || (k->globals[0].domain >= 10 && k->globals[0].domain <= 99);
}

static enum nos_code enrol_one(
    struct keying_place *p, const char *scheme, struct party_source *ret, struct nos_err *err)
{
	do {
		if (party_enrol(&p->party, scheme, ret, err))
			return err->code;
	} while (!has_usual_names(ret));
	return party_settle(&p->party, ret, err);
}

static enum nos_code enrol(struct keying_place *p, enum bench_scheme s, struct nos_err *err)
{
	const char *name = bench_scheme_text(s);

	if (is_grouped(s) && party_group(&p->party, name, err))
		return err->code;
	for (unsigned i = 0; i < KEYING_SOURCES; i++)
		if (enrol_one(p, name, &p->sources[s][i], err))
			return err->code;
	/* Who has its place is given a key of the next session, or epoch. */
	if (!is_grouped(s))
		return NOS_OK;
	if (party_advance(&p->party, name, false, err))
		return err->code;
	for (unsigned i = 0; i < KEYING_SOURCES; i++)
		if (party_settle(&p->party, &p->sources[s][i], err))
			return err->code;
	return NOS_OK;
}

static enum nos_code note_numbers(struct keying_place *p, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };
	struct nos_issuer w;

	if (party_read(&p->party, &p->sources[BENCH_DINI][0], &r, &w, err))
		return err->code;
	p->numbers = *w.numbers;
	return NOS_OK;
}

/* The first requests of a connection are those that make it. */
static enum nos_code warm_up(struct keying_place *p, struct nos_err *err)
{
	static const uint8_t byte = 0;
	const struct nos_span message = { &byte, 1 };
	double unused;

	for (unsigned i = 0; i < WARM_UP; i++)
		if (loopback_send(&p->loopback, message, message, &unused, err))
			return err->code;
	return NOS_OK;
}

enum nos_code keying_open(struct keying_place *p, struct bench *b, struct nos_err *err)
{
	memset(p, 0, sizeof(*p));
	p->b = b;
	if (party_open(&p->party, err) || loopback_open(&p->loopback, err))
		return err->code;
	for (unsigned s = 0; s < BENCH_SCHEMES; s++)
		if (enrol(p, (enum bench_scheme)s, err))
			return err->code;
	return note_numbers(p, err) ? err->code : warm_up(p, err);
}

void keying_close(struct keying_place *p)
{
	loopback_close(&p->loopback);
	party_close(&p->party);
	explicit_bzero(p, sizeof(*p));
}

/* ---- what there is ---- */

static const struct keying_hand *const hands[BENCH_PROFILES][BENCH_SCHEMES] = {
	[BENCH_PAPER] = {
		[BENCH_DINI] = &keying_paper_dini,
		[BENCH_DIPIETRO] = &keying_paper_dipietro,
	},
	[BENCH_DEFAULT] = {
		[BENCH_PAIRWISE] = &keying_default_single,
		[BENCH_DINI] = &keying_default_single,
		[BENCH_DIPIETRO] = &keying_default_order,
		[BENCH_TREE] = &keying_default_heal,
	},
};

bool keying_is(const struct keying_what *what)
{
	return hands[what->profile][what->scheme] != NULL;
}

void keying_release(struct keying *k)
{
	bench_sample_release(&k->make);
	bench_sample_release(&k->take);
	bench_sample_release(&k->wire);
	bench_sample_release(&k->total);
}

/* ---- a run ---- */

static void add(struct counted *all, const struct printed_count *c)
{
	all->concatenations += c->concatenations;
	all->keys += c->keys;
	all->encryptions += c->encryptions;
	all->decryptions += c->decryptions;
	all->hashes += c->hashes;
	all->xors += c->xors;
}

static void begin(struct keying_run *r)
{
	r->count = (struct printed_count){ 0 };
	counted_begin();
}

/* The paper's operations are counted where they are done, and what they are made of is the
 * library's too. */
static struct counted end(const struct keying_run *r)
{
	struct counted c = { 0 };

	if (r->what->profile == BENCH_DEFAULT)
		return counted_end();
	add(&c, &r->count);
	return c;
}

typedef enum nos_code each(struct keying_run *r, unsigned i, struct nos_err *err);

/* For all sources; *ret_longest is the longest of them. The first is counted. */
static enum nos_code for_all(struct keying_run *r, each *what, double *ret_longest,
    struct counted *ret_count, struct nos_err *err)
{
	*ret_longest = 0;
	for (unsigned i = 0; what && i < r->what->sources; i++) {
		const double since = lap_ms();
		double took;

		if (what(r, i, err))
			return err->code;
		took = lap_ms() - since;
		if (took > *ret_longest)
			*ret_longest = took;
		if (i == 0)
			*ret_count = end(r);
	}
	return NOS_OK;
}

/* What the node does for all, and then for each. */
static enum nos_code make(const struct keying_hand *h, struct keying_run *r, double *ret_ms,
    struct keying *k, struct nos_err *err)
{
	const double since = lap_ms();
	double longest;

	begin(r);
	if (h->turn && h->turn(r, err))
		return err->code;
	k->made = end(r);
	if (for_all(r, h->make, &longest, &k->made, err))
		return err->code;
	*ret_ms = lap_ms() - since;
	return NOS_OK;
}

static enum nos_code hear(
    const struct keying_hand *h, struct keying_run *r, double *add_ms, struct nos_err *err)
{
	const double since = lap_ms();
	struct counted unused;
	double longest;

	if (for_all(r, h->hear, &longest, &unused, err))
		return err->code;
	*add_ms += lap_ms() - since;
	return NOS_OK;
}

static enum nos_code carry(
    const struct keying_hand *h, struct keying_run *r, double *ret_ms, struct nos_err *err)
{
	const unsigned count = h->broadcast ? 1 : r->what->sources;
	double ms;

	*ret_ms = 0;
	for (unsigned i = 0; i < count; i++) {
		if (loopback_send(&r->p->loopback, r->down[i], r->up[i], &ms, err))
			return err->code;
		*ret_ms += ms + (double)r->p->b->o->rtt_ms;
	}
	return NOS_OK;
}

static enum nos_code run_once(
    const struct keying_hand *h, struct keying_run *r, struct keying *k, struct nos_err *err)
{
	double made = 0, taken, wired;

	if ((h->ready && h->ready(r, err)) || make(h, r, &made, k, err))
		return err->code;
	begin(r);
	if (for_all(r, h->take, &taken, &k->taken, err) || carry(h, r, &wired, err) ||
	    hear(h, r, &made, err))
		return err->code;
	k->down = r->down[0].len;
	k->up = r->up[0].len;
	return bench_sample_add(&k->make, made, err) || bench_sample_add(&k->take, taken, err) ||
		       bench_sample_add(&k->wire, wired, err)
		   ? err->code
		   : bench_sample_add(&k->total, made + taken + wired, err);
}

enum nos_code keying_measure(struct keying_place *p, const struct keying_what *what, uint64_t runs,
    struct keying *ret, struct nos_err *err)
{
	const struct keying_hand *h = hands[what->profile][what->scheme];
	struct keying_run r = { .p = p, .what = what };

	*ret = (struct keying){ 0 };
	r.own = calloc(1, h->size);
	if (!r.own)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	for (uint64_t i = 0; i < runs && !err->code && !(i && bench_is_stopped()); i++)
		(void)!run_once(h, &r, ret, err);
	if (h->drop)
		h->drop(&r);
	explicit_bzero(r.own, h->size);
	free(r.own);
	return err->code;
}
