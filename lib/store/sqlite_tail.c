/* SPDX-License-Identifier: MIT */
#include "store/sqlite_tail.h"

#include <stdio.h>
#include <string.h>

static struct nos_sqlite_tail *find(struct nos_sqlite_tails *t, const char *stream)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->of[i].stream, stream) == 0)
			return &t->of[i];
	return NULL;
}

static struct nos_sqlite_tail *find_or_add(
    struct nos_sqlite_tails *t, const char *stream, struct nos_err *err)
{
	struct nos_sqlite_tail *x = find(t, stream);

	if (x)
		return x;
	if (t->count == NOS_SQLITE_TAILS_MAX) {
		nos_err_set(err, NOS_INTERNAL, "store: over %d streams", NOS_SQLITE_TAILS_MAX);
		return NULL;
	}
	x = &t->of[t->count++];
	*x = (struct nos_sqlite_tail){ 0 };
	snprintf(x->stream, sizeof(x->stream), "%s", stream);
	return x;
}

enum nos_code nos_sqlite_tail_claim(
    struct nos_sqlite_tails *t, const char *stream, uint64_t last, struct nos_err *err)
{
	struct nos_sqlite_tail *x = find_or_add(t, stream, err);

	if (!x)
		return err->code;
	x->last = last;
	x->known = true;
	return NOS_OK;
}

enum nos_code nos_sqlite_tail_grow(
    struct nos_sqlite_tails *t, const char *stream, uint64_t position, struct nos_err *err)
{
	struct nos_sqlite_tail *x = find_or_add(t, stream, err);

	if (!x)
		return err->code;
	if (x->known && position != x->last + 1)
		return nos_err_set(err, NOS_EXISTS, "store: another writes '%s'", stream);
	x->last = position;
	x->known = true;
	x->grown++;
	return NOS_OK;
}

void nos_sqlite_tail_share(struct nos_sqlite_tails *t, const char *stream)
{
	struct nos_sqlite_tail *x = find(t, stream);

	if (!x)
		return;
	x->known = false;
	x->grown++;
}

void nos_sqlite_tail_end(struct nos_sqlite_tails *t, bool stands)
{
	for (size_t i = 0; i < t->count; i++) {
		if (!stands)
			t->of[i].last -= t->of[i].grown;
		t->of[i].grown = 0;
	}
}
