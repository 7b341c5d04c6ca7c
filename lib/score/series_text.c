/* SPDX-License-Identifier: MIT */
#include "score/series_text.h"

#include <inttypes.h>

#include "json/decode.h"
#include "json/encode.h"
#include "score/history.h"

#define VERSION	  1
#define NAMES_MAX 4096 /* bytes of the names of one series */

static void encode_one(void *state, struct nos_str source, struct nos_str claimed,
    struct nos_str type, const struct nos_rule_state *series)
{
	struct nos_buf *b = state;

	nos_buf_add_char(b, '{');
	nos_encode_member_text(b, "source", source);
	if (claimed.len)
		nos_encode_member_text(b, "claimed", claimed);
	nos_encode_member_text(b, "type", type);
	nos_encode_member(b, "state");
	nos_history_encode(b, series);
	nos_buf_add_text(b, "}\n");
}

void nos_series_text_encode(struct nos_buf *b, const struct nos_series *s)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_uint(b, "series", s->count);
	nos_buf_add_text(b, "}\n");
	nos_series_walk(s, encode_one, b);
}

struct reader {
	struct nos_scan scan;
	struct nos_buf names; /* of the series in hand */
	struct nos_series *series;
};

/* Any text; empty where it may be, and is, absent. */
static enum nos_code read_name(struct reader *r, const struct nos_decode *d, const char *name,
    bool optional, struct nos_str *ret, struct nos_err *err)
{
	const struct nos_scan_value *v = nos_scan_get(d->scan, d->object, name);

	*ret = NOS_STR("");
	if (!v && optional)
		return NOS_OK;
	if (!v || v->kind != NOS_SCAN_STRING || !nos_scan_text(v, &r->names, ret))
		return nos_err_set_field(err, NOS_DATA, name, "%s is not a text", name);
	return NOS_OK;
}

static enum nos_code read_series(struct reader *r, struct nos_str line, struct nos_err *err)
{
	struct nos_str source, claimed, type;
	const struct nos_scan_value *array;
	struct nos_rule_state *state;
	struct nos_decode d;

	nos_buf_truncate(&r->names, 0);
	if (nos_decode_object(&r->scan, line, "series", &d, err) ||
	    read_name(r, &d, "source", false, &source, err) ||
	    read_name(r, &d, "claimed", true, &claimed, err) ||
	    read_name(r, &d, "type", false, &type, err) ||
	    nos_decode_array(&d, "state", &array, err) ||
	    nos_series_get(r->series, source, claimed, type, &state, err))
		return err->code;
	return nos_history_decode(&r->scan, array, state, err);
}

static enum nos_code read_head(
    struct reader *r, struct nos_str line, uint64_t *ret_count, struct nos_err *err)
{
	struct nos_decode d;

	if (nos_decode_object(&r->scan, line, "states of series", &d, err) ||
	    nos_decode_version(&d, VERSION, "states of series", err))
		return err->code;
	return nos_decode_uint(&d, "series", 0, NOS_SERIES_MAX, ret_count, err);
}

static enum nos_code read_lines(struct reader *r, struct nos_str text, struct nos_err *err)
{
	uint64_t count = 0, number = 0;
	struct nos_str line;

	while (nos_str_cut(&text, '\n', &line) && (line.len || text.p)) {
		number++;
		if (number == 1 ? read_head(r, line, &count, err) : read_series(r, line, err))
			return nos_err_within(err, "line %" PRIu64, number);
	}
	if (!number || r->series->count != count || number != count + 1)
		return nos_err_set(err, NOS_DATA,
		    "it says that it holds %" PRIu64 " series, and holds %zu", count,
		    r->series->count);
	return NOS_OK;
}

enum nos_code nos_series_text_decode(struct nos_str text, struct nos_series *s, struct nos_err *err)
{
	struct reader r = { .series = s };
	enum nos_code code;

	nos_buf_init(&r.names, NAMES_MAX);
	/* Several names stand in it: it must not move between them. */
	code = nos_buf_reserve(&r.names, NAMES_MAX) ? read_lines(&r, text, err)
						    : nos_buf_check(&r.names, "names", err);
	nos_buf_release(&r.names);
	nos_scan_release(&r.scan);
	return code;
}
