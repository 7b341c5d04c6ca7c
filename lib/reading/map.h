/* SPDX-License-Identifier: MIT */
/*
 * A map: where in somebody else's message the readings stand (nos-formats(7), "Maps"). A pointer
 * (RFC 6901) begins with '/', and a '*' in it stands for each member of an object or element of an
 * array; in CSV it names a column, by header or by number. Anything else is a constant. Pure. Once
 * made it is never changed, so that threads may share it.
 */
#ifndef NOS_READING_MAP_H
#define NOS_READING_MAP_H

#include "base/buf.h"
#include "json/scan.h"
#include "reading/csv.h"
#include "reading/reading.h"

#define NOS_MAP_TEXT_MAX (64u << 10) /* bytes of a map file */
#define NOS_MAP_STARS	 2	     /* in one pointer */

struct nos_map; /* opaque */

/* Read a map file; *ret is the caller's, to be freed, and points nowhere into text. NOS_CONFIG: not
 * a map, with line and column where the fault has a place; NOS_INTERNAL. */
enum nos_code nos_map_parse(
    struct nos_str text, struct nos_map **ret, struct nos_err *err) NOS_CHECK;
void nos_map_free(struct nos_map *m); /* NULL is fine */

/* Has it a member "csv"? Then its text is CSV, otherwise JSON. */
bool nos_map_is_csv(const struct nos_map *m);

/* Of its CSV: the separator, and whether the first line names the columns. */
char nos_map_separator(const struct nos_map *m);
bool nos_map_has_header(const struct nos_map *m);

/* Has the header what no line can do without, a type and a value? NOS_DATA: it has not. */
enum nos_code nos_map_header_check(
    const struct nos_map *m, const struct nos_csv *header, struct nos_err *err) NOS_CHECK;

/* Called for each reading, good until it returns; why: it is none, and reading is NULL. An error
 * ends it. */
typedef enum nos_code nos_map_each(
    void *state, const struct nos_reading *reading, const struct nos_err *why, struct nos_err *err);

/*
 * The readings of one message, in its order. Texts point into the scanned text, the map or *space,
 * which must have room for the object's length and not move. A message in which nothing is found is
 * one that is not good. What each gave, or NOS_INTERNAL.
 */
enum nos_code nos_map_object(const struct nos_map *m, const struct nos_scan *scan,
    const struct nos_scan_value *object, struct nos_buf *space, nos_map_each *each, void *state,
    struct nos_err *err) NOS_CHECK;

/* The readings of a line of CSV that was split, its header known where the map wants one. As above.
 */
enum nos_code nos_map_row(const struct nos_map *m, const struct nos_csv *row, struct nos_buf *space,
    nos_map_each *each, void *state, struct nos_err *err) NOS_CHECK;

/* The map of our own CSV: a header with the names of a reading's members, ',' and '.'. */
const struct nos_map *nos_map_plain(void);

#endif
