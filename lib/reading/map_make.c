/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "reading/map_part.h"

static bool find_pair(
    const struct nos_map_pair *pairs, size_t count, struct nos_str from, struct nos_str *ret)
{
	for (size_t i = 0; i < count; i++)
		if (nos_str_eq(pairs[i].from, from)) {
			*ret = pairs[i].to;
			return true;
		}
	return false;
}

bool nos_map_make_skips(const struct nos_map *m, struct nos_str name)
{
	for (size_t i = 0; i < m->take_count; i++)
		if (nos_str_eq(m->take[i], name))
			return false;
	return m->takes;
}

static bool is_there(const struct nos_map_piece *piece)
{
	return piece->found != NOS_MAP_ABSENT && piece->found != NOS_MAP_NULL;
}

/* A number stands for its digits: many a device's name is one. */
static enum nos_code take_text(const struct nos_map_piece *piece, const char *name, size_t max,
    struct nos_str *ret, struct nos_err *err)
{
	if (piece->found != NOS_MAP_TEXT && piece->found != NOS_MAP_NUMBER)
		return nos_err_set_field(err, NOS_DATA, name, "%s is not a text", name);
	*ret = piece->text;
	if (ret->len > max)
		return nos_err_set_field(err, NOS_LARGE, name, "%s is over %zu bytes", name, max);
	return NOS_OK;
}

static enum nos_code take_type(const struct nos_map *m, const struct nos_map_piece *piece,
    struct nos_reading *ret, struct nos_err *err)
{
	struct nos_map_piece type = *piece;

	if (!is_there(piece))
		return nos_err_set_field(err, NOS_DATA, "type", "type is missing");
	find_pair(m->rename, m->rename_count, piece->text, &type.text);
	if (take_text(&type, "type", NOS_READING_TYPE_MAX, &ret->type, err))
		return err->code;
	if (!ret->type.len)
		return nos_err_set_field(err, NOS_DATA, "type", "type is empty");
	return NOS_OK;
}

/* A number as people write it: a sign, zeros before it, nothing before the mark. */
static bool is_plain(struct nos_str s, char mark)
{
	size_t i = 0, digits = 0, marks = 0;

	if (i < s.len && (s.p[i] == '+' || s.p[i] == '-'))
		i++;
	for (; i < s.len && s.p[i] != 'e' && s.p[i] != 'E'; i++) {
		marks += s.p[i] == mark;
		digits += s.p[i] >= '0' && s.p[i] <= '9';
		if (s.p[i] != mark && (s.p[i] < '0' || s.p[i] > '9'))
			return false;
	}
	return digits && marks <= 1 && s.p[i - 1] != mark;
}

/* The digits of such a number as JSON writes it, into *space. False: it is no number. */
static bool write_number(
    struct nos_str s, char mark, struct nos_buf *space, struct nos_str *ret, double *ret_number)
{
	const size_t start = space->len;

	s = nos_str_trim(s);
	if (!is_plain(s, mark) || space->cap - space->len <= s.len + 1)
		return false;
	if (s.p[0] == '-')
		nos_buf_add_char(space, '-');
	if (s.p[0] == '-' || s.p[0] == '+')
		s.p++, s.len--;
	while (s.len > 1 && s.p[0] == '0' && s.p[1] >= '0' && s.p[1] <= '9')
		s.p++, s.len--;
	if (s.p[0] == mark)
		nos_buf_add_char(space, '0');
	for (size_t i = 0; i < s.len; i++)
		nos_buf_add_char(space, s.p[i] == mark ? '.' : s.p[i]);
	*ret = (struct nos_str){ space->p + start, space->len - start };
	if (nos_num_parse_decimal(*ret, ret_number))
		return true;
	nos_buf_truncate(space, start);
	return false;
}

static bool is_missing_text(const struct nos_map *m, struct nos_str text)
{
	for (size_t i = 0; i < m->missing_count; i++)
		if (m->missing[i].is_text && nos_str_eq(m->missing[i].text, text))
			return true;
	return false;
}

static bool is_missing_number(const struct nos_map *m, double number)
{
	for (size_t i = 0; i < m->missing_count; i++)
		if (!m->missing[i].is_text && m->missing[i].number == number)
			return true;
	return false;
}

/* The kind is MISSING until something better is found. */
static void take_number(
    const struct nos_map *m, struct nos_str text, double number, struct nos_reading *ret)
{
	if (is_missing_number(m, number))
		return;
	ret->kind = NOS_READING_NUMBER;
	ret->number = number;
	ret->decimals = nos_num_decimals(text);
	ret->text = text;
}

static enum nos_code take_words(const struct nos_map *m, struct nos_str text, struct nos_buf *space,
    struct nos_reading *ret, struct nos_err *err)
{
	struct nos_str digits;
	double number;

	if (is_missing_text(m, text))
		return NOS_OK;
	if (m->decimal && write_number(text, m->decimal, space, &digits, &number)) {
		take_number(m, digits, number, ret);
		return NOS_OK;
	}
	/* All is text in CSV. */
	if (m->is_csv && (nos_str_is(text, "true") || nos_str_is(text, "false"))) {
		ret->kind = NOS_READING_BOOL;
		ret->truth = nos_str_is(text, "true");
		return NOS_OK;
	}
	if (text.len > NOS_READING_TEXT_MAX)
		return nos_err_set_field(
		    err, NOS_LARGE, "value", "value is over %d bytes", NOS_READING_TEXT_MAX);
	if (nos_reading_is_missing(text))
		return NOS_OK;
	ret->kind = NOS_READING_TEXT;
	ret->text = text;
	return NOS_OK;
}

static enum nos_code take_value(const struct nos_map *m, const struct nos_map_piece *piece,
    struct nos_buf *space, struct nos_reading *ret, struct nos_err *err)
{
	double number;

	switch (piece->found) {
	case NOS_MAP_NUMBER:
		/* Over the range of a double it is as good as infinite. */
		if (nos_num_parse_decimal(piece->text, &number))
			take_number(m, piece->text, number, ret);
		return NOS_OK;
	case NOS_MAP_TEXT:
		return take_words(m, piece->text, space, ret, err);
	case NOS_MAP_TRUE:
	case NOS_MAP_FALSE:
		ret->kind = NOS_READING_BOOL;
		ret->truth = piece->found == NOS_MAP_TRUE;
		return NOS_OK;
	case NOS_MAP_NULL:
		return NOS_OK;
	case NOS_MAP_ABSENT:
		return nos_err_set_field(err, NOS_DATA, "value", "value is missing");
	case NOS_MAP_OTHER:
		break;
	}
	return nos_err_set_field(
	    err, NOS_DATA, "value", "value is neither number, text nor boolean");
}

static enum nos_code take_unit(const struct nos_map *m, const struct nos_map_piece *piece,
    struct nos_reading *ret, struct nos_err *err)
{
	struct nos_map_piece unit = *piece;

	if (!is_there(piece))
		return NOS_OK;
	find_pair(m->unit_names, m->unit_name_count, piece->text, &unit.text);
	return take_text(&unit, "unit", NOS_READING_UNIT_MAX, &ret->unit, err);
}

static enum nos_code take_seq(
    const struct nos_map_piece *piece, struct nos_reading *ret, struct nos_err *err)
{
	if (!is_there(piece))
		return NOS_OK;
	ret->has_seq = nos_num_parse(piece->text, 0, NOS_NUM_SAFE - 1, &ret->seq);
	return ret->has_seq ? NOS_OK
			    : nos_err_set_field(
				  err, NOS_DATA, "seq", "seq is not a whole number under 2^53");
}

/* Why it is none. */
static const char *time_wants(const struct nos_map *m, struct nos_str text)
{
	const int32_t zone_s = 0;
	struct nos_time t;

	if (m->clock == NOS_MAP_CLOCK_FORMAT)
		return " of the map's format";
	if (m->clock != NOS_MAP_CLOCK_EPOCH && nos_time_parse(nos_str_trim(text), &zone_s, &t))
		return ": it has no offset, and the map no zone";
	return "";
}

static enum nos_code take_time(const struct nos_map *m, const struct nos_map_piece *piece,
    struct nos_reading *ret, struct nos_err *err)
{
	if (!is_there(piece))
		return NOS_OK;
	ret->has_time = nos_map_time_read(m, piece, &ret->time);
	if (ret->has_time)
		return NOS_OK;
	return nos_err_set_field(err, NOS_DATA, "time", "time '%.*s' is not a time%s",
	    NOS_STR_ARG(piece->text), time_wants(m, piece->text));
}

static bool take_degrees(const struct nos_map *m, const struct nos_map_piece *piece, double limit,
    struct nos_buf *space, struct nos_str *ret_text, double *ret)
{
	if (piece->found == NOS_MAP_NUMBER)
		*ret_text = piece->text;
	else if (piece->found != NOS_MAP_TEXT || !m->decimal)
		return false;
	else if (!write_number(piece->text, m->decimal, space, ret_text, ret))
		return false;
	return nos_num_parse_decimal(*ret_text, ret) && fabs(*ret) <= limit;
}

static enum nos_code take_position(const struct nos_map *m,
    const struct nos_map_piece pieces[static NOS_MAP_MEMBERS], struct nos_buf *space,
    struct nos_reading *ret, struct nos_err *err)
{
	const struct nos_map_piece *lat = &pieces[NOS_MAP_LAT], *lon = &pieces[NOS_MAP_LON];
	const size_t start = space->len;
	struct nos_str text, other;

	if (!is_there(lat) && !is_there(lon))
		return NOS_OK;
	if (!take_degrees(m, lat, 90, space, &text, &ret->lat) ||
	    !take_degrees(m, lon, 180, space, &other, &ret->lon))
		return nos_err_set_field(
		    err, NOS_DATA, "lat", "lat and lon are not a position in degrees");
	ret->has_position = true;
	ret->lat_decimals = nos_num_decimals(text);
	/* Digits that were written anew are not kept: they would be, for each reading of a message.
	 */
	if (space->len == start) {
		ret->lat_text = text;
		ret->lon_text = other;
	}
	nos_buf_truncate(space, start);
	return NOS_OK;
}

enum nos_code nos_map_make(const struct nos_map *m,
    const struct nos_map_piece pieces[static NOS_MAP_MEMBERS], struct nos_buf *space,
    struct nos_reading *ret, struct nos_err *err)
{
	*ret = (struct nos_reading){ .kind = NOS_READING_MISSING };
	if (take_type(m, &pieces[NOS_MAP_TYPE], ret, err) ||
	    take_value(m, &pieces[NOS_MAP_VALUE], space, ret, err) ||
	    take_unit(m, &pieces[NOS_MAP_UNIT], ret, err))
		return err->code;
	if (is_there(&pieces[NOS_MAP_SOURCE]) && take_text(&pieces[NOS_MAP_SOURCE], "source",
						     NOS_READING_CLAIMED_MAX, &ret->claimed, err))
		return err->code;
	if (take_seq(&pieces[NOS_MAP_SEQ], ret, err) ||
	    take_time(m, &pieces[NOS_MAP_TIME], ret, err))
		return err->code;
	return take_position(m, pieces, space, ret, err);
}
