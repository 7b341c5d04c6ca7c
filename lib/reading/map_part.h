/* SPDX-License-Identifier: MIT */
/*
 * What a map is made of (reading/map.h), for the files that read one, walk a message by it and make
 * readings of what was found. Pure.
 */
#ifndef NOS_READING_MAP_PART_H
#define NOS_READING_MAP_PART_H

#include "reading/map.h"

#define NOS_MAP_STEPS	    12 /* of a pointer */
#define NOS_MAP_MISSING_MAX 16
#define NOS_MAP_FORMAT_MAX  63 /* bytes of a time format */

enum nos_map_member {
	NOS_MAP_SOURCE,
	NOS_MAP_TYPE,
	NOS_MAP_VALUE,
	NOS_MAP_UNIT,
	NOS_MAP_TIME,
	NOS_MAP_SEQ,
	NOS_MAP_LAT,
	NOS_MAP_LON,
	NOS_MAP_MEMBERS
};

enum nos_map_where {
	NOS_MAP_NOWHERE, /* the map does not say */
	NOS_MAP_CONSTANT,
	NOS_MAP_POINTER,
	NOS_MAP_NAME, /* of type alone: "*" */
};

struct nos_map_pointer {
	enum nos_map_where where;
	struct nos_str text; /* CONSTANT */
	const char *steps[NOS_MAP_STEPS];
	size_t count;
	size_t stars[NOS_MAP_STARS]; /* which steps are one */
	size_t star_count;
};

struct nos_map_pair {
	struct nos_str from, to;
};

/* The unit of what comes under a name. */
struct nos_map_named {
	struct nos_str name;
	struct nos_map_pointer unit;
};

struct nos_map_missing {
	bool is_text;
	struct nos_str text;
	double number;
};

enum nos_map_clock {
	NOS_MAP_CLOCK_ANY, /* a number by its magnitude, a text as RFC 3339 has it */
	NOS_MAP_CLOCK_RFC3339,
	NOS_MAP_CLOCK_EPOCH,
	NOS_MAP_CLOCK_FORMAT,
};

struct nos_map {
	struct nos_map_pointer members[NOS_MAP_MEMBERS];
	struct nos_map_pair *rename, *unit_names;
	size_t rename_count, unit_name_count;
	struct nos_map_named *units;
	size_t unit_count;
	struct nos_str *take;
	size_t take_count;
	bool takes; /* has it "take"? */
	struct nos_map_missing missing[NOS_MAP_MISSING_MAX];
	size_t missing_count;
	enum nos_map_clock clock;
	char format[NOS_MAP_FORMAT_MAX + 1];
	bool has_zone;
	int32_t zone_s;
	char decimal; /* 0: a text is no number */
	bool is_csv, header;
	char separator;
	char *texts; /* what all of the above points into */
};

/* What stands where a pointer shows. */
enum nos_map_found {
	NOS_MAP_ABSENT,
	NOS_MAP_NULL, /* null, or a number that is not finite */
	NOS_MAP_TEXT,
	NOS_MAP_NUMBER,
	NOS_MAP_TRUE,
	NOS_MAP_FALSE,
	NOS_MAP_OTHER, /* an object or array */
};

struct nos_map_piece {
	enum nos_map_found found;
	struct nos_str text; /* TEXT; NUMBER: its digits, as JSON writes one */
};

/* The steps of a pointer's text, which is kept and begins with '/': it is cut up. What is wrong
 * with it, or NULL. */
const char *nos_map_pointer_split(struct nos_map_pointer *ret, char *text);

/* Can a pointer of a map go with the others? What is wrong with it, or NULL. */
const char *nos_map_pointer_check(
    const struct nos_map *m, const struct nos_map_pointer *pointer, bool is_value);

/* A format of strptime: is all there that makes a time, wherever it is read? Else what is wrong. */
bool nos_map_time_check(const char *format, bool has_zone, const char **ret_why);

/* "+01:00", "Z": seconds east of Greenwich. */
bool nos_map_time_zone(struct nos_str text, int32_t *ret_s);

/* The time of a piece that is a text or a number. */
bool nos_map_time_read(
    const struct nos_map *m, const struct nos_map_piece *piece, struct nos_time *ret);

/* The column that a pointer of one step shows, from 1; 0: none. A number may be past the last one.
 */
size_t nos_map_header_column(
    const struct nos_map *m, const struct nos_csv *row, const struct nos_map_pointer *p);

/* Does that column hold the unit of what comes under some name? */
bool nos_map_header_is_unit(const struct nos_map *m, const struct nos_csv *row, size_t column);

/* Does the map pass over what comes under this name? */
bool nos_map_make_skips(const struct nos_map *m, struct nos_str name);

/* A reading of pieces. *space takes what is written anew. NOS_DATA, NOS_LARGE: it is none. */
enum nos_code nos_map_make(const struct nos_map *m,
    const struct nos_map_piece pieces[static NOS_MAP_MEMBERS], struct nos_buf *space,
    struct nos_reading *ret, struct nos_err *err) NOS_CHECK;

#endif
