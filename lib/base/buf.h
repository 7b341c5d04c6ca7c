/* SPDX-License-Identifier: MIT */
/*
 * A growing buffer with a limit. It cannot be made without its largest size; a failed append leaves
 * what was there, and every later append does nothing, so that an encoder checks once, at its end.
 * p is never NULL, and p[len] is always NUL. Not thread-safe.
 */
#ifndef NOS_BASE_BUF_H
#define NOS_BASE_BUF_H

#include "base/auto.h"
#include "base/err.h"
#include "base/str.h"

struct nos_buf {
	char *p;
	size_t len;
	size_t cap;	    /* bytes allocated, 0: none; never over max and one */
	size_t max;	    /* largest len */
	bool secret;	    /* wiped when it moves and when it is released */
	enum nos_code fail; /* NOS_LARGE: over max; NOS_INTERNAL: out of memory */
};

/* Nothing is allocated before the first append. All-zero is valid for release alone. */
void nos_buf_init(struct nos_buf *b, size_t max);
void nos_buf_init_secret(struct nos_buf *b, size_t max);
void nos_buf_release(struct nos_buf *b);

void nos_buf_add(struct nos_buf *b, const void *p, size_t len);
void nos_buf_add_str(struct nos_buf *b, struct nos_str s);
void nos_buf_add_text(struct nos_buf *b, const char *text);
void nos_buf_addf(struct nos_buf *b, const char *fmt, ...) NOS_PRINTF(2, 3);

/* Memory for len more bytes, so that appending them moves nothing; false if the buffer has failed.
 */
bool nos_buf_reserve(struct nos_buf *b, size_t len);

/* Room for len more bytes, uninitialised and counted; NULL once the buffer has failed. */
void *nos_buf_extend(struct nos_buf *b, size_t len);

/* len more bytes, and the NUL, need no memory: so it is with most of what is appended. */
static inline bool nos_buf_has_room(const struct nos_buf *b, size_t len)
{
	return len < b->cap - b->len && !b->fail;
}

static inline void nos_buf_add_char(struct nos_buf *b, char c)
{
	if (!nos_buf_has_room(b, 1) && !nos_buf_reserve(b, 1))
		return;
	b->p[b->len++] = c;
	b->p[b->len] = '\0';
}

/* Keep the first len bytes (len <= b->len), and forget a failure. The memory stays. */
void nos_buf_truncate(struct nos_buf *b, size_t len);

/* Drop the first len bytes. */
void nos_buf_drop(struct nos_buf *b, size_t len);

/* NOS_OK, or the failure, with "<what> is over <max> bytes" or "out of memory" in *err. */
enum nos_code nos_buf_check(
    const struct nos_buf *b, const char *what, struct nos_err *err) NOS_CHECK;

struct nos_str nos_buf_str(const struct nos_buf *b);
struct nos_span nos_buf_span(const struct nos_buf *b);

/* Ownership out: the caller frees with free(3). The buffer is empty again. NULL: out of memory. */
char *nos_buf_take(struct nos_buf *b);

#endif
