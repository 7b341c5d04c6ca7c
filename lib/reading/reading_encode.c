/* SPDX-License-Identifier: MIT */
#include "reading/reading.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "json/encode.h"

#define PLACES_MAX 17		  /* more say nothing of a double */
#define NUMBERS_MS 99999999999999 /* beyond it epoch seconds are taken for milliseconds */

/* By its own digits, so that none is lost and their count still tells the precision. */
static void add_number(struct nos_buf *b, struct nos_str digits, double number, unsigned decimals)
{
	char text[400];
	unsigned places = decimals < PLACES_MAX ? decimals : PLACES_MAX;

	if (nos_num_is_decimal(digits)) {
		nos_buf_add_str(b, digits);
		return;
	}
	snprintf(text, sizeof(text), "%.*f", (int)places, number);
	for (int n = 1; strtod(text, NULL) != number && n <= PLACES_MAX; n++)
		snprintf(text, sizeof(text), "%.*g", n, number);
	nos_buf_add_text(b, text);
}

void nos_reading_encode_value(struct nos_buf *b, const struct nos_reading *r)
{
	nos_encode_member(b, "value");
	switch (r->kind) {
	case NOS_READING_MISSING:
		nos_buf_add_text(b, "null");
		break;
	case NOS_READING_NUMBER:
		add_number(b, r->text, r->number, r->decimals);
		break;
	case NOS_READING_TEXT:
		nos_encode_text(b, r->text);
		break;
	case NOS_READING_BOOL:
		nos_buf_add_text(b, r->truth ? "true" : "false");
		break;
	}
}

/* Years that no number of seconds can name are written out. */
static void add_time(struct nos_buf *b, struct nos_time t)
{
	struct nos_buf text;

	nos_encode_member(b, "time");
	if (t.ms >= -NUMBERS_MS && t.ms <= NUMBERS_MS) {
		nos_time_format(b, t);
		return;
	}
	nos_buf_init(&text, 64);
	nos_time_format_rfc3339(&text, t);
	nos_buf_addf(b, "\"%.*s.%03dZ\"", text.len ? (int)text.len - 1 : 0, text.p,
	    (int)((t.ms % 1000 + 1000) % 1000));
	nos_buf_release(&text);
}

void nos_reading_encode(struct nos_buf *b, const struct nos_reading *r)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_text(b, "type", r->type);
	nos_reading_encode_value(b, r);
	if (r->unit.len)
		nos_encode_member_text(b, "unit", r->unit);
	if (r->has_time)
		add_time(b, r->time);
	if (r->has_seq)
		nos_encode_member_uint(b, "seq", r->seq);
	if (r->has_position) {
		nos_encode_member(b, "lat");
		add_number(b, r->lat_text, r->lat, r->lat_decimals);
		nos_encode_member(b, "lon");
		add_number(b, r->lon_text, r->lon, r->lat_decimals);
	}
	if (r->claimed.len)
		nos_encode_member_text(b, "source", r->claimed);
	nos_buf_add_char(b, '}');
}
