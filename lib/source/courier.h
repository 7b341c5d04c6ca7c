/* SPDX-License-Identifier: MIT */
/*
 * Packs on their way: what waits in the spool goes first, oldest first, then what has just come;
 * what cannot go waits. A node that is away is waited for once, then only looked for as often as
 * its pauses allow, so that it does not slow down what goes to the spool. Not thread-safe.
 */
#ifndef NOS_SOURCE_COURIER_H
#define NOS_SOURCE_COURIER_H

#include "source/nomad.h"
#include "source/send.h"
#include "source/spool.h"

enum nos_courier_fate {
	NOS_COURIER_FAILED,   /* neither at the node nor in the spool */
	NOS_COURIER_ANSWERED, /* settled by the node's answer */
	NOS_COURIER_SPOOLED,  /* on disk */
};

/* Told of what a user should know and no answer says: one line of text. */
typedef void nos_courier_note(void *state, const char *text);

struct nos_courier {
	struct nos_send *send;
	struct nos_nomad *nomad; /* over it: to other nodes as well; NULL: of no keyring */
	struct nos_spool *spool; /* NULL: none */
	uint64_t wait_ms;	 /* for a node that is away */
	uint64_t
	    give_up; /* number of the node that what may have arrived there waits for no more */
	nos_courier_note *note;
	void *note_state;
	struct { /* where the oldest of the spool may be, as it is on disk */
		char url[NOS_URL_MAX + 1];
		uint64_t node;
		uint8_t thumbprint[NOS_HASH_LEN];
	} noted;
	bool gave_up;	    /* something did wait for it */
	bool copied;	    /* a number was in use: the keyring is a copy, and it was said */
	bool newer;	    /* a key message of a newer nos came, and it was said */
	bool away;	    /* the last try failed … */
	struct nos_err why; /* … by this */
	uint64_t accepted;  /* packs of the spool that were settled */
	uint64_t readings;  /* readings in them that the node has */
	uint64_t rejected;  /* and that it refused */
	uint64_t aside;	    /* packs of the spool that did not open, and wait no more */
	uint64_t spooled;   /* packs that went to the spool */
};

/*
 * Send what waits, as far as the node takes it. NOS_OK also where the node is away (c->away): the
 * rest waits on; and where a pack was put aside (c->aside). A number that is in use is waited out
 * as a node without room is. Anything else: what nos_send_pack and nos_spool_* return, and cannot
 * be waited out; or what an answer said of keys could not be taken.
 */
enum nos_code nos_courier_drain(struct nos_courier *c, struct nos_err *err) NOS_CHECK;

/*
 * A pack that has just come: to the node, or, where there is a spool, behind what waits.
 * *ret_answer is set with NOS_COURIER_ANSWERED; released by the caller, and all-zero before. *p has
 * its number then. NOS_OK with ANSWERED and SPOOLED; an error with SPOOLED is one that cannot be
 * waited out, one with ANSWERED says that what the answer said of keys could not be taken.
 */
enum nos_code nos_courier_deliver(struct nos_courier *c, struct nos_send_pack *p,
    enum nos_courier_fate *ret_fate, struct nos_answer *ret_answer, struct nos_err *err) NOS_CHECK;

/* Take what a poll said of keys, which is to be believed. What nos_send_heard returns, but
 * NOS_CONFIG, which is said once a run. */
enum nos_code nos_courier_heard(
    struct nos_courier *c, const struct nos_answer_news *news, struct nos_err *err) NOS_CHECK;

/* As above, of what anybody may have said to all. */
enum nos_code nos_courier_overheard(
    struct nos_courier *c, struct nos_span message, struct nos_err *err) NOS_CHECK;

/* When the spool wants to be looked at; false: nothing waits in it. */
bool nos_courier_next(const struct nos_courier *c, struct nos_mono *ret);

#endif
