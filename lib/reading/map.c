/* SPDX-License-Identifier: MIT */
#include "reading/map.h"

enum nos_code nos_map_object(const struct nos_map *m, const struct nos_scan *scan,
    const struct nos_scan_value *object, struct nos_buf *space, nos_map_each *each, void *state,
    struct nos_err *err)
{
	(void)m, (void)scan, (void)object, (void)space, (void)each, (void)state;
	return nos_err_set(err, NOS_DATA, "no map");
}

enum nos_code nos_map_row(const struct nos_map *m, const struct nos_csv *row, struct nos_buf *space,
    nos_map_each *each, void *state, struct nos_err *err)
{
	(void)m, (void)row, (void)space, (void)each, (void)state;
	return nos_err_set(err, NOS_DATA, "no map");
}

const struct nos_map *nos_map_plain(void)
{
	return NULL;
}

char nos_map_separator(const struct nos_map *m)
{
	(void)m;
	return ',';
}

bool nos_map_has_header(const struct nos_map *m)
{
	(void)m;
	return true;
}
