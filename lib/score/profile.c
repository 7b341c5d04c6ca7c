/* SPDX-License-Identifier: MIT */
#include "score/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "json/scan.h"
#include "reading/reading.h"
#include "score/set.h"

#define VERSION	     1
#define KEY_PERIOD_S (7.0 * 86400)

struct nos_profile {
	double key_period_s;
	const struct nos_set *sets[NOS_SET_COUNT]; /* in the order of lookup */
	size_t set_count;
	struct nos_set_row *rows; /* of the file, in the order of their names */
	size_t count;
	char *texts; /* what names and units of rows point into */
};

#define ALL_SETS                                                                 \
	{                                                                        \
		&nos_set_weather, &nos_set_air, &nos_set_energy, &nos_set_indoor \
	}

static const struct nos_profile builtin = {
	.key_period_s = KEY_PERIOD_S,
	.sets = ALL_SETS,
	.set_count = NOS_SET_COUNT,
};

/* A file under the scan. */
struct parser {
	struct nos_scan scan;
	struct nos_buf space; /* a text that was escaped */
	size_t texts_len;
	struct nos_profile *profile;
	struct nos_err *err;
};

typedef enum nos_code read_fn(
    struct parser *p, const struct nos_scan_value *v, const char *name, void *ret);

/* Note the place of a value in an error that is set; of a string, its quote. */
static enum nos_code at(struct parser *p, const struct nos_scan_value *v)
{
	size_t quote = v->kind == NOS_SCAN_STRING;

	return nos_scan_place(p->scan.text, (size_t)(v->raw.p - p->scan.text.p) - quote, p->err);
}

static enum nos_code wrong(
    struct parser *p, const struct nos_scan_value *v, const char *name, const char *what)
{
	nos_err_set(p->err, NOS_CONFIG, "'%s' %s", name, what);
	return at(p, v);
}

static enum nos_code unknown(struct parser *p, const struct nos_scan_value *name)
{
	nos_err_set(p->err, NOS_CONFIG, "'%.*s' is not known", NOS_STR_ARG(name->raw));
	return at(p, name);
}

/* What a string means, good until the next call. */
static bool text_of(struct parser *p, const struct nos_scan_value *v, struct nos_str *ret)
{
	nos_buf_truncate(&p->space, 0);
	return v->kind == NOS_SCAN_STRING && nos_scan_text(v, &p->space, ret);
}

/* A copy for as long as the profile lives. All of them are no longer than the file. */
static struct nos_str keep(struct parser *p, struct nos_str s)
{
	char *to = p->profile->texts + p->texts_len;

	if (s.len)
		memcpy(to, s.p, s.len);
	p->texts_len += s.len;
	return (struct nos_str){ to, s.len };
}

static enum nos_code read_number(
    struct parser *p, const struct nos_scan_value *v, const char *name, void *ret)
{
	double number;

	if (v->kind != NOS_SCAN_NUMBER || !nos_num_parse_decimal(v->raw, &number))
		return wrong(p, v, name, "is not a number");
	if (fabs(number) > NOS_PROFILE_NUMBER_MAX)
		return wrong(p, v, name, "is over 1e15");
	*(double *)ret = number;
	return NOS_OK;
}

static enum nos_code read_positive(
    struct parser *p, const struct nos_scan_value *v, const char *name, void *ret)
{
	double number;

	if (read_number(p, v, name, &number))
		return p->err->code;
	if (number < NOS_PROFILE_NUMBER_MIN)
		return wrong(p, v, name, number > 0 ? "is under 1e-9" : "is not over 0");
	*(double *)ret = number;
	return NOS_OK;
}

/* Seconds as a number, or a span as text, in whole milliseconds. */
static enum nos_code read_span(
    struct parser *p, const struct nos_scan_value *v, const char *name, void *ret)
{
	struct nos_str text;
	double seconds;
	uint64_t ms;

	if (text_of(p, v, &text)) {
		if (!nos_time_parse_span(text, &ms) || (double)ms / 1000 > NOS_PROFILE_NUMBER_MAX)
			return wrong(p, v, name, "is not a span such as 90s, 15m, 24h, 7d");
		seconds = (double)ms / 1000;
	} else if (v->kind != NOS_SCAN_NUMBER) {
		return wrong(p, v, name, "is neither seconds nor a span such as \"7d\"");
	} else if (read_number(p, v, name, &seconds)) {
		return p->err->code;
	}
	seconds = round(seconds * 1000) / 1000;
	if (seconds <= 0)
		return wrong(p, v, name, "is under a millisecond");
	*(double *)ret = seconds;
	return NOS_OK;
}

static enum nos_code read_unit(
    struct parser *p, const struct nos_scan_value *v, const char *name, void *ret)
{
	struct nos_str text;

	if (!text_of(p, v, &text))
		return wrong(p, v, name, "is not a text");
	if (text.len > NOS_READING_UNIT_MAX)
		return wrong(p, v, name, "is over 32 bytes");
	*(struct nos_str *)ret = keep(p, text);
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
	{ "period", AT(period_s), read_span },
	{ "validity", AT(validity_s), read_span },
	{ "flat", AT(flat), read_positive },
#undef AT
};

static enum nos_code read_missing(
    struct parser *p, const struct nos_scan_value *v, struct nos_rule_type *ret)
{
	const struct nos_scan_value *element;
	uint32_t i = 0;

	if (v->kind != NOS_SCAN_ARRAY || v->count > NOS_RULE_MISSING_MAX)
		return wrong(p, v, "missing", "is not a list of at most 8 numbers");
	while (nos_scan_element(&p->scan, v, &i, &element))
		if (read_number(p, element, "missing", &ret->missing[ret->missing_count++]))
			return p->err->code;
	return NOS_OK;
}

static enum nos_code read_param(struct parser *p, const struct nos_scan_value *name,
    const struct nos_scan_value *v, struct nos_rule_type *ret)
{
	struct nos_str text;

	if (!text_of(p, name, &text))
		return unknown(p, name);
	if (nos_str_is(text, "missing"))
		return read_missing(p, v, ret);
	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++)
		if (nos_str_is(text, params[i].name))
			return params[i].read(p, v, params[i].name, (char *)ret + params[i].at);
	return unknown(p, name);
}

static enum nos_code read_row(struct parser *p, const struct nos_scan_value *name,
    const struct nos_scan_value *v, struct nos_set_row *ret)
{
	const struct nos_scan_value *param, *value;
	struct nos_str text;
	uint32_t i = 0;

	*ret = (struct nos_set_row){ .rules = nos_rule_unknown };
	if (!text_of(p, name, &text) || !text.len || text.len > NOS_PROFILE_NAME_MAX) {
		nos_err_set(p->err, NOS_CONFIG, "the name of a type is no text of 1 to %d bytes",
		    NOS_PROFILE_NAME_MAX);
		return at(p, name);
	}
	ret->name = keep(p, text);
	if (v->kind != NOS_SCAN_OBJECT) {
		nos_err_set(p->err, NOS_CONFIG, "'%.*s' is not an object", NOS_STR_ARG(ret->name));
		return at(p, v);
	}
	while (nos_scan_member(&p->scan, v, &i, &param, &value))
		if (read_param(p, param, value, &ret->rules))
			return p->err->code;
	if (ret->rules.lo > ret->rules.hi) {
		nos_err_set(
		    p->err, NOS_CONFIG, "'%.*s': 'lo' is over 'hi'", NOS_STR_ARG(ret->name));
		return at(p, v);
	}
	return NOS_OK;
}

/* Names in the order of their bytes; a row begins with its name. */
static int by_name(const void *a, const void *b)
{
	const struct nos_str *x = a, *y = b;
	int order = memcmp(x->p, y->p, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static enum nos_code read_types(
    struct parser *p, const struct nos_scan_value *v, const char *name, void *ret)
{
	struct nos_profile *profile = ret;
	const struct nos_scan_value *type, *value;
	uint32_t i = 0;

	if (v->kind != NOS_SCAN_OBJECT)
		return wrong(p, v, name, "is not an object");
	profile->rows = calloc(v->count ? v->count : 1, sizeof(*profile->rows));
	if (!profile->rows)
		return nos_err_set(p->err, NOS_INTERNAL, "out of memory");
	while (nos_scan_member(&p->scan, v, &i, &type, &value))
		if (read_row(p, type, value, &profile->rows[profile->count++]))
			return p->err->code;
	qsort(profile->rows, profile->count, sizeof(*profile->rows), by_name);
	return NOS_OK;
}

static enum nos_code read_set(
    struct parser *p, const struct nos_scan_value *v, struct nos_profile *profile)
{
	static const struct nos_set *const all[] = ALL_SETS;
	struct nos_str text;

	for (size_t i = 0; text_of(p, v, &text) && i < NOS_SET_COUNT; i++) {
		if (!nos_str_is(text, all[i]->name))
			continue;
		for (size_t j = 0; j < profile->set_count; j++)
			if (profile->sets[j] == all[i])
				return wrong(p, v, all[i]->name, "stands twice");
		profile->sets[profile->set_count++] = all[i];
		return NOS_OK;
	}
	return unknown(p, v);
}

static enum nos_code read_sets(
    struct parser *p, const struct nos_scan_value *v, const char *name, void *ret)
{
	struct nos_profile *profile = ret;
	const struct nos_scan_value *element;
	uint32_t i = 0;

	if (v->kind != NOS_SCAN_ARRAY)
		return wrong(p, v, name, "is not a list of weather, air, energy, indoor");
	profile->set_count = 0;
	while (nos_scan_element(&p->scan, v, &i, &element))
		if (read_set(p, element, profile))
			return p->err->code;
	return NOS_OK;
}

/* First of all, since of a newer file nothing else can be said. */
static enum nos_code read_version(struct parser *p)
{
	const struct nos_scan_value *v = nos_scan_get(&p->scan, p->scan.values, "v");
	uint64_t number;

	if (!v)
		return nos_err_set(p->err, NOS_CONFIG, "'v' is missing: rules begin with {\"v\":1");
	if (v->kind != NOS_SCAN_NUMBER || !nos_num_parse(v->raw, 1, UINT64_MAX, &number))
		return wrong(p, v, "v", "is not 1");
	if (number > VERSION) {
		nos_err_set(p->err, NOS_CONFIG, "written by a newer nos");
		return at(p, v);
	}
	return NOS_OK;
}

static enum nos_code read_file(struct parser *p)
{
	const struct nos_scan_value *name, *v, *root = p->scan.values;
	struct nos_profile *profile = p->profile;
	struct nos_str text;
	enum nos_code code;
	uint32_t i = 0;

	if (root->kind != NOS_SCAN_OBJECT)
		return nos_err_set(p->err, NOS_CONFIG, "rules are a JSON object");
	if (read_version(p))
		return p->err->code;
	while (nos_scan_member(&p->scan, root, &i, &name, &v)) {
		if (!text_of(p, name, &text))
			return unknown(p, name);
		if (nos_str_is(text, "v"))
			continue;
		if (nos_str_is(text, "key_period"))
			code = read_span(p, v, "key_period", &profile->key_period_s);
		else if (nos_str_is(text, "sets"))
			code = read_sets(p, v, "sets", profile);
		else if (nos_str_is(text, "types"))
			code = read_types(p, v, "types", profile);
		else
			code = unknown(p, name);
		if (code)
			return code;
	}
	return NOS_OK;
}

/* Not JSON, or over a limit of it: here that is a fault of the settings. */
static enum nos_code scan_file(struct parser *p, struct nos_str text)
{
	p->scan.members = NOS_PROFILE_TYPES_MAX;
	if (!nos_scan_parse(&p->scan, text, p->err) || p->err->code == NOS_INTERNAL)
		return p->err->code;
	p->err->code = NOS_CONFIG;
	return p->err->has_offset ? nos_scan_place(text, p->err->offset, p->err) : NOS_CONFIG;
}

enum nos_code nos_profile_parse(struct nos_str text, struct nos_profile **ret, struct nos_err *err)
{
	struct parser p = { .err = err };
	enum nos_code code = NOS_OK;

	if (text.len > NOS_PROFILE_TEXT_MAX)
		return nos_err_set(
		    err, NOS_CONFIG, "rules are over %u bytes", NOS_PROFILE_TEXT_MAX);
	p.profile = calloc(1, sizeof(*p.profile));
	if (p.profile) {
		*p.profile = builtin;
		p.profile->texts = malloc(text.len + 1);
	}
	if (!p.profile || !p.profile->texts)
		code = nos_err_set(err, NOS_INTERNAL, "out of memory");
	nos_buf_init(&p.space, NOS_PROFILE_TEXT_MAX);
	if (!code && !(code = scan_file(&p, text)))
		code = read_file(&p);
	nos_buf_release(&p.space);
	nos_scan_release(&p.scan);
	if (code)
		nos_profile_free(p.profile);
	else
		*ret = p.profile;
	return code;
}

const struct nos_profile *nos_profile_builtin(void)
{
	return &builtin;
}

void nos_profile_free(struct nos_profile *p)
{
	if (!p)
		return;
	free(p->rows);
	free(p->texts);
	free(p);
}

static const struct nos_rule_type *search(
    const struct nos_set_row *rows, size_t count, struct nos_str name)
{
	const struct nos_set_row *row =
	    count ? bsearch(&name, rows, count, sizeof(*rows), by_name) : NULL;

	return row ? &row->rules : NULL;
}

/* The file's row for kind/type. */
static const struct nos_rule_type *search_kind(
    const struct nos_profile *p, struct nos_str kind, struct nos_str type)
{
	char name[NOS_PROFILE_NAME_MAX];

	if (!kind.len || !p->count || kind.len >= sizeof(name) ||
	    type.len >= sizeof(name) - kind.len)
		return NULL;
	memcpy(name, kind.p, kind.len);
	name[kind.len] = '/';
	memcpy(name + kind.len + 1, type.p, type.len);
	return search(p->rows, p->count, (struct nos_str){ name, kind.len + 1 + type.len });
}

const struct nos_rule_type *nos_profile_find(
    const struct nos_profile *p, struct nos_str kind, struct nos_str type)
{
	const struct nos_rule_type *found = type.len ? search_kind(p, kind, type) : NULL;

	if (!found && type.len)
		found = search(p->rows, p->count, type);
	for (size_t i = 0; !found && type.len && i < p->set_count; i++)
		found = search(p->sets[i]->rows, p->sets[i]->count, type);
	return found ? found : &nos_rule_unknown;
}

double nos_profile_key_period_s(const struct nos_profile *p)
{
	return p->key_period_s;
}

bool nos_profile_is_missing(const struct nos_rule_type *type, double number)
{
	for (size_t i = 0; i < type->missing_count; i++)
		if (number == type->missing[i])
			return true;
	return false;
}
