/* SPDX-License-Identifier: MIT */
/*
 * A reading as it comes: JSON or a line of NDJSON (nos-formats(7), nos-score(7)). What a device
 * gets wrong in the value is kept as missing; only what cannot be placed at all is refused. Pure.
 */
#ifndef NOS_READING_READING_H
#define NOS_READING_READING_H

#include "base/buf.h"
#include "base/time.h"
#include "json/scan.h"

#define NOS_READING_TYPE_MAX	64   /* bytes */
#define NOS_READING_UNIT_MAX	32   /* bytes */
#define NOS_READING_TEXT_MAX	1024 /* bytes of a value that is a text */
#define NOS_READING_CLAIMED_MAX 64
#define NOS_READING_DEPTH_MAX	16

enum nos_reading_kind {
	NOS_READING_MISSING, /* null, NaN, infinite, a number as text, or a sentinel of its rules */
	NOS_READING_NUMBER,
	NOS_READING_TEXT,
	NOS_READING_BOOL,
};

/* Texts point into the scanned text or into the space given to decode. */
struct nos_reading {
	struct nos_str type;
	enum nos_reading_kind kind;
	double number;	     /* NUMBER, finite */
	unsigned decimals;   /* NUMBER: places behind the point, as sent */
	bool truth;	     /* BOOL */
	struct nos_str text; /* TEXT; NUMBER: its digits as sent */
	struct nos_str unit; /* len 0: none */
	bool has_time;
	struct nos_time time;
	bool has_seq;
	uint64_t seq;
	bool has_position;
	double lat, lon; /* degrees */
	unsigned lat_decimals;
	struct nos_str lat_text, lon_text; /* their digits as sent; len 0: not kept */
	struct nos_str claimed;		   /* member "source": a claim, and no more; len 0: none */
};

/*
 * Read an object. Members that are not known are passed over. space takes texts that were escaped,
 * and must have been given room for the object's length (nos_buf_reserve): what points into it must
 * not move. The reading is good as long as both it and the scanned text are.
 * NOS_DATA   type or value is missing, or a member has a form that says nothing
 * NOS_LARGE  a text is over its limit above
 */
enum nos_code nos_reading_decode(const struct nos_scan *scan, const struct nos_scan_value *object,
    struct nos_buf *space, struct nos_reading *ret, struct nos_err *err) NOS_CHECK;

/* Is a text what devices write where they have no number: a number in quotes, or one of C's odd
 * ones? */
bool nos_reading_is_missing(struct nos_str s);

/*
 * Append the reading as one object, members in the order of nos-formats(7): numbers by their own
 * digits where they have any. Decoded again it is the same reading.
 */
void nos_reading_encode(struct nos_buf *b, const struct nos_reading *r);

/* The member "value" alone, as above. */
void nos_reading_encode_value(struct nos_buf *b, const struct nos_reading *r);

#endif
