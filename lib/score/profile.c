/* SPDX-License-Identifier: MIT */
#include "score/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "score/profile_parse.h"

#define VERSION	     1
#define KEY_PERIOD_S (7.0 * 86400)

#define ALL_SETS                                                                 \
	{                                                                        \
		&nos_set_weather, &nos_set_air, &nos_set_energy, &nos_set_indoor \
	}

static const struct nos_profile builtin = {
	.key_period_s = KEY_PERIOD_S,
	.sets = ALL_SETS,
	.set_count = NOS_SET_COUNT,
};

static enum nos_code read_set(
    struct nos_profile_parser *p, const struct nos_scan_value *v, struct nos_profile *profile)
{
	static const struct nos_set *const all[] = ALL_SETS;
	struct nos_str text;

	for (size_t i = 0; nos_profile_parse_text(p, v, &text) && i < NOS_SET_COUNT; i++) {
		if (!nos_str_is(text, all[i]->name))
			continue;
		for (size_t j = 0; j < profile->set_count; j++)
			if (profile->sets[j] == all[i])
				return nos_profile_parse_wrong(p, v, all[i]->name, "stands twice");
		profile->sets[profile->set_count++] = all[i];
		return NOS_OK;
	}
	return nos_profile_parse_unknown(p, v);
}

static enum nos_code read_sets(
    struct nos_profile_parser *p, const struct nos_scan_value *v, const char *name, void *ret)
{
	struct nos_profile *profile = ret;
	const struct nos_scan_value *element;
	uint32_t i = 0;

	if (v->kind != NOS_SCAN_ARRAY)
		return nos_profile_parse_wrong(
		    p, v, name, "is not a list of weather, air, energy, indoor");
	profile->set_count = 0;
	while (nos_scan_element(&p->scan, v, &i, &element))
		if (read_set(p, element, profile))
			return p->err->code;
	return NOS_OK;
}

/* First of all, since of a newer file nothing else can be said. */
static enum nos_code read_version(struct nos_profile_parser *p)
{
	const struct nos_scan_value *v = nos_scan_get(&p->scan, p->scan.values, "v");
	uint64_t number;

	if (!v)
		return nos_err_set(p->err, NOS_CONFIG, "'v' is missing: rules begin with {\"v\":1");
	if (v->kind != NOS_SCAN_NUMBER || !nos_num_parse(v->raw, 1, UINT64_MAX, &number))
		return nos_profile_parse_wrong(p, v, "v", "is not 1");
	if (number > VERSION) {
		nos_err_set(p->err, NOS_CONFIG, "written by a newer nos");
		return nos_profile_parse_at(p, v);
	}
	return NOS_OK;
}

static enum nos_code read_file(struct nos_profile_parser *p)
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
		if (!nos_profile_parse_text(p, name, &text))
			return nos_profile_parse_unknown(p, name);
		if (nos_str_is(text, "v"))
			continue;
		if (nos_str_is(text, "key_period"))
			code = nos_profile_types_span(p, v, "key_period", &profile->key_period_s);
		else if (nos_str_is(text, "sets"))
			code = read_sets(p, v, "sets", profile);
		else if (nos_str_is(text, "types"))
			code = nos_profile_types_read(p, v);
		else if (nos_str_is(text, "filters"))
			code = nos_profile_filters_read(p, v);
		else
			code = nos_profile_parse_unknown(p, name);
		if (code)
			return code;
	}
	return NOS_OK;
}

/* Not JSON, or over a limit of it: here that is a fault of the settings. */
static enum nos_code scan_file(struct nos_profile_parser *p, struct nos_str text)
{
	p->scan.members = NOS_PROFILE_TYPES_MAX;
	if (!nos_scan_parse(&p->scan, text, p->err) || p->err->code == NOS_INTERNAL)
		return p->err->code;
	p->err->code = NOS_CONFIG;
	return p->err->has_offset ? nos_scan_place(text, p->err->offset, p->err) : NOS_CONFIG;
}

enum nos_code nos_profile_parse(struct nos_str text, struct nos_profile **ret, struct nos_err *err)
{
	struct nos_profile_parser p = { .err = err };
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
	for (size_t i = 0; i < p->filter_count; i++)
		nos_filter_free(p->filters[i].filter);
	free(p->rows);
	free(p->texts);
	free(p);
}

static const struct nos_rule_type *search(
    const struct nos_set_row *rows, size_t count, struct nos_str name)
{
	const struct nos_set_row *row =
	    count ? bsearch(&name, rows, count, sizeof(*rows), nos_profile_types_by_name) : NULL;

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

size_t nos_profile_filter_count(const struct nos_profile *p)
{
	return p->filter_count;
}

struct nos_str nos_profile_filter_name(const struct nos_profile *p, size_t i)
{
	return p->filters[i].name;
}

const struct nos_filter *nos_profile_filter_at(const struct nos_profile *p, size_t i)
{
	return p->filters[i].filter;
}
