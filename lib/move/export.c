/* SPDX-License-Identifier: MIT */
#include "move/export.h"

#include <inttypes.h>
#include <string.h>

#include "audit/audit.h"
#include "move/cargo.h"
#include "registry/compromise.h"
#include "move/crate.h"
#include "self/era.h"
#include "self/idle.h"
#include "self/lanes.h"
#include "self/mark.h"
#include "self/moved.h"
#include "stream/processed.h"
#include "stream/raw.h"

#define PAGE 1000 /* audit entries asked for at once */

struct run {
	const struct nos_export *x;
	struct nos_store *store;
	struct nos_crate crate;
	struct nos_buf text; /* of a track */
	const char *ns;	     /* in hand */
	uint64_t entries;
	uint64_t position; /* of the newest audit entry */
	uint64_t packs;	   /* the newest entry of a raw stream stands there, in whichever lane */
};

/* ---- may it leave? ---- */

static enum nos_code check_lane(struct run *r, struct nos_err *err)
{
	struct nos_mark mark;
	uint64_t first, last;

	if (nos_mark_get(r->store, &mark, err) ||
	    nos_store_bounds(r->store, NOS_RAW_STREAM, &first, &last, err))
		return err->code;
	if (last > r->packs)
		r->packs = last;
	if (last > mark.saved)
		return nos_err_set(err, NOS_BUSY,
		    "packs are not in the records yet (%" PRIu64 "): run nos-serve, and end it",
		    last - mark.saved);
	if (r->x->unpublished || !mark.outbox)
		return NOS_OK;
	if (nos_store_bounds(r->store, NOS_PROCESSED_STREAM, &first, &last, err))
		return err->code;
	return last > mark.published
		   ? nos_err_set(err, NOS_BUSY,
			 "records wait for the broker (%" PRIu64 "): run nos-serve until they are "
			 "out, or leave them with --unpublished",
			 last - mark.published)
		   : NOS_OK;
}

static enum nos_code check_all(struct run *r, unsigned *ret_lanes, struct nos_err *err)
{
	char id[NOS_RECORD_ID_MAX];

	if (nos_lanes_get(r->store, ret_lanes, err))
		return err->code;
	for (unsigned i = 0; !err->code && i < *ret_lanes; i++) {
		nos_store_enter(r->store, i);
		(void)!check_lane(r, err);
	}
	nos_store_enter(r->store, 0);
	if (err->code || nos_compromise_due(r->store, "", id, err))
		return err->code;
	return *id ? nos_err_set(err, NOS_BUSY,
			 "records of '%s' are not corrected yet: run nos-serve until they are", id)
		   : NOS_OK;
}

/* ---- what goes along ---- */

static enum nos_code count(struct run *r, struct nos_err *err)
{
	if (r->x->stop && *r->x->stop)
		return nos_err_set(err, NOS_BUSY, "stopped");
	r->entries++;
	if (r->x->progress)
		r->x->progress(r->x->state, r->entries);
	return NOS_OK;
}

static enum nos_code lift_track(struct run *r, struct nos_str value, struct nos_err *err)
{
	struct nos_track t;

	if (nos_track_decode(value, &t, err))
		return nos_store_damaged(err);
	nos_cargo_lift(&t);
	nos_track_encode(&r->text, &t);
	nos_track_release(&t);
	return nos_buf_check(&r->text, "what is kept of a source", err);
}

/* What refers to positions: *value becomes a view of r->text. */
static enum nos_code lift(
    struct run *r, struct nos_str key, struct nos_str *value, struct nos_err *err)
{
	const bool track = strcmp(r->ns, NOS_TRACK_NS) == 0;

	if (!track && (strcmp(r->ns, NOS_SELF_NS) != 0 || !nos_str_is(key, NOS_ERA_KEY)))
		return NOS_OK;
	nos_buf_truncate(&r->text, 0);
	if (track ? lift_track(r, *value, err) : nos_era_lift(*value, r->packs, &r->text, err))
		return err->code;
	*value = nos_buf_str(&r->text);
	return NOS_OK;
}

static enum nos_code add_state(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct run *r = state;
	struct nos_crate *c = &r->crate;

	(void)rev;
	if (nos_cargo_stays(r->ns, key))
		return NOS_OK;
	if (count(r, err) || lift(r, key, &value, err))
		return err->code;
	if (nos_crate_add_num(c, NOS_CARGO_STATE, err) ||
	    nos_crate_add(c, nos_str_bytes(nos_str_of(r->ns)), err) ||
	    nos_crate_add(c, nos_str_bytes(key), err))
		return err->code;
	return nos_crate_add(c, nos_str_bytes(value), err);
}

static enum nos_code add_audit(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct run *r = state;

	r->position = position;
	if (count(r, err) || nos_crate_add_num(&r->crate, NOS_CARGO_AUDIT, err))
		return err->code;
	return nos_crate_add(&r->crate, entry, err);
}

static enum nos_code add_all(struct run *r, struct nos_err *err)
{
	uint64_t before;

	for (const char *const *ns = nos_cargo_spaces; *ns; ns++) {
		r->ns = *ns;
		if (nos_store_scan(r->store, *ns, NOS_STR(""), add_state, r, err))
			return err->code;
	}
	do {
		before = r->position;
		if (nos_store_read(r->store, NOS_AUDIT_STREAM, before, PAGE, add_audit, r, err))
			return err->code;
	} while (r->position != before);
	if (nos_crate_add_num(&r->crate, NOS_CARGO_END, err))
		return err->code;
	return nos_crate_add_num(&r->crate, r->entries, err);
}

static enum nos_code write_file(struct run *r, unsigned lanes, const struct nos_idle *idle,
    struct nos_time now, struct nos_err *err)
{
	const struct nos_export *x = r->x;
	const struct nos_crate_head head = {
		.node = x->home->self.number, .time = now, .lanes = lanes, .copy = x->copy
	};

	nos_buf_init(&r->text, NOS_STORE_VALUE_MAX);
	if (!nos_crate_new(&r->crate, x->fd, x->stop, &x->home->vault, &head, err) &&
	    !add_all(r, err) && !nos_idle_again(idle, x->home, err))
		(void)!nos_crate_finish(&r->crate, err);
	nos_crate_release(&r->crate);
	nos_buf_release(&r->text);
	return err->code;
}

/* ---- the store that is left ---- */

/* In one group, which keeps others from writing: marked once the file is whole. */
static enum nos_code leave_at_once(
    struct run *r, unsigned lanes, const struct nos_idle *idle, struct nos_err *err)
{
	const struct nos_time now = nos_time_now();

	if (nos_store_begin(r->store, err))
		return err->code;
	if (write_file(r, lanes, idle, now, err) ||
	    (!r->x->copy && nos_moved_put(r->store, NOS_MOVED_AWAY, now, err))) {
		nos_store_rollback(r->store);
		return err->code;
	}
	return nos_store_commit(r->store, err);
}

/* Marked first, so that nobody begins; and not any more where nothing came of it. */
static enum nos_code leave_slowly(
    struct run *r, unsigned lanes, const struct nos_idle *idle, struct nos_err *err)
{
	const struct nos_time now = nos_time_now();
	struct nos_err fault = { 0 };
	enum nos_moved before;
	struct nos_time when;

	if (r->x->copy)
		return write_file(r, lanes, idle, now, err);
	if (nos_moved_get(r->store, &before, &when, err) ||
	    nos_moved_put(r->store, NOS_MOVED_AWAY, now, err) ||
	    !write_file(r, lanes, idle, now, err))
		return err->code;
	(void)!nos_moved_put(r->store, before, when, &fault);
	return err->code;
}

enum nos_code nos_export_write(
    const struct nos_export *x, uint64_t *ret_entries, struct nos_err *err)
{
	struct run r = { .x = x, .store = x->home->store };
	struct nos_idle idle;
	unsigned lanes;

	if (!nos_idle_hold(&idle, x->home, x->stop, err) && !check_all(&r, &lanes, err))
		(void)!(nos_store_is_atomic(r.store) ? leave_at_once(&r, lanes, &idle, err)
						     : leave_slowly(&r, lanes, &idle, err));
	nos_idle_release(&idle);
	*ret_entries = r.entries;
	return err->code;
}

enum nos_code nos_export_undo(const struct nos_home *home, struct nos_err *err)
{
	enum nos_moved moved;
	struct nos_time when;

	if (nos_moved_get(home->store, &moved, &when, err))
		return err->code;
	if (moved != NOS_MOVED_AWAY)
		return nos_err_set(err, NOS_ABSENT, "the node of this store was not moved away");
	return nos_moved_put(home->store, NOS_MOVED_NOT, when, err);
}
