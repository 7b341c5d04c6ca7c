/* SPDX-License-Identifier: MIT */
#include "store/nats_scan.h"

#include <assert.h>

#include "base/num.h"
#include "store/nats_cursor.h"
#include "store/nats_many.h"

#define FEW	256   /* keys for which no consumer is made */
#define UNKNOWN 65536 /* bytes that a value may have of which nobody said */

struct row {
	size_t key;
	uint64_t rev;
	size_t value; /* where in values; NOWHERE: it is fetched when it is shown */
	uint32_t key_len, size;
	bool gone;
};

#define NOWHERE SIZE_MAX

struct rows {
	const struct nos_nats_link *link;
	const char *ns;
	struct row *p;
	size_t count, room;
	struct nos_buf keys, values;
	bool full; /* no value more is held */
};

static void release(struct rows *r)
{
	free(r->p);
	nos_buf_release(&r->keys);
	nos_buf_release(&r->values);
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

/* Of a subject; *ret NULL: it was not put there by us. */
static enum nos_code add_key(
    struct rows *r, const char *subject, struct row **ret, struct nos_err *err)
{
	struct row row = { .key = r->keys.len, .value = NOWHERE, .size = UNKNOWN };

	*ret = NULL;
	if (!nos_nats_key_decode(subject, &r->keys))
		return nos_buf_check(&r->keys, "keys", err);
	row.key_len = (uint32_t)(r->keys.len - row.key);
	*ret = add(r);
	if (!*ret)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	**ret = row;
	return NOS_OK;
}

static struct nos_str key_of(const struct rows *r, const struct row *row)
{
	return (struct nos_str){ r->keys.p + row->key, row->key_len };
}

/* ---- gathering ---- */

/* What a message that comes without its body says of it. */
static size_t size_of(natsMsg *msg)
{
	const char *text = NULL;
	uint64_t n;

	if (natsMsgHeader_Get(msg, "Nats-Msg-Size", &text) == NATS_OK && text &&
	    nos_num_parse(nos_str_of(text), 0, NOS_STORE_VALUE_MAX, &n))
		return n;
	return (size_t)natsMsg_GetDataLength(msg);
}

static enum nos_code gather(
    void *state, natsMsg *msg, uint64_t position, bool *more, struct nos_err *err)
{
	struct rows *r = state;
	const size_t size = size_of(msg);
	const char *what;
	struct row *row;

	if (add_key(r, natsMsg_GetSubject(msg), &row, err) || !row)
		return err->code;
	row->rev = position;
	row->size = (uint32_t)size;
	row->gone = natsMsgHeader_Get(msg, "KV-Operation", &what) == NATS_OK;
	if (row->gone || r->full)
		return NOS_OK;
	if (r->values.len + size > NOS_NATS_SCAN_BYTES) {
		r->full = true;
		*more = false;
		return NOS_OK;
	}
	row->value = r->values.len;
	nos_buf_add(&r->values, natsMsg_GetData(msg), size);
	return nos_buf_check(&r->values, "values", err);
}

/* By a consumer, in the order in which they were put. */
static enum nos_code gather_all(
    struct rows *r, const char *name, const char *filter, struct nos_err *err)
{
	struct nos_nats_wish wish = { name, filter, 0, false };
	struct nos_nats_cursor cursor = { 0 };

	(void)!nos_nats_cursor_run(&cursor, r->link, &wish, SIZE_MAX, gather, r, err);
	wish.after = cursor.at;
	nos_nats_cursor_close(&cursor, r->link);
	if (err->code || !r->full)
		return err->code;
	cursor = (struct nos_nats_cursor){ 0 };
	wish.heads = true;
	(void)!nos_nats_cursor_run(&cursor, r->link, &wish, SIZE_MAX, gather, r, err);
	nos_nats_cursor_close(&cursor, r->link);
	return err->code;
}

/* Most scans find next to nothing, among however many. *ret_done false: these are too many. */
static enum nos_code gather_few(
    struct rows *r, const char *name, const char *filter, bool *ret_done, struct nos_err *err)
{
	NOS_AUTO(buf) subjects = { 0 };
	char subject[NOS_NATS_KEY_MAX];
	struct nos_str rest, line;
	struct row *row;
	size_t count;

	nos_buf_init(&subjects, FEW * sizeof(subject));
	if (nos_nats_many_list(r->link, name, filter, FEW, &subjects, &count, err))
		return err->code;
	*ret_done = count <= FEW;
	rest = nos_buf_str(&subjects);
	while (*ret_done && rest.len && nos_str_cut(&rest, '\n', &line))
		if (nos_str_copy(line, subject, sizeof(subject)) && add_key(r, subject, &row, err))
			return err->code;
	return NOS_OK;
}

static enum nos_code gather_prefix(struct rows *r, struct nos_str prefix, struct nos_err *err)
{
	char name[NOS_NATS_NAME_MAX], filter[NOS_NATS_KEY_MAX];
	struct nos_nats_state state = { .count = 0 };
	bool done = false;

	nos_nats_make_bucket_name(r->link, r->ns, name);
	nos_nats_key_filter(r->link, r->ns, prefix, filter);
	if (!prefix.len && nos_nats_make_state(r->link, name, &state, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	if (state.count <= FEW && gather_few(r, name, filter, &done, err))
		return err->code;
	return done ? NOS_OK : gather_all(r, name, filter, err);
}

/* ---- showing ---- */

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

/* Is it the newest that is known of its key, and none that was deleted? */
static bool is_shown(const struct rows *r, size_t i)
{
	return !r->p[i].gone &&
	       (i + 1 == r->count || !nos_str_eq(key_of(r, &r->p[i]), key_of(r, &r->p[i + 1])));
}

/* Rows whose values are fetched together: those that are shown next and have none. */
struct fetch {
	const struct rows *rows;
	struct nos_nats_many many;
	size_t at[NOS_NATS_MANY_MAX];
	size_t next; /* of many.got: the first that was not shown */
};

static void subject_of(const void *state, size_t i, char ret[static NOS_NATS_KEY_MAX])
{
	const struct fetch *f = state;
	const struct rows *r = f->rows;

	nos_nats_key_subject(r->link, r->ns, key_of(r, &r->p[f->at[i]]), ret);
}

static enum nos_code fetch_from(struct fetch *f, size_t i, struct nos_err *err)
{
	const struct rows *r = f->rows;
	char name[NOS_NATS_NAME_MAX];
	size_t count = 0, bytes = 0;

	for (; i < r->count && count < NOS_NATS_MANY_MAX; i++) {
		if (r->p[i].value != NOWHERE || !is_shown(r, i))
			continue;
		bytes += r->p[i].size;
		if (count && bytes > NOS_NATS_SCAN_FETCH)
			break;
		f->at[count++] = i;
	}
	f->next = 0;
	nos_nats_make_bucket_name(r->link, r->ns, name);
	return nos_nats_many_get(&f->many, name, count, subject_of, f, err);
}

static enum nos_code show(struct fetch *f, nos_store_each *each, void *state, struct nos_err *err)
{
	const struct rows *r = f->rows;

	for (size_t i = 0; i < r->count; i++) {
		const struct row *row = &r->p[i];
		const struct nos_nats_got *got;
		struct nos_str value;
		uint64_t rev = row->rev;

		if (!is_shown(r, i))
			continue;
		if (row->value != NOWHERE) {
			value = (struct nos_str){ r->values.p + row->value, row->size };
		} else {
			if (f->next == f->many.count && fetch_from(f, i, err))
				return err->code;
			got = &f->many.got[f->next++];
			if (!got->there)
				continue;
			value = nos_buf_str(&got->value);
			rev = got->rev;
		}
		if (each(state, key_of(r, row), value, rev, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_nats_scan(struct nos_nats_values *v, const char *ns, struct nos_str prefix,
    nos_store_each *each, void *state, struct nos_err *err)
{
	struct rows rows = { .link = v->link, .ns = ns };
	struct fetch *f;

	assert(prefix.len <= NOS_STORE_KEY_MAX);
	if (v->flight->puts && nos_nats_flight_quiet(v->flight, err))
		return err->code;
	nos_buf_init(&rows.keys, NOS_NATS_SCAN_KEYS);
	nos_buf_init_secret(&rows.values, NOS_NATS_SCAN_BYTES);
	if (!gather_prefix(&rows, prefix, err) && rows.count) {
		qsort_r(rows.p, rows.count, sizeof(*rows.p), order, &rows);
		f = calloc(1, sizeof(*f));
		if (f) {
			f->rows = &rows;
			f->many.link = v->link;
			(void)!show(f, each, state, err);
			nos_nats_many_close(&f->many);
		} else {
			nos_err_set(err, NOS_INTERNAL, "out of memory");
		}
		free(f);
	}
	release(&rows);
	return err->code;
}
