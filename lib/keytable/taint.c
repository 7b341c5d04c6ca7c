/* SPDX-License-Identifier: MIT */
#include "keytable/taint.h"

#include <string.h>

#include "json/encode.h"
#include "registry/compromise.h"
#include "stream/correct.h"
#include "self/lanes.h"
#include "self/mark.h"
#include "stream/newest.h"
#include "registry/roster.h"
#include "keytable/row.h"
#include "stream/seen.h"
#include "stream/track.h"
#include "stream/trail.h"

struct walk {
	const struct nos_taint *t;
	char kid[NOS_NAME_TEXT_MAX];	     /* "": whatever it is */
	char member[NOS_NAME_TEXT_MAX + 16]; /* "key":"…" as it stands in a record and in a track */
	struct nos_mark mark;
	unsigned lanes;
	struct nos_newest newest;
	struct nos_roster users;
	struct nos_trail trail;
	struct nos_scan scan;
	struct nos_row row;
	struct nos_buf track_text;
	char source[NOS_RECORD_ID_MAX]; /* in hand */
	struct nos_compromise compromise;
};

static void drop(struct walk *w)
{
	nos_newest_release(&w->newest);
	nos_roster_release(&w->users);
	nos_trail_release(&w->trail);
	nos_scan_release(&w->scan);
	nos_row_release(&w->row);
	nos_buf_release(&w->track_text);
}

/* ---- a record ---- */

static void member_raw(struct nos_buf *b, const char *name, struct nos_str text)
{
	nos_encode_member(b, name);
	nos_buf_add_char(b, '"');
	nos_buf_add_str(b, text);
	nos_buf_add_char(b, '"');
}

static enum nos_code print(struct walk *w, const struct nos_correct *r, struct nos_err *err)
{
	struct nos_buf *b = nos_row_begin(&w->row);

	member_raw(b, "id", r->id);
	if (r->has_time)
		nos_encode_member_time(b, "time", r->time);
	member_raw(b, "source", r->source);
	member_raw(b, "type", r->type);
	nos_encode_member_text(b, "topic", w->trail.p.topic);
	if (r->key.len)
		member_raw(b, "key", r->key);
	nos_encode_member_bool(
	    b, "published", w->mark.outbox && w->trail.position <= w->mark.published);
	nos_encode_member_bool(
	    b, "corrected", nos_compromise_was(&w->compromise, r->key, r->received));
	return nos_row_end(&w->row, err);
}

/* *ret_old: what stands behind it is of no interest. */
static enum nos_code look_at(struct walk *w, uint64_t first, bool *ret_old, struct nos_err *err)
{
	struct nos_correct r;

	*ret_old = !w->trail.id.correction && w->trail.pack < first;
	if (*ret_old || w->trail.id.correction)
		return NOS_OK;
	if (nos_correct_read(&w->scan, w->trail.p.record, &r, err))
		return nos_store_damaged(err);
	*ret_old = r.received.ms < w->t->since.ms;
	return *ret_old || (*w->kid && !nos_str_is(r.key, w->kid)) ? NOS_OK : print(w, &r, err);
}

/* ---- a topic ---- */

/* From the record in hand back to the pack first of the raw stream, and behind floor. */
static enum nos_code go_back(struct walk *w, uint64_t first, uint64_t floor, struct nos_err *err)
{
	bool old = false;

	while (w->trail.position > floor) {
		if (look_at(w, first, &old, err) || old)
			return err->code;
		if (nos_trail_back(&w->trail, err))
			break;
	}
	if (err->code == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

/* False: it is not there any more. */
static bool go(struct walk *w, uint64_t position, struct nos_err *err)
{
	if (!nos_trail_go(&w->trail, position, err))
		return true;
	if (err->code == NOS_ABSENT)
		nos_err_clear(err);
	return false;
}

/* The newest record that the track knows; there may be newer ones. */
static enum nos_code topic(struct walk *w, uint64_t position, uint64_t first, struct nos_err *err)
{
	struct nos_newest_topic *newest;

	if (!go(w, position, err))
		return err->code;
	newest = nos_newest_find(&w->newest, w->trail.p.topic);
	if (newest)
		newest->done = true;
	if (newest && newest->position > position && !go(w, newest->position, err))
		return err->code;
	return go_back(w, first, 0, err);
}

/* ---- a source ---- */

/* Position of the first pack under the key; 0: not known. */
static uint64_t first_of(const struct walk *w, const struct nos_track *track)
{
	const struct nos_track_key *k;
	struct nos_name name;

	k = nos_name_parse(nos_str_of(w->kid), &name) ? nos_track_key(track, &name) : NULL;
	return k ? k->first : 0;
}

static enum nos_code take_source(struct walk *w, struct nos_str id, struct nos_err *err)
{
	if (nos_str_is(id, w->source))
		return NOS_OK;
	if (!nos_str_copy(id, w->source, sizeof(w->source)))
		return nos_err_set(err, NOS_IO, "store: a source without an id");
	return nos_compromise_get(w->t->store, w->source, &w->compromise, err);
}

static enum nos_code source(struct walk *w, struct nos_str id, struct nos_err *err)
{
	struct nos_track track = { 0 };
	uint64_t rev;

	nos_buf_truncate(&w->track_text, 0);
	if (take_source(w, id, err))
		return err->code;
	if (nos_store_get(w->t->store, NOS_TRACK_NS, id, &w->track_text, &rev, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	if (nos_track_decode(nos_buf_str(&w->track_text), &track, err))
		return nos_store_damaged(err);
	for (size_t i = 0; !err->code && i < track.count; i++)
		if (!nos_track_claimed(&track.series[i]).len && track.series[i].links.before)
			(void)!topic(w, track.series[i].links.before, first_of(w, &track), err);
	nos_track_release(&track);
	return err->code;
}

/* What is behind all that was saved: of a source that is asked for each topic, else those in which
 * the key was seen. */
static enum nos_code rest(struct walk *w, struct nos_err *err)
{
	for (struct nos_newest_topic *n = w->newest.first; n; n = n->next) {
		const uint64_t floor = w->t->source ? 0 : w->newest.from;
		struct nos_str id;

		if (n->done || !(w->t->source || n->used))
			continue;
		if (!nos_processed_source((struct nos_str){ n->text, n->len }, &id) ||
		    take_source(w, id, err))
			return err->code;
		if (go(w, n->position, err))
			(void)!go_back(w, 0, floor, err);
		if (err->code)
			return err->code;
	}
	return NOS_OK;
}

/* ---- whoever used it ---- */

/* NOS_BUSY: enough, since no other source can have it. */
static enum nos_code take_user(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct walk *w = state;
	struct nos_roster_item item = { 0 };
	unsigned lane;

	(void)rev;
	/* No record is of it there. */
	if (nos_seen_is_away(key))
		return NOS_OK;
	if (nos_lanes_of(w->lanes, key, &lane, err))
		return err->code;
	if (lane != nos_store_lane(w->t->store))
		return NOS_OK;
	if (!memmem(value.p, value.len, w->member, strlen(w->member)) ||
	    !nos_str_copy(key, item.id, sizeof(item.id)))
		return NOS_OK;
	if (nos_roster_add(&w->users, &item, err))
		return err->code;
	return w->t->key.kind == 'd' ? nos_err_set(err, NOS_BUSY, "enough") : NOS_OK;
}

static enum nos_code users(struct walk *w, struct nos_err *err)
{
	if (nos_store_scan(w->t->store, NOS_TRACK_NS, NOS_STR(""), take_user, w, err)) {
		if (err->code != NOS_BUSY || w->t->key.kind != 'd' || !w->users.count)
			return err->code;
		nos_err_clear(err);
	}
	for (size_t i = 0; i < w->users.count; i++) {
		struct nos_roster_item item;

		nos_roster_get(&w->users, i, &item);
		if (source(w, nos_str_of(item.id), err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code run_lane(struct walk *w, struct nos_err *err)
{
	/* The mark before the stream: what is saved meanwhile is found in both. */
	if (nos_mark_get(w->t->store, &w->mark, err) ||
	    nos_newest_read(&w->newest, w->mark.saved, err))
		return err->code;
	if (w->t->source ? source(w, nos_str_of(w->t->source), err) : users(w, err))
		return err->code;
	return rest(w, err);
}

static enum nos_code run(struct walk *w, struct nos_err *err)
{
	struct nos_store *store = w->t->store;

	if (w->t->source)
		return nos_lanes_enter(store, nos_str_of(w->t->source), err) ? err->code
									     : run_lane(w, err);
	for (unsigned i = 0; !err->code && i < w->lanes; i++) {
		nos_store_enter(store, i);
		nos_roster_cut(&w->users, 0);
		nos_newest_release(&w->newest);
		(void)!run_lane(w, err);
	}
	return err->code;
}

enum nos_code nos_taint_scan(
    const struct nos_taint *t, nos_keytable_each *each, void *state, struct nos_err *err)
{
	struct walk w = { .t = t };

	if (t->key.kind == 'p' && !t->source)
		return nos_err_set(
		    err, NOS_USAGE, "a p. key is its source's own: name that with --source");
	if (!t->key.kind && !t->source)
		return nos_err_set(err, NOS_USAGE, "name a key, a source, or both");
	if (t->key.kind) {
		nos_name_format(&t->key, w.kid);
		snprintf(w.member, sizeof(w.member), "\"key\":\"%s\"", w.kid);
	}
	w.newest.store = t->store;
	w.newest.source = t->source;
	w.newest.key = nos_str_of(w.member);
	nos_roster_init(&w.users, false);
	nos_trail_init(&w.trail, t->store);
	nos_row_init(&w.row, NULL, each, state);
	nos_buf_init(&w.track_text, NOS_STORE_VALUE_MAX);
	if (!nos_lanes_get(t->store, &w.lanes, err))
		(void)!run(&w, err);
	drop(&w);
	return err->code;
}
