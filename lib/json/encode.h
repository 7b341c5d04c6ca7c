/* SPDX-License-Identifier: MIT */
/*
 * JSON out, appended to a buffer, a value or a member a call: members stand in the order of the
 * calls, numbers and times in the one form that nos-formats(7) gives them, so that the same value
 * has the same bytes in every tool. Brackets are the caller's.
 */
#ifndef NOS_JSON_ENCODE_H
#define NOS_JSON_ENCODE_H

#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/time.h"

/* A value alone. A text is escaped; bytes of it that are no UTF-8 become U+FFFD. */
void nos_encode_text(struct nos_buf *b, struct nos_str s);
void nos_encode_bytes(struct nos_buf *b, const void *p, size_t len); /* base64url */
void nos_encode_number(struct nos_buf *b, double v);		     /* not finite: null */

/* A comma, unless an opening bracket or nothing stands before, and the name, which needs no escape.
 */
void nos_encode_name(struct nos_buf *b, struct nos_str name);

/*
 * Members. The plain one writes the name alone, for a value that the caller appends. Here, so that
 * the length of a name that is a literal is known when it is compiled.
 */
static inline void nos_encode_member(struct nos_buf *b, const char *name)
{
	nos_encode_name(b, (struct nos_str){ name, strlen(name) });
}

static inline void nos_encode_member_text(struct nos_buf *b, const char *name, struct nos_str s)
{
	nos_encode_member(b, name);
	nos_encode_text(b, s);
}

static inline void nos_encode_member_uint(struct nos_buf *b, const char *name, uint64_t n)
{
	nos_encode_member(b, name);
	nos_num_add_uint(b, n);
}

static inline void nos_encode_member_number(struct nos_buf *b, const char *name, double v)
{
	nos_encode_member(b, name);
	nos_encode_number(b, v);
}

static inline void nos_encode_member_time(struct nos_buf *b, const char *name, struct nos_time t)
{
	nos_encode_member(b, name);
	nos_time_format(b, t);
}

static inline void nos_encode_member_bool(struct nos_buf *b, const char *name, bool v)
{
	nos_encode_member(b, name);
	nos_buf_add_text(b, v ? "true" : "false");
}

static inline void nos_encode_member_bytes(
    struct nos_buf *b, const char *name, const void *p, size_t len)
{
	nos_encode_member(b, name);
	nos_encode_bytes(b, p, len);
}

/* A comma, unless an opening bracket or nothing stands before: for the elements of an array. */
void nos_encode_comma(struct nos_buf *b);

/* {"code":…,"message":…[,"field":…][,"offset":…]} */
void nos_encode_error(struct nos_buf *b, const struct nos_err *err);

#endif
