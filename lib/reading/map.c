/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "reading/map_part.h"

/* A message under a map. */
struct walk {
	const struct nos_map *map;
	const struct nos_scan *scan; /* NULL: a line of CSV */
	const struct nos_scan_value *object;
	const struct nos_csv *row;
	const struct nos_scan_value *bound[NOS_MAP_STARS]; /* what each star stands for */
	struct nos_map_piece name;			   /* of what the last one stands for */

	/* Of each member of the map: what is there now. It is read once, however many readings it
	 * goes with. Columns count from 1. */
	struct nos_map_piece pieces[NOS_MAP_MEMBERS];
	const struct nos_scan_value *values[NOS_MAP_MEMBERS];
	size_t columns[NOS_MAP_MEMBERS];

	struct nos_buf *space;
	nos_map_each *each;
	void *state;
	bool found; /* a reading, good or bad */
	struct nos_err *err;
};

/* ---- what is found goes out ---- */

static enum nos_code hand_bad(struct walk *w, const struct nos_err *why)
{
	w->found = true;
	return w->each(w->state, NULL, why, w->err);
}

static enum nos_code hand_nothing(struct walk *w, const char *what)
{
	struct nos_err why = { 0 };

	nos_err_set_field(&why, NOS_DATA, "value", "%s", what);
	return hand_bad(w, &why);
}

static void locate(struct walk *w, const struct nos_map_pointer *p, struct nos_map_piece *ret);

/* The unit that the map gives to what comes under a name, before the one of all. */
static void find_unit(struct walk *w, struct nos_str name, struct nos_map_piece *ret)
{
	for (size_t i = 0; i < w->map->unit_count; i++)
		if (nos_str_eq(w->map->units[i].name, name)) {
			locate(w, &w->map->units[i].unit, ret);
			return;
		}
}

/* pieces[NOS_MAP_VALUE] is set. */
static enum nos_code hand(struct walk *w)
{
	const struct nos_map *m = w->map;
	struct nos_map_piece pieces[NOS_MAP_MEMBERS];
	struct nos_err why = { 0 };
	struct nos_reading reading;

	memcpy(pieces, w->pieces, sizeof(pieces));
	if (m->members[NOS_MAP_TYPE].where == NOS_MAP_NAME)
		pieces[NOS_MAP_TYPE] = w->name;
	if (nos_map_make_skips(m, pieces[NOS_MAP_TYPE].text))
		return NOS_OK;
	find_unit(w, pieces[NOS_MAP_TYPE].text, &pieces[NOS_MAP_UNIT]);
	if (nos_map_make(m, pieces, w->space, &reading, &why))
		return hand_bad(w, &why);
	w->found = true;
	return w->each(w->state, &reading, NULL, w->err);
}

/* ---- JSON ---- */

/* A text that was escaped needs room; where there is none it is as if it were none. */
static void read_piece(struct walk *w, const struct nos_scan_value *v, struct nos_map_piece *ret)
{
	static const enum nos_map_found found[] = {
		[NOS_SCAN_NULL] = NOS_MAP_NULL,
		[NOS_SCAN_FALSE] = NOS_MAP_FALSE,
		[NOS_SCAN_TRUE] = NOS_MAP_TRUE,
		[NOS_SCAN_NUMBER] = NOS_MAP_NUMBER,
		[NOS_SCAN_NOT_FINITE] = NOS_MAP_NULL,
		[NOS_SCAN_STRING] = NOS_MAP_TEXT,
		[NOS_SCAN_ARRAY] = NOS_MAP_OTHER,
		[NOS_SCAN_OBJECT] = NOS_MAP_OTHER,
	};

	*ret = (struct nos_map_piece){ v ? found[v->kind] : NOS_MAP_ABSENT };
	if (ret->found == NOS_MAP_NUMBER)
		ret->text = v->raw;
	if (ret->found == NOS_MAP_TEXT &&
	    ((v->escaped && w->space->cap - w->space->len <= v->raw.len) ||
		!nos_scan_text(v, w->space, &ret->text)))
		*ret = (struct nos_map_piece){ NOS_MAP_OTHER };
}

static const struct nos_scan_value *element_of(
    const struct nos_scan *scan, const struct nos_scan_value *array, const char *step)
{
	const struct nos_scan_value *element;
	uint64_t n;
	uint32_t at = 0;

	if (!nos_num_parse(nos_str_of(step), 0, UINT32_MAX, &n))
		return NULL;
	while (nos_scan_element(scan, array, &at, &element))
		if (n-- == 0)
			return element;
	return NULL;
}

/* Along steps [from, to) of a pointer. NULL: there is nothing. */
static const struct nos_scan_value *follow(const struct walk *w, const struct nos_map_pointer *p,
    size_t from, size_t to, const struct nos_scan_value *v)
{
	for (; v && from < to; from++) {
		if (v->kind == NOS_SCAN_OBJECT)
			v = nos_scan_get(w->scan, v, p->steps[from]);
		else if (v->kind == NOS_SCAN_ARRAY)
			v = element_of(w->scan, v, p->steps[from]);
		else
			v = NULL;
	}
	return v;
}

/* What a pointer shows, from what its last star stands for on. */
static const struct nos_scan_value *value_of(const struct walk *w, const struct nos_map_pointer *p)
{
	if (p->where != NOS_MAP_POINTER)
		return NULL;
	return p->star_count ? follow(w, p, p->stars[p->star_count - 1] + 1, p->count,
				   w->bound[p->star_count - 1])
			     : follow(w, p, 0, p->count, w->object);
}

/* The members of the map that hang on the last of so many stars. */
static void read_members(struct walk *w, size_t stars)
{
	for (size_t i = 0; i < NOS_MAP_MEMBERS; i++) {
		const struct nos_map_pointer *p = &w->map->members[i];

		if (i == NOS_MAP_VALUE || p->where != NOS_MAP_POINTER || p->star_count != stars)
			continue;
		w->values[i] = value_of(w, p);
		read_piece(w, w->values[i], &w->pieces[i]);
	}
}

/* Is it what another pointer of the map shows? */
static bool is_named(const struct walk *w, const struct nos_scan_value *v)
{
	for (size_t i = 0; i < NOS_MAP_MEMBERS; i++)
		if (w->values[i] == v)
			return true;
	for (size_t i = 0; i < w->map->unit_count; i++)
		if (value_of(w, &w->map->units[i].unit) == v)
			return true;
	return false;
}

/* What the last star stands for is a reading, or has one in it, or neither. */
static enum nos_code take_bound(struct walk *w)
{
	const struct nos_scan_value *v = value_of(w, &w->map->members[NOS_MAP_VALUE]);

	if (!v || v->kind == NOS_SCAN_OBJECT || v->kind == NOS_SCAN_ARRAY || is_named(w, v))
		return NOS_OK;
	read_piece(w, v, &w->pieces[NOS_MAP_VALUE]);
	return hand(w);
}

/* Step through what star number depth of the value stands for: v is what holds it. */
static enum nos_code take_star(struct walk *w, size_t depth, const struct nos_scan_value *v)
{
	const struct nos_map_pointer *p = &w->map->members[NOS_MAP_VALUE];
	const struct nos_scan_value *name = NULL, *child;
	enum nos_code code = NOS_OK;
	uint32_t at = 0;

	while (v && !code &&
	       (nos_scan_member(w->scan, v, &at, &name, &child) ||
		   nos_scan_element(w->scan, v, &at, &child))) {
		w->bound[depth] = child;
		read_members(w, depth + 1);
		if (depth + 1 < p->star_count) {
			code = take_star(w, depth + 1,
			    follow(w, p, p->stars[depth] + 1, p->stars[depth + 1], child));
			continue;
		}
		read_piece(w, name, &w->name);
		code = take_bound(w);
	}
	return code;
}

static enum nos_code take_object(struct walk *w)
{
	const struct nos_map_pointer *p = &w->map->members[NOS_MAP_VALUE];
	const struct nos_scan_value *v;

	read_members(w, 0);
	if (p->star_count) {
		if (take_star(w, 0, follow(w, p, 0, p->stars[0], w->object)))
			return w->err->code;
		return w->found ? NOS_OK : hand_nothing(w, "nothing in it is what the map reads");
	}
	v = value_of(w, p);
	read_piece(w, v, &w->pieces[NOS_MAP_VALUE]);
	if (hand(w))
		return w->err->code;
	return w->found ? NOS_OK : hand_nothing(w, "its type is none that the map takes");
}

/* ---- CSV ---- */

/* An empty field is a missing value; a column that is not there is no value at all. */
static void read_field(const struct walk *w, size_t column, struct nos_map_piece *ret)
{
	*ret = (struct nos_map_piece){ NOS_MAP_ABSENT };
	if (!column || column > w->row->count)
		return;
	ret->text = w->row->fields[column - 1];
	ret->found = ret->text.len ? NOS_MAP_TEXT : NOS_MAP_NULL;
}

static bool is_named_column(const struct walk *w, size_t column)
{
	for (size_t i = 0; i < NOS_MAP_MEMBERS; i++)
		if (i != NOS_MAP_VALUE && w->columns[i] == column)
			return true;
	return nos_map_header_is_unit(w->map, w->row, column);
}

static enum nos_code take_columns(struct walk *w)
{
	for (size_t i = 1; i <= w->row->name_count; i++) {
		const struct nos_str name = w->row->names[i - 1];

		if (!name.len || is_named_column(w, i))
			continue;
		read_field(w, i, &w->pieces[NOS_MAP_VALUE]);
		w->name = (struct nos_map_piece){ NOS_MAP_TEXT, name };
		if (w->pieces[NOS_MAP_VALUE].found != NOS_MAP_ABSENT && hand(w))
			return w->err->code;
	}
	return w->found ? NOS_OK : hand_nothing(w, "no column is one that the map reads");
}

/* With a field more than the header has, all behind it would stand under another's name. */
static bool is_long(const struct nos_csv *row)
{
	for (size_t i = row->name_count; i < row->count; i++)
		if (row->fields[i].len)
			return true;
	return false;
}

static enum nos_code take_row(struct walk *w)
{
	const struct nos_map *m = w->map;

	if (m->header && is_long(w->row))
		return hand_nothing(w, "the line has more fields than the header");
	for (size_t i = 0; i < NOS_MAP_MEMBERS; i++) {
		const struct nos_map_pointer *p = &m->members[i];

		if (p->where != NOS_MAP_POINTER || p->star_count)
			continue;
		w->columns[i] = nos_map_header_column(w->map, w->row, p);
		read_field(w, w->columns[i], &w->pieces[i]);
	}
	if (m->members[NOS_MAP_VALUE].star_count)
		return take_columns(w);
	if (hand(w))
		return w->err->code;
	return w->found ? NOS_OK : hand_nothing(w, "its type is none that the map takes");
}

/* ---- both ---- */

/* For the unit of one name: members are read once, this for each reading. */
static void locate(struct walk *w, const struct nos_map_pointer *p, struct nos_map_piece *ret)
{
	if (p->where == NOS_MAP_CONSTANT)
		*ret = (struct nos_map_piece){ NOS_MAP_TEXT, p->text };
	else if (w->row)
		read_field(w, nos_map_header_column(w->map, w->row, p), ret);
	else
		read_piece(w, value_of(w, p), ret);
}

static void begin(struct walk *w)
{
	for (size_t i = 0; i < NOS_MAP_MEMBERS; i++) {
		const struct nos_map_pointer *p = &w->map->members[i];

		if (p->where == NOS_MAP_CONSTANT)
			w->pieces[i] = (struct nos_map_piece){
				nos_num_is_decimal(p->text) ? NOS_MAP_NUMBER : NOS_MAP_TEXT, p->text
			};
	}
}

enum nos_code nos_map_object(const struct nos_map *m, const struct nos_scan *scan,
    const struct nos_scan_value *object, struct nos_buf *space, nos_map_each *each, void *state,
    struct nos_err *err)
{
	struct walk w = { .map = m,
		.scan = scan,
		.object = object,
		.space = space,
		.each = each,
		.state = state,
		.err = err };

	begin(&w);
	return take_object(&w);
}

enum nos_code nos_map_row(const struct nos_map *m, const struct nos_csv *row, struct nos_buf *space,
    nos_map_each *each, void *state, struct nos_err *err)
{
	struct walk w = {
		.map = m, .row = row, .space = space, .each = each, .state = state, .err = err
	};

	begin(&w);
	return take_row(&w);
}

bool nos_map_is_csv(const struct nos_map *m)
{
	return m->is_csv;
}

char nos_map_separator(const struct nos_map *m)
{
	return m->separator;
}

bool nos_map_has_header(const struct nos_map *m)
{
	return m->header;
}

#define COLUMN(name)                                                    \
	{                                                               \
		.where = NOS_MAP_POINTER, .steps = { name }, .count = 1 \
	}

const struct nos_map *nos_map_plain(void)
{
	static const struct nos_map plain = {
		.members = {
			[NOS_MAP_SOURCE] = COLUMN("source"),
			[NOS_MAP_TYPE] = COLUMN("type"),
			[NOS_MAP_VALUE] = COLUMN("value"),
			[NOS_MAP_UNIT] = COLUMN("unit"),
			[NOS_MAP_TIME] = COLUMN("time"),
			[NOS_MAP_SEQ] = COLUMN("seq"),
			[NOS_MAP_LAT] = COLUMN("lat"),
			[NOS_MAP_LON] = COLUMN("lon"),
		},
		.decimal = '.',
		.is_csv = true,
		.header = true,
		.separator = ',',
	};

	return &plain;
}

void nos_map_free(struct nos_map *m)
{
	if (!m)
		return;
	free(m->rename);
	free(m->unit_names);
	free(m->units);
	free(m->take);
	free(m->texts);
	free(m);
}
