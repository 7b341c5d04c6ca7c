/* SPDX-License-Identifier: MIT */
/* "types" of a rules file: a row of parameters for each. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "reading/reading.h"
#include "score/profile_parse.h"

/* Levels of topics that are no kinds. */
static const char *const reserved[] = { "only", "keys", "status", "audit", "anonymous" };

typedef enum nos_code read_fn(
    struct nos_profile_parser *p, const struct nos_scan_value *v, const char *name, void *ret);

static enum nos_code read_number(
    struct nos_profile_parser *p, const struct nos_scan_value *v, const char *name, void *ret)
{
	double number;

	if (v->kind != NOS_SCAN_NUMBER || !nos_num_parse_decimal(v->raw, &number))
		return nos_handwritten_wrong(&p->file, v, name, "is not a number");
	if (fabs(number) > NOS_PROFILE_NUMBER_MAX)
		return nos_handwritten_wrong(&p->file, v, name, "is over 1e15");
	*(double *)ret = number;
	return NOS_OK;
}

static enum nos_code read_positive(
    struct nos_profile_parser *p, const struct nos_scan_value *v, const char *name, void *ret)
{
	double number = 0;

	if (read_number(p, v, name, &number))
		return p->file.err->code;
	if (number < NOS_PROFILE_NUMBER_MIN)
		return nos_handwritten_wrong(
		    &p->file, v, name, number > 0 ? "is under 1e-9" : "is not over 0");
	*(double *)ret = number;
	return NOS_OK;
}

enum nos_code nos_profile_types_span(
    struct nos_profile_parser *p, const struct nos_scan_value *v, const char *name, void *ret)
{
	struct nos_str text;
	double seconds;
	uint64_t ms;

	if (nos_handwritten_text(&p->file, v, &text)) {
		if (!nos_time_parse_span(text, &ms) || (double)ms / 1000 > NOS_PROFILE_NUMBER_MAX)
			return nos_handwritten_wrong(
			    &p->file, v, name, "is not a span such as 90s, 15m, 24h, 7d");
		seconds = (double)ms / 1000;
	} else if (v->kind != NOS_SCAN_NUMBER) {
		return nos_handwritten_wrong(
		    &p->file, v, name, "is neither seconds nor a span such as \"7d\"");
	} else if (read_number(p, v, name, &seconds)) {
		return p->file.err->code;
	}
	seconds = round(seconds * 1000) / 1000;
	if (seconds <= 0)
		return nos_handwritten_wrong(&p->file, v, name, "is under a millisecond");
	*(double *)ret = seconds;
	return NOS_OK;
}

static enum nos_code read_unit(
    struct nos_profile_parser *p, const struct nos_scan_value *v, const char *name, void *ret)
{
	struct nos_str text;

	if (!nos_handwritten_text(&p->file, v, &text))
		return nos_handwritten_wrong(&p->file, v, name, "is not a text");
	if (text.len > NOS_READING_UNIT_MAX)
		return nos_handwritten_wrong(&p->file, v, name, "is over 32 bytes");
	*(struct nos_str *)ret = nos_handwritten_keep(&p->file, text);
	return NOS_OK;
}

static const struct {
	const char *name;
	size_t at; /* in struct nos_rule_type */
	read_fn *read;
} params[] = {
#define AT(member) offsetof(struct nos_rule_type, member)
	{ "unit", AT(unit), read_unit },
	{ "lo", AT(lo), read_number },
	{ "hi", AT(hi), read_number },
	{ "soft", AT(soft), read_positive },
	{ "step", AT(step), read_positive },
	{ "u", AT(u), read_positive },
	{ "E", AT(E), read_positive },
	{ "resolution", AT(resolution), read_positive },
	{ "sigma", AT(sigma), read_positive },
	{ "period", AT(period_s), nos_profile_types_span },
	{ "validity", AT(validity_s), nos_profile_types_span },
	{ "flat", AT(flat), read_positive },
#undef AT
};

static enum nos_code read_missing(
    struct nos_profile_parser *p, const struct nos_scan_value *v, struct nos_rule_type *ret)
{
	const struct nos_scan_value *element;
	uint32_t i = 0;

	if (v->kind != NOS_SCAN_ARRAY || v->count > NOS_RULE_MISSING_MAX)
		return nos_handwritten_wrong(
		    &p->file, v, "missing", "is not a list of at most 8 numbers");
	while (nos_scan_element(&p->file.scan, v, &i, &element))
		if (read_number(p, element, "missing", &ret->missing[ret->missing_count++]))
			return p->file.err->code;
	return NOS_OK;
}

static enum nos_code read_param(struct nos_profile_parser *p, const struct nos_scan_value *name,
    const struct nos_scan_value *v, struct nos_rule_type *ret)
{
	struct nos_str text;

	if (!nos_handwritten_text(&p->file, name, &text))
		return nos_handwritten_unknown(&p->file, name);
	if (nos_str_is(text, "missing"))
		return read_missing(p, v, ret);
	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++)
		if (nos_str_is(text, params[i].name))
			return params[i].read(p, v, params[i].name, (char *)ret + params[i].at);
	return nos_handwritten_unknown(&p->file, name);
}

/* KIND/TYPE or TYPE: with anything else no reading would ever meet it. */
static const char *check_name(struct nos_str name)
{
	struct nos_str type = name, kind;
	const char *slash = memchr(name.p, '/', name.len);

	if (slash) {
		nos_str_cut(&type, '/', &kind);
		if (!nos_profile_filters_is_name(kind))
			return "has no name of a kind before its '/'";
		for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
			if (nos_str_is(kind, reserved[i]))
				return "has before its '/' what cannot be a kind";
	}
	if (!type.len)
		return "has no type behind its '/'";
	return type.len > NOS_READING_TYPE_MAX ? "has a type over 64 bytes" : NULL;
}

static enum nos_code read_row(struct nos_profile_parser *p, const struct nos_scan_value *name,
    const struct nos_scan_value *v, struct nos_set_row *ret)
{
	const struct nos_scan_value *param, *value;
	struct nos_str text;
	const char *why;
	uint32_t i = 0;

	*ret = (struct nos_set_row){ .rules = nos_rule_unknown };
	if (!nos_handwritten_text(&p->file, name, &text) || !text.len ||
	    text.len > NOS_PROFILE_NAME_MAX) {
		nos_err_set(p->file.err, NOS_CONFIG,
		    "the name of a type is no text of 1 to %d bytes", NOS_PROFILE_NAME_MAX);
		return nos_handwritten_at(&p->file, name);
	}
	ret->name = nos_handwritten_keep(&p->file, text);
	why = check_name(ret->name);
	if (why) {
		nos_err_set(p->file.err, NOS_CONFIG, "'%s' %s", ret->name.p, why);
		return nos_handwritten_at(&p->file, name);
	}
	if (v->kind != NOS_SCAN_OBJECT) {
		nos_err_set(
		    p->file.err, NOS_CONFIG, "'%.*s' is not an object", NOS_STR_ARG(ret->name));
		return nos_handwritten_at(&p->file, v);
	}
	while (nos_scan_member(&p->file.scan, v, &i, &param, &value))
		if (read_param(p, param, value, &ret->rules))
			return p->file.err->code;
	if (ret->rules.lo > ret->rules.hi) {
		nos_err_set(
		    p->file.err, NOS_CONFIG, "'%.*s': 'lo' is over 'hi'", NOS_STR_ARG(ret->name));
		return nos_handwritten_at(&p->file, v);
	}
	return NOS_OK;
}

int nos_profile_types_by_name(const void *a, const void *b)
{
	const struct nos_str *x = a, *y = b;
	int order = memcmp(x->p, y->p, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

enum nos_code nos_profile_types_read(struct nos_profile_parser *p, const struct nos_scan_value *v)
{
	struct nos_profile *profile = p->profile;
	const struct nos_scan_value *type, *value;
	uint32_t i = 0;

	if (v->kind != NOS_SCAN_OBJECT)
		return nos_handwritten_wrong(&p->file, v, "types", "is not an object");
	profile->rows = calloc(v->count ? v->count : 1, sizeof(*profile->rows));
	if (!profile->rows)
		return nos_err_set(p->file.err, NOS_INTERNAL, "out of memory");
	while (nos_scan_member(&p->file.scan, v, &i, &type, &value))
		if (read_row(p, type, value, &profile->rows[profile->count++]))
			return p->file.err->code;
	qsort(profile->rows, profile->count, sizeof(*profile->rows), nos_profile_types_by_name);
	return NOS_OK;
}
