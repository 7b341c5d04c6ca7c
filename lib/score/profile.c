/* SPDX-License-Identifier: MIT */
#include "score/profile.h"

#include <stdlib.h>
#include <string.h>

#include "score/profile_parse.h"

#define KEY_PERIOD_S (7.0 * 86400)

static const struct nos_profile builtin = {
	.key_period_s = KEY_PERIOD_S,
	.sets = { &nos_set_weather, &nos_set_air, &nos_set_energy, &nos_set_indoor },
	.set_count = NOS_SET_COUNT,
};

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
