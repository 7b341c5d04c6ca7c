/* SPDX-License-Identifier: MIT */
/*
 * JSON on the hot path (RFC 8259): tokens by jsmn, which is quick and lenient, and the whole
 * grammar checked over its tokens. Refuses duplicate members, text that is not UTF-8, control
 * bytes, anything behind the value. Values point into the text, which must outlive them. One scan a
 * thread; it keeps its memory from text to text.
 */
#ifndef NOS_JSON_SCAN_H
#define NOS_JSON_SCAN_H

#include "base/buf.h"

#define NOS_SCAN_TEXT_MAX    (16u << 20) /* bytes */
#define NOS_SCAN_MEMBERS_MAX 256	 /* members of one object, where the scan does not say */
#define NOS_SCAN_DEPTH_MAX   64

enum nos_scan_kind {
	NOS_SCAN_NULL,
	NOS_SCAN_FALSE,
	NOS_SCAN_TRUE,
	NOS_SCAN_NUMBER,     /* of whatever size: a double may not hold it */
	NOS_SCAN_NOT_FINITE, /* NaN, nan, -nan, Infinity, -inf …; only where the scan allows it */
	NOS_SCAN_STRING,
	NOS_SCAN_ARRAY,
	NOS_SCAN_OBJECT,
};

struct nos_scan_value {
	enum nos_scan_kind kind;
	bool escaped;	    /* a string with a backslash in it: read it with nos_scan_text */
	struct nos_str raw; /* without the quotes of a string */
	uint32_t count;	    /* elements, or members */
	uint32_t next;	    /* index of the value behind this one and all that it holds */
};

/* All-zero is valid. */
struct nos_scan {
	bool not_finite;  /* in: take NaN and infinities, which JSON has not but sensors send */
	unsigned depth;	  /* in: deepest nesting taken; 0: NOS_SCAN_DEPTH_MAX */
	unsigned members; /* in: most members of one object; 0: NOS_SCAN_MEMBERS_MAX */
	struct nos_str text;
	struct nos_scan_value *values; /* in the order of the text; values[0] is the root */
	size_t count, cap;
	void *tokens;
	size_t tokens_cap;
};

void nos_scan_release(struct nos_scan *s);

/*
 * Scan one value with nothing but blanks around it. NOS_DATA: not JSON, the offset noted;
 * NOS_LARGE: over a limit above; NOS_INTERNAL: out of memory.
 */
enum nos_code nos_scan_parse(
    struct nos_scan *s, struct nos_str text, struct nos_err *err) NOS_CHECK;

/* Member of an object by name, NULL if it is not there. Names are compared as they are meant. */
const struct nos_scan_value *nos_scan_find(
    const struct nos_scan *s, const struct nos_scan_value *object, struct nos_str name);

/* Here, so that the length of a name that is a literal is known when it is compiled. */
static inline const struct nos_scan_value *nos_scan_get(
    const struct nos_scan *s, const struct nos_scan_value *object, const char *name)
{
	return nos_scan_find(s, object, (struct nos_str){ name, strlen(name) });
}

/* Step through an object or array: at is 0 first, and is moved on. False at the end. */
bool nos_scan_member(const struct nos_scan *s, const struct nos_scan_value *object, uint32_t *at,
    const struct nos_scan_value **ret_name, const struct nos_scan_value **ret_value);
bool nos_scan_element(const struct nos_scan *s, const struct nos_scan_value *array, uint32_t *at,
    const struct nos_scan_value **ret_value);

/*
 * The text that a string means. Points into the scanned text where nothing is escaped, else into
 * *space, to which it is appended. False if it has an unpaired surrogate or *space is full.
 */
bool nos_scan_text(const struct nos_scan_value *string, struct nos_buf *space, struct nos_str *ret);

/*
 * For files that people write: put "line 3, column 12: " before the text of an error, and take its
 * offset away. A column is a character, both count from 1. Returns err->code.
 */
enum nos_code nos_scan_place(struct nos_str text, size_t offset, struct nos_err *err);

#endif
