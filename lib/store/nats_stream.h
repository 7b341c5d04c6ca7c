/* SPDX-License-Identifier: MIT */
/* Streams of the store on NATS servers. For the files of this room. */
#ifndef NOS_STORE_NATS_STREAM_H
#define NOS_STORE_NATS_STREAM_H

#include "store/nats_cursor.h"
#include "store/nats_tail.h"

/* One that was used. */
struct nos_nats_stream {
	struct nos_nats_tail tail; /* begins with its name */
	struct nos_nats_cursor cursor;
};

struct nos_nats_streams {
	const struct nos_nats_link *link;
	struct nos_nats_made *made;
	struct nos_nats_flight *flight;
	bool *group;
	struct nos_nats_stream of[NOS_NATS_TAILS_MAX];
	size_t count;
	bool changed; /* since it was told */
};

void nos_nats_stream_close(struct nos_nats_streams *s);

/* Tell who listens that streams were changed; what they hold is stored by then. */
void nos_nats_stream_tell(struct nos_nats_streams *s);

/* What was told of positions in a group that is given up does not hold. */
void nos_nats_stream_forget(struct nos_nats_streams *s);

/* As the functions of engine.h. */
enum nos_code nos_nats_stream_append(struct nos_nats_streams *s, const char *stream,
    struct nos_time now, struct nos_span entry, uint64_t *ret_position, struct nos_err *err);
enum nos_code nos_nats_stream_append_behind(struct nos_nats_streams *s, const char *stream,
    struct nos_time now, struct nos_span entry, uint64_t last, struct nos_err *err) NOS_CHECK;
enum nos_code nos_nats_stream_read(struct nos_nats_streams *s, const char *stream, uint64_t after,
    size_t limit, nos_store_entry *each, void *state, struct nos_err *err);
enum nos_code nos_nats_stream_bounds(struct nos_nats_streams *s, const char *stream,
    uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err);
enum nos_code nos_nats_stream_claim(struct nos_nats_streams *s, const char *stream,
    uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err);
enum nos_code nos_nats_stream_trim(struct nos_nats_streams *s, const char *stream,
    const struct nos_store_trim *what, size_t *ret_dropped, struct nos_err *err);
enum nos_code nos_nats_stream_erase(
    struct nos_nats_streams *s, const char *stream, uint64_t position, struct nos_err *err);

#endif
