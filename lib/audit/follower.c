/* SPDX-License-Identifier: MIT */
#include "audit/follower.h"

#include "json/decode.h"
#include "audit/audit.h"

/* A look at what is new. */
struct look {
	struct nos_follower *f;
	nos_follower_each *each;
	void *state;
	size_t count;
	struct nos_scan scan;
};

enum nos_code nos_follower_init(
    struct nos_follower *f, struct nos_store *store, struct nos_err *err)
{
	uint64_t first;

	*f = (struct nos_follower){ 0 };
	return nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &f->position, err);
}

static enum nos_code take(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct look *l = state;
	const struct nos_str text = { (const char *)entry.p, entry.len };
	const struct nos_scan_value *of;
	struct nos_decode d;

	l->f->position = position;
	l->count++;
	if (nos_decode_object(&l->scan, text, "audit entry", &d, err)) {
		if (err->code != NOS_INTERNAL)
			nos_err_clear(err);
		return err->code;
	}
	of = nos_scan_get(d.scan, d.object, "source");
	if (of)
		l->each(l->state, of->raw);
	return NOS_OK;
}

enum nos_code nos_follower_run(struct nos_follower *f, struct nos_store *store, size_t most,
    nos_follower_each *each, void *state, struct nos_err *err)
{
	struct look l = { .f = f, .each = each, .state = state };

	(void)!nos_store_read(store, NOS_AUDIT_STREAM, f->position, most, take, &l, err);
	nos_scan_release(&l.scan);
	f->more = l.count == most;
	return err->code;
}
