/* SPDX-License-Identifier: MIT */
#include "registry/compromise.h"

#include <string.h>

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"

#define VERSION	 1
#define TEXT_MAX ((size_t)64 << 10)
#define WHAT	 "store: taint"

/* ---- what orders name ---- */

static bool has_key(const struct nos_compromise_order *o, struct nos_str key)
{
	for (size_t i = 0; i < o->key_count; i++)
		if (nos_str_is(key, o->keys[i]))
			return true;
	return false;
}

static bool has_keys(const struct nos_compromise_order *o, const struct nos_compromise_order *of)
{
	for (size_t i = 0; i < of->key_count; i++)
		if (!has_key(o, nos_str_of(of->keys[i])))
			return false;
	return true;
}

/* key: len 0 where there is none, as with what came by a bearer token. */
static bool names_key(const struct nos_compromise_order *o, struct nos_str key)
{
	return !o->key_count || has_key(o, key) != o->others;
}

static int64_t end_of(const struct nos_compromise_order *o)
{
	return o->until.ms ? o->until.ms : INT64_MAX;
}

static bool names(
    const struct nos_compromise_order *o, struct nos_str key, struct nos_time received)
{
	return received.ms >= o->since.ms && received.ms <= end_of(o) && names_key(o, key);
}

bool nos_compromise_was(
    const struct nos_compromise *c, struct nos_str key, struct nos_time received)
{
	for (size_t i = 0; i < c->done; i++)
		if (names(&c->orders[i], key, received))
			return true;
	return false;
}

bool nos_compromise_wants(
    const struct nos_compromise *c, struct nos_str key, struct nos_time received)
{
	return c->done < c->count && names(&c->orders[c->done], key, received) &&
	       !nos_compromise_was(c, key, received);
}

static bool covers_keys(
    const struct nos_compromise_order *o, const struct nos_compromise_order *other)
{
	if (!o->key_count || !other->key_count)
		return !o->key_count;
	if (other->others)
		return o->others && has_keys(other, o);
	for (size_t i = 0; i < other->key_count; i++)
		if (!names_key(o, nos_str_of(other->keys[i])))
			return false;
	return true;
}

/* Does it say all that another says? */
static bool covers(const struct nos_compromise_order *o, const struct nos_compromise_order *other)
{
	return o->since.ms <= other->since.ms && end_of(o) >= end_of(other) &&
	       covers_keys(o, other);
}

/* Of the same keys, without a gap between them: one says as much as the two. */
static void join(struct nos_compromise_order *o, const struct nos_compromise_order *other)
{
	if (!covers_keys(o, other) || !covers_keys(other, o) || o->since.ms > end_of(other) ||
	    other->since.ms > end_of(o))
		return;
	if (other->since.ms < o->since.ms)
		o->since = other->since;
	if (end_of(other) > end_of(o))
		o->until = other->until;
}

/* Those from one on, up to another, leave that say no more than o; how many are left of them. */
static size_t prune(
    struct nos_compromise *c, size_t from, size_t to, const struct nos_compromise_order *o)
{
	size_t kept = from;

	for (size_t i = from; i < c->count; i++)
		if (i >= to || !covers(o, &c->orders[i]))
			c->orders[kept++] = c->orders[i];
	to -= c->count - kept;
	c->count = kept;
	return to - from;
}

void nos_compromise_next(struct nos_compromise *c)
{
	struct nos_compromise_order o = c->orders[c->done];

	for (size_t i = 0; i < c->done; i++)
		join(&o, &c->orders[i]);
	c->orders[c->done] = o;
	c->done = prune(c, 0, c->done, &o) + 1;
	c->series = c->at = 0;
}

/* ---- as text ---- */

static enum nos_code decode_keys(
    const struct nos_decode *d, struct nos_compromise_order *o, struct nos_err *err)
{
	const struct nos_scan_value *list, *v;
	uint32_t at = 0;

	if (!nos_decode_has(d, "keys"))
		return NOS_OK;
	if (nos_decode_array(d, "keys", &list, err))
		return err->code;
	while (nos_scan_element(d->scan, list, &at, &v))
		if (o->key_count == NOS_ASSOC_KEYS_MAX || v->kind != NOS_SCAN_STRING ||
		    !nos_str_copy(v->raw, o->keys[o->key_count++], NOS_NAME_TEXT_MAX))
			return nos_err_set_field(err, NOS_DATA, "keys", "keys are none");
	return o->key_count ? NOS_OK : nos_err_set_field(err, NOS_DATA, "keys", "keys are missing");
}

static enum nos_code decode_order(void *state, const struct nos_decode *d, struct nos_err *err)
{
	struct nos_compromise *c = state;
	struct nos_compromise_order *o = &c->orders[c->count++];

	if (nos_decode_time(d, "since", &o->since, err) ||
	    (nos_decode_has(d, "until") && nos_decode_time(d, "until", &o->until, err)) ||
	    nos_decode_bool(d, "others", true, &o->others, err))
		return err->code;
	return decode_keys(d, o, err);
}

static enum nos_code decode(
    struct nos_scan *scan, struct nos_str text, struct nos_compromise *ret, struct nos_err *err)
{
	struct nos_decode d;
	uint64_t done;

	if (nos_decode_object(scan, text, WHAT, &d, err) ||
	    nos_decode_version(&d, VERSION, WHAT, err) ||
	    nos_decode_each(&d, "orders", NOS_COMPROMISE_ORDERS_MAX, decode_order, ret, err) ||
	    nos_decode_uint(&d, "done", 0, ret->count, &done, err) ||
	    nos_decode_uint(&d, "series", 0, NOS_NUM_SAFE, &ret->series, err) ||
	    nos_decode_uint(&d, "at", 0, NOS_NUM_SAFE, &ret->at, err))
		return err->code;
	ret->done = (size_t)done;
	return NOS_OK;
}

static void encode_order(struct nos_buf *b, const struct nos_compromise_order *o)
{
	nos_encode_comma(b);
	nos_buf_add_char(b, '{');
	nos_encode_member_time(b, "since", o->since);
	if (o->until.ms)
		nos_encode_member_time(b, "until", o->until);
	if (o->others)
		nos_encode_member_bool(b, "others", true);
	if (o->key_count) {
		nos_encode_member(b, "keys");
		nos_buf_add_char(b, '[');
		for (size_t i = 0; i < o->key_count; i++) {
			nos_encode_comma(b);
			nos_encode_text(b, nos_str_of(o->keys[i]));
		}
		nos_buf_add_char(b, ']');
	}
	nos_buf_add_char(b, '}');
}

static void encode(struct nos_buf *b, const struct nos_compromise *c)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member(b, "orders");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < c->count; i++)
		encode_order(b, &c->orders[i]);
	nos_buf_add_char(b, ']');
	nos_encode_member_uint(b, "done", c->done);
	nos_encode_member_uint(b, "series", c->series);
	nos_encode_member_uint(b, "at", c->at);
	nos_buf_add_char(b, '}');
}

/* ---- in the store ---- */

enum nos_code nos_compromise_get(
    struct nos_store *store, const char *id, struct nos_compromise *ret, struct nos_err *err)
{
	NOS_AUTO(scan) scan = { 0 };
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	*ret = (struct nos_compromise){ 0 };
	nos_buf_init(&text, TEXT_MAX);
	if (nos_store_get(store, NOS_COMPROMISE_NS, nos_str_of(id), &text, &rev, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	return decode(&scan, nos_buf_str(&text), ret, err) ? nos_store_damaged(err) : NOS_OK;
}

static enum nos_code del(
    struct nos_store *store, const char *ns, const char *id, struct nos_err *err)
{
	if (nos_store_del(store, ns, nos_str_of(id), NOS_STORE_ANY, err) == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

enum nos_code nos_compromise_put(
    struct nos_store *store, const char *id, const struct nos_compromise *c, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	nos_buf_init(&text, TEXT_MAX);
	encode(&text, c);
	if (nos_buf_check(&text, "taint", err) ||
	    nos_store_put(store, NOS_COMPROMISE_NS, nos_str_of(id), nos_buf_str(&text),
		NOS_STORE_ANY, &rev, err))
		return err->code;
	if (c->done == c->count)
		return del(store, NOS_COMPROMISE_DUE_NS, id, err);
	return nos_store_put(store, NOS_COMPROMISE_DUE_NS, nos_str_of(id), NOS_STR("{\"v\":1}"),
	    NOS_STORE_ANY, &rev, err);
}

enum nos_code nos_compromise_add(struct nos_store *store, const char *id,
    const struct nos_compromise_order *o, bool *ret_new, struct nos_err *err)
{
	struct nos_compromise c;
	size_t begun;

	*ret_new = false;
	/* What is written must be read again. */
	if (o->since.ms < 0)
		return nos_err_set(err, NOS_USAGE, "since is before 1970");
	if (nos_compromise_get(store, id, &c, err))
		return err->code;
	for (size_t i = 0; i < c.count; i++)
		if (covers(&c.orders[i], o))
			return NOS_OK;
	/* The one that is under way is gone on with: what it corrected is known by it alone. */
	begun = c.done + (c.series || c.at ? 1 : 0);
	prune(&c, begun, c.count, o);
	if (c.count == NOS_COMPROMISE_ORDERS_MAX)
		return nos_err_set(err, NOS_BUSY, "'%s': too many words were said on its keys", id);
	c.orders[c.count++] = *o;
	*ret_new = true;
	return nos_compromise_put(store, id, &c, err);
}

enum nos_code nos_compromise_del(struct nos_store *store, const char *id, struct nos_err *err)
{
	return del(store, NOS_COMPROMISE_DUE_NS, id, err) ? err->code
							  : del(store, NOS_COMPROMISE_NS, id, err);
}

struct due {
	const char *above;
	char *ret;
};

/* NOS_BUSY: found, since they come by their ids. */
static enum nos_code take_due(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct due *d = state;

	(void)value, (void)rev;
	if (!nos_str_copy(key, d->ret, NOS_RECORD_ID_MAX) || strcmp(d->ret, d->above) <= 0) {
		*d->ret = '\0';
		return NOS_OK;
	}
	return nos_err_set(err, NOS_BUSY, "found");
}

enum nos_code nos_compromise_due(struct nos_store *store, const char *above,
    char ret[static NOS_RECORD_ID_MAX], struct nos_err *err)
{
	struct due d = { above, ret };

	*ret = '\0';
	if (nos_store_scan(store, NOS_COMPROMISE_DUE_NS, NOS_STR(""), take_due, &d, err) ==
		NOS_BUSY &&
	    *ret)
		nos_err_clear(err);
	return err->code;
}
