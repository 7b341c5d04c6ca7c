/* SPDX-License-Identifier: MIT */
#include "store/nats_scan.h"

#include <assert.h>

#include "store/nats_cursor.h"
#include "store/nats_few.h"
#include "store/nats_key.h"

#define KEYS_MAX (1u << 30) /* bytes of all keys */
#define FEW	 8	    /* keys that are asked for one by one, before a consumer is made */

struct row {
	size_t key, len; /* where in keys */
	uint64_t rev;
	natsMsg *msg; /* NULL: fetched when it is shown */
	bool gone;
};

struct rows {
	struct row *p;
	size_t count, room;
	size_t bytes; /* of values held */
	struct nos_buf keys;
};

static void release(struct rows *r)
{
	for (size_t i = 0; i < r->count; i++)
		natsMsg_Destroy(r->p[i].msg);
	free(r->p);
	nos_buf_release(&r->keys);
}

static struct row *add(struct rows *r)
{
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 64;
		struct row *p = reallocarray(r->p, room, sizeof(*p));

		if (!p)
			return NULL;
		r->p = p;
		r->room = room;
	}
	return &r->p[r->count++];
}

static enum nos_code gather(
    void *state, natsMsg **msg, uint64_t position, bool *more, struct nos_err *err)
{
	struct rows *r = state;
	const char *what;
	struct row row = { .key = r->keys.len, .rev = position };
	struct row *new;

	(void)more;
	if (!nos_nats_key_decode(natsMsg_GetSubject(*msg), &r->keys))
		return nos_buf_check(&r->keys, "keys", err); /* not put there by us */
	row.len = r->keys.len - row.key;
	row.gone = natsMsgHeader_Get(*msg, "KV-Operation", &what) == NATS_OK;
	new = add(r);
	if (!new)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (!row.gone && r->bytes < NOS_NATS_SCAN_BYTES) {
		r->bytes += (size_t)natsMsg_GetDataLength(*msg);
		row.msg = *msg;
		*msg = NULL;
	}
	*new = row;
	return NOS_OK;
}

/* Most scans find next to nothing. *more: there are more of them, behind wish->after. Where it ends
 * is asked first: servers look for the next one through all that stands between. */
static enum nos_code gather_few(const struct nos_nats_link *l, struct nos_nats_wish *wish,
    struct rows *r, bool *more, struct nos_err *err)
{
	uint64_t end = 0;
	natsMsg *msg;

	*more = nos_nats_cursor_end(l, wish, &end, err) != NOS_ABSENT;
	if (!*more)
		nos_err_clear(err);
	for (size_t i = 0; i < FEW && !err->code && wish->after < end; i++) {
		if (nos_nats_few_next(
			l, wish->stream, wish->filter, wish->after + 1, &msg, &wish->after, err)) {
			*more = false;
			if (err->code == NOS_ABSENT)
				nos_err_clear(err);
			return err->code;
		}
		(void)gather(r, &msg, wish->after, more, err);
		natsMsg_Destroy(msg);
	}
	*more = wish->after < end;
	return err->code;
}

static struct nos_str key_of(const struct rows *r, const struct row *row)
{
	return (struct nos_str){ r->keys.p + row->key, row->len };
}

/* By key, and of one key the newest last. */
static int order(const void *x, const void *y, void *state)
{
	const struct row *a = x, *b = y;
	struct nos_str p = key_of(state, a), q = key_of(state, b);
	int n = memcmp(p.p, q.p, p.len < q.len ? p.len : q.len);

	if (n)
		return n;
	if (p.len != q.len)
		return p.len < q.len ? -1 : 1;
	return a->rev < b->rev ? -1 : a->rev > b->rev;
}

static enum nos_code fetch(struct nos_nats_values *v, const char *ns, struct nos_str key,
    nos_store_each *each, void *state, struct nos_err *err)
{
	NOS_AUTO(buf) value = { 0 };
	uint64_t rev;

	nos_buf_init_secret(&value, NOS_STORE_VALUE_MAX);
	if (nos_nats_state_get(v, ns, key, &value, &rev, err) == NOS_ABSENT) {
		nos_err_clear(err);
		return NOS_OK;
	}
	return err->code ? err->code : each(state, key, nos_buf_str(&value), rev, err);
}

static enum nos_code show(struct nos_nats_values *v, const char *ns, const struct rows *r,
    nos_store_each *each, void *state, struct nos_err *err)
{
	for (size_t i = 0; i < r->count && !err->code; i++) {
		const struct row *row = &r->p[i];
		struct nos_str key = key_of(r, row);

		if (row->gone || (i + 1 < r->count && nos_str_eq(key, key_of(r, row + 1))))
			continue;
		if (row->msg)
			(void)each(state, key,
			    (struct nos_str){ natsMsg_GetData(row->msg),
				(size_t)natsMsg_GetDataLength(row->msg) },
			    row->rev, err);
		else
			(void)fetch(v, ns, key, each, state, err);
	}
	return err->code;
}

enum nos_code nos_nats_scan(struct nos_nats_values *v, const char *ns, struct nos_str prefix,
    nos_store_each *each, void *state, struct nos_err *err)
{
	char name[NOS_NATS_NAME_MAX], filter[NOS_NATS_KEY_MAX];
	struct nos_nats_wish wish = { name, filter, 0, false };
	struct nos_nats_cursor cursor = { 0 };
	struct rows rows = { 0 };
	bool more;

	assert(prefix.len <= NOS_STORE_KEY_MAX);
	if (v->flight->puts && nos_nats_flight_quiet(v->flight, err))
		return err->code;
	nos_buf_init(&rows.keys, KEYS_MAX);
	nos_nats_make_bucket_name(v->link, ns, name);
	nos_nats_key_filter(v->link, ns, prefix, filter);
	if (!gather_few(v->link, &wish, &rows, &more, err) &&
	    (!more ||
		!nos_nats_cursor_run(&cursor, v->link, &wish, SIZE_MAX, gather, &rows, err))) {
		nos_nats_cursor_close(&cursor, v->link);
		if (rows.count)
			qsort_r(rows.p, rows.count, sizeof(*rows.p), order, &rows);
		(void)!show(v, ns, &rows, each, state, err);
	}
	nos_nats_cursor_close(&cursor, v->link);
	release(&rows);
	return err->code;
}
