/* SPDX-License-Identifier: MIT */
#include "stream/seen.h"

#include <string.h>

#include "self/lanes.h"
#include "self/mark.h"
#include "stream/raw.h"
#include "stream/track.h"

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

static enum nos_code saved(struct nos_store *store, const char *track_id, bool *ret_any,
    uint64_t *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_track track;
	uint64_t rev;

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	*ret_any = false;
	*ret = 0;
	if (nos_store_get(store, NOS_TRACK_NS, nos_str_of(track_id), &text, &rev, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	if (nos_track_decode(nos_buf_str(&text), &track, err))
		return nos_store_damaged(err);
	*ret_any = true;
	*ret = track.window.top;
	nos_track_release(&track);
	return NOS_OK;
}

static enum nos_code look(struct nos_store *store, struct seen *s, struct nos_err *err)
{
	struct nos_mark mark;
	uint64_t first, last;
	bool any;

	if (saved(store, s->id, &any, &s->top, err) || nos_mark_get(store, &mark, err) ||
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
	unsigned lanes;
	uint64_t top;
	bool any;

	if (!nos_lanes_enter(store, nos_str_of(id), err))
		(void)!look(store, &s, err);
	nos_store_enter(store, lane);
	if (!err->code && !nos_lanes_get(store, &lanes, err) &&
	    !nos_seen_away(store, lanes, id, &any, &top, err) && top > s.top)
		s.top = top;
	*ret = s.top;
	return err->code;
}

/* ---- relays in other lanes ---- */

bool nos_seen_is_away(struct nos_str track)
{
	return memchr(track.p, '~', track.len) != NULL;
}

static void write_away(const char *id, unsigned lane, char ret[static NOS_TRACK_ID_MAX])
{
	snprintf(ret, NOS_TRACK_ID_MAX, "%.*s~%u", NOS_TRACK_ID_MAX - 4, id, lane);
}

enum nos_code nos_seen_track(unsigned lanes, const char *id, unsigned lane,
    char ret[static NOS_TRACK_ID_MAX], struct nos_err *err)
{
	unsigned own;

	if (nos_lanes_of(lanes, nos_str_of(id), &own, err))
		return err->code;
	if (own == lane)
		snprintf(ret, NOS_TRACK_ID_MAX, "%s", id);
	else
		write_away(id, lane, ret);
	return NOS_OK;
}

enum nos_code nos_seen_away(struct nos_store *store, unsigned lanes, const char *id, bool *ret_any,
    uint64_t *ret_top, struct nos_err *err)
{
	char track[NOS_TRACK_ID_MAX];
	uint64_t top;
	bool any;

	*ret_any = false;
	*ret_top = 0;
	for (unsigned i = 0; lanes > 1 && i < lanes; i++) {
		write_away(id, i, track);
		if (saved(store, track, &any, &top, err))
			return err->code;
		*ret_any |= any;
		if (top > *ret_top)
			*ret_top = top;
	}
	return NOS_OK;
}

enum nos_code nos_seen_forget(
    struct nos_store *store, unsigned lanes, const char *id, struct nos_err *err)
{
	char track[NOS_TRACK_ID_MAX];

	for (unsigned i = 0; lanes > 1 && i < lanes; i++) {
		write_away(id, i, track);
		if (!nos_store_del(store, NOS_TRACK_NS, nos_str_of(track), NOS_STORE_ANY, err))
			continue;
		if (err->code != NOS_ABSENT)
			return err->code;
		nos_err_clear(err);
	}
	return NOS_OK;
}
