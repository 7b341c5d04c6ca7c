/* SPDX-License-Identifier: MIT */
#include "key/name.h"

#include <string.h>

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"

bool nos_name_parse(struct nos_str s, struct nos_name *ret)
{
	struct nos_str part;

	*ret = (struct nos_name){ 0 };
	if (!nos_str_cut(&s, '.', &part) || part.len != 1 || part.p[0] < 'a' || part.p[0] > 'z')
		return false;
	ret->kind = part.p[0];
	while (nos_str_cut(&s, '.', &part)) {
		if (ret->count == NOS_NAME_PARTS_MAX ||
		    !nos_num_parse(part, 0, UINT64_MAX, &ret->parts[ret->count]))
			return false;
		ret->count++;
	}
	return ret->count > 0;
}

bool nos_name_eq(const struct nos_name *a, const struct nos_name *b)
{
	return a->kind == b->kind && a->count == b->count &&
	       memcmp(a->parts, b->parts, a->count * sizeof(a->parts[0])) == 0;
}

uint64_t nos_name_rank(const struct nos_name *name)
{
	return name->count ? name->parts[name->count - 1] : 0;
}

void nos_name_format(const struct nos_name *name, char ret[static NOS_NAME_TEXT_MAX])
{
	int len = snprintf(ret, NOS_NAME_TEXT_MAX, "%c", name->kind);

	for (unsigned i = 0; i < name->count; i++)
		len += snprintf(
		    ret + len, NOS_NAME_TEXT_MAX - (size_t)len, ".%" PRIu64, name->parts[i]);
}

static bool is_alnum(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool nos_name_is_word(struct nos_str s)
{
	if (!s.len || s.len > NOS_NAME_WORD_MAX || !is_alnum(s.p[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return true;
}

bool nos_name_is_kind(struct nos_str s)
{
	static const char *const own[] = { "only", "keys", "status", "audit", "anonymous" };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (nos_str_is(s, own[i]))
			return false;
	return nos_name_is_word(s);
}
