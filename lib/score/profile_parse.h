/* SPDX-License-Identifier: MIT */
/*
 * A profile and the rules file that it is read from, for the files that read parts of it; nothing
 * for others. Each notes the place of a fault in the parser's err. Pure.
 */
#ifndef NOS_SCORE_PROFILE_PARSE_H
#define NOS_SCORE_PROFILE_PARSE_H

#include "json/handwritten.h"
#include "score/filter.h"
#include "score/profile.h"
#include "score/set.h"

struct nos_profile_filter {
	struct nos_str name;
	struct nos_filter *filter;
};

struct nos_profile {
	double key_period_s;
	const struct nos_set *sets[NOS_SET_COUNT]; /* in the order of lookup */
	size_t set_count;
	struct nos_set_row *rows; /* of the file, in the order of their names */
	size_t count;
	struct nos_profile_filter filters[NOS_FILTER_MAX];
	size_t filter_count;
	char *texts; /* what names and units point into */
};

/* A file under the scan. */
struct nos_profile_parser {
	struct nos_handwritten file;
	struct nos_profile *profile;
};

/* Seconds as a number, or a span as text, in whole milliseconds; ret is a double's. */
enum nos_code nos_profile_types_span(struct nos_profile_parser *p, const struct nos_scan_value *v,
    const char *name, void *ret) NOS_CHECK;

/* Members of the file. */
enum nos_code nos_profile_types_read(
    struct nos_profile_parser *p, const struct nos_scan_value *v) NOS_CHECK;
enum nos_code nos_profile_filters_read(
    struct nos_profile_parser *p, const struct nos_scan_value *v) NOS_CHECK;

/* Has it the form of a name (nos-formats(7), "Names"), as those of filters and kinds have? */
bool nos_profile_filters_is_name(struct nos_str s);

/* Names in the order of their bytes; a row begins with its name. */
int nos_profile_types_by_name(const void *a, const void *b);

#endif
