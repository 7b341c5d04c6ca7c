/* SPDX-License-Identifier: MIT */
/*
 * The replicated engine: NATS JetStream. A namespace is a key-value bucket, a stream a stream. What
 * is acknowledged stands on most of its replicas; the servers bring it to disk when they see fit. A
 * group is a number of messages that are on their way at once, and is neither atomic nor undone.
 */
#include "store/engine.h"

#include <assert.h>

#include "base/num.h"
#include "store/nats_scan.h"
#include "store/nats_stream.h"

/* A namespace of its own, in which stands how the others are laid out. */
#define FORMAT_NS  "_store"
#define FORMAT_KEY NOS_STR("format")
#define FORMAT	   1
#define SPACE_US   5000000 /* between two questions for how full the servers are */

struct nats {
	struct nos_nats_link link;
	struct nos_nats_made made;
	struct nos_nats_flight flight;
	struct nos_nats_values values;
	struct nos_nats_streams streams;
	bool group;
	bool deaf;	     /* the connection is another, and nobody listens on it yet */
	uint64_t used, left; /* bytes, when they were asked for, so also: */
	uint64_t account, account_limit; /* of the account; 0: it has none */
	uint64_t asked_us;		 /* 0: never */
};

static void nats_close(void *e)
{
	struct nats *q = e;

	nos_nats_stream_close(&q->streams);
	nos_nats_state_close(&q->values);
	nos_nats_flight_close(&q->flight);
	nos_nats_link_close(&q->link);
	free(q);
}

static enum nos_code check_format(struct nats *q, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev, format;

	nos_buf_init(&text, 32);
	if (nos_nats_state_get(&q->values, FORMAT_NS, FORMAT_KEY, &text, &rev, err))
		return err->code;
	if (!nos_num_parse(nos_buf_str(&text), 1, UINT32_MAX, &format))
		return nos_err_set(err, NOS_IO, "store: its format is damaged");
	return format <= FORMAT ? NOS_OK
				: nos_err_set(err, NOS_CONFIG, "store: written by a newer nos");
}

/* Two that make it at once make the same. */
static enum nos_code prepare(struct nats *q, bool create, struct nos_err *err)
{
	const struct nos_str format = NOS_STR("1");
	uint64_t rev;

	if (check_format(q, err) && err->code != NOS_ABSENT && !nos_nats_link_keeps(&q->link))
		return nos_err_set(err, NOS_CONFIG,
		    "store: %s has no JetStream, or not for this account: it needs 'jetstream' in its "
		    "settings",
		    q->link.servers);
	if (err->code != NOS_ABSENT)
		return err->code;
	if (!create)
		return nos_err_set(err, NOS_ABSENT, "store: nothing of '%s' is at %s",
		    q->link.prefix, q->link.servers);
	nos_err_clear(err);
	if (nos_nats_state_put(
		&q->values, FORMAT_NS, FORMAT_KEY, &format, NOS_STORE_NEW, &rev, err) == NOS_EXISTS)
		nos_err_clear(err);
	return err->code ? err->code : check_format(q, err);
}

static enum nos_code open_as(
    const struct nos_store_where *where, bool tls, bool create, void **ret, struct nos_err *err)
{
	struct nats *q = calloc(1, sizeof(*q));

	if (!q)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	q->values = (struct nos_nats_values){ &q->link, &q->made, &q->flight, &q->group };
	q->streams = (struct nos_nats_streams){ &q->link, &q->made, &q->flight, &q->group };
	if (nos_nats_link_open(&q->link, where, tls, err) ||
	    nos_nats_flight_open(&q->flight, &q->link, err) ||
	    nos_nats_state_open(&q->values, err) || prepare(q, create, err)) {
		nats_close(q);
		return err->code;
	}
	*ret = q;
	return NOS_OK;
}

/* What is called here goes by what *own says, whatever stood in a caller's record before. */
static enum nos_code told(const struct nos_err *own, struct nos_err *err)
{
	if (own->code)
		*err = *own;
	return own->code;
}

/* Where servers refused us, and so the connection was given up: another, once they let us in. */
static enum nos_code be_there(struct nats *q, struct nos_err *err)
{
	if (nos_nats_link_is_given_up(&q->link)) {
		if (nos_nats_link_reopen(&q->link, err))
			return err->code;
		q->deaf = true;
	}
	if (!q->deaf)
		return NOS_OK;
	nos_nats_state_close(&q->values);
	if (nos_nats_flight_listen(&q->flight, err) || nos_nats_state_open(&q->values, err))
		return err->code;
	q->deaf = false;
	return NOS_OK;
}

static enum nos_code nats_open(
    const struct nos_store_where *where, bool create, void **ret, struct nos_err *err)
{
	struct nos_err own = { 0 };

	(void)!open_as(where, false, create, ret, &own);
	return told(&own, err);
}

static enum nos_code tls_open(
    const struct nos_store_where *where, bool create, void **ret, struct nos_err *err)
{
	struct nos_err own = { 0 };

	(void)!open_as(where, true, create, ret, &own);
	return told(&own, err);
}

static enum nos_code nats_begin(void *e, struct nos_err *err)
{
	struct nats *q = e;

	(void)err;
	assert(!q->group);
	q->group = true;
	return NOS_OK;
}

/* What is on its way is left to come, so that it comes before what is sent next. */
static void nats_rollback(void *e)
{
	struct nats *q = e;

	nos_nats_flight_abandon(&q->flight);
	nos_nats_stream_forget(&q->streams);
	nos_nats_stream_tell(&q->streams);
	q->group = false;
}

static enum nos_code nats_commit(void *e, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	if (nos_nats_flight_settle(&q->flight, &own)) {
		nats_rollback(q);
		return told(&own, err);
	}
	nos_nats_stream_tell(&q->streams);
	q->group = false;
	return NOS_OK;
}

static enum nos_code nats_settle(void *e, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	(void)!nos_nats_flight_settle(&q->flight, &own);
	return told(&own, err);
}

static void nats_hush(void *e, const char *what)
{
	struct nats *q = e;

	nos_nats_make_hush(&q->made, what);
}

static enum nos_code nats_changed(void *e, bool *ret, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	*ret = false;
	if (be_there(q, &own))
		nos_err_clear(&own); /* it is told when there is something to be read again */
	else
		(void)!nos_nats_state_changed(&q->values, ret, &own);
	return told(&own, err);
}

static enum nos_code nats_get(void *e, const char *ns, struct nos_str key, struct nos_buf *ret,
    uint64_t *ret_rev, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	if (!be_there(q, &own))
		(void)!nos_nats_state_get(&q->values, ns, key, ret, ret_rev, &own);
	return told(&own, err);
}

static enum nos_code nats_put(void *e, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	if (!be_there(q, &own))
		(void)!nos_nats_state_put(&q->values, ns, key, value, expect_rev, ret_rev, &own);
	return told(&own, err);
}

static enum nos_code nats_scan(void *e, const char *ns, struct nos_str prefix, nos_store_each *each,
    void *state, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	if (!be_there(q, &own))
		(void)!nos_nats_scan(&q->values, ns, prefix, each, state, &own);
	return told(&own, err);
}

static enum nos_code nats_append(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t *ret_position, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	if (!be_there(q, &own))
		(void)!nos_nats_stream_append(&q->streams, stream, now, entry, ret_position, &own);
	return told(&own, err);
}

static enum nos_code nats_append_behind(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t last, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	(void)!nos_nats_stream_append_behind(&q->streams, stream, now, entry, last, &own);
	return told(&own, err);
}

static enum nos_code nats_read(void *e, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	if (!be_there(q, &own))
		(void)!nos_nats_stream_read(&q->streams, stream, after, limit, each, state, &own);
	return told(&own, err);
}

static enum nos_code nats_bounds(
    void *e, const char *stream, uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	if (!be_there(q, &own))
		(void)!nos_nats_stream_bounds(&q->streams, stream, ret_first, ret_last, &own);
	return told(&own, err);
}

static enum nos_code nats_claim(
    void *e, const char *stream, uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	(void)!nos_nats_stream_claim(&q->streams, stream, ret_first, ret_last, &own);
	return told(&own, err);
}

static enum nos_code nats_trim(void *e, const char *stream, const struct nos_store_trim *what,
    size_t *ret_dropped, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	if (!be_there(q, &own))
		(void)!nos_nats_stream_trim(&q->streams, stream, what, ret_dropped, &own);
	return told(&own, err);
}

static enum nos_code nats_erase(void *e, const char *stream, uint64_t position, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	if (!be_there(q, &own))
		(void)!nos_nats_stream_erase(&q->streams, stream, position, &own);
	return told(&own, err);
}

/* What was erased the servers have overwritten then; for what else they keep there is no command.
 */
static enum nos_code nats_purge(void *e, struct nos_err *err)
{
	(void)e, (void)err;
	return NOS_OK;
}

/* What an account may hold is known only where it was limited. */
static enum nos_code limit_of(struct nats *q, int64_t *ret, struct nos_err *err)
{
	const struct nos_nats_try t = nos_nats_link_try(&q->link, NOS_NATS_WAIT_MS);
	jsAccountInfo *info = NULL;
	jsOptions o = q->link.ask;
	jsErrCode code;
	natsStatus s;

	do
		s = js_GetAccountInfo(&info, q->link.js, &o, &code);
	while (nos_nats_link_again(&t, s, code));
	if (s != NATS_OK)
		return nos_nats_link_failed(&q->link, "space", s, code, err);
	q->account = info->Store;
	q->account_limit = info->Limits.MaxStore < 0 ? 0 : (uint64_t)info->Limits.MaxStore;
	*ret = info->Limits.MaxStore < 0 ? -1 : info->Limits.MaxStore - (int64_t)info->Store;
	if (info->Limits.MaxStore >= 0 && *ret < 0)
		*ret = 0;
	jsAccountInfo_Destroy(info);
	return NOS_OK;
}

static enum nos_code nats_space(
    void *e, uint64_t *ret_used, uint64_t *ret_free, struct nos_err *err)
{
	struct nats *q = e;
	const uint64_t now = nos_mono_now().us;
	struct nos_err own = { 0 };
	int64_t left = -1;

	if (!q->asked_us || now - q->asked_us > SPACE_US) {
		if (be_there(q, &own) || nos_nats_make_bytes(&q->link, &q->used, &own) ||
		    limit_of(q, &left, &own))
			return told(&own, err);
		q->left = left < 0 ? UINT64_MAX : (uint64_t)left;
		q->asked_us = now;
	}
	*ret_used = q->used;
	*ret_free = q->left;
	return NOS_OK;
}

static void nats_account(void *e, uint64_t *ret_bytes, uint64_t *ret_limit)
{
	const struct nats *q = e;

	*ret_bytes = q->account;
	*ret_limit = q->account_limit;
}

static enum nos_code nats_copies(void *e, bool make, struct nos_err *err)
{
	struct nats *q = e;
	struct nos_err own = { 0 };

	if (!be_there(q, &own))
		(void)!nos_nats_make_copies(&q->link, make, &own);
	return told(&own, err);
}

#define FUNCTIONS                                                                           \
	.close = nats_close, .begin = nats_begin, .commit = nats_commit,                    \
	.rollback = nats_rollback, .settle = nats_settle, .hush = nats_hush,                \
	.changed = nats_changed, .get = nats_get, .put = nats_put, .scan = nats_scan,       \
	.append = nats_append, .append_behind = nats_append_behind, .read = nats_read,      \
	.bounds = nats_bounds, .claim = nats_claim, .trim = nats_trim, .erase = nats_erase, \
	.purge = nats_purge, .space = nats_space, .account = nats_account, .copies = nats_copies

const struct nos_store_engine nos_nats_engine = { .kind = "nats", .open = nats_open, FUNCTIONS };
const struct nos_store_engine nos_nats_tls_engine = { .kind = "tls", .open = tls_open, FUNCTIONS };
