/* SPDX-License-Identifier: MIT */
/*
 * JSON out, printf-style into a buffer: members in the order of the calls, numbers and times in the
 * one form that nos-formats(7) gives them, so that the same value has the same bytes in every tool.
 */
#ifndef NOS_JSON_ENCODE_H
#define NOS_JSON_ENCODE_H

#include "base/buf.h"
#include "base/time.h"

/* A value alone. A text is escaped; bytes of it that are no UTF-8 become U+FFFD. */
void nos_encode_text(struct nos_buf *b, struct nos_str s);
void nos_encode_bytes(struct nos_buf *b, const void *p, size_t len); /* base64url */
void nos_encode_number(struct nos_buf *b, double v);		     /* not finite: null */

/*
 * Members: a comma goes before unless an opening bracket or nothing stands there. name needs no
 * escape. The plain one writes the name alone, for a value that the caller appends.
 */
void nos_encode_member(struct nos_buf *b, const char *name);
void nos_encode_member_text(struct nos_buf *b, const char *name, struct nos_str s);
void nos_encode_member_uint(struct nos_buf *b, const char *name, uint64_t n);
void nos_encode_member_number(struct nos_buf *b, const char *name, double v);
void nos_encode_member_time(struct nos_buf *b, const char *name, struct nos_time t);
void nos_encode_member_bool(struct nos_buf *b, const char *name, bool v);
void nos_encode_member_bytes(struct nos_buf *b, const char *name, const void *p, size_t len);

/* A comma, unless an opening bracket or nothing stands before: for the elements of an array. */
void nos_encode_comma(struct nos_buf *b);

/* {"code":…,"message":…[,"field":…][,"offset":…]} */
void nos_encode_error(struct nos_buf *b, const struct nos_err *err);

#endif
