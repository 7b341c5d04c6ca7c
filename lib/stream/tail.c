/* SPDX-License-Identifier: MIT */
#include "stream/tail.h"

#include <string.h>

#include "self/lanes.h"
#include "self/mark.h"
#include "stream/raw.h"

/* An entry of the raw stream, and one whose pack is in it: its source, or a relay of it. */
struct part {
	uint64_t position;
	const struct nos_raw *raw;
	const char *source, *kid;
	uint64_t seq;
};

/* *ret: its track, where it matters and the entry is beyond what was saved; else NULL. */
static enum nos_code take_part(
    struct nos_tail *t, const struct part *p, struct nos_track **ret, struct nos_err *err)
{
	struct nos_track *track;

	*ret = NULL;
	if (!*p->source || (t->source && strcmp(p->source, t->source) != 0))
		return NOS_OK;
	if (nos_track_get(t->tracks, t->store, p->source, &track, err))
		return err->code;
	nos_track_drop_series(track); /* which nobody asks for */
	if (p->position <= track->position)
		return NOS_OK;
	if (p->seq > track->window.top)
		track->window.top = p->seq;
	if (p->raw->received.ms > track->last_seen.ms)
		track->last_seen = p->raw->received;
	if (*p->kid && nos_track_use(track, p->kid, p->position, p->raw->received, err))
		return err->code;
	nos_track_touch(t->tracks, track, p->position);
	*ret = track;
	return NOS_OK;
}

static enum nos_code take_relays(
    struct nos_tail *t, uint64_t position, const struct nos_raw *raw, struct nos_err *err)
{
	struct nos_track *track;

	for (size_t i = 0; i < raw->via_count; i++) {
		const struct nos_raw_via *via = &raw->via[i];
		const struct part part = { position, raw, via->source, via->kid, via->seq };

		if (take_part(t, &part, &track, err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code take_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct nos_tail *t = state;
	struct nos_track *track;
	const struct nos_map *map;
	struct nos_batch_how how;
	struct nos_path path;
	struct nos_raw raw;
	struct nos_str body;
	struct part part = { .position = position, .raw = &raw };

	if (nos_raw_decode(entry, &raw, &body, err) || take_relays(t, position, &raw, err))
		return err->code;
	part.source = raw.source;
	part.kid = raw.kid;
	part.seq = raw.seq;
	if (take_part(t, &part, &track, err) || !track)
		return err->code;
	nos_raw_path(&raw, &path);
	if (nos_track_came(track, &path, err))
		return err->code;
	if (!t->readings)
		return NOS_OK;
	if (nos_maps_of(&t->maps, t->store, raw.map, &map, err))
		return err->code;
	how = nos_raw_how(&raw, map);
	if (nos_batch_decode(&t->batch, &how, body, UINT32_MAX, &t->scan, err))
		return nos_store_damaged(err);
	track->readings += t->batch.count;
	return NOS_OK;
}

/* What of a lane is not saved: at most a node's limit "replay". */
struct beyond {
	uint64_t saved;
	size_t length;
};

static enum nos_code look(struct nos_store *store, struct beyond *ret, struct nos_err *err)
{
	struct nos_mark mark;
	uint64_t first, last;

	if (nos_mark_get(store, &mark, err) ||
	    nos_store_bounds(store, NOS_RAW_STREAM, &first, &last, err))
		return err->code;
	ret->saved = mark.saved;
	ret->length = last > mark.saved ? (size_t)(last - mark.saved) : 0;
	return NOS_OK;
}

static enum nos_code read_lanes(struct nos_tail *t, unsigned lanes, struct nos_err *err)
{
	struct beyond b[NOS_STORE_LANES_MAX];
	size_t all = 0;

	for (unsigned i = 0; i < lanes; i++) {
		nos_store_enter(t->store, i);
		if (look(t->store, &b[i], err))
			return err->code;
		all += b[i].length;
	}
	/* Each source in it stays in the table. */
	if (nos_track_table_new(all + 1, &t->tracks, err))
		return err->code;
	for (unsigned i = 0; i < lanes; i++) {
		nos_store_enter(t->store, i);
		if (nos_store_read(
			t->store, NOS_RAW_STREAM, b[i].saved, b[i].length, take_entry, t, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_tail_read(struct nos_tail *t, struct nos_err *err)
{
	const unsigned before = nos_store_lane(t->store);
	unsigned lanes;

	t->scan = (struct nos_scan){ .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
	if (!nos_lanes_get(t->store, &lanes, err))
		(void)!read_lanes(t, lanes, err);
	nos_store_enter(t->store, before);
	return err->code;
}

enum nos_code nos_tail_track(
    struct nos_tail *t, const char *id, const struct nos_track **ret, struct nos_err *err)
{
	const struct nos_track *held = nos_track_find(t->tracks, id);
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	*ret = held ? held : &t->one;
	if (held)
		return NOS_OK;
	nos_track_release(&t->one);
	t->one = (struct nos_track){ 0 };
	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (nos_store_get(t->store, NOS_TRACK_NS, nos_str_of(id), &text, &rev, err)) {
		if (err->code != NOS_ABSENT)
			return err->code;
		nos_err_clear(err);
		return NOS_OK;
	}
	if (!nos_track_decode(nos_buf_str(&text), &t->one, err))
		return NOS_OK;
	nos_err_within(err, "store: what is kept of '%s'", id);
	return nos_store_damaged(err);
}

void nos_tail_release(struct nos_tail *t)
{
	nos_track_table_free(t->tracks);
	nos_track_release(&t->one);
	nos_batch_release(&t->batch);
	nos_maps_past_release(&t->maps);
	nos_scan_release(&t->scan);
	t->tracks = NULL;
}
