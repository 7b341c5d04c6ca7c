/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "json/handwritten.h"
#include "reading/map_part.h"

#define NUMBER_MAX 1e15

/* A file under the scan. */
struct parser {
	struct nos_handwritten file;
	struct nos_map *map;
	const struct nos_scan_value *values[NOS_MAP_MEMBERS]; /* for the place of a fault */
	const struct nos_scan_value *units, *format;
};

typedef enum nos_code read_fn(struct parser *p, const struct nos_scan_value *v, const char *name);

static enum nos_code no_memory(struct parser *p)
{
	return nos_err_set(p->file.err, NOS_INTERNAL, "out of memory");
}

/* What a string means, good until the next call. Names are compared as C texts are. */
static bool text_of(struct parser *p, const struct nos_scan_value *v, struct nos_str *ret)
{
	return nos_handwritten_text(&p->file, v, ret) && strnlen(ret->p, ret->len) == ret->len;
}

/* A text or a number, kept as it is written. */
static enum nos_code read_kept(
    struct parser *p, const struct nos_scan_value *v, const char *name, struct nos_str *ret)
{
	struct nos_str text = v->raw;

	if (v->kind != NOS_SCAN_NUMBER && !text_of(p, v, &text))
		return nos_handwritten_wrong(&p->file, v, name, "is not a text");
	*ret = nos_handwritten_keep(&p->file, text);
	return NOS_OK;
}

/* ---- pointers ---- */

static enum nos_code read_pointer(
    struct parser *p, const struct nos_scan_value *v, const char *name, struct nos_map_pointer *ret)
{
	char *text = p->file.texts + p->file.texts_len;
	const char *why = NULL;

	if (read_kept(p, v, name, &ret->text))
		return p->file.err->code;
	if (!ret->text.len)
		return nos_handwritten_wrong(&p->file, v, name, "is empty");
	ret->where = *text == '/' ? NOS_MAP_POINTER : NOS_MAP_CONSTANT;
	if (ret->where == NOS_MAP_POINTER)
		why = nos_map_pointer_split(ret, text);
	return why ? nos_handwritten_wrong(&p->file, v, name, why) : NOS_OK;
}

static const char *const member_names[] = {
	[NOS_MAP_SOURCE] = "source",
	[NOS_MAP_TYPE] = "type",
	[NOS_MAP_VALUE] = "value",
	[NOS_MAP_UNIT] = "unit",
	[NOS_MAP_TIME] = "time",
	[NOS_MAP_SEQ] = "seq",
	[NOS_MAP_LAT] = "lat",
	[NOS_MAP_LON] = "lon",
};

static enum nos_code read_place(
    struct parser *p, const struct nos_scan_value *v, enum nos_map_member member)
{
	struct nos_map_pointer *to = &p->map->members[member];

	p->values[member] = v;
	if (read_pointer(p, v, member_names[member], to))
		return p->file.err->code;
	if (member == NOS_MAP_TYPE && nos_str_is(to->text, "*"))
		to->where = NOS_MAP_NAME;
	return NOS_OK;
}

/* ---- the other members ---- */

/* An array for the members or elements of a value. */
static enum nos_code make_room(
    struct parser *p, const struct nos_scan_value *v, const char *name, size_t size, void *ret)
{
	void *room;

	if (v->kind != NOS_SCAN_OBJECT)
		return nos_handwritten_wrong(&p->file, v, name, "is not an object of texts");
	room = calloc(v->count + 1, size);
	*(void **)ret = room;
	return room ? NOS_OK : no_memory(p);
}

static enum nos_code read_pairs(struct parser *p, const struct nos_scan_value *v, const char *name,
    struct nos_map_pair *pairs, size_t *ret_count)
{
	const struct nos_scan_value *key, *value;
	uint32_t i = 0;

	while (nos_scan_member(&p->file.scan, v, &i, &key, &value)) {
		struct nos_map_pair *pair = &pairs[(*ret_count)++];

		if (read_kept(p, key, name, &pair->from) || read_kept(p, value, name, &pair->to))
			return p->file.err->code;
	}
	return NOS_OK;
}

static enum nos_code read_rename(struct parser *p, const struct nos_scan_value *v, const char *name)
{
	if (make_room(p, v, name, sizeof(*p->map->rename), &p->map->rename))
		return p->file.err->code;
	return read_pairs(p, v, name, p->map->rename, &p->map->rename_count);
}

static enum nos_code read_unit_names(
    struct parser *p, const struct nos_scan_value *v, const char *name)
{
	if (make_room(p, v, name, sizeof(*p->map->unit_names), &p->map->unit_names))
		return p->file.err->code;
	return read_pairs(p, v, name, p->map->unit_names, &p->map->unit_name_count);
}

static enum nos_code read_units(struct parser *p, const struct nos_scan_value *v, const char *name)
{
	const struct nos_scan_value *key, *value;
	uint32_t i = 0;

	p->units = v;
	if (make_room(p, v, name, sizeof(*p->map->units), &p->map->units))
		return p->file.err->code;
	while (nos_scan_member(&p->file.scan, v, &i, &key, &value)) {
		struct nos_map_named *named = &p->map->units[p->map->unit_count++];

		if (read_kept(p, key, name, &named->name) ||
		    read_pointer(p, value, name, &named->unit))
			return p->file.err->code;
	}
	return NOS_OK;
}

static enum nos_code read_take(struct parser *p, const struct nos_scan_value *v, const char *name)
{
	const struct nos_scan_value *element;
	uint32_t i = 0;

	if (v->kind != NOS_SCAN_ARRAY)
		return nos_handwritten_wrong(&p->file, v, name, "is not a list of names");
	p->map->takes = true;
	p->map->take = calloc(v->count + 1, sizeof(*p->map->take));
	if (!p->map->take)
		return no_memory(p);
	while (nos_scan_element(&p->file.scan, v, &i, &element))
		if (read_kept(p, element, name, &p->map->take[p->map->take_count++]))
			return p->file.err->code;
	return NOS_OK;
}

static enum nos_code read_missing(
    struct parser *p, const struct nos_scan_value *v, const char *name)
{
	const struct nos_scan_value *element;
	uint32_t i = 0;

	if (v->kind != NOS_SCAN_ARRAY || v->count > NOS_MAP_MISSING_MAX)
		return nos_handwritten_wrong(
		    &p->file, v, name, "is not a list of at most 16 numbers and texts");
	while (nos_scan_element(&p->file.scan, v, &i, &element)) {
		struct nos_map_missing *one = &p->map->missing[p->map->missing_count++];

		one->is_text = element->kind == NOS_SCAN_STRING;
		if (read_kept(p, element, name, &one->text))
			return p->file.err->code;
		if (!one->is_text && (!nos_num_parse_decimal(element->raw, &one->number) ||
					 fabs(one->number) > NUMBER_MAX))
			return nos_handwritten_wrong(
			    &p->file, element, name, "has a number over 1e15");
	}
	return NOS_OK;
}

static enum nos_code read_format(struct parser *p, const struct nos_scan_value *v, const char *name)
{
	struct nos_map *m = p->map;
	struct nos_str text;

	p->format = v;
	if (!text_of(p, v, &text) || !nos_str_copy(text, m->format, sizeof(m->format)))
		return nos_handwritten_wrong(
		    &p->file, v, name, "is not a text of at most 63 bytes");
	m->clock = nos_str_is(text, "rfc3339") ? NOS_MAP_CLOCK_RFC3339
		   : nos_str_is(text, "epoch") ? NOS_MAP_CLOCK_EPOCH
					       : NOS_MAP_CLOCK_FORMAT;
	return NOS_OK;
}

static enum nos_code read_zone(struct parser *p, const struct nos_scan_value *v, const char *name)
{
	struct nos_str text;

	if (!text_of(p, v, &text) || !nos_map_time_zone(text, &p->map->zone_s))
		return nos_handwritten_wrong(&p->file, v, name, "is not an offset such as +01:00");
	p->map->has_zone = true;
	return NOS_OK;
}

static enum nos_code read_decimal(
    struct parser *p, const struct nos_scan_value *v, const char *name)
{
	struct nos_str text;

	if (!text_of(p, v, &text) || (!nos_str_is(text, ".") && !nos_str_is(text, ",")))
		return nos_handwritten_wrong(&p->file, v, name, "is neither \".\" nor \",\"");
	p->map->decimal = text.p[0];
	return NOS_OK;
}

static enum nos_code read_separator(
    struct parser *p, const struct nos_scan_value *v, const char *name)
{
	struct nos_str text;

	if (!text_of(p, v, &text) || text.len != 1 || !strchr(",;|:\t ", text.p[0]))
		return nos_handwritten_wrong(
		    &p->file, v, name, "is none of \",\" \";\" \"|\" \":\" \"\\t\" \" \"");
	p->map->separator = text.p[0];
	return NOS_OK;
}

static enum nos_code read_header(struct parser *p, const struct nos_scan_value *v, const char *name)
{
	if (v->kind != NOS_SCAN_TRUE && v->kind != NOS_SCAN_FALSE)
		return nos_handwritten_wrong(&p->file, v, name, "is neither true nor false");
	p->map->header = v->kind == NOS_SCAN_TRUE;
	return NOS_OK;
}

struct row {
	const char *name;
	read_fn *read;
};

/* The member of that name, by the row that has it. */
static enum nos_code read_by(struct parser *p, const struct row *rows, size_t count,
    const struct nos_scan_value *name, const struct nos_scan_value *v)
{
	struct nos_str text;

	for (size_t i = 0; text_of(p, name, &text) && i < count; i++)
		if (nos_str_is(text, rows[i].name))
			return rows[i].read(p, v, rows[i].name);
	return nos_handwritten_unknown(&p->file, name);
}

static enum nos_code read_csv(struct parser *p, const struct nos_scan_value *v, const char *name)
{
	static const struct row rows[] = {
		{ "separator", read_separator },
		{ "decimal", read_decimal },
		{ "header", read_header },
	};
	const struct nos_scan_value *key, *value;
	uint32_t i = 0;

	if (v->kind != NOS_SCAN_OBJECT)
		return nos_handwritten_wrong(&p->file, v, name, "is not an object");
	p->map->is_csv = true;
	while (nos_scan_member(&p->file.scan, v, &i, &key, &value))
		if (read_by(p, rows, sizeof(rows) / sizeof(rows[0]), key, value))
			return p->file.err->code;
	return NOS_OK;
}

static enum nos_code read_member(
    struct parser *p, const struct nos_scan_value *name, const struct nos_scan_value *v)
{
	static const struct row rows[] = {
		{ "rename", read_rename },
		{ "units", read_units },
		{ "unit_names", read_unit_names },
		{ "take", read_take },
		{ "missing", read_missing },
		{ "time_format", read_format },
		{ "zone", read_zone },
		{ "decimal", read_decimal },
		{ "csv", read_csv },
	};
	struct nos_str text;

	for (size_t i = 0; text_of(p, name, &text) && i < NOS_MAP_MEMBERS; i++)
		if (nos_str_is(text, member_names[i]))
			return read_place(p, v, (enum nos_map_member)i);
	return read_by(p, rows, sizeof(rows) / sizeof(rows[0]), name, v);
}

/* ---- what goes together ---- */

static enum nos_code check_members(struct parser *p)
{
	const struct nos_map *m = p->map;

	for (size_t i = 0; i < NOS_MAP_MEMBERS; i++) {
		const char *why = nos_map_pointer_check(m, &m->members[i], i == NOS_MAP_VALUE);

		if (why)
			return nos_handwritten_wrong(&p->file, p->values[i], member_names[i], why);
	}
	for (size_t i = 0; i < m->unit_count; i++) {
		const char *why = nos_map_pointer_check(m, &m->units[i].unit, false);

		if (why)
			return nos_handwritten_wrong(&p->file, p->units, "units", why);
	}
	return NOS_OK;
}

static enum nos_code check(struct parser *p)
{
	struct nos_map *m = p->map;
	const struct nos_map_pointer *value = &m->members[NOS_MAP_VALUE];
	const char *why;

	if (!p->values[NOS_MAP_TYPE] || !p->values[NOS_MAP_VALUE])
		return nos_err_set(p->file.err, NOS_CONFIG, "'%s' is missing",
		    p->values[NOS_MAP_TYPE] ? "value" : "type");
	if (value->where != NOS_MAP_POINTER)
		return nos_handwritten_wrong(
		    &p->file, p->values[NOS_MAP_VALUE], "value", "is no pointer: begin it with /");
	if (m->members[NOS_MAP_TYPE].where == NOS_MAP_NAME && !value->star_count)
		return nos_handwritten_wrong(
		    &p->file, p->values[NOS_MAP_TYPE], "type", "is \"*\", and 'value' has none");
	if (m->is_csv && !m->decimal)
		m->decimal = '.';
	if (m->clock == NOS_MAP_CLOCK_FORMAT && !nos_map_time_check(m->format, m->has_zone, &why))
		return nos_handwritten_wrong(&p->file, p->format, "time_format", why);
	return check_members(p);
}

/* ---- the file ---- */

static enum nos_code read_file(struct parser *p, struct nos_str text, struct nos_err *err)
{
	static const struct nos_handwritten_kind kind = {
		.is = "a map is", .begins = "a map begins", .max = NOS_MAP_TEXT_MAX
	};
	const struct nos_scan_value *name, *v;
	uint32_t i = 0;

	if (nos_handwritten_open(&p->file, &kind, text, err))
		return err->code;
	while (nos_handwritten_member(&p->file, &i, &name, &v))
		if (read_member(p, name, v))
			return err->code;
	if (check(p))
		return err->code;
	p->map->texts = nos_handwritten_take(&p->file);
	return NOS_OK;
}

enum nos_code nos_map_parse(struct nos_str text, struct nos_map **ret, struct nos_err *err)
{
	struct parser p = { .map = calloc(1, sizeof(*p.map)) };
	enum nos_code code;

	if (!p.map)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	p.map->header = true;
	p.map->separator = ',';
	code = read_file(&p, text, err);
	nos_handwritten_release(&p.file);
	if (code)
		nos_map_free(p.map);
	else
		*ret = p.map;
	return code;
}
