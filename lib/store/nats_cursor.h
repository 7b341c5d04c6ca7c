/* SPDX-License-Identifier: MIT */
/*
 * Messages of a stream in order, by a pull consumer that is kept where the next reading goes on.
 * It may live where the stream is copied to and be a little behind: how far there is something to
 * read the leader says. For the files of this room.
 */
#ifndef NOS_STORE_NATS_CURSOR_H
#define NOS_STORE_NATS_CURSOR_H

#include "store/nats_make.h"

struct nos_nats_cursor {
	char stream[NOS_NATS_NAME_MAX];
	char consumer[64];
	char inbox[64];
	natsSubscription *sub; /* NULL: not open */
	uint64_t at;	       /* position of the last message that it gave */
	uint64_t given;	       /* how many it gave */
	uint64_t asked;	       /* and how many it was asked for in all */
};

/* What is asked of a stream. */
struct nos_nats_wish {
	const char *stream;
	const char *filter; /* subjects, NULL: all */
	uint64_t after;	    /* position */
	bool heads;	    /* without their bodies */
};

/* Position of the last message of the wish that is there, by the leader. NOS_ABSENT: there is none,
 * or no stream. */
enum nos_code nos_nats_cursor_end(const struct nos_nats_link *l, const struct nos_nats_wish *w,
    uint64_t *ret, struct nos_err *err) NOS_CHECK;

/* Called for each message, which is good until it returns. *more false: that was enough. */
typedef enum nos_code nos_nats_each(
    void *state, natsMsg *msg, uint64_t position, bool *more, struct nos_err *err);

/*
 * All of the wish up to limit of them, as far as a leader's last position: c goes on where it
 * stands, and is opened where it stands elsewhere. What is not there (erased, overwritten) is
 * passed over. After an error it is closed.
 */
enum nos_code nos_nats_cursor_run(struct nos_nats_cursor *c, const struct nos_nats_link *l,
    const struct nos_nats_wish *w, size_t limit, nos_nats_each *each, void *state,
    struct nos_err *err) NOS_CHECK;
void nos_nats_cursor_close(struct nos_nats_cursor *c, const struct nos_nats_link *l);

#endif
