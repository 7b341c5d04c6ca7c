/* SPDX-License-Identifier: MIT */
#include "reading/senml.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "reading/reading.h"

#define VERSION_MAX 10
#define RELATIVE    268435456.0	  /* 2^28: below it a time is relative */
#define TIME_MAX    99999999999.0 /* seconds; beyond it a number is no time of ours */

/* The base fields come first, the values stand together. */
enum field { BN, BU, BT, BV, BS, BVER, N, U, V, VS, VB, VD, S, T, UT, FIELDS };

static const char *const labels[FIELDS] = { "bn", "bu", "bt", "bv", "bs", "bver", "n", "u", "v",
	"vs", "vb", "vd", "s", "t", "ut" };

/* A record's fields by label; NULL: it has none. */
struct fields {
	const struct nos_scan_value *of[FIELDS];
	bool base;		      /* it has base fields, be they known or not */
	char must[NOS_ERR_FIELD_MAX]; /* one that must be understood and is not; empty: none */
};

static void gather_one(
    struct fields *f, const struct nos_scan_value *label, const struct nos_scan_value *value)
{
	NOS_AUTO(buf) space = { 0 };
	struct nos_str text;

	nos_buf_init(&space, NOS_SCAN_TEXT_MAX);
	if (!nos_scan_text(label, &space, &text))
		return;
	f->base |= nos_str_starts(text, "b");
	for (int i = 0; i < FIELDS; i++)
		if (nos_str_is(text, labels[i])) {
			f->of[i] = value;
			return;
		}
	if (text.len && text.p[text.len - 1] == '_')
		snprintf(f->must, sizeof(f->must), "%.*s", NOS_STR_ARG(text));
}

static void gather(
    const struct nos_scan *scan, const struct nos_scan_value *object, struct fields *ret)
{
	const struct nos_scan_value *label, *value;
	uint32_t at = 0;

	*ret = (struct fields){ 0 };
	while (nos_scan_member(scan, object, &at, &label, &value))
		gather_one(ret, label, value);
}

static bool is_base_alone(const struct fields *f)
{
	for (int i = N; i < FIELDS; i++)
		if (f->of[i])
			return false;
	return f->base;
}

static bool is_ours(const struct nos_scan *scan, const struct nos_scan_value *v)
{
	return nos_scan_get(scan, v, "type") && nos_scan_get(scan, v, "value");
}

bool nos_senml_is_pack(const struct nos_scan *scan, const struct nos_scan_value *array)
{
	const struct nos_scan_value *v;
	struct fields f;
	uint32_t at = 0;
	int known = 0;

	if (array->kind != NOS_SCAN_ARRAY || !nos_scan_element(scan, array, &at, &v))
		return false;
	gather(scan, v, &f);
	/* A time or a unit alone is anybody's. */
	f.of[U] = f.of[T] = f.of[UT] = NULL;
	for (int i = 0; i < FIELDS; i++)
		known += f.of[i] != NULL;
	if (!known)
		return false;
	/* Where any of them is a reading of ours, that is not to be lost. */
	at = 0;
	while (nos_scan_element(scan, array, &at, &v))
		if (is_ours(scan, v))
			return false;
	return true;
}

/* ---- is it a pack that may be read? ---- */

/* What is known of a pack as far as it was looked at. */
struct look {
	bool named, value, sum; /* bn, bv, bs are in force */
	double version;		/* 0: none yet */
	size_t room;
};

static bool is_finite(const struct nos_scan_value *v, double *ret)
{
	return v->kind == NOS_SCAN_NUMBER && nos_num_parse_decimal(v->raw, ret);
}

static bool is_text(const struct nos_scan_value *v)
{
	NOS_AUTO(buf) space = { 0 };
	struct nos_str text;

	nos_buf_init(&space, NOS_SCAN_TEXT_MAX);
	return v->kind == NOS_SCAN_STRING && nos_scan_text(v, &space, &text);
}

/* All that follows stands on these. */
static enum nos_code check_base(struct look *l, const struct fields *f, struct nos_err *err)
{
	double n;

	for (int i = BN; i <= BVER; i++) {
		if (f->of[i] && !(i <= BU ? is_text(f->of[i]) : is_finite(f->of[i], &n)))
			return nos_err_set_field(err, NOS_DATA, labels[i], "%s is no %s", labels[i],
			    i <= BU ? "text" : "number");
	}
	if (!f->of[BVER] || !is_finite(f->of[BVER], &n))
		return NOS_OK;
	if (n < 1 || n != floor(n) || n > VERSION_MAX)
		return nos_err_set_field(
		    err, NOS_DATA, "bver", "of SenML version %d is read at most", VERSION_MAX);
	if (l->version > 0 && l->version != n)
		return nos_err_set_field(err, NOS_DATA, "bver", "two versions in one pack");
	l->version = n;
	return NOS_OK;
}

static enum nos_code check_fields(struct look *l, const struct fields *f, struct nos_err *err)
{
	int values = 0;

	if (*f->must)
		return nos_err_set_field(
		    err, NOS_DATA, f->must, "field '%s' must be understood, and is not", f->must);
	if (check_base(l, f, err))
		return err->code;
	if (f->of[BN])
		l->named = f->of[BN]->raw.len > 0;
	l->value |= f->of[BV] != NULL;
	l->sum |= f->of[BS] != NULL;
	if (is_base_alone(f))
		return NOS_OK;
	if (!l->named && (!f->of[N] || !f->of[N]->raw.len))
		return nos_err_set_field(err, NOS_DATA, "n", "no name");
	for (int i = V; i <= VD; i++)
		if (f->of[i] && values++)
			return nos_err_set_field(err, NOS_DATA, labels[i], "two values");
	return NOS_OK;
}

enum nos_code nos_senml_check(const struct nos_scan *scan, const struct nos_scan_value *array,
    size_t *ret_room, struct nos_err *err)
{
	struct look l = { 0 };
	const struct nos_scan_value *v;
	uint32_t at = 0, n = 0;
	struct fields f;

	if (array->kind != NOS_SCAN_ARRAY)
		return nos_err_set(err, NOS_DATA, "a SenML pack is an array");
	while (nos_scan_element(scan, array, &at, &v)) {
		n++;
		if (v->kind != NOS_SCAN_OBJECT)
			return nos_err_set(err, NOS_DATA, "record %u: a record is an object", n);
		gather(scan, v, &f);
		if (check_fields(&l, &f, err))
			return nos_err_within(err, "record %u", n);
		l.room += v->raw.len;
		if (!is_base_alone(&f))
			l.room += (size_t)(l.value + l.sum) * NOS_SENML_DIGITS_MAX;
	}
	*ret_room = l.room;
	return NOS_OK;
}

/* ---- resolving ---- */

static bool read_number(const struct nos_scan_value *v, struct nos_senml_number *ret)
{
	if (!is_finite(v, &ret->value))
		return false;
	ret->digits = v->raw;
	ret->decimals = nos_num_decimals(v->raw);
	return true;
}

/* From this record on. All of it was checked. */
static void take_base(struct nos_senml *s, const struct fields *f, struct nos_buf *space)
{
	if (f->of[BN])
		nos_scan_text(f->of[BN], space, &s->base_name);
	if (f->of[BU])
		nos_scan_text(f->of[BU], space, &s->base_unit);
	if (f->of[BT])
		is_finite(f->of[BT], &s->base_time);
	if (f->of[BV])
		s->has_base_value = read_number(f->of[BV], &s->base_value);
	if (f->of[BS])
		s->has_base_sum = read_number(f->of[BS], &s->base_sum);
}

static enum nos_code take_text(const struct nos_scan_value *v, enum field field,
    struct nos_buf *space, struct nos_str *ret, struct nos_err *err)
{
	if (v && (v->kind != NOS_SCAN_STRING || !nos_scan_text(v, space, ret)))
		return nos_err_set_field(
		    err, NOS_DATA, labels[field], "%s is no text", labels[field]);
	return NOS_OK;
}

static enum nos_code take_time(const struct nos_senml *s, const struct nos_scan_value *v,
    struct nos_time now, struct nos_time *ret, struct nos_err *err)
{
	double t = 0;

	if (v && !is_finite(v, &t))
		return nos_err_set_field(err, NOS_DATA, "t", "t is no number");
	t += s->base_time;
	if (t < RELATIVE)
		t += nos_time_seconds(now);
	if (fabs(t) > TIME_MAX)
		return nos_err_set_field(err, NOS_DATA, "t", "t and bt make no time");
	ret->ms = llrint(t * 1000);
	return NOS_OK;
}

/* a and what is in force of it; false: over the range of a double. */
static bool add(const struct nos_senml_number *base, const struct nos_senml_number *a,
    struct nos_buf *space, struct nos_senml_number *ret)
{
	unsigned decimals = base->decimals > a->decimals ? base->decimals : a->decimals;
	char text[NOS_SENML_DIGITS_MAX + 1];

	ret->value = base->value + a->value;
	if (!isfinite(ret->value))
		return false;
	if (fabs(ret->value) < 1e13 && decimals <= 15)
		snprintf(text, sizeof(text), "%.*f", (int)decimals, ret->value);
	else
		snprintf(text, sizeof(text), "%.17g", ret->value);
	ret->digits = (struct nos_str){ space->p + space->len, strlen(text) };
	nos_buf_add(space, text, ret->digits.len);
	/* What is read of the digits again is the same. */
	ret->decimals = nos_num_decimals(ret->digits);
	return nos_num_parse_decimal(ret->digits, &ret->value);
}

/* A number, or what stands for one that is missing: then *ret_has is false. */
static enum nos_code take_number(const struct nos_scan_value *v, enum field field, bool has_base,
    const struct nos_senml_number *base, struct nos_buf *space, bool *ret_has,
    struct nos_senml_number *ret, struct nos_err *err)
{
	struct nos_senml_number own = { 0 };

	*ret_has = false;
	if (!v) {
		*ret = *base;
		*ret_has = has_base;
		return NOS_OK;
	}
	if (v->kind == NOS_SCAN_NUMBER) {
		/* Over the range of a double it is as good as infinite. */
		*ret_has = read_number(v, &own);
		*ret = own;
		if (*ret_has && has_base)
			*ret_has = add(base, &own, space, ret);
		return NOS_OK;
	}
	if (v->kind == NOS_SCAN_NULL || v->kind == NOS_SCAN_NOT_FINITE ||
	    (v->kind == NOS_SCAN_STRING && nos_reading_is_missing(v->raw)))
		return NOS_OK;
	return nos_err_set_field(err, NOS_DATA, labels[field], "%s is no number", labels[field]);
}

static enum nos_code take_value(const struct nos_senml *s, const struct fields *f,
    struct nos_buf *space, struct nos_senml_record *ret, struct nos_err *err)
{
	enum field field = V;

	while (field <= VD && !f->of[field])
		field++;
	if (field > VD || field == V) {
		ret->value = f->of[V];
		return take_number(f->of[V], V, s->has_base_value, &s->base_value, space,
		    &ret->has_number, &ret->number, err);
	}
	ret->value = f->of[field];
	switch (ret->value->kind) {
	case NOS_SCAN_NULL:
		return NOS_OK;
	case NOS_SCAN_STRING:
		if (field != VB)
			return NOS_OK;
		break;
	case NOS_SCAN_TRUE:
	case NOS_SCAN_FALSE:
		if (field == VB)
			return NOS_OK;
		break;
	case NOS_SCAN_NUMBER:
	case NOS_SCAN_NOT_FINITE:
	case NOS_SCAN_ARRAY:
	case NOS_SCAN_OBJECT:
		break;
	}
	return nos_err_set_field(err, NOS_DATA, labels[field], "%s is no %s", labels[field],
	    field == VB ? "boolean" : "text");
}

enum nos_code nos_senml_resolve(struct nos_senml *s, const struct nos_scan *scan,
    const struct nos_scan_value *object, struct nos_time now, struct nos_buf *space,
    struct nos_senml_record *ret, bool *ret_none, struct nos_err *err)
{
	struct fields f;

	gather(scan, object, &f);
	take_base(s, &f, space);
	*ret = (struct nos_senml_record){ .base = s->base_name, .unit = s->base_unit };
	*ret_none = is_base_alone(&f);
	if (*ret_none)
		return NOS_OK;
	if (take_text(f.of[N], N, space, &ret->name, err) ||
	    take_text(f.of[U], U, space, &ret->unit, err) ||
	    take_time(s, f.of[T], now, &ret->time, err) || take_value(s, &f, space, ret, err) ||
	    take_number(
		f.of[S], S, s->has_base_sum, &s->base_sum, space, &ret->has_sum, &ret->sum, err))
		return err->code;
	if (ret->base.len + ret->name.len > NOS_SENML_NAME_MAX)
		return nos_err_set_field(
		    err, NOS_LARGE, "n", "a name is over %d bytes", NOS_SENML_NAME_MAX);
	if (!ret->value && !ret->has_number && !ret->has_sum)
		return nos_err_set_field(err, NOS_DATA, "v", "no value");
	return NOS_OK;
}
