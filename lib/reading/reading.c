/* SPDX-License-Identifier: MIT */
#include "reading/reading.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/num.h"

/* What is null is not there. */
static bool is_there(const struct nos_scan_value *v)
{
	return v && v->kind != NOS_SCAN_NULL;
}

/* A text member of at most max bytes. */
static enum nos_code read_text(const struct nos_scan_value *v, const char *name, size_t max,
    struct nos_buf *space, struct nos_str *ret, struct nos_err *err)
{
	if (v->kind != NOS_SCAN_STRING || !nos_scan_text(v, space, ret))
		return nos_err_set_field(err, NOS_DATA, name, "%s is not a text", name);
	if (ret->len > max)
		return nos_err_set_field(err, NOS_LARGE, name, "%s is over %zu bytes", name, max);
	return NOS_OK;
}

bool nos_reading_is_missing(struct nos_str s)
{
	static const char *const words[] = { "nan", "inf", "infinity", "null", "" };
	s = nos_str_trim(s);
	if (s.len && (s.p[0] == '-' || s.p[0] == '+'))
		s.p++, s.len--;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (s.len == strlen(words[i]) && strncasecmp(s.p, words[i], s.len) == 0)
			return true;
	return nos_num_is_decimal(s);
}

static enum nos_code read_value(const struct nos_scan_value *v, struct nos_buf *space,
    struct nos_reading *ret, struct nos_err *err)
{
	switch (v->kind) {
	case NOS_SCAN_NUMBER:
		/* Over the range of a double it is as good as infinite. */
		if (!nos_num_parse_decimal(v->raw, &ret->number))
			return NOS_OK;
		ret->kind = NOS_READING_NUMBER;
		ret->decimals = nos_num_decimals(v->raw);
		ret->text = v->raw;
		return NOS_OK;
	case NOS_SCAN_TRUE:
	case NOS_SCAN_FALSE:
		ret->kind = NOS_READING_BOOL;
		ret->truth = v->kind == NOS_SCAN_TRUE;
		return NOS_OK;
	case NOS_SCAN_STRING:
		if (read_text(v, "value", NOS_READING_TEXT_MAX, space, &ret->text, err))
			return err->code;
		if (!nos_reading_is_missing(ret->text))
			ret->kind = NOS_READING_TEXT;
		return NOS_OK;
	case NOS_SCAN_NULL:
	case NOS_SCAN_NOT_FINITE:
		return NOS_OK;
	case NOS_SCAN_ARRAY:
	case NOS_SCAN_OBJECT:
		break;
	}
	return nos_err_set_field(
	    err, NOS_DATA, "value", "value is neither number, text nor boolean");
}

static enum nos_code read_time(const struct nos_scan_value *v, struct nos_buf *space,
    struct nos_reading *ret, struct nos_err *err)
{
	struct nos_str text;
	double number;

	if (v->kind == NOS_SCAN_NUMBER && nos_num_parse_decimal(v->raw, &number))
		ret->has_time = nos_time_from_number(number, &ret->time);
	else if (v->kind == NOS_SCAN_STRING && nos_scan_text(v, space, &text))
		ret->has_time = nos_time_parse(text, NULL, &ret->time);
	if (!ret->has_time)
		return nos_err_set_field(err, NOS_DATA, "time",
		    "time is not a time: take epoch "
		    "seconds or RFC 3339 with an offset");
	return NOS_OK;
}

static bool read_degrees(const struct nos_scan_value *v, double limit, double *ret)
{
	return v && v->kind == NOS_SCAN_NUMBER && nos_num_parse_decimal(v->raw, ret) &&
	       fabs(*ret) <= limit;
}

static enum nos_code read_position(const struct nos_scan *scan, const struct nos_scan_value *object,
    struct nos_reading *ret, struct nos_err *err)
{
	const struct nos_scan_value *lat = nos_scan_get(scan, object, "lat");
	const struct nos_scan_value *lon = nos_scan_get(scan, object, "lon");

	if (!is_there(lat) && !is_there(lon))
		return NOS_OK;
	if (!read_degrees(lat, 90, &ret->lat) || !read_degrees(lon, 180, &ret->lon))
		return nos_err_set_field(
		    err, NOS_DATA, "lat", "lat and lon are not a position in degrees");
	ret->has_position = true;
	ret->lat_decimals = nos_num_decimals(lat->raw);
	ret->lat_text = lat->raw;
	ret->lon_text = lon->raw;
	return NOS_OK;
}

enum nos_code nos_reading_decode(const struct nos_scan *scan, const struct nos_scan_value *object,
    struct nos_buf *space, struct nos_reading *ret, struct nos_err *err)
{
	const struct nos_scan_value *v;

	assert(space->cap - space->len > object->raw.len);
	*ret = (struct nos_reading){ .kind = NOS_READING_MISSING };
	if (object->kind != NOS_SCAN_OBJECT)
		return nos_err_set(err, NOS_DATA, "a reading is a JSON object");
	v = nos_scan_get(scan, object, "type");
	if (!is_there(v))
		return nos_err_set_field(err, NOS_DATA, "type", "type is missing");
	if (read_text(v, "type", NOS_READING_TYPE_MAX, space, &ret->type, err))
		return err->code;
	if (!ret->type.len)
		return nos_err_set_field(err, NOS_DATA, "type", "type is empty");
	v = nos_scan_get(scan, object, "value");
	if (!v)
		return nos_err_set_field(err, NOS_DATA, "value", "value is missing");
	if (read_value(v, space, ret, err))
		return err->code;
	v = nos_scan_get(scan, object, "unit");
	if (is_there(v) && read_text(v, "unit", NOS_READING_UNIT_MAX, space, &ret->unit, err))
		return err->code;
	v = nos_scan_get(scan, object, "source");
	if (is_there(v) &&
	    read_text(v, "source", NOS_READING_CLAIMED_MAX, space, &ret->claimed, err))
		return err->code;
	v = nos_scan_get(scan, object, "seq");
	if (is_there(v)) {
		if (v->kind != NOS_SCAN_NUMBER ||
		    !nos_num_parse(v->raw, 0, NOS_NUM_SAFE - 1, &ret->seq))
			return nos_err_set_field(
			    err, NOS_DATA, "seq", "seq is not a whole number under 2^53");
		ret->has_seq = true;
	}
	v = nos_scan_get(scan, object, "time");
	if (is_there(v) && read_time(v, space, ret, err))
		return err->code;
	return read_position(scan, object, ret, err);
}
