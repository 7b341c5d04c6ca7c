/* SPDX-License-Identifier: MIT */
/*
 * SenML packs in JSON (RFC 8428): base fields resolved, relative times made absolute, and what a
 * pack must be refused for. Which readings a pack is made of stands in nos-formats(7). Pure.
 */
#ifndef NOS_READING_SENML_H
#define NOS_READING_SENML_H

#include "base/buf.h"
#include "json/scan.h"
#include "reading/reading.h"

#define NOS_SENML_NAME_MAX 256 /* bytes of a name, base and all */

/* A record that stands for itself (RFC 8428 §4.6), but for its value. */
struct nos_senml_record {
	struct nos_str name; /* bn and n */
	size_t base_len;     /* bytes of it that are bn's */
	struct nos_str unit; /* len 0: none */
	bool has_time;
	struct nos_time time;
	const struct nos_scan_value *value; /* of v, vs, vb or vd; NULL: it has a sum alone */
	bool has_number, has_sum;
	double number, sum; /* bv added to v, bs to s */
	bool is_data;	    /* value is vd's */
};

/* What is in force where a record is read. All-zero is the start of a pack. */
struct nos_senml {
	struct nos_str base_name, base_unit;
	double base_time, base_value, base_sum;
	bool has_base_value, has_base_sum;
};

/* Does it look like a pack rather than an array of our readings? */
bool nos_senml_is_pack(const struct nos_scan *scan, const struct nos_scan_value *array);

/*
 * May the pack be read at all? NOS_DATA: a record is no object or has no name, two values, a field
 * that must be understood (its name ends in "_") and is not, or bver over 10 (RFC 8428 §4.4, §4.5):
 * nothing of such a pack counts; the field is named.
 */
enum nos_code nos_senml_check(const struct nos_scan *scan, const struct nos_scan_value *array,
    struct nos_buf *space, struct nos_err *err) NOS_CHECK;

/*
 * Resolve the next record of a pack that was checked; in *s its base fields hold from it on. now is
 * what a time below 2^28 is relative to. Names are appended to *space, which must have room and
 * not move. *ret_none: it has base fields alone. NOS_DATA, NOS_LARGE: this record is not good.
 */
enum nos_code nos_senml_resolve(struct nos_senml *s, const struct nos_scan *scan,
    const struct nos_scan_value *object, struct nos_time now, struct nos_buf *space,
    struct nos_senml_record *ret, bool *ret_none, struct nos_err *err) NOS_CHECK;

#endif
