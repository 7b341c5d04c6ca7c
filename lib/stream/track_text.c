/* SPDX-License-Identifier: MIT */
#include "stream/track.h"

#include <stdlib.h>

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"
#include "score/history.h"

#define VERSION 1

/* In a stream; absent: not known. */
static enum nos_code position(
    const struct nos_decode *d, const char *name, uint64_t *ret, struct nos_err *err)
{
	return nos_decode_has(d, name) ? nos_decode_uint(d, name, 0, NOS_NUM_SAFE, ret, err)
				       : NOS_OK;
}

static enum nos_code decode_key(
    const struct nos_decode *d, struct nos_track_key *ret, struct nos_err *err)
{
	struct nos_str kid;

	if (nos_decode_text(d, "key", &kid, err) ||
	    nos_decode_uint(d, "uses", 0, NOS_NUM_SAFE, &ret->uses, err) ||
	    position(d, "first", &ret->first, err) ||
	    nos_decode_time(d, "confirmed", &ret->confirmed, err))
		return err->code;
	return nos_name_parse(kid, &ret->name)
		   ? NOS_OK
		   : nos_err_set(err, NOS_DATA, "'%.*s' is no key's name", NOS_STR_ARG(kid));
}

static enum nos_code decode_keys(
    const struct nos_decode *d, struct nos_track *ret, struct nos_err *err)
{
	const struct nos_scan_value *list, *v;
	uint32_t at = 0;

	if (nos_decode_array(d, "keys", &list, err))
		return err->code;
	if (!list->count)
		return NOS_OK;
	ret->keys = calloc(list->count < NOS_TRACK_KEYS_MAX ? list->count : NOS_TRACK_KEYS_MAX,
	    sizeof(*ret->keys));
	if (!ret->keys)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	while (ret->key_count < NOS_TRACK_KEYS_MAX && nos_scan_element(d->scan, list, &at, &v)) {
		struct nos_decode one = { d->scan, v };

		if (decode_key(&one, &ret->keys[ret->key_count], err))
			return err->code;
		ret->key_count++;
	}
	return NOS_OK;
}

static enum nos_code decode_series(
    const struct nos_decode *d, struct nos_track *ret, struct nos_err *err)
{
	const struct nos_scan_value *list, *v, *state;
	uint32_t at = 0;

	if (nos_decode_array(d, "series", &list, err))
		return err->code;
	while (nos_scan_element(d->scan, list, &at, &v)) {
		struct nos_decode one = { d->scan, v };
		struct nos_str type, claimed = NOS_STR("");
		NOS_AUTO(buf) space = { 0 };
		struct nos_track_series *s;

		/* Two texts stand in it: it must not move between them. */
		nos_buf_init(&space, 1024);
		if (!nos_buf_reserve(&space, 1024) || !nos_decode_has(&one, "type") ||
		    !nos_scan_text(nos_scan_get(d->scan, v, "type"), &space, &type) ||
		    (nos_decode_has(&one, "claimed") &&
			!nos_scan_text(nos_scan_get(d->scan, v, "claimed"), &space, &claimed)))
			return nos_err_set(err, NOS_DATA, "a series without a type");
		s = nos_track_series(ret, claimed, type, SIZE_MAX, err);
		if (!s || nos_decode_uint(&one, "n", 0, NOS_NUM_SAFE, &s->n, err) ||
		    position(&one, "last", &s->links.before, err) ||
		    position(&one, "far", &s->links.far, err) ||
		    nos_decode_array(&one, "state", &state, err) ||
		    nos_history_decode(d->scan, state, &s->state, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_track_decode(struct nos_str text, struct nos_track *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 8 };
	struct nos_path path;
	struct nos_decode d;

	*ret = (struct nos_track){ 0 };
	if (!nos_decode_object(&scan, text, "track", &d, err) &&
	    !nos_decode_version(&d, VERSION, "store", err) &&
	    !nos_decode_uint(&d, "position", 0, NOS_NUM_SAFE, &ret->position, err) &&
	    !nos_decode_uint(&d, "readings", 0, NOS_NUM_SAFE, &ret->readings, err) &&
	    !nos_decode_time(&d, "last_seen", &ret->last_seen, err) &&
	    !nos_window_decode(&d, &ret->window, err) && !decode_keys(&d, ret, err) &&
	    !nos_path_decode(&d, "via", &path, err) && !nos_track_came(ret, &path, err))
		(void)!decode_series(&d, ret, err);
	nos_scan_release(&scan);
	if (err->code)
		nos_track_release(ret);
	return err->code;
}

void nos_track_encode(struct nos_buf *b, const struct nos_track *t)
{
	char kid[NOS_NAME_TEXT_MAX];

	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_uint(b, "position", t->position);
	nos_encode_member_uint(b, "readings", t->readings);
	nos_encode_member_time(b, "last_seen", t->last_seen);
	nos_window_encode(b, &t->window);
	nos_encode_member(b, "keys");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < t->key_count; i++) {
		nos_name_format(&t->keys[i].name, kid);
		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		nos_encode_member_text(b, "key", nos_str_of(kid));
		nos_encode_member_uint(b, "uses", t->keys[i].uses);
		if (t->keys[i].first)
			nos_encode_member_uint(b, "first", t->keys[i].first);
		nos_encode_member_time(b, "confirmed", t->keys[i].confirmed);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
	if (t->path) {
		nos_encode_member(b, "via");
		nos_buf_add_char(b, '[');
		nos_path_encode(b, t->path);
		nos_buf_add_char(b, ']');
	}
	nos_encode_member(b, "series");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < t->count; i++) {
		const struct nos_track_series *s = &t->series[i];

		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		if (nos_track_claimed(s).len)
			nos_encode_member_text(b, "claimed", nos_track_claimed(s));
		nos_encode_member_text(b, "type", nos_track_type(s));
		nos_encode_member_uint(b, "n", s->n);
		if (s->links.before)
			nos_encode_member_uint(b, "last", s->links.before);
		if (s->links.far)
			nos_encode_member_uint(b, "far", s->links.far);
		nos_encode_member(b, "state");
		nos_history_encode(b, &s->state);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_text(b, "]}");
}
