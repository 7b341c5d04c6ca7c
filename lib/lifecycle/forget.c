/* SPDX-License-Identifier: MIT */
#include "lifecycle/forget.h"
#include "self/lanes.h"
#include "stream/seen.h"

#include <string.h>
#include <time.h>

#include "json/encode.h"
#include "lifecycle/bearer.h"
#include "registry/compromise.h"
#include "registry/due.h"
#include "lifecycle/order.h"
#include "stream/processed.h"
#include "stream/raw.h"
#include "roam/stay.h"
#include "stream/track.h"

#define GROUP	500	/* entries erased in one transaction */
#define PAGE	1000	/* entries looked at between two looks at stop */
#define GAP_NS	1000000 /* between two groups: others who write get in */
#define DUE_MAX 65536	/* bytes of the keys of what is due of one source */

enum nos_code nos_forget_resolve(struct nos_store *store, struct nos_str word,
    char ret[static NOS_RECORD_ID_MAX], struct nos_err *err)
{
	struct nos_err gone = { 0 };
	uint64_t rev;

	if (nos_stay_resolve(store, word, ret, err) != NOS_ABSENT)
		return err->code;
	if (!nos_str_starts(word, "s-") || !nos_str_copy(word, ret, NOS_RECORD_ID_MAX))
		return err->code;
	if (nos_store_get(store, NOS_FORGOTTEN_NS, word, NULL, &rev, &gone) != NOS_ABSENT)
		*err = gone;
	return err->code;
}

static enum nos_code begin(const struct nos_forget *f, struct nos_err *err)
{
	nos_audit_begin(f->life->audit);
	return nos_store_begin(f->life->store, err);
}

static enum nos_code end(const struct nos_forget *f, struct nos_err *err)
{
	if (!err->code)
		return nos_store_commit(f->life->store, err);
	nos_store_rollback(f->life->store);
	return err->code;
}

/* ---- nothing new comes ---- */

/* From here on a node that runs knows of it. */
static enum nos_code mark(
    const struct nos_forget *f, const char *id, struct nos_time now, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	nos_buf_init(&text, 64);
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", 1);
	nos_encode_member_time(&text, "time", now);
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "mark", err))
		return err->code;
	if (nos_store_put(f->life->store, NOS_FORGOTTEN_NS, nos_str_of(id), nos_buf_str(&text),
		NOS_STORE_NEW, &rev, err) == NOS_EXISTS)
		nos_err_clear(err);
	return err->code;
}

static enum nos_code shut_out(
    const struct nos_forget *f, const char *id, struct nos_time now, struct nos_err *err)
{
	const struct nos_order order = { .what = NOS_ORDER_REVOKE, .reason = "forgotten" };
	struct nos_order_done done;

	if (begin(f, err))
		return err->code;
	if (!mark(f, id, now, err) &&
	    nos_order_give(f->life, &order, id, now, &done, err) == NOS_ABSENT)
		nos_err_clear(err);
	return end(f, err);
}

/* ---- what it sent ---- */

/* Is an entry of a stream the source's? */
typedef enum nos_code is_own_fn(
    struct nos_str id, struct nos_span entry, bool *ret, struct nos_err *err);

/* The head names the source; it is taken apart only where its id stands in it. */
static enum nos_code is_own_pack(
    struct nos_str id, struct nos_span entry, bool *ret, struct nos_err *err)
{
	struct nos_str rest = { (const char *)entry.p, entry.len }, head, body;
	struct nos_raw raw;

	*ret = false;
	nos_str_cut(&rest, '\n', &head);
	if (!memmem(head.p, head.len, id.p, id.len))
		return NOS_OK;
	if (nos_raw_decode(entry, &raw, &body, err))
		return err->code;
	*ret = nos_str_is(id, raw.source);
	return NOS_OK;
}

static enum nos_code is_own_record(
    struct nos_str id, struct nos_span entry, bool *ret, struct nos_err *err)
{
	struct nos_processed p;
	struct nos_str source;

	(void)err;
	*ret = nos_processed_decode(entry, &p) && nos_processed_source(p.topic, &source) &&
	       nos_str_eq(source, id);
	return NOS_OK;
}

static const struct {
	const char *name;
	is_own_fn *is_own;
} streams[] = { { NOS_RAW_STREAM, is_own_pack }, { NOS_PROCESSED_STREAM, is_own_record } };
#define STREAMS (sizeof(streams) / sizeof(streams[0]))

struct hunt {
	const struct nos_forget *f;
	struct nos_str id;
	is_own_fn *is_own;
	uint64_t at; /* position looked at last */
	uint64_t looked, total, erased;
	uint64_t own[GROUP];
	size_t count;
	bool full;
};

static enum nos_code look(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct hunt *h = state;
	bool own;

	h->full = h->count == GROUP;
	if (h->full)
		return nos_err_set(err, NOS_BUSY, "enough for one group");
	if (h->is_own(h->id, entry, &own, err))
		return nos_err_within(err, "entry %llu", (unsigned long long)position);
	h->at = position;
	h->looked++;
	if (own)
		h->own[h->count++] = position;
	return NOS_OK;
}

static enum nos_code erase_group(struct hunt *h, const char *stream, struct nos_err *err)
{
	if (!h->count)
		return NOS_OK;
	if (h->erased)
		nanosleep(&(struct timespec){ .tv_nsec = GAP_NS }, NULL);
	if (begin(h->f, err))
		return err->code;
	for (size_t i = 0; !err->code && i < h->count; i++)
		(void)!nos_store_erase(h->f->life->store, stream, h->own[i], err);
	if (end(h->f, err))
		return err->code;
	h->erased += h->count;
	h->count = 0;
	return NOS_OK;
}

static enum nos_code erase_all(
    struct hunt *h, const char *stream, is_own_fn *is_own, struct nos_err *err)
{
	const struct nos_forget *f = h->f;
	uint64_t before;

	h->at = 0;
	h->is_own = is_own;
	do {
		if (f->stop && *f->stop)
			return nos_err_set(err, NOS_BUSY, "stopped");
		before = h->at;
		h->full = false;
		if (nos_store_read(f->life->store, stream, h->at, PAGE, look, h, err) && !h->full)
			return err->code;
		nos_err_clear(err);
		if ((h->full || h->at == before) && erase_group(h, stream, err))
			return err->code;
		if (f->progress)
			f->progress(f->state, h->looked, h->total);
	} while (h->at != before || h->full);
	return NOS_OK;
}

static enum nos_code erase(struct hunt *h, struct nos_err *err)
{
	uint64_t first, last;

	if (nos_lanes_enter(h->f->life->store, h->id, err))
		return err->code;
	for (size_t i = 0; i < STREAMS; i++) {
		if (nos_store_bounds(h->f->life->store, streams[i].name, &first, &last, err))
			return err->code;
		h->total += last + 1 - first;
	}
	for (size_t i = 0; i < STREAMS; i++)
		if (erase_all(h, streams[i].name, streams[i].is_own, err))
			return err->code;
	return NOS_OK;
}

/* ---- what is kept of it ---- */

static enum nos_code del(
    struct nos_store *store, const char *ns, struct nos_str key, struct nos_err *err)
{
	if (nos_store_del(store, ns, key, NOS_STORE_ANY, err) == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

struct due {
	struct nos_str id;
	struct nos_buf keys; /* a line each */
};

static enum nos_code take_due(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct due *d = state;
	struct nos_str of = key, time;

	(void)value, (void)rev;
	nos_str_cut(&of, '/', &time);
	if (!of.p || !nos_str_eq(of, d->id))
		return NOS_OK;
	nos_buf_add_str(&d->keys, key);
	nos_buf_add_char(&d->keys, '\n');
	return nos_buf_check(&d->keys, "what is due", err);
}

static enum nos_code del_due(struct nos_store *store, struct nos_str id, struct nos_err *err)
{
	struct due d = { .id = id };
	struct nos_str rest, key;

	nos_buf_init(&d.keys, DUE_MAX);
	if (!nos_store_scan(store, NOS_DUE_NS, NOS_STR(""), take_due, &d, err)) {
		rest = nos_buf_str(&d.keys);
		while (!err->code && nos_str_cut(&rest, '\n', &key) && key.len)
			(void)!del(store, NOS_DUE_NS, key, err);
	}
	nos_buf_release(&d.keys);
	return err->code;
}

/* The record and the name last: until then it can be called by both. *ret_was: it was there. Of a
 * visitor it stays that it was put out, since it may come again. */
static enum nos_code del_record(struct nos_store *store, const char *id, struct nos_str word,
    bool *ret_was, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };

	*ret_was = !nos_registry_get(store, NULL, nos_str_of(id), &r, err);
	if (!*ret_was) {
		if (err->code != NOS_ABSENT)
			return err->code;
		/* Its name alone may be left. */
		nos_err_clear(err);
		nos_str_copy(nos_str_of(id), r.id, sizeof(r.id));
		if (!nos_str_starts(word, "s-"))
			nos_str_copy(word, r.name, sizeof(r.name));
	}
	return nos_bearer_del_of(store, &r, err) ? err->code : nos_registry_del(store, &r, err);
}

static enum nos_code note(
    const struct nos_forget *f, const char *id, struct nos_time now, struct nos_err *err)
{
	const struct nos_audit_event event = {
		.what = NOS_AUDIT_SOURCE, .source = id, .to = "destroyed", .reason = "forgotten"
	};

	return nos_audit_append(f->life->audit, now, &event, err);
}

static enum nos_code del_rest(const struct nos_forget *f, const char *id, struct nos_str word,
    struct nos_time now, struct nos_err *err)
{
	struct nos_store *store = f->life->store;
	unsigned lanes;
	bool was;

	if (begin(f, err))
		return err->code;
	if (!nos_lanes_get(store, &lanes, err) && !nos_seen_forget(store, lanes, id, err) &&
	    !del(store, NOS_TRACK_NS, nos_str_of(id), err) && !nos_compromise_del(store, id, err) &&
	    !del_due(store, nos_str_of(id), err) && !del_record(store, id, word, &was, err) && was)
		(void)!note(f, id, now, err);
	return end(f, err);
}

enum nos_code nos_forget_source(const struct nos_forget *f, const char *id, struct nos_str word,
    struct nos_time now, uint64_t *ret_entries, struct nos_err *err)
{
	struct hunt hunt = { .f = f, .id = nos_str_of(id) };

	/* As who serves it has it: what is told is the mark. */
	nos_store_hush(f->life->store, NOS_TRACK_NS);
	if (!shut_out(f, id, now, err) && !erase(&hunt, err))
		(void)!del_rest(f, id, word, now, err);
	*ret_entries = hunt.erased;
	return err->code;
}
