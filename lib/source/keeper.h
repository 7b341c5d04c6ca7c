/* SPDX-License-Identifier: MIT */
/*
 * Keeps a keyring in step with its node (nos-schemes(7), "Common base"): key messages taken and
 * acknowledged, and the ask by which a source that lost whatever gets all again. The logic is
 * scheme/holder.h's; here is the order of things: the keyring is written before anything of it is
 * used or said, and where it cannot be written it stays as it was. Nothing is taken from an answer
 * that is not believed. Belongs to the ring's thread; holds secrets: release it.
 */
#ifndef NOS_SOURCE_KEEPER_H
#define NOS_SOURCE_KEEPER_H

#include "source/attempt.h"
#include "source/inquiry.h"
#include "source/ring.h"

struct nos_keeper {
	struct nos_ring *ring;	    /* the caller's */
	const volatile int *stop;   /* no further request once it is not 0 */
	uint64_t most_ms;	    /* longest wait for an answer; 0: as long as the carrier does */
	struct nos_inquiry inquiry; /* Q as of the last poll */
	struct nos_attempt attempt; /* of asks */
	struct nos_ecdh_point node; /* the key that the pin names, as of the last ask */
	bool begun;		    /* what an earlier run left under way was seen to */
	bool fresh;		    /* the inquiry's nonce has just come */
	bool refused;		    /* the ask in the keyring was: it is not sent again */
	bool wish_heeded;	    /* asked since the node last had no wish to be */
};

void nos_keeper_init(struct nos_keeper *kp, struct nos_ring *ring,
    const struct nos_carrier *carrier, const volatile int *stop);
void nos_keeper_release(struct nos_keeper *kp);

/* Where the node is, and how long an answer is waited for, from here on. */
void nos_keeper_aim(struct nos_keeper *kp, const char *url, uint64_t most_ms);

/*
 * Every function below gives, where it gives no other:
 * NOS_DENIED    the source was revoked, to be believed; or the file may not be written
 * NOS_CONFIG    a key message of a newer nos
 * NOS_ABSENT, NOS_IO  the file could not be written
 * NOS_INTERNAL
 */

/* At the first call, what an earlier run left under way: an ask without an answer, or an
 * acknowledgement without one, goes again as it is. A node that is away is no error. */
enum nos_code nos_keeper_begin(struct nos_keeper *kp, struct nos_err *err) NOS_CHECK;

/* Take what an answer says that is to be believed. That a node was to be asked or told and was
 * away is no error: it is asked or told again. */
enum nos_code nos_keeper_heard(
    struct nos_keeper *kp, const struct nos_answer_news *news, struct nos_err *err) NOS_CHECK;

/* As above, of a poll that was held while packs were answered: what these brought may be newer.
 * Where it seems that the node went back, it is asked once more before that is believed. */
enum nos_code nos_keeper_followed(
    struct nos_keeper *kp, const struct nos_answer_news *news, struct nos_err *err) NOS_CHECK;

/* A pack under this key has its receipt: the keys before it are destroyed. */
enum nos_code nos_keeper_confirmed(
    struct nos_keeper *kp, const struct nos_name *name, struct nos_err *err) NOS_CHECK;

/* Take what anybody may have said to all, as far as it proves itself. *ret_took: the keyring is
 * another. */
enum nos_code nos_keeper_overheard(
    struct nos_keeper *kp, struct nos_span message, bool *ret_took, struct nos_err *err) NOS_CHECK;

/* As above, of the problem document of a 401, which may tell the last order of the source's group.
 */
enum nos_code nos_keeper_ordered(
    struct nos_keeper *kp, struct nos_str problem, bool *ret_took, struct nos_err *err) NOS_CHECK;

/*
 * A pack was answered 401, with this problem document and no receipt: ask. NOS_OK: another key is
 * there to send under. NOS_BUSY: the last ask is too short ago, or stopped; NOS_AWAY: no answer
 * that is the node's; NOS_TAG: the node refuses what this keyring has.
 */
enum nos_code nos_keeper_refused(
    struct nos_keeper *kp, struct nos_str problem, struct nos_err *err) NOS_CHECK;

/* Ask, since it is known that the keyring is an old copy. Returns as above. */
enum nos_code nos_keeper_ask(struct nos_keeper *kp, struct nos_err *err) NOS_CHECK;

/* Poll, let the node wait for wait_s, and take what it says. NOS_TAG, NOS_AWAY, NOS_BUSY as
 * nos_inquiry_poll. */
enum nos_code nos_keeper_poll(
    struct nos_keeper *kp, uint64_t wait_s, struct nos_err *err) NOS_CHECK;

#endif
