/* SPDX-License-Identifier: MIT */
#include "reading/senml_readings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SUM_NAME "_sum"
#define SUM_UNIT ".s"

/* A record that may be half of a position. */
struct mark {
	uint32_t record;
	bool is_lon;
	struct nos_time time;
	struct nos_str base, name;
	struct nos_senml_number at;
};

struct place {
	struct nos_time time;
	struct nos_str base;
	struct nos_senml_number lat, lon;
};

struct work {
	const struct nos_scan *scan;
	const struct nos_scan_value *array;
	struct nos_time now;
	struct nos_buf *space;

	struct mark *marks;
	size_t mark_count, mark_cap;
	struct place *places; /* by time, then by base */
	size_t place_count;
	bool *used; /* by record: it is half of a position; NULL: none is */
};

enum nos_code nos_senml_readings_check(const struct nos_scan *scan,
    const struct nos_scan_value *array, size_t *ret_room, struct nos_err *err)
{
	if (nos_senml_check(scan, array, ret_room, err))
		return err->code;
	/* It is gone through twice, and a sum has a name and a unit of its own. */
	*ret_room = 2 * *ret_room + array->count * (NOS_READING_TYPE_MAX + NOS_READING_UNIT_MAX);
	return NOS_OK;
}

/* ---- positions ---- */

static bool is_half(const struct nos_senml_record *r, bool *ret_is_lon)
{
	*ret_is_lon = nos_str_is(r->unit, "lon");
	return (*ret_is_lon || nos_str_is(r->unit, "lat")) && r->has_number &&
	       fabs(r->number.value) <= (*ret_is_lon ? 180 : 90);
}

static enum nos_code mark_halves(struct work *w, struct nos_err *err)
{
	struct nos_senml s = { 0 };
	struct nos_senml_record r;
	const struct nos_scan_value *v;
	struct nos_err why = { 0 };
	uint32_t at = 0, n = 0;
	bool none, is_lon;

	for (; nos_scan_element(w->scan, w->array, &at, &v); n++) {
		if (nos_senml_resolve(&s, w->scan, v, w->now, w->space, &r, &none, &why) || none ||
		    !is_half(&r, &is_lon))
			continue;
		if (w->mark_count == w->mark_cap) {
			size_t cap = w->mark_cap ? w->mark_cap * 2 : 16;
			void *grown = reallocarray(w->marks, cap, sizeof(*w->marks));

			if (!grown)
				return nos_err_set(err, NOS_INTERNAL, "out of memory");
			w->marks = grown;
			w->mark_cap = cap;
		}
		w->marks[w->mark_count++] =
		    (struct mark){ n, is_lon, r.time, r.base, r.name, r.number };
	}
	return NOS_OK;
}

static char at(const struct mark *m, size_t i)
{
	return i < m->base.len ? m->base.p[i] : m->name.p[i - m->base.len];
}

/* By time and name, wherever the base ends. */
static int by_name(const struct mark *a, const struct mark *b)
{
	size_t x = a->base.len + a->name.len, y = b->base.len + b->name.len;

	if (a->time.ms != b->time.ms)
		return a->time.ms < b->time.ms ? -1 : 1;
	for (size_t i = 0; i < x && i < y; i++)
		if (at(a, i) != at(b, i))
			return at(a, i) < at(b, i) ? -1 : 1;
	return (x > y) - (x < y);
}

/* Of one name the latitudes first, each in the order of the pack. */
static int by_mark(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	int order = by_name(x, y);

	if (order)
		return order;
	return x->is_lon != y->is_lon ? x->is_lon - y->is_lon
				      : (x->record > y->record) - (x->record < y->record);
}

static int by_base(struct nos_str a, struct nos_str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.p, b.p, len) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->time.ms != y->time.ms)
		return x->time.ms < y->time.ms ? -1 : 1;
	return by_base(x->base, y->base);
}

/* The first latitude and the first longitude of one name and time. */
static void pair(struct work *w, size_t first, size_t end)
{
	size_t i = first;

	while (i < end && !w->marks[i].is_lon)
		i++;
	if (i == first || i == end)
		return;
	w->used[w->marks[first].record] = w->used[w->marks[i].record] = true;
	w->places[w->place_count++] = (struct place){ w->marks[first].time, w->marks[first].base,
		w->marks[first].at, w->marks[i].at };
}

static enum nos_code find_places(struct work *w, struct nos_err *err)
{
	if (mark_halves(w, err) || w->mark_count < 2)
		return err->code;
	w->used = calloc(w->array->count, sizeof(*w->used));
	w->places = calloc(w->mark_count / 2, sizeof(*w->places));
	if (!w->used || !w->places)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	qsort(w->marks, w->mark_count, sizeof(*w->marks), by_mark);
	for (size_t first = 0, end; first < w->mark_count; first = end) {
		for (end = first + 1; end < w->mark_count; end++)
			if (by_name(&w->marks[first], &w->marks[end]))
				break;
		pair(w, first, end);
	}
	qsort(w->places, w->place_count, sizeof(*w->places), by_place);
	return NOS_OK;
}

/* Where several are of one time, that of the same base, or the first. */
static const struct place *place_at(const struct work *w, const struct nos_senml_record *r)
{
	const struct place wanted = { .time = r->time, .base = r->base };
	const struct place *own;
	size_t low = 0, high = w->place_count;

	if (!w->place_count)
		return NULL;
	own = bsearch(&wanted, w->places, w->place_count, sizeof(*w->places), by_place);
	if (own)
		return own;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (w->places[middle].time.ms < r->time.ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low < w->place_count && w->places[low].time.ms == r->time.ms ? &w->places[low]
									    : NULL;
}

/* ---- readings ---- */

static enum nos_code check_length(
    struct nos_str s, const char *field, size_t max, struct nos_err *err)
{
	if (s.len > max)
		return nos_err_set_field(err, NOS_LARGE, field, "%s is over %zu bytes", field, max);
	return NOS_OK;
}

static void set_number(struct nos_reading *r, const struct nos_senml_number *n)
{
	r->kind = NOS_READING_NUMBER;
	r->number = n->value;
	r->text = n->digits;
	r->decimals = n->decimals;
}

/* What all readings of a record have. */
static enum nos_code begin(const struct work *w, const struct nos_senml_record *r,
    struct nos_reading *ret, struct nos_err *err)
{
	const struct place *place = place_at(w, r);

	*ret = (struct nos_reading){ .kind = NOS_READING_MISSING,
		.type = r->name.len ? r->name : r->base,
		.claimed = r->name.len ? r->base : NOS_STR(""),
		.unit = r->unit,
		.has_time = true,
		.time = r->time };
	if (place) {
		ret->has_position = true;
		ret->lat = place->lat.value;
		ret->lon = place->lon.value;
		ret->lat_decimals = place->lat.decimals;
		ret->lat_text = place->lat.digits;
		ret->lon_text = place->lon.digits;
	}
	if (check_length(ret->type, "type", NOS_READING_TYPE_MAX, err) ||
	    check_length(ret->claimed, "bn", NOS_READING_CLAIMED_MAX, err))
		return err->code;
	return check_length(ret->unit, "unit", NOS_READING_UNIT_MAX, err);
}

static enum nos_code read_value(const struct work *w, const struct nos_senml_record *r,
    struct nos_reading *ret, struct nos_err *err)
{
	const struct nos_scan_value *v = r->value;

	if (r->has_number) {
		set_number(ret, &r->number);
		return NOS_OK;
	}
	if (v->kind == NOS_SCAN_TRUE || v->kind == NOS_SCAN_FALSE) {
		ret->kind = NOS_READING_BOOL;
		ret->truth = v->kind == NOS_SCAN_TRUE;
	}
	if (v->kind != NOS_SCAN_STRING)
		return NOS_OK;
	if (!nos_scan_text(v, w->space, &ret->text))
		return nos_err_set_field(err, NOS_DATA, "value", "value is not a text");
	if (!nos_reading_is_missing(ret->text))
		ret->kind = NOS_READING_TEXT;
	return check_length(ret->text, "value", NOS_READING_TEXT_MAX, err);
}

static struct nos_str joined(struct nos_buf *space, struct nos_str s, const char *end)
{
	struct nos_str ret = { space->p + space->len, s.len + strlen(end) };

	nos_buf_add_str(space, s);
	nos_buf_add_text(space, end);
	return ret;
}

/* The sum over time, beside the value that begin was given for. */
static enum nos_code read_sum(const struct work *w, const struct nos_senml_record *r,
    struct nos_reading *ret, struct nos_err *err)
{
	set_number(ret, &r->sum);
	if (check_length(ret->type, "type", NOS_READING_TYPE_MAX - strlen(SUM_NAME), err) ||
	    check_length(ret->unit, "unit", NOS_READING_UNIT_MAX - strlen(SUM_UNIT), err))
		return err->code;
	ret->type = joined(w->space, ret->type, SUM_NAME);
	if (ret->unit.len)
		ret->unit = joined(w->space, ret->unit, SUM_UNIT);
	return NOS_OK;
}

/* Hand on what was made of a record, or why nothing was. */
static enum nos_code give(const struct nos_reading *r, struct nos_err *why, uint32_t record,
    nos_map_each *each, void *state, struct nos_err *err)
{
	if (!why->code)
		return each(state, r, NULL, err);
	nos_err_within(why, "record %u", record + 1);
	return each(state, NULL, why, err);
}

static enum nos_code give_record(const struct work *w, const struct nos_senml_record *r,
    uint32_t record, nos_map_each *each, void *state, struct nos_err *err)
{
	struct nos_reading reading = { 0 };
	struct nos_err why = { 0 };

	if (begin(w, r, &reading, &why))
		return give(NULL, &why, record, each, state, err);
	if ((r->value || r->has_number) && !(w->used && w->used[record])) {
		struct nos_reading value = reading;

		(void)!read_value(w, r, &value, &why);
		if (give(&value, &why, record, each, state, err))
			return err->code;
		nos_err_clear(&why);
	}
	if (!r->has_sum)
		return NOS_OK;
	(void)!read_sum(w, r, &reading, &why);
	return give(&reading, &why, record, each, state, err);
}

static enum nos_code give_all(
    const struct work *w, nos_map_each *each, void *state, struct nos_err *err)
{
	struct nos_senml s = { 0 };
	const struct nos_scan_value *v;
	uint32_t at_value = 0, n = 0;

	for (; nos_scan_element(w->scan, w->array, &at_value, &v); n++) {
		struct nos_senml_record r;
		struct nos_err why = { 0 };
		bool none;

		if (nos_senml_resolve(&s, w->scan, v, w->now, w->space, &r, &none, &why)) {
			if (give(NULL, &why, n, each, state, err))
				return err->code;
		} else if (!none && give_record(w, &r, n, each, state, err)) {
			return err->code;
		}
	}
	return NOS_OK;
}

enum nos_code nos_senml_readings_each(const struct nos_scan *scan,
    const struct nos_scan_value *array, struct nos_time now, struct nos_buf *space,
    nos_map_each *each, void *state, struct nos_err *err)
{
	struct work w = { .scan = scan, .array = array, .now = now, .space = space };

	if (!find_places(&w, err))
		(void)!give_all(&w, each, state, err);
	free(w.marks);
	free(w.places);
	free(w.used);
	return err->code;
}
