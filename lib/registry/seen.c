/* SPDX-License-Identifier: MIT */
#include "registry/seen.h"

#include <string.h>

#include "registry/lanes.h"
#include "registry/mark.h"
#include "registry/raw.h"
#include "registry/track.h"

struct seen {
	const char *id;
	uint64_t top;
};

static enum nos_code take(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct seen *s = state;
	struct nos_raw raw;
	struct nos_str body;

	(void)position;
	if (nos_raw_decode(entry, &raw, &body, err))
		return err->code;
	if (strcmp(raw.source, s->id) == 0 && raw.seq > s->top)
		s->top = raw.seq;
	for (size_t i = 0; i < raw.via_count; i++)
		if (strcmp(raw.via[i].source, s->id) == 0 && raw.via[i].seq > s->top)
			s->top = raw.via[i].seq;
	return NOS_OK;
}

static enum nos_code saved(struct nos_store *store, struct seen *s, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_track track;
	uint64_t rev;

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (nos_store_get(store, NOS_TRACK_NS, nos_str_of(s->id), &text, &rev, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	if (nos_track_decode(nos_buf_str(&text), &track, err))
		return nos_store_damaged(err);
	s->top = track.window.top;
	nos_track_release(&track);
	return NOS_OK;
}

static enum nos_code look(struct nos_store *store, struct seen *s, struct nos_err *err)
{
	struct nos_mark mark;
	uint64_t first, last;

	if (saved(store, s, err) || nos_mark_get(store, &mark, err) ||
	    nos_store_bounds(store, NOS_RAW_STREAM, &first, &last, err) || last <= mark.saved)
		return err->code;
	return nos_store_read(
	    store, NOS_RAW_STREAM, mark.saved, (size_t)(last - mark.saved), take, s, err);
}

enum nos_code nos_seen_top(
    struct nos_store *store, const char *id, uint64_t *ret, struct nos_err *err)
{
	const unsigned lane = nos_store_lane(store);
	struct seen s = { .id = id };

	if (!nos_lanes_enter(store, nos_str_of(id), err))
		(void)!look(store, &s, err);
	nos_store_enter(store, lane);
	*ret = s.top;
	return err->code;
}
