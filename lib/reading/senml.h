/* SPDX-License-Identifier: MIT */
/*
 * SenML packs in JSON (RFC 8428): base fields resolved, relative times made absolute, and what a
 * pack must be refused for. Which readings a pack is made of: reading/senml_readings.h. Pure.
 */
#ifndef NOS_READING_SENML_H
#define NOS_READING_SENML_H

#include "base/buf.h"
#include "base/time.h"
#include "json/scan.h"

#define NOS_SENML_NAME_MAX   256 /* bytes of a name, base and all */
#define NOS_SENML_DIGITS_MAX 32	 /* bytes of a number that was added up */

struct nos_senml_number {
	double value;
	struct nos_str digits; /* as sent, or of the sum */
	unsigned decimals;     /* places behind the point of them */
};

/* A record that stands for itself (RFC 8428 §4.6). It is named by base and name, one behind the
 * other; either may be empty. */
struct nos_senml_record {
	struct nos_str base, name;
	struct nos_str unit; /* len 0: none */
	struct nos_time time;
	const struct nos_scan_value *value; /* of v, vs, vb or vd; NULL: it has none of its own */
	bool has_number, has_sum;
	struct nos_senml_number number, sum; /* bv added to v, bs to s */
};

/* What is in force where a record is read. All-zero is the start of a pack. */
struct nos_senml {
	struct nos_str base_name, base_unit;
	double base_time;
	bool has_base_value, has_base_sum;
	struct nos_senml_number base_value, base_sum;
};

/* Does it look like a pack rather than an array of our readings? */
bool nos_senml_is_pack(const struct nos_scan *scan, const struct nos_scan_value *array);

/*
 * May the pack be read at all? *ret_room is the space that resolving it once takes. NOS_DATA: it is
 * no array; a record is no object or has no name, two values, a field that must be understood (its
 * name ends in "_") and is not, a base field that is not of its kind, or bver over 10 or not that
 * of the others (RFC 8428 §4.4, §4.5): nothing of such a pack counts, and the field is named.
 */
enum nos_code nos_senml_check(const struct nos_scan *scan, const struct nos_scan_value *array,
    size_t *ret_room, struct nos_err *err) NOS_CHECK;

/*
 * Resolve the next record of a pack that was checked; in *s its base fields hold from it on, also
 * where it is not good. now is what a time below 2^28 is relative to; without any it is now. What
 * was escaped or added up is appended to *space, which must have the room that the check told and
 * not move. *ret_none: it has base fields alone. NOS_DATA, NOS_LARGE: this record is not good.
 */
enum nos_code nos_senml_resolve(struct nos_senml *s, const struct nos_scan *scan,
    const struct nos_scan_value *object, struct nos_time now, struct nos_buf *space,
    struct nos_senml_record *ret, bool *ret_none, struct nos_err *err) NOS_CHECK;

#endif
