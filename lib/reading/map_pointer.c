/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/num.h"
#include "reading/map_part.h"

/* ~1 is '/' and ~0 is '~', in place. */
static bool unescape(char *s)
{
	char *to = s;

	for (; *s; s++, to++) {
		*to = *s;
		if (*s != '~')
			continue;
		s++;
		if (*s != '0' && *s != '1')
			return false;
		*to = *s == '0' ? '~' : '/';
	}
	*to = '\0';
	return true;
}

/* One step, from its first byte to its NUL. */
static const char *add_step(struct nos_map_pointer *ret, char *step)
{
	if (ret->count == NOS_MAP_STEPS)
		return "has over 12 steps";
	if (strcmp(step, "*") == 0) {
		if (ret->star_count == NOS_MAP_STARS)
			return "has over two '*'";
		ret->stars[ret->star_count++] = ret->count;
	} else if (!unescape(step)) {
		return "has a '~' that is neither ~0 nor ~1";
	}
	ret->steps[ret->count++] = step;
	return NULL;
}

/* The kept text becomes the steps. */
const char *nos_map_pointer_split(struct nos_map_pointer *ret, char *text)
{
	const char *why = NULL;

	while (text && !why) {
		char *step = text + 1;

		text = strchr(step, '/');
		if (text)
			*text = '\0';
		why = add_step(ret, step);
	}
	return why;
}

/* Its stars must be those of the value: only then it is clear what they stand for. */
static const char *check_stars(
    const struct nos_map_pointer *value, const struct nos_map_pointer *other)
{
	size_t end = other->star_count ? other->stars[other->star_count - 1] + 1 : 0;

	if (other->star_count > value->star_count)
		return "has a '*' that 'value' has not";
	for (size_t i = 0; i < end; i++)
		if (i >= value->count || strcmp(value->steps[i], other->steps[i]) != 0)
			return "goes another way to its '*' than 'value' does";
	return NULL;
}

static const char *check_column(const struct nos_map *m, const struct nos_map_pointer *pointer)
{
	uint64_t n;

	if (pointer->count != 1)
		return "is no column: take /NAME or /NUMBER";
	if (!m->header && (pointer->star_count || !nos_num_parse(nos_str_of(pointer->steps[0]), 1,
						      NOS_CSV_COLUMNS_MAX, &n)))
		return "is no number of a column, and there is no header";
	return NULL;
}

const char *nos_map_pointer_check(
    const struct nos_map *m, const struct nos_map_pointer *pointer, bool is_value)
{
	const char *why = NULL;

	if (pointer->where != NOS_MAP_POINTER)
		return NULL;
	if (m->is_csv)
		why = check_column(m, pointer);
	if (!why && m->is_csv && !is_value && pointer->star_count)
		why = "has a '*', and a line has but one of each";
	if (!why && !is_value)
		why = check_stars(&m->members[NOS_MAP_VALUE], pointer);
	return why;
}
