/* SPDX-License-Identifier: MIT */
/*
 * One new key for each of a few sources, from where the node makes it to where the last source has
 * it: what that takes, by the parts of the paper's T(s,z). The node's own work is the sequential
 * part; each source is a machine of its own, so the parallel part is the longest of theirs; and
 * what has to travel goes over HTTP on the loopback. The functions that change keys are measured,
 * and not the store behind them.
 */
#ifndef BENCH_KEYING_H
#define BENCH_KEYING_H

#include "bench.h"
#include "counted.h"
#include "loopback.h"
#include "party.h"
#include "printed.h"

#define KEYING_SOURCES 3 /* registered, in the larger of the paper's scenarios */

/* Where it takes place. Close it, also where opening it fails. */
struct keying_place {
	struct bench *b;
	struct party party;
	struct party_source sources[BENCH_SCHEMES][KEYING_SOURCES];
	struct nos_pool_numbers numbers; /* that every run begins with, so that bytes repeat */
	struct loopback loopback;
};

enum nos_code keying_open(struct keying_place *p, struct bench *b, struct nos_err *err) NOS_CHECK;
void keying_close(struct keying_place *p);

struct keying_what {
	enum bench_scheme scheme;
	enum bench_profile profile;
	bool first;	  /* the paper's dini: a first key under the global one, not the next */
	unsigned sources; /* KEYING_SOURCES at most */
};

/* Is there such a thing? The paper has two schemes. */
bool keying_is(const struct keying_what *what);

/* Release it. */
struct keying {
	struct bench_sample make, take, wire, total; /* ms */
	struct counted made, taken; /* of one source's key: at the node, at the source */
	size_t down, up;	    /* bytes of a message and of its acknowledgement; up 0: none */
};

void keying_release(struct keying *k);

/* So many runs of it. A run that is stopped leaves what there is: one at least. */
enum nos_code keying_measure(struct keying_place *p, const struct keying_what *what, uint64_t runs,
    struct keying *ret, struct nos_err *err) NOS_CHECK;

/* ---- for keying_*.c ---- */

/* A run. What is made and taken is the hand's own. */
struct keying_run {
	struct keying_place *p;
	const struct keying_what *what;
	void *own;
	struct printed_count count; /* of the paper's profile */
	struct nos_span down[KEYING_SOURCES], up[KEYING_SOURCES];
};

/* The steps of one scheme in one profile. NULL: nothing is to be done. */
struct keying_hand {
	size_t size; /* bytes of own, zeroed at first */
	enum nos_code (*ready)(struct keying_run *r, struct nos_err *err); /* not measured */
	enum nos_code (*turn)(struct keying_run *r, struct nos_err *err);  /* node, for all */
	enum nos_code (*make)(struct keying_run *r, unsigned i, struct nos_err *err); /* node */
	enum nos_code (*take)(struct keying_run *r, unsigned i, struct nos_err *err); /* source */
	enum nos_code (*hear)(struct keying_run *r, unsigned i, struct nos_err *err); /* node */
	void (*drop)(struct keying_run *r);
	bool broadcast; /* one message that all hear: it is sent once */
};

extern const struct keying_hand keying_paper_dini, keying_paper_dipietro;
extern const struct keying_hand keying_default_single, keying_default_order, keying_default_heal;

#endif
