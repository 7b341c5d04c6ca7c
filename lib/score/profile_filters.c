/* SPDX-License-Identifier: MIT */
/* "filters" of a rules file: an expression for each name. */
#include "score/profile_parse.h"

/* Letters and digits first, then '-' and '_' too: a name is a level of a topic. */
bool nos_profile_filters_is_name(struct nos_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		bool plain =
		    (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!plain && (!i || (c != '-' && c != '_')))
			return false;
	}
	return s.len && s.len <= NOS_FILTER_NAME_MAX;
}

/* In the file, if each byte of the expression is one of the file; else within the expression. */
static enum nos_code place(
    struct nos_profile_parser *p, const struct nos_scan_value *v, struct nos_str name)
{
	struct nos_err *err = p->file.err;
	size_t offset = err->offset;

	if (err->code != NOS_CONFIG)
		return err->code;
	if (v->escaped) {
		nos_err_within(err, "'%.*s', column %zu", NOS_STR_ARG(name), offset + 1);
		return nos_handwritten_at(&p->file, v);
	}
	nos_err_within(err, "'%.*s'", NOS_STR_ARG(name));
	return nos_scan_place(
	    p->file.scan.text, (size_t)(v->raw.p - p->file.scan.text.p) + offset, err);
}

static enum nos_code read_filter(struct nos_profile_parser *p, const struct nos_scan_value *name,
    const struct nos_scan_value *v, struct nos_profile_filter *ret)
{
	struct nos_str text;

	if (!nos_handwritten_text(&p->file, name, &text) || !nos_profile_filters_is_name(text)) {
		nos_err_set(p->file.err, NOS_CONFIG,
		    "the name of a filter is 1 to %d letters, digits, - and _, a letter or digit first",
		    NOS_FILTER_NAME_MAX);
		return nos_handwritten_at(&p->file, name);
	}
	ret->name = nos_handwritten_keep(&p->file, text);
	if (!nos_handwritten_text(&p->file, v, &text)) {
		nos_err_set(
		    p->file.err, NOS_CONFIG, "'%.*s' is not a text", NOS_STR_ARG(ret->name));
		return nos_handwritten_at(&p->file, v);
	}
	return nos_filter_parse(text, &ret->filter, p->file.err) ? place(p, v, ret->name) : NOS_OK;
}

enum nos_code nos_profile_filters_read(struct nos_profile_parser *p, const struct nos_scan_value *v)
{
	struct nos_profile *profile = p->profile;
	const struct nos_scan_value *name, *value;
	uint32_t i = 0;

	if (v->kind != NOS_SCAN_OBJECT)
		return nos_handwritten_wrong(&p->file, v, "filters", "is not an object");
	if (v->count > NOS_FILTER_MAX)
		return nos_handwritten_wrong(&p->file, v, "filters", "has more than 32");
	while (nos_scan_member(&p->file.scan, v, &i, &name, &value)) {
		if (read_filter(p, name, value, &profile->filters[profile->filter_count]))
			return p->file.err->code;
		profile->filter_count++;
	}
	return NOS_OK;
}
