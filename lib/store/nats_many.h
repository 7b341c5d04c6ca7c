/* SPDX-License-Identifier: MIT */
/*
 * The newest messages of many subjects, of which a stream's leader is asked all at once: one after
 * the other each would cost a way there and back, and by a consumer the servers go through all that
 * stands between. For the files of this room.
 */
#ifndef NOS_STORE_NATS_MANY_H
#define NOS_STORE_NATS_MANY_H

#include "store/nats_key.h"

#define NOS_NATS_MANY_MAX 512 /* asked for at once */

struct nos_nats_got {
	bool done;    /* answered; there: by a message, */
	bool there;   /* which is no deletion */
	uint64_t rev; /* its position */
	struct nos_buf value;
};

struct nos_nats_many {
	const struct nos_nats_link *link;
	natsSubscription *answers; /* NULL: not open */
	char inbox[64];
	uint64_t asked; /* questions before those in hand */
	size_t count;	/* of got */
	struct nos_nats_got got[NOS_NATS_MANY_MAX];
};

/* The subject of the message that is asked for as the i-th. */
typedef void nos_nats_many_subject(const void *state, size_t i, char ret[static NOS_NATS_KEY_MAX]);

/* Fill m->got, which holds them until the next call or close. m: all-zero but for link before the
 * first one. */
enum nos_code nos_nats_many_get(struct nos_nats_many *m, const char *stream, size_t count,
    nos_nats_many_subject *subject, const void *state, struct nos_err *err) NOS_CHECK;
void nos_nats_many_close(struct nos_nats_many *m);

/*
 * The subjects below a filter that are there, a line each: appended to *ret, where they are no more
 * than most; *ret_count tells how many there are, or more than most. No stream: none.
 */
enum nos_code nos_nats_many_list(const struct nos_nats_link *l, const char *stream,
    const char *filter, size_t most, struct nos_buf *ret, size_t *ret_count,
    struct nos_err *err) NOS_CHECK;

#endif
