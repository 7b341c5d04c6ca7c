/* SPDX-License-Identifier: MIT */
/*
 * What a node remembers of each source from pack to pack: which numbers it saw, and for each series
 * the state of the rules and the record's n. Held in memory, saved now and then: what was not saved
 * is gone through again from the raw stream after a restart (lane/commit.h). Belongs to one thread.
 */
#ifndef NOS_STREAM_TRACK_H
#define NOS_STREAM_TRACK_H

#include "base/buf.h"
#include "key/name.h"
#include "stream/label.h"
#include "stream/path.h"
#include "stream/processed.h"
#include "self/spaces.h"
#include "stream/window.h"
#include "score/rule.h"
#include "store/store.h"

#define NOS_TRACK_ID_MAX   80 /* "s-7f3a09c2e1" or "anonymous/KIND" */
#define NOS_TRACK_KEYS_MAX 8

/*
 * Readings of one type under one claim; claimed "" is the topic's own. 128 bytes with what malloc
 * adds to one, as long as its label is one that many have.
 */
struct nos_track_series {
	const struct nos_label *label;
	uint64_t n; /* of the newest record of the topic; with claimed "" alone, */
	struct nos_processed_links links; /* as also what its next record is linked to */
	struct nos_rule_state state;
};

/* How often a key was used, from where on, and since when its source is known to have it. */
struct nos_track_key {
	struct nos_name name;
	uint64_t uses;
	uint64_t first; /* position in the raw stream of the first of them; 0: not known */
	struct nos_time confirmed;
};

/*
 * All-zero is a new one; release it. In a table one takes 384 bytes, 64 for its first key, 56 for
 * each further one, and 160 where its packs come through relays.
 */
struct nos_track {
	struct nos_window window;
	uint64_t position; /* of the newest pack in the raw stream that is in this state */
	uint64_t readings;
	struct nos_time last_seen;
	struct nos_track_key *keys;
	struct nos_path *path; /* that its newest pack took; NULL: it came by itself */
	struct nos_track_series *series;
	uint16_t count, cap; /* of series */
	uint8_t key_count;
	bool gone : 1; /* it is not saved any more */

	/* Not saved. Of who asks whether its numbers are of other lanes as well: */
	bool spread : 1;
	bool asked : 1;	  /* it was */
	uint16_t asked_s; /* when, by the last bits of the seconds */
};

struct nos_track_table; /* opaque */

/* Holds at most limit tracks that are saved. NOS_INTERNAL alone. */
enum nos_code nos_track_table_new(
    size_t limit, struct nos_track_table **ret, struct nos_err *err) NOS_CHECK;
void nos_track_table_free(struct nos_track_table *t);

/* The track of an id, read from the store where it is not in memory, new where it is in neither. */
enum nos_code nos_track_get(struct nos_track_table *t, struct nos_store *store, const char *id,
    struct nos_track **ret, struct nos_err *err) NOS_CHECK;

/* The track of an id where it is in memory; NULL: it is not. */
const struct nos_track *nos_track_find(const struct nos_track_table *t, const char *id);

static inline struct nos_str nos_track_claimed(const struct nos_track_series *s)
{
	return nos_label_claimed(s->label);
}

static inline struct nos_str nos_track_type(const struct nos_track_series *s)
{
	return nos_label_type(s->label);
}

/* NULL where there is none, and more than limit would be too many. NOS_INTERNAL: out of memory is
 * NULL too, with the error filled. */
struct nos_track_series *nos_track_series(struct nos_track *t, struct nos_str claimed,
    struct nos_str type, size_t limit, struct nos_err *err);

/* Note that the pack at position changed it; one of the table. */
void nos_track_touch(struct nos_track_table *t, struct nos_track *track, uint64_t position);

/* A use of a key at a time, by the entry at position of the raw stream. What is no key's name is
 * not counted. NOS_INTERNAL alone. */
enum nos_code nos_track_use(struct nos_track *t, const char *kid, uint64_t position,
    struct nos_time now, struct nos_err *err) NOS_CHECK;

/* The uses of a key that were counted elsewhere. One for which there is no room is left.
 * NOS_INTERNAL alone. */
enum nos_code nos_track_join(
    struct nos_track *t, const struct nos_track_key *k, struct nos_err *err) NOS_CHECK;

/* NULL: it was not used, or so long ago that others have taken its place. */
const struct nos_track_key *nos_track_key(const struct nos_track *t, const struct nos_name *name);

/* The path of the newest pack. NOS_INTERNAL alone. */
enum nos_code nos_track_came(
    struct nos_track *t, const struct nos_path *path, struct nos_err *err) NOS_CHECK;

/*
 * Save at most limit of those that have changed, within the caller's group: by rounds, one after
 * the other, each of those that had changed first when it began, and all of a round in the order of
 * their ids.
 */
enum nos_code nos_track_save(struct nos_track_table *t, struct nos_store *store, size_t limit,
    struct nos_err *err) NOS_CHECK;

/* What is held of this source is not saved any more: it was forgotten. */
void nos_track_forget(struct nos_track_table *t, const char *id);

/* The caller's group failed: what was saved in it was not. Those that were saved last stay in
 * memory until the next save. */
void nos_track_unsave(struct nos_track_table *t);

/* Does it hold more than its limit, since what has changed cannot leave? */
bool nos_track_crowded(const struct nos_track_table *t);
bool nos_track_is_dirty(const struct nos_track_table *t);

/* Everything in the raw stream up to this position is in what was saved; last: of the stream. It
 * goes on with the end of each round. */
uint64_t nos_track_saved_up_to(const struct nos_track_table *t, uint64_t last);

/* A record of the namespace, for tools; release with nos_track_release. */
enum nos_code nos_track_decode(
    struct nos_str text, struct nos_track *ret, struct nos_err *err) NOS_CHECK;
void nos_track_encode(struct nos_buf *b, const struct nos_track *t);
void nos_track_release(struct nos_track *t);

/* Of its series alone, which then are none. */
void nos_track_drop_series(struct nos_track *t);

#endif
