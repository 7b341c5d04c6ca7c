/* SPDX-License-Identifier: MIT */
/*
 * A thread that polls a node for key messages, again and again, and hands over what is to be
 * believed of its answers. The keyring is its owner's alone: the thread works on a copy of Q, which
 * it is given anew with each aim, and hands one answer over at a time. Everything here is for the
 * owner's thread.
 */
#ifndef NOS_SOURCE_FOLLOW_H
#define NOS_SOURCE_FOLLOW_H

#include "key/keyring.h"
#include "source/answer.h"

struct nos_follow; /* opaque */

/* Texts must outlive the thread. */
struct nos_follow_config {
	const char *source;
	const char *const *urls; /* of the node, checked; one that is not reached, then the next */
	size_t url_count;
	const char *const *via; /* neighbours that relay, checked */
	size_t via_count;
	const uint8_t *pin; /* of the node, which is copied; with via */
	const char *trace;  /* of a relay: its id, which its requests have in Nos-Via; NULL: none */
	const char *ca;	    /* NULL: the system's */
};

/* Start the thread, which does nothing before it is aimed. libcurl was started. NOS_ABSENT: no such
 * CA file; NOS_INTERNAL. */
enum nos_code nos_follow_new(
    const struct nos_follow_config *config, struct nos_follow **ret, struct nos_err *err) NOS_CHECK;

/* Stop it, also where it polls, within a second, and wipe what it held. NULL is fine. */
void nos_follow_free(struct nos_follow *f);

/*
 * Poll under the Z that the keyring has now, and behind the order that it verified last, once what
 * was taken has been seen to. Cheap where
 * nothing has changed: for each turn of a loop. NOS_INTERNAL alone.
 */
enum nos_code nos_follow_aim(
    struct nos_follow *f, const struct nos_keyring *k, struct nos_err *err) NOS_CHECK;

/* A descriptor that can be read while an answer waits to be taken. */
int nos_follow_fd(const struct nos_follow *f);

/*
 * Take the answer that waits into *ret, which the caller releases; nothing where none does. No
 * other comes before the next aim. NOS_DENIED: the source was revoked.
 */
enum nos_code nos_follow_take(
    struct nos_follow *f, struct nos_answer_news *ret, struct nos_err *err) NOS_CHECK;

#endif
