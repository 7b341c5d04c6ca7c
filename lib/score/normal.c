/* SPDX-License-Identifier: MIT */
#include "score/normal.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "reading/unit.h"
#include "score/profile.h"

#define DECIMALS_MAX 15
#define PLACES	     6	  /* of a number that is converted */
#define HUGE_MAX     1e22 /* beyond it the number has no room, and is as good as infinite */

/* Is it beyond what its sensor can say, even with the margin? */
static bool is_outside(double v, const struct nos_rule_type *type)
{
	double soft = isnan(type->soft) ? 0 : type->soft;

	return v < type->lo - soft || v > type->hi + soft;
}

/* The places of a number by a factor: hectopascals have two more than pascals. */
static unsigned decimals_of(unsigned came, double factor)
{
	double places = (double)came - round(log10(factor));

	return (unsigned)fmin(fmax(places, 0), DECIMALS_MAX);
}

/*
 * The number by step, as its own digits say it, so that who reads them weighs the very same. False:
 * it is too large.
 */
static bool convert(struct nos_unit_step step, struct nos_normal *n)
{
	NOS_AUTO(buf) digits = { 0 };
	double number = n->reading.number * step.factor + step.offset;

	if (!(fabs(number) < HUGE_MAX))
		return false;
	nos_buf_init(&digits, 64);
	nos_num_format(&digits, number, PLACES);
	if (!nos_str_copy(nos_buf_str(&digits), n->number, sizeof(n->number)))
		return false;
	n->reading.text = nos_str_of(n->number);
	n->reading.decimals = decimals_of(n->reading.decimals, step.factor);
	return nos_num_parse_decimal(n->reading.text, &n->reading.number);
}

/* A number that is understood takes the type's unit; a text says what it says. */
static void take_unit(const struct nos_rule_type *type, struct nos_normal *n)
{
	struct nos_reading *r = &n->reading;
	struct nos_unit_step step;

	if (!r->unit.len || !type->unit.len || nos_str_eq(r->unit, type->unit))
		return;
	if (!nos_unit_convert(r->unit, type->unit, &step)) {
		n->unit_unknown = true;
		return;
	}
	if (r->kind != NOS_READING_NUMBER && r->kind != NOS_READING_MISSING)
		return;
	n->converted = true;
	n->sent_unit = r->unit;
	r->unit = type->unit;
	if (r->kind == NOS_READING_MISSING)
		return;
	n->sent_value = r->text;
	if ((step.factor != 1 || step.offset != 0) && !convert(step, n))
		r->kind = NOS_READING_MISSING;
}

void nos_normal_make(
    const struct nos_reading *came, const struct nos_rule_type *type, struct nos_normal *ret)
{
	struct nos_reading *r = &ret->reading;

	*ret = (struct nos_normal){ .reading = *came };
	take_unit(type, ret);
	if (r->kind != NOS_READING_NUMBER)
		return;
	/* A device that says -999 for nothing says so in whatever unit. */
	if (nos_profile_is_missing(type, r->number) ||
	    (is_outside(r->number, type) && nos_profile_is_missing(type, came->number)))
		r->kind = NOS_READING_MISSING;
}

void nos_normal_tell(const struct nos_normal *n, struct nos_rule_input *ret)
{
	ret->reading = &n->reading;
	ret->unit_unknown = n->unit_unknown;
	ret->sent_value = n->sent_value;
	ret->sent_unit = n->sent_unit;
}
