/* SPDX-License-Identifier: MIT */
#include "stream/trail.h"

#define STRIDE NOS_PROCESSED_STRIDE

void nos_trail_init(struct nos_trail *t, struct nos_store *store)
{
	*t = (struct nos_trail){ .store = store };
	nos_buf_init(&t->entry, NOS_STORE_ENTRY_MAX);
}

void nos_trail_release(struct nos_trail *t)
{
	nos_buf_release(&t->entry);
	t->position = 0;
}

struct look {
	struct nos_trail *t;
	uint64_t position; /* wanted */
	uint64_t least;	   /* it is an older one of the topic in hand, of this n at least; 0: any */
	bool found;
};

static enum nos_code damaged(uint64_t position, struct nos_err *err)
{
	return nos_err_set(
	    err, NOS_IO, "store: record %llu is damaged", (unsigned long long)position);
}

static enum nos_code absent(struct nos_err *err)
{
	return nos_err_set(err, NOS_ABSENT, "no such record");
}

/* Source and type: what a topic keeps when its source registers anew as of another kind. */
static struct nos_str tail_of(struct nos_str topic)
{
	struct nos_str source = { 0 };

	if (!nos_processed_source(topic, &source))
		return topic;
	return (struct nos_str){ source.p, topic.len - (size_t)(source.p - topic.p) };
}

/* What the entry in hand is linked to is older, so that no walk goes round, and of its topic.
 * NOS_ABSENT: this one is the first of its kind; or that one is of a lower n than least, since
 * some were passed over. */
static enum nos_code check_link(
    const struct look *look, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	const struct nos_trail *t = look->t;
	struct nos_processed p;
	uint64_t n;

	if (!nos_processed_decode(entry, &p) || !nos_processed_n_of(p.record, &n) || n >= t->n ||
	    !nos_str_eq(tail_of(p.topic), tail_of(t->p.topic)))
		return damaged(position, err);
	return nos_str_eq(p.topic, t->p.topic) && n >= look->least ? NOS_OK : absent(err);
}

static enum nos_code take(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct look *look = state;
	struct nos_trail *t = look->t;

	/* The next one that is there, where the one that is wanted is not. */
	if (position != look->position)
		return NOS_OK;
	if (look->least && check_link(look, position, entry, err))
		return err->code;
	look->found = true;
	t->position = 0;
	nos_buf_truncate(&t->entry, 0);
	nos_buf_add(&t->entry, entry.p, entry.len);
	if (nos_buf_check(&t->entry, "record", err))
		return err->code;
	if (!nos_processed_decode(nos_buf_span(&t->entry), &t->p) ||
	    !nos_processed_id_of(t->p.record, &t->id) || !nos_processed_n_of(t->p.record, &t->n))
		return damaged(position, err);
	t->pack = nos_processed_pack(&t->p, &t->id);
	t->after = t->p.jumps ? t->p.after : t->n - 1;
	if (!t->pack || t->after >= t->n)
		return damaged(position, err);
	t->position = position;
	return NOS_OK;
}

static enum nos_code go(struct nos_trail *t, uint64_t position, uint64_t least, struct nos_err *err)
{
	struct look look = { .t = t, .position = position, .least = least };

	if (position &&
	    nos_store_read(t->store, NOS_PROCESSED_STREAM, position - 1, 1, take, &look, err))
		return err->code;
	return look.found ? NOS_OK : absent(err);
}

enum nos_code nos_trail_go(struct nos_trail *t, uint64_t position, struct nos_err *err)
{
	return go(t, position, 0, err);
}

enum nos_code nos_trail_back(struct nos_trail *t, struct nos_err *err)
{
	return go(t, t->position ? t->p.links.before : 0, 1, err);
}

/* By a stride, if that is not too far. NOS_ABSENT: it is, or nothing is there any more. */
static enum nos_code stride(struct nos_trail *t, uint64_t n, struct nos_err *err)
{
	if ((t->n - 1) / STRIDE * STRIDE < n)
		return absent(err);
	return go(t, t->p.links.far, n ? n : 1, err);
}

enum nos_code nos_trail_seek(struct nos_trail *t, uint64_t n, struct nos_err *err)
{
	bool strides = true;

	while (t->position && t->after >= n) {
		if (strides && !stride(t, n, err))
			continue;
		if (err->code && err->code != NOS_ABSENT)
			return err->code;
		nos_err_clear(err);
		/* Where that is gone the oldest that is there is less than a stride away, or two
		 * where an era begins between them. */
		strides = false;
		if (nos_trail_back(t, err))
			return err->code;
	}
	return t->position && t->n >= n && t->after < n ? NOS_OK : absent(err);
}
