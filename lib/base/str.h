/* SPDX-License-Identifier: MIT */
/* Views of text and bytes: passed by value, own nothing, and what they show must outlive them. */
#ifndef NOS_BASE_STR_H
#define NOS_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct nos_str {
	const char *p;
	size_t len;
};
struct nos_span {
	const uint8_t *p;
	size_t len;
};

/* View of a literal, and the two arguments of "%.*s". */
#define NOS_STR(lit)   ((struct nos_str){ "" lit, sizeof(lit) - 1 })
#define NOS_STR_ARG(s) (int)(s).len, (s).p

/* View of a terminated text; NULL gives the empty view. For the edge only (argv, environment). */
struct nos_str nos_str_of(const char *text);
struct nos_span nos_str_bytes(struct nos_str s);

static inline bool nos_str_eq(struct nos_str a, struct nos_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Here, so that the length of a literal is known when it is compiled: most differ by that. */
static inline bool nos_str_is(struct nos_str a, const char *text)
{
	return nos_str_eq(a, (struct nos_str){ text, text ? strlen(text) : 0 });
}

bool nos_str_starts(struct nos_str s, const char *prefix);

/* For tables in memory (FNV-1a); not against who chooses the texts. */
size_t nos_str_hash(struct nos_str s);

/* s without blanks, tabs, CR and LF at its ends. */
struct nos_str nos_str_trim(struct nos_str s);

/*
 * Cut *rest at the first sep: *ret is what stands before it, *rest what stands behind. False once
 * *rest is used up (its p is NULL then). "a,,b" gives three parts, "" one empty part.
 */
bool nos_str_cut(struct nos_str *rest, char sep, struct nos_str *ret);

/* Well-formed UTF-8 (RFC 3629): no surrogate, no overlong form. */
bool nos_str_is_utf8(struct nos_str s);

/* Copy into out, always terminated; false (out empty) if it does not fit or holds a NUL. */
bool nos_str_copy(struct nos_str s, char *out, size_t size);

#endif
