/* SPDX-License-Identifier: MIT */
#include "lane/retain.h"

#include "stream/processed.h"
#include "stream/raw.h"

#define MOST	 1000 /* entries dropped with a group that brings none */
#define EVERY_US 1000000

bool nos_retain_is_due(const struct nos_retain *r)
{
	return r->more || nos_mono_now().us - r->last.us >= EVERY_US;
}

/* What of a stream is too much. */
struct excess {
	struct nos_time before; /* what was appended before goes */
	double share;		/* of the stream that goes whatever its age, the oldest first */
	size_t most;		/* entries at once: more than came, so that it ends */
};

static enum nos_code look_for_excess(struct nos_retain *r, const struct nos_retain_spare *spare,
    struct excess *ret, struct nos_err *err)
{
	uint64_t used, left, account, limit;

	*ret = (struct excess){ .before = { INT64_MIN }, .most = MOST + 2 * spare->came };
	if (nos_store_space(r->store, &used, &left, err))
		return err->code;
	nos_metric_set(r->metric, NOS_METRIC_STORE_BYTES, used);
	if (nos_store_account(r->store, &account, &limit)) {
		nos_metric_set(r->metric, NOS_METRIC_ACCOUNT_BYTES, account);
		nos_metric_set(r->metric, NOS_METRIC_ACCOUNT_LIMIT, limit);
	}
	if (r->keep_ms)
		ret->before.ms = nos_time_now().ms - (int64_t)r->keep_ms;
	if (r->keep_bytes && used > r->keep_bytes)
		ret->share = (double)(used - r->keep_bytes) / (double)used;
	return NOS_OK;
}

static enum nos_code drop_old(struct nos_retain *r, const char *stream, uint64_t up_to,
    const struct excess *e, struct nos_err *err)
{
	const struct nos_store_trim what = { .before = e->before, .up_to = up_to, .most = e->most };
	size_t dropped;

	if (nos_store_trim(r->store, stream, &what, &dropped, err))
		return err->code;
	r->more |= dropped == e->most;
	return NOS_OK;
}

static enum nos_code drop_share(struct nos_retain *r, const char *stream, uint64_t up_to,
    const struct excess *e, struct nos_err *err)
{
	struct nos_store_trim what = { .before = { INT64_MAX }, .up_to = up_to, .most = e->most };
	uint64_t first, last, over;
	size_t dropped;

	if (nos_store_bounds(r->store, stream, &first, &last, err))
		return err->code;
	/* The newest stays, however little room there is. */
	if (first >= last)
		return NOS_OK;
	over = (uint64_t)((double)(last + 1 - first) * e->share) + 1;
	if (over > last - first)
		over = last - first;
	if (over < e->most)
		what.most = (size_t)over;
	r->more |= over > e->most;
	return nos_store_trim(r->store, stream, &what, &dropped, err);
}

static enum nos_code drop(struct nos_retain *r, const char *stream, uint64_t up_to,
    const struct excess *e, struct nos_err *err)
{
	if (e->before.ms != INT64_MIN && drop_old(r, stream, up_to, e, err))
		return err->code;
	return e->share > 0 ? drop_share(r, stream, up_to, e, err) : NOS_OK;
}

/* Did nothing but what is not saved yet stop it? */
static enum nos_code look_for_held(struct nos_retain *r, const struct nos_retain_spare *spare,
    const struct excess *e, struct nos_err *err)
{
	uint64_t first, last;

	r->held = false;
	if (e->before.ms == INT64_MIN && e->share <= 0)
		return NOS_OK;
	if (nos_store_bounds(r->store, NOS_RAW_STREAM, &first, &last, err))
		return err->code;
	r->held = first > spare->raw && last >= first;
	return NOS_OK;
}

enum nos_code nos_retain_run(
    struct nos_retain *r, const struct nos_retain_spare *spare, struct nos_err *err)
{
	struct excess e;

	r->last = nos_mono_now();
	r->more = false;
	if (look_for_excess(r, spare, &e, err) || drop(r, NOS_RAW_STREAM, spare->raw, &e, err) ||
	    look_for_held(r, spare, &e, err))
		return err->code;
	return drop(r, NOS_PROCESSED_STREAM, spare->records, &e, err);
}
