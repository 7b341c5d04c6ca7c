/* SPDX-License-Identifier: MIT */
/*
 * Errors: a code returned and a small record filled (nos-formats(7), "Errors"). Allocates nothing,
 * prints nothing; thread-safe as far as each thread has its own record.
 */
#ifndef NOS_BASE_ERR_H
#define NOS_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define NOS_CHECK	 __attribute__((warn_unused_result))
#define NOS_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* code, slug (stable, documented), title of the problem document (RFC 9457) */
#define NOS_CODE_MAP(X)                           \
	X(OK, "ok", "ok")                         \
	X(USAGE, "usage", "wrong usage")          \
	X(DATA, "data", "bad input")              \
	X(LARGE, "large", "too large")            \
	X(LENGTH, "length", "length required")    \
	X(MEDIA, "media", "unknown media type")   \
	X(ABSENT, "absent", "not found")          \
	X(AWAY, "away", "not reached")            \
	X(INTERNAL, "internal", "internal fault") \
	X(EXISTS, "exists", "exists already")     \
	X(IO, "io", "input or output failed")     \
	X(BUSY, "busy", "busy")                   \
	X(TAG, "tag", "not authenticated")        \
	X(DENIED, "denied", "denied")             \
	X(CONFIG, "config", "bad settings")

enum nos_code {
#define X(name, slug, title) NOS_##name,
	NOS_CODE_MAP(X)
#undef X
	    NOS_CODE_COUNT
};

#define NOS_ERR_TEXT_MAX  256
#define NOS_ERR_FIELD_MAX 48

/* All-zero is valid and means NOS_OK. text is always terminated, one line, and holds no secret. */
struct nos_err {
	enum nos_code code;
	bool has_offset; /* offset is known: bytes from the start of the input in question */
	size_t offset;
	char field[NOS_ERR_FIELD_MAX]; /* name of the member at fault; empty: not known */
	char text[NOS_ERR_TEXT_MAX];
};

/* Slug and title of a code; never NULL. */
const char *nos_code_slug(enum nos_code code);
const char *nos_code_title(enum nos_code code);

/* Fill *err and return code. A text that is too long is cut; control bytes become '?'. An argument
 * may be err's own text. */
enum nos_code nos_err_set(struct nos_err *err, enum nos_code code, const char *fmt, ...)
    NOS_PRINTF(3, 4);

/* As nos_err_set, and name the member at fault. */
enum nos_code nos_err_set_field(struct nos_err *err, enum nos_code code, const char *field,
    const char *fmt, ...) NOS_PRINTF(4, 5);

/* As nos_err_set with ": " and the text of errno value errnum behind it. */
enum nos_code nos_err_set_errno(
    struct nos_err *err, enum nos_code code, int errnum, const char *fmt, ...) NOS_PRINTF(4, 5);

/* Put "place: " before the text of a filled record; returns its code. */
enum nos_code nos_err_within(struct nos_err *err, const char *fmt, ...) NOS_PRINTF(2, 3);

/* Note the byte offset of the fault; returns err->code. */
enum nos_code nos_err_at(struct nos_err *err, size_t offset);

/* Make *err NOS_OK again. */
void nos_err_clear(struct nos_err *err);

#endif
