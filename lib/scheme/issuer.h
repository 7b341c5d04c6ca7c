/* SPDX-License-Identifier: MIT */
/*
 * The node's side of a key's life, for every scheme (nos-schemes(7), "Common base"): what it
 * issues, how that is confirmed, when it ends. How a source that has lost whatever gets all of it
 * again is offer.h's. Each function takes the association as it is kept and leaves it as it should
 * be; its caller keeps it before anything of it is sent, and writes its events down. Pure: clock
 * and randomness come in. Every function may give NOS_INTERNAL, and *a is then to be thrown away.
 */
#ifndef NOS_SCHEME_ISSUER_H
#define NOS_SCHEME_ISSUER_H

#include "key/assoc.h"
#include "key/derive.h"
#include "scheme/pool.h"
#include "scheme/scheme.h"

struct nos_place;

/* How many crypto-periods a key outlives the order to replace it, where no confirmation comes. */
#define NOS_ISSUER_PERIODS_MAX 3

/* The world as a change finds it. */
struct nos_issuer {
	struct nos_time now;
	uint64_t node;
	struct nos_str source;
	uint64_t life;			  /* of the node */
	uint64_t identity;		  /* generation of its own keys */
	uint64_t overlap_ms;		  /* of a key that is replaced with one to come */
	uint64_t period_ms;		  /* crypto-period */
	const struct nos_scheme *scheme;  /* of the source; NULL: this nos does not know it */
	const struct nos_pool *pool;	  /* global keys; NULL: none */
	struct nos_pool_numbers *numbers; /* for local keys; NULL: none are given now */
	struct nos_place *place;	  /* of its group (place.h); NULL: none is looked at now */
};

/* A version of p. above all that were, and in the range of the node's life. */
uint64_t nos_issuer_next_version(const struct nos_assoc *a, const struct nos_issuer *w);

/* A source names one: none that is not above it will be given. */
void nos_issuer_saw_version(struct nos_assoc *a, uint64_t v);

/* What a registration makes: p.1 is active. *a is all zero. */
void nos_issuer_enrol(
    struct nos_assoc *a, const struct nos_issuer *w, const struct nos_derive_base *base);

/*
 * A registration in place of an older one: all of *a goes, and the new key's name and z are above
 * what was. The message that tells the source so is appended to *ret: its only grant. next: number
 * of its next pack.
 */
enum nos_code nos_issuer_enrol_again(struct nos_assoc *a, const struct nos_issuer *w,
    const struct nos_derive_base *base, uint64_t next, struct nos_buf *ret,
    struct nos_err *err) NOS_CHECK;

enum nos_issuer_did {
	NOS_ISSUER_NOTHING, /* a successor waits already, or an ask, which replaces it too */
	NOS_ISSUER_ISSUED,  /* the successor is pre-active, and its message waits to be fetched */
	NOS_ISSUER_ASKS,    /* the chain is at its end, or no key is left: the source is to ask */
};

/*
 * What was made of a global key that is no more goes, and what the source lacks of its scheme goes
 * on its way: compared anew at each change of it, so that whatever was lost heals. Nothing is sent
 * while it is to ask.
 */
enum nos_code nos_issuer_fill(struct nos_assoc *a, const struct nos_issuer *w, bool *ret_changed,
    struct nos_err *err) NOS_CHECK;

/* Replace the key of the source's scheme. */
enum nos_code nos_issuer_replace(struct nos_assoc *a, const struct nos_issuer *w,
    enum nos_issuer_did *ret, struct nos_err *err) NOS_CHECK;

/* The source is to make all anew, Z too. False: it was to already. */
bool nos_issuer_renew(struct nos_assoc *a);

/* Everything goes but what tells the source so. reason: for the events. False: it was already. */
enum nos_code nos_issuer_revoke(
    struct nos_assoc *a, const char *reason, bool *ret_done, struct nos_err *err) NOS_CHECK;

/* A pack under this key has verified. *ret_changed: it was the first. */
enum nos_code nos_issuer_used(struct nos_assoc *a, const struct nos_issuer *w,
    const struct nos_name *name, bool *ret_changed, struct nos_err *err) NOS_CHECK;

/* A source for which nothing waits sends under p. though it has a key of its scheme: it has lost
 * that one. False: there is none. */
bool nos_issuer_lost(struct nos_assoc *a, const struct nos_issuer *w);

/* The offer, which there is, has been taken: it becomes what holds. */
enum nos_code nos_issuer_promote(
    struct nos_assoc *a, const struct nos_issuer *w, struct nos_err *err) NOS_CHECK;

/* An acknowledgement. NOS_TAG: not by this source, or an older one; the last one again is good. */
enum nos_code nos_issuer_acked(struct nos_assoc *a, const struct nos_issuer *w, struct nos_span ack,
    bool *ret_changed, struct nos_err *err) NOS_CHECK;

/* Destroy what has had its time. False: nothing has. */
bool nos_issuer_expire(struct nos_assoc *a, struct nos_time now);

/* When nos_issuer_expire has something to do; false: never, as things stand. */
bool nos_issuer_due(const struct nos_assoc *a, struct nos_time *ret);

/* Is the source to ask? */
bool nos_issuer_wants_ask(const struct nos_assoc *a, uint64_t life);

/* Is anything under way that the source has not confirmed? */
bool nos_issuer_is_pending(const struct nos_assoc *a, uint64_t life);

/* The messages to send: how many of a->out. None while the source is to ask: what it is answered
 * has all in it, and what waits may be of a time before, or the chains not to be trusted. */
size_t nos_issuer_outstanding(const struct nos_assoc *a, uint64_t life);

#define NOS_ISSUER_POLL_KEYS 2

/* Q number i, 0 or 1, with which a poll may be proved; false: there is none. */
bool nos_issuer_poll_key(const struct nos_assoc *a, unsigned i, struct nos_secret *ret);

#endif
