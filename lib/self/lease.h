/* SPDX-License-Identifier: MIT */
/*
 * Which of several nos-serve over one store has which of its lanes (state lease/<lane>), and which
 * of them live (state serve/<holder>). Each writes its beat into what it holds, once a second, by a
 * put that expects the revision which it wrote last. Nobody compares clocks: what has not changed
 * for FREE_US of the looker's own time is free, and is taken by a put that expects that revision.
 * Who could not beat for LAPSE_US holds nothing any more, so that it stops before another begins.
 *
 * A lease says who is to write, not who can: that two do not write at once is seen to by the
 * streams, where an append says what the last position must be. Belongs to one thread; time comes
 * in.
 */
#ifndef NOS_SELF_LEASE_H
#define NOS_SELF_LEASE_H

#include "base/time.h"
#include "self/seat.h"
#include "self/spaces.h"
#include "store/store.h"

#define NOS_LEASE_HOLDER_LEN 16	 /* hex digits */
#define NOS_LEASE_URL_MAX    256 /* bytes */
#define NOS_LEASE_BEAT_US    UINT64_C(1000000)
#define NOS_LEASE_LAPSE_US   UINT64_C(3000000)
#define NOS_LEASE_FREE_US    UINT64_C(4000000)
#define NOS_LEASE_PEERS_MAX  256 /* nos-serve that are counted */

/* A beat as it was seen. */
struct nos_lease_beat {
	char holder[NOS_LEASE_HOLDER_LEN + 1]; /* empty: there is none */
	char url[NOS_LEASE_URL_MAX];
	uint64_t rev;
	struct nos_mono since; /* when this revision was seen first */
	bool seen;	       /* in this turn */
	bool lives;	       /* it was seen to change */
};

struct nos_lease_lane {
	struct nos_lease_beat beat;
	bool held;
	struct nos_mono until; /* held: unless a beat comes before */
	struct nos_mono free;  /* when it was first seen to be free; us 0: it is not */
};

struct nos_lease {
	struct nos_store *store; /* the caller's */
	unsigned lanes;
	char holder[NOS_LEASE_HOLDER_LEN + 1];
	char url[NOS_LEASE_URL_MAX];
	struct nos_seat seat;	/* its URL */
	bool beats_live;	/* its own beat is there */
	bool blind;		/* the last look failed */
	bool ending;		/* takes none any more */
	struct nos_mono looked; /* when the last turn was */
	uint64_t beats;
	struct nos_lease_lane lane[NOS_STORE_LANES_MAX];
	struct nos_lease_beat peers[NOS_LEASE_PEERS_MAX]; /* its own among them */
	size_t peer_count;
};

/* url: by which the others reach this one. NOS_USAGE: too long; NOS_INTERNAL. */
enum nos_code nos_lease_init(struct nos_lease *l, struct nos_store *store, unsigned lanes,
    const char *url, struct nos_err *err) NOS_CHECK;

/*
 * Look at all, beat for what is held, and take what is free up to a fair share, but nothing of a
 * store whose node is not to run (self/moved.h): NOS_CONFIG, and nothing before the URL is this
 * one's (self/seat.h): NOS_BUSY where it is another's that lives, which nos_lease_is_refused
 * says too, and what is held lapses. To be called once a beat, with the time from before. What was
 * lost in it is not held any more. An error of the store: what could not be beaten for is held
 * until its time is up.
 */
enum nos_code nos_lease_turn(
    struct nos_lease *l, struct nos_mono now, struct nos_err *err) NOS_CHECK;

/* As of the last turn: is its URL its own, or that of another that lives? */
bool nos_lease_is_seated(const struct nos_lease *l);
bool nos_lease_is_refused(const struct nos_lease *l);

bool nos_lease_is_held(const struct nos_lease *l, unsigned lane, struct nos_mono now);

/* The URL of who has a lane, as of the last turn; NULL: nobody is known to, or this one has. */
const char *nos_lease_url(const struct nos_lease *l, unsigned lane);

/* Has another a lane, of which it was seen that it lives? */
bool nos_lease_is_elsewhere(const struct nos_lease *l, unsigned lane);

/* Another that lives has at least two fewer: the lane to be given back, once it is closed. */
bool nos_lease_is_much(const struct nos_lease *l, unsigned *ret_lane);

/* Take none any more, and let the others share what there is. */
enum nos_code nos_lease_end(struct nos_lease *l, struct nos_err *err) NOS_CHECK;

/* The lane is closed: whoever comes may have it at once. One that is another's is left to it. */
enum nos_code nos_lease_give(struct nos_lease *l, unsigned lane, struct nos_err *err) NOS_CHECK;

#endif
