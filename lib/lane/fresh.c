/* SPDX-License-Identifier: MIT */
#include "lane/fresh.h"

#include <pthread.h>
#include <stdlib.h>

/* The records of one group. */
struct block {
	struct block *next;
	uint64_t first; /* position */
	size_t count, cap;
	size_t *ends;	     /* of each record in text */
	struct nos_buf text; /* of each: topic, names of filters behind it, a newline, the record */
	uint64_t age;	     /* as that of the whole when it was committed */
};

#define SPARE_MAX 8 /* blocks */

struct nos_fresh {
	size_t max;
	struct block *made; /* the committer's: of the group in hand, NULL: none */
	bool failed;	    /* not all of it is there */
	struct block *now;  /* the publisher's: NULL: none */

	pthread_mutex_t lock;
	struct block *head, **tail; /* guarded by lock; oldest first */
	size_t bytes;
	struct block *spare; /* to be made anew, with what they had room for */
	size_t spares;
	uint64_t age; /* so often was all of it to be forgotten */
};

enum nos_code nos_fresh_new(size_t max, struct nos_fresh **ret, struct nos_err *err)
{
	struct nos_fresh *f = calloc(1, sizeof(*f));

	if (!f)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	f->max = max;
	f->tail = &f->head;
	pthread_mutex_init(&f->lock, NULL);
	*ret = f;
	return NOS_OK;
}

static void drop(struct block *b)
{
	if (!b)
		return;
	nos_buf_release(&b->text);
	free(b->ends);
	free(b);
}

/* Memory of this size comes page by page from the kernel, and goes back to it: it is kept. With the
 * lock held. */
static void put_aside(struct nos_fresh *f, struct block *b)
{
	if (!b || f->spares == SPARE_MAX) {
		drop(b);
		return;
	}
	b->next = f->spare;
	f->spare = b;
	f->spares++;
}

static struct block *take_spare(struct nos_fresh *f)
{
	struct block *b = f->spare;

	if (!b)
		return NULL;
	f->spare = b->next;
	f->spares--;
	nos_buf_truncate(&b->text, 0);
	b->count = 0;
	b->next = NULL;
	return b;
}

/* With the lock held. */
static struct block *pop(struct nos_fresh *f)
{
	struct block *b = f->head;

	if (!b)
		return NULL;
	f->bytes -= b->text.len;
	f->head = b->next;
	if (!f->head)
		f->tail = &f->head;
	return b;
}

void nos_fresh_free(struct nos_fresh *f)
{
	if (!f)
		return;
	while (f->head)
		drop(pop(f));
	while (f->spare)
		drop(take_spare(f));
	drop(f->made);
	drop(f->now);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/* ---- the committer's ---- */

static struct block *begin(struct nos_fresh *f, uint64_t position)
{
	struct block *b;

	pthread_mutex_lock(&f->lock);
	b = take_spare(f);
	pthread_mutex_unlock(&f->lock);
	if (!b) {
		b = calloc(1, sizeof(*b));
		if (!b)
			return NULL;
		nos_buf_init(&b->text, f->max);
	}
	b->first = position;
	f->made = b;
	return b;
}

static bool grow(struct block *b)
{
	const size_t cap = b->cap ? 2 * b->cap : 64;
	size_t *ends = b->count < b->cap ? b->ends : reallocarray(b->ends, cap, sizeof(*ends));

	if (!ends)
		return false;
	b->cap = b->count < b->cap ? b->cap : cap;
	b->ends = ends;
	return true;
}

void nos_fresh_add(struct nos_fresh *f, uint64_t position, const struct nos_processed *r)
{
	struct block *b;

	if (!f || f->failed)
		return;
	b = f->made ? f->made : begin(f, position);
	if (!b || position != b->first + b->count || !grow(b)) {
		f->failed = true;
		return;
	}
	nos_buf_add_str(&b->text, r->topic);
	nos_buf_add_char(&b->text, ' ');
	nos_buf_add_str(&b->text, r->filters);
	nos_buf_add_char(&b->text, '\n');
	nos_buf_add_str(&b->text, r->record);
	b->ends[b->count++] = b->text.len;
	f->failed = b->text.fail;
}

void nos_fresh_rollback(struct nos_fresh *f)
{
	if (!f)
		return;
	drop(f->made);
	f->made = NULL;
	f->failed = false;
}

void nos_fresh_commit(struct nos_fresh *f)
{
	struct block *b = f ? f->made : NULL;

	if (!b || f->failed) {
		nos_fresh_rollback(f);
		return;
	}
	f->made = NULL;
	pthread_mutex_lock(&f->lock);
	b->age = f->age;
	*f->tail = b;
	f->tail = &b->next;
	f->bytes += b->text.len;
	while (f->bytes > f->max)
		put_aside(f, pop(f));
	pthread_mutex_unlock(&f->lock);
}

void nos_fresh_forget(struct nos_fresh *f)
{
	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->age++;
	while (f->head)
		drop(pop(f));
	pthread_mutex_unlock(&f->lock);
}

/* ---- the publisher's ---- */

/* The group in hand, or the next, that has something behind the position. */
static struct block *find(struct nos_fresh *f, uint64_t after)
{
	struct block *b = f->now;

	pthread_mutex_lock(&f->lock);
	if (!b)
		b = pop(f);
	while (b && (b->age != f->age || b->first + b->count <= after + 1)) {
		put_aside(f, b);
		b = pop(f);
	}
	pthread_mutex_unlock(&f->lock);
	f->now = b;
	return b;
}

size_t nos_fresh_missing(struct nos_fresh *f, uint64_t after)
{
	const struct block *b = f ? find(f, after) : NULL;

	if (!b)
		return SIZE_MAX;
	return b->first > after + 1 ? (size_t)(b->first - after - 1) : 0;
}

static struct nos_processed record_at(const struct block *b, size_t i)
{
	const size_t from = i ? b->ends[i - 1] : 0;
	struct nos_str rest = { b->text.p + from, b->ends[i] - from }, head = { 0 };
	struct nos_processed ret = { 0 };

	nos_str_cut(&rest, '\n', &head);
	nos_str_cut(&head, ' ', &ret.topic);
	ret.filters = head;
	ret.record = rest;
	return ret;
}

enum nos_code nos_fresh_read(struct nos_fresh *f, uint64_t after, size_t limit,
    nos_fresh_each *each, void *state, struct nos_err *err)
{
	const struct block *b = f->now;

	for (uint64_t i = after + 1 - b->first; i < b->count && limit; i++, limit--) {
		const struct nos_processed r = record_at(b, (size_t)i);

		if (each(state, b->first + i, &r, err))
			return err->code;
	}
	return NOS_OK;
}
