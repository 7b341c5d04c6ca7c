/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char empty[1]; /* never written: what p shows before anything is allocated */

void nos_buf_init(struct nos_buf *b, size_t max)
{
	*b = (struct nos_buf){ .p = empty, .max = max };
}

void nos_buf_init_secret(struct nos_buf *b, size_t max)
{
	nos_buf_init(b, max);
	b->secret = true;
}

static void discard(char *p, size_t cap, bool secret)
{
	if (!cap)
		return;
	if (secret)
		explicit_bzero(p, cap);
	free(p);
}

void nos_buf_release(struct nos_buf *b)
{
	discard(b->p, b->cap, b->secret);
	*b = (struct nos_buf){ .p = empty, .max = b->max, .secret = b->secret };
}

/* True if len more bytes and the NUL have room. */
static bool grow(struct nos_buf *b, size_t len)
{
	size_t need, cap;
	char *p;

	assert(b->p);
	if (b->fail)
		return false;
	if (len > b->max - b->len) {
		b->fail = NOS_LARGE;
		return false;
	}
	need = b->len + len + 1;
	if (need <= b->cap)
		return true;
	cap = b->cap ? b->cap : 128;
	while (cap < need)
		cap *= 2;
	if (cap > b->max)
		cap = b->max + 1; /* so that what has room is within the limit */
	/* Never realloc: it may leave the old copy behind. */
	p = b->secret ? malloc(cap) : realloc(b->cap ? b->p : NULL, cap);
	if (!p) {
		b->fail = NOS_INTERNAL;
		return false;
	}
	if (b->secret) {
		memcpy(p, b->p, b->len);
		discard(b->p, b->cap, true);
	}
	b->p = p;
	b->cap = cap;
	b->p[b->len] = '\0';
	return true;
}

bool nos_buf_reserve(struct nos_buf *b, size_t len)
{
	return nos_buf_has_room(b, len) || grow(b, len);
}

void *nos_buf_extend(struct nos_buf *b, size_t len)
{
	char *at;

	if (!nos_buf_has_room(b, len) && !grow(b, len))
		return NULL;
	at = b->p + b->len;
	b->len += len;
	at[len] = '\0';
	return at;
}

void nos_buf_add(struct nos_buf *b, const void *p, size_t len)
{
	void *at = len ? nos_buf_extend(b, len) : NULL;

	if (at)
		memcpy(at, p, len);
}

void nos_buf_add_str(struct nos_buf *b, struct nos_str s)
{
	nos_buf_add(b, s.p, s.len);
}

void nos_buf_add_text(struct nos_buf *b, const char *text)
{
	nos_buf_add(b, text, strlen(text));
}

void nos_buf_addf(struct nos_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;
	char *at;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->fail = b->fail ? b->fail : NOS_INTERNAL;
		return;
	}
	at = n ? nos_buf_extend(b, (size_t)n) : NULL;
	if (!at)
		return;
	va_start(ap, fmt);
	vsnprintf(at, (size_t)n + 1, fmt, ap);
	va_end(ap);
}

void nos_buf_truncate(struct nos_buf *b, size_t len)
{
	assert(len <= b->len);
	b->fail = NOS_OK;
	if (b->secret && b->cap)
		explicit_bzero(b->p + len, b->len - len);
	b->len = len;
	if (b->cap)
		b->p[len] = '\0';
}

void nos_buf_drop(struct nos_buf *b, size_t len)
{
	assert(len <= b->len);
	if (len)
		memmove(b->p, b->p + len, b->len - len);
	nos_buf_truncate(b, b->len - len);
}

enum nos_code nos_buf_check(const struct nos_buf *b, const char *what, struct nos_err *err)
{
	if (b->fail == NOS_LARGE)
		return nos_err_set(err, NOS_LARGE, "%s is over %zu bytes", what, b->max);
	if (b->fail)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	return NOS_OK;
}

struct nos_str nos_buf_str(const struct nos_buf *b)
{
	return (struct nos_str){ b->p, b->len };
}

struct nos_span nos_buf_span(const struct nos_buf *b)
{
	return (struct nos_span){ (const uint8_t *)b->p, b->len };
}

char *nos_buf_take(struct nos_buf *b)
{
	char *p = b->p;

	if (!b->cap) {
		p = calloc(1, 1);
		b->fail = p ? b->fail : NOS_INTERNAL;
		return p;
	}
	*b = (struct nos_buf){ .p = empty, .max = b->max, .secret = b->secret };
	return p;
}
