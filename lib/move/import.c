/* SPDX-License-Identifier: MIT */
#include "move/import.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "move/cargo.h"
#include "move/crate.h"
#include "self/era.h"
#include "self/idle.h"
#include "self/lanes.h"
#include "self/moved.h"
#include "lifecycle/overhaul.h"
#include "stream/seen.h"

#define GROUP	1000		      /* entries in one group */
#define PAGE	256		      /* keys that are deleted in one */
#define EVER_MS INT64_C(315360000000) /* no clock of a server is so far ahead */

struct run {
	const struct nos_import *m;
	struct nos_store *store; /* NULL: the file is looked through alone */
	struct nos_crate crate;
	struct nos_crate_head head;
	struct nos_buf ns, key, value;
	char held_id[NOS_TRACK_ID_MAX];
	struct nos_track held; /* of a source, which more may belong to */
	bool holds;
	uint64_t entries;
	size_t grouped; /* entries of the group in hand */
	bool claimed;	/* the audit stream, to append to it alone */
	struct nos_time now;
};

static void drop(struct run *r)
{
	nos_crate_release(&r->crate);
	nos_buf_release(&r->ns);
	nos_buf_release(&r->key);
	nos_buf_release(&r->value);
	if (r->holds)
		nos_track_release(&r->held);
}

static enum nos_code stopped(const struct run *r, struct nos_err *err)
{
	return r->m->stop && *r->m->stop ? nos_err_set(err, NOS_BUSY, "stopped") : NOS_OK;
}

/* ---- groups ---- */

static enum nos_code end_group(struct run *r, struct nos_err *err)
{
	if (!r->grouped)
		return NOS_OK;
	r->grouped = 0;
	return nos_store_commit(r->store, err);
}

static enum nos_code in_group(struct run *r, struct nos_err *err)
{
	if (r->grouped == GROUP && end_group(r, err))
		return err->code;
	if (!r->grouped && nos_store_begin(r->store, err))
		return err->code;
	r->grouped++;
	return NOS_OK;
}

static enum nos_code put(
    struct run *r, const char *ns, struct nos_str key, struct nos_str value, struct nos_err *err)
{
	if (in_group(r, err))
		return err->code;
	return nos_store_put(r->store, ns, key, value, NOS_STORE_ANY, NULL, err);
}

/* ---- what is kept of sources ---- */

static enum nos_code put_held(struct run *r, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	if (!r->holds)
		return NOS_OK;
	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	nos_track_encode(&text, &r->held);
	nos_track_release(&r->held);
	r->holds = false;
	if (nos_buf_check(&text, "what is kept of a source", err))
		return err->code;
	return put(r, NOS_TRACK_NS, nos_str_of(r->held_id), nos_buf_str(&text), err);
}

/* Where sources are shared out otherwise than they were, what was kept of a relay in other lanes
 * becomes one with what is kept of it, behind which it comes in the file. */
static enum nos_code put_track(struct run *r, struct nos_err *err)
{
	struct nos_str rest = nos_buf_str(&r->key), id;
	char id_text[NOS_TRACK_ID_MAX];
	struct nos_track t;

	if (!nos_seen_is_away(rest))
		id = rest;
	else
		(void)nos_str_cut(&rest, '~', &id);
	if (nos_track_decode(nos_buf_str(&r->value), &t, err))
		return err->code;
	if (!nos_str_copy(id, id_text, sizeof(id_text))) {
		nos_track_release(&t);
		return nos_err_set(err, NOS_DATA, "input: the id of a source is too long");
	}
	if (r->holds && strcmp(r->held_id, id_text) == 0) {
		(void)!nos_cargo_join(&r->held, &t, err);
		nos_track_release(&t);
		return err->code;
	}
	if (put_held(r, err)) {
		nos_track_release(&t);
		return err->code;
	}
	r->held = t;
	memcpy(r->held_id, id_text, sizeof(id_text));
	r->holds = true;
	return NOS_OK;
}

/* ---- the file ---- */

static enum nos_code is_space(const char *ns, struct nos_err *err)
{
	for (const char *const *known = nos_cargo_spaces; *known; known++)
		if (strcmp(*known, ns) == 0)
			return NOS_OK;
	return nos_err_set(err, NOS_CONFIG, "input: '%s' is of a newer nos", ns);
}

static enum nos_code take_state(struct run *r, struct nos_err *err)
{
	nos_buf_truncate(&r->ns, 0);
	nos_buf_truncate(&r->key, 0);
	nos_buf_truncate(&r->value, 0);
	if (nos_crate_take(&r->crate, &r->ns, err) || nos_crate_take(&r->crate, &r->key, err) ||
	    nos_crate_take(&r->crate, &r->value, err) || is_space(r->ns.p, err) || !r->store)
		return err->code;
	if (nos_cargo_stays(r->ns.p, nos_buf_str(&r->key)))
		return NOS_OK;
	if (strcmp(r->ns.p, NOS_TRACK_NS) == 0 && r->m->lanes != r->head.lanes)
		return put_track(r, err);
	return put(r, r->ns.p, nos_buf_str(&r->key), nos_buf_str(&r->value), err);
}

static enum nos_code take_audit(struct run *r, struct nos_err *err)
{
	uint64_t first, position;

	nos_buf_truncate(&r->value, 0);
	if (nos_crate_take(&r->crate, &r->value, err) || !r->store)
		return err->code;
	if (!r->claimed && nos_store_claim(r->store, NOS_AUDIT_STREAM, &first, &position, err))
		return err->code;
	r->claimed = true;
	if (in_group(r, err))
		return err->code;
	return nos_store_append(
	    r->store, NOS_AUDIT_STREAM, r->now, nos_buf_span(&r->value), &position, err);
}

static enum nos_code take_end(struct run *r, struct nos_err *err)
{
	uint64_t entries;

	if (nos_crate_take_num(&r->crate, &entries, err) || nos_crate_end(&r->crate, err))
		return err->code;
	if (entries != r->entries)
		return nos_err_set(err, NOS_DATA, "input: entries are missing");
	return put_held(r, err) ? err->code : end_group(r, err);
}

static enum nos_code take_all(struct run *r, struct nos_err *err)
{
	uint64_t item;

	for (;;) {
		if (stopped(r, err) || nos_crate_take_num(&r->crate, &item, err))
			return err->code;
		if (item == NOS_CARGO_END)
			return take_end(r, err);
		if (item == NOS_CARGO_STATE ? take_state(r, err)
		    : item == NOS_CARGO_AUDIT
			? take_audit(r, err)
			: nos_err_set(err, NOS_CONFIG, "input: written by a newer nos"))
			return err->code;
		r->entries++;
		if (r->m->progress && r->store)
			r->m->progress(r->m->state, r->entries);
	}
}

/* From where the file stands. What is no such file, or is cut in its first chunk, is refused here,
 * before a store is touched. To be dropped, also after an error. */
static enum nos_code open_file(
    struct run *r, const struct nos_import *m, struct nos_store *store, struct nos_err *err)
{
	*r = (struct run){ .m = m, .store = store, .now = nos_time_now() };
	nos_buf_init(&r->ns, 64);
	nos_buf_init(&r->key, NOS_STORE_KEY_MAX);
	nos_buf_init(&r->value, NOS_STORE_ENTRY_MAX);
	nos_buf_add_text(&r->ns, "");
	if (nos_crate_open(&r->crate, m->fd, m->stop, &m->home->vault, &r->head, err))
		return err->code;
	return nos_crate_look(&r->crate, err);
}

/* All of it, into the store, where there is one. */
static enum nos_code read_file(struct run *r, struct nos_err *err)
{
	if (take_all(r, err) && r->grouped)
		nos_store_rollback(r->store);
	return err->code;
}

/* A file is found good before anything is put; of a pipe that is known at its end. */
static enum nos_code look_through(const struct nos_import *m, struct nos_err *err)
{
	const off_t at = lseek(m->fd, 0, SEEK_CUR);
	struct stat st;
	struct run r;

	if (at < 0 || fstat(m->fd, &st) || !S_ISREG(st.st_mode))
		return NOS_OK;
	if (!open_file(&r, m, NULL, err))
		(void)!read_file(&r, err);
	drop(&r);
	if (err->code)
		return err->code;
	return lseek(m->fd, at, SEEK_SET) < 0 ? nos_err_set(err, NOS_IO, "input") : NOS_OK;
}

/* ---- the store ---- */

struct page {
	char keys[PAGE][NOS_STORE_KEY_MAX];
	size_t lens[PAGE], count;
	const char *ns;
};

static enum nos_code see_key(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct page *p = state;

	(void)value, (void)rev;
	if (nos_str_is(key, NOS_MOVED_KEY) && strcmp(p->ns, NOS_SELF_NS) == 0)
		return NOS_OK;
	if (p->count == PAGE)
		return nos_err_set(err, NOS_EXISTS, "more");
	memcpy(p->keys[p->count], key.p, key.len);
	p->lens[p->count++] = key.len;
	return NOS_OK;
}

static enum nos_code wipe_page(
    struct nos_store *store, struct page *p, bool *ret_more, struct nos_err *err)
{
	p->count = 0;
	*ret_more = nos_store_scan(store, p->ns, NOS_STR(""), see_key, p, err) == NOS_EXISTS;
	if (*ret_more)
		nos_err_clear(err);
	if (err->code || !p->count || nos_store_begin(store, err))
		return err->code;
	for (size_t i = 0; !err->code && i < p->count; i++)
		(void)!nos_store_del(
		    store, p->ns, (struct nos_str){ p->keys[i], p->lens[i] }, NOS_STORE_ANY, err);
	if (err->code) {
		nos_store_rollback(store);
		return err->code;
	}
	return nos_store_commit(store, err);
}

/* What an import that broke off has left, of whichever file it was. */
static enum nos_code wipe(const struct run *r, struct nos_err *err)
{
	const struct nos_store_trim all = { { nos_time_now().ms + EVER_MS }, INT64_MAX, PAGE };
	struct page p;
	size_t dropped;
	bool more;

	for (const char *const *ns = nos_cargo_spaces; *ns; ns++) {
		p.ns = *ns;
		do
			if (stopped(r, err) || wipe_page(r->m->home->store, &p, &more, err))
				return err->code;
		while (more);
	}
	do
		if (nos_store_trim(r->m->home->store, NOS_AUDIT_STREAM, &all, &dropped, err))
			return err->code;
	while (dropped);
	return NOS_OK;
}

/* One that is no node's, or has the rest of an import. */
static enum nos_code look_for_node(
    struct nos_store *store, enum nos_moved *ret_moved, struct nos_err *err)
{
	struct nos_time when;
	uint64_t rev;

	if (nos_moved_get(store, ret_moved, &when, err) || *ret_moved == NOS_MOVED_HERE)
		return err->code;
	if (!nos_store_get(store, NOS_SELF_NS, NOS_STR("identity"), NULL, &rev, err))
		return nos_err_set(err, NOS_EXISTS, "a node was made in this store");
	if (err->code == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

static enum nos_code prepare(const struct run *r, enum nos_moved moved, struct nos_err *err)
{
	struct nos_store *store = r->m->home->store;

	if (nos_moved_put(store, NOS_MOVED_HERE, nos_time_now(), err) ||
	    (moved == NOS_MOVED_HERE && wipe(r, err)))
		return err->code;
	return r->m->lanes > 1 ? nos_lanes_make(store, r->m->lanes, err) : NOS_OK;
}

/* The store is marked once it is known that something will come. */
static enum nos_code fill(struct run *r, const struct nos_import *m, struct nos_err *err)
{
	enum nos_moved moved;

	if (look_for_node(m->home->store, &moved, err))
		return err->code;
	if (!open_file(r, m, m->home->store, err) && !prepare(r, moved, err))
		(void)!read_file(r, err);
	drop(r);
	return err->code;
}

/* What its original does from now on is not known here: no name may be given by both. */
static enum nos_code begin_life(const struct nos_import *m, uint64_t *ret, struct nos_err *err)
{
	struct nos_home *h = m->home;
	NOS_AUTO(buf) row = { 0 };
	struct nos_audit audit;
	struct nos_life life = { 0 };

	nos_buf_init(&row, 1024);
	nos_audit_init(&audit, h->store, m->tool, true);
	if (!nos_life_open(&life, h->store, &h->vault, &audit, &h->self, err))
		(void)!nos_overhaul_restore(
		    &life, "a copy was put in its place", nos_time_now(), &row, err);
	nos_life_release(&life);
	return err->code ? err->code : nos_self_life(h->store, ret, err);
}

static enum nos_code bring(struct run *r, struct nos_imported *ret, struct nos_err *err)
{
	const struct nos_import *m = r->m;
	struct nos_home *h = m->home;
	uint64_t era;

	if (fill(r, m, err) || nos_self_open(h->store, &h->vault, &h->self, err) ||
	    nos_audit_ahead(h->store, nos_time_now(), &ret->behind_ms, err))
		return err->code;
	/* A life begins with an era. */
	if (r->head.copy ? begin_life(m, &ret->life, err)
			 : nos_era_begin(h->store, nos_time_now(), &era, err))
		return err->code;
	return nos_moved_put(h->store, NOS_MOVED_NOT, r->now, err);
}

enum nos_code nos_import_read(
    const struct nos_import *m, struct nos_imported *ret, struct nos_err *err)
{
	struct run r = { .m = m };
	struct nos_idle idle;

	*ret = (struct nos_imported){ 0 };
	if (look_through(m, err))
		return err->code;
	if (!nos_idle_hold(&idle, m->home, m->stop, err))
		(void)!bring(&r, ret, err);
	nos_idle_release(&idle);
	ret->node = m->home->self.number;
	ret->entries = r.entries;
	return err->code;
}
