/* SPDX-License-Identifier: MIT */
/* What the header of a CSV says to a map. */
#include "base/num.h"
#include "reading/map_part.h"

size_t nos_map_header_column(
    const struct nos_map *m, const struct nos_csv *row, const struct nos_map_pointer *p)
{
	const struct nos_str step = nos_str_of(p->steps[0]);
	size_t column;
	uint64_t n;

	if (m->header && nos_csv_column(row, step, &column))
		return column + 1;
	return nos_num_parse(step, 1, NOS_CSV_COLUMNS_MAX, &n) ? (size_t)n : 0;
}

static bool shows(const struct nos_map *m, const struct nos_csv *row,
    const struct nos_map_pointer *p, size_t column)
{
	return p->where == NOS_MAP_POINTER && !p->star_count &&
	       nos_map_header_column(m, row, p) == column;
}

bool nos_map_header_is_unit(const struct nos_map *m, const struct nos_csv *row, size_t column)
{
	for (size_t i = 0; i < m->unit_count; i++)
		if (shows(m, row, &m->units[i].unit, column))
			return true;
	return false;
}

/* Is it a column that the star of value stands for? */
static bool is_read(const struct nos_map *m, const struct nos_csv *header, size_t column)
{
	const struct nos_str name = header->names[column - 1];

	for (size_t i = 0; i < NOS_MAP_MEMBERS; i++)
		if (shows(m, header, &m->members[i], column))
			return false;
	return name.len && !nos_map_header_is_unit(m, header, column) &&
	       (m->members[NOS_MAP_TYPE].where != NOS_MAP_NAME || !nos_map_make_skips(m, name));
}

static enum nos_code check_star(
    const struct nos_map *m, const struct nos_csv *header, struct nos_err *err)
{
	for (size_t i = 1; i <= header->name_count; i++)
		if (is_read(m, header, i))
			return NOS_OK;
	return nos_err_set_field(err, NOS_DATA, "value", "no column is one that the map reads");
}

static enum nos_code check_column(const struct nos_map *m, const struct nos_csv *header,
    enum nos_map_member member, const char *name, struct nos_err *err)
{
	const struct nos_map_pointer *p = &m->members[member];
	size_t column;

	if (p->where != NOS_MAP_POINTER)
		return NOS_OK;
	if (p->star_count)
		return check_star(m, header, err);
	column = nos_map_header_column(m, header, p);
	if (column && column <= header->name_count)
		return NOS_OK;
	return nos_err_set_field(
	    err, NOS_DATA, name, "there is no column '%s', which holds the %s", p->steps[0], name);
}

enum nos_code nos_map_header_check(
    const struct nos_map *m, const struct nos_csv *header, struct nos_err *err)
{
	return check_column(m, header, NOS_MAP_TYPE, "type", err)
		   ? err->code
		   : check_column(m, header, NOS_MAP_VALUE, "value", err);
}
