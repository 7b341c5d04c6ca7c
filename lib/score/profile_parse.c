/* SPDX-License-Identifier: MIT */
/* A rules file, but for what its types and filters hold. */
#include "score/profile_parse.h"

#include <stdlib.h>

static enum nos_code read_set(
    struct nos_profile_parser *p, const struct nos_scan_value *v, struct nos_profile *profile)
{
	const struct nos_set *const *all = nos_profile_builtin()->sets;
	struct nos_str text;

	for (size_t i = 0; nos_handwritten_text(&p->file, v, &text) && i < NOS_SET_COUNT; i++) {
		if (!nos_str_is(text, all[i]->name))
			continue;
		for (size_t j = 0; j < profile->set_count; j++)
			if (profile->sets[j] == all[i])
				return nos_handwritten_wrong(
				    &p->file, v, all[i]->name, "stands twice");
		profile->sets[profile->set_count++] = all[i];
		return NOS_OK;
	}
	return nos_handwritten_unknown(&p->file, v);
}

static enum nos_code read_sets(
    struct nos_profile_parser *p, const struct nos_scan_value *v, const char *name, void *ret)
{
	struct nos_profile *profile = ret;
	const struct nos_scan_value *element;
	uint32_t i = 0;

	if (v->kind != NOS_SCAN_ARRAY)
		return nos_handwritten_wrong(
		    &p->file, v, name, "is not a list of weather, air, energy, indoor");
	profile->set_count = 0;
	while (nos_scan_element(&p->file.scan, v, &i, &element))
		if (read_set(p, element, profile))
			return p->file.err->code;
	return NOS_OK;
}

static enum nos_code read_member(
    struct nos_profile_parser *p, const struct nos_scan_value *name, const struct nos_scan_value *v)
{
	struct nos_profile *profile = p->profile;
	struct nos_str text;

	if (!nos_handwritten_text(&p->file, name, &text))
		return nos_handwritten_unknown(&p->file, name);
	if (nos_str_is(text, "key_period"))
		return nos_profile_types_span(p, v, "key_period", &profile->key_period_s);
	if (nos_str_is(text, "sets"))
		return read_sets(p, v, "sets", profile);
	if (nos_str_is(text, "types"))
		return nos_profile_types_read(p, v);
	if (nos_str_is(text, "filters"))
		return nos_profile_filters_read(p, v);
	return nos_handwritten_unknown(&p->file, name);
}

static enum nos_code read_file(
    struct nos_profile_parser *p, struct nos_str text, struct nos_err *err)
{
	static const struct nos_handwritten_kind kind = { .is = "rules are",
		.begins = "rules begin",
		.max = NOS_PROFILE_TEXT_MAX,
		.members = NOS_PROFILE_TYPES_MAX };
	const struct nos_scan_value *name, *v;
	uint32_t i = 0;

	if (nos_handwritten_open(&p->file, &kind, text, err))
		return err->code;
	while (nos_handwritten_member(&p->file, &i, &name, &v))
		if (read_member(p, name, v))
			return err->code;
	p->profile->texts = nos_handwritten_take(&p->file);
	return NOS_OK;
}

enum nos_code nos_profile_parse(struct nos_str text, struct nos_profile **ret, struct nos_err *err)
{
	struct nos_profile_parser p = { .profile = malloc(sizeof(*p.profile)) };
	enum nos_code code;

	if (!p.profile)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	*p.profile = *nos_profile_builtin();
	code = read_file(&p, text, err);
	nos_handwritten_release(&p.file);
	if (code)
		nos_profile_free(p.profile);
	else
		*ret = p.profile;
	return code;
}
