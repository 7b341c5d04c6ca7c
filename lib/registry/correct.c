/* SPDX-License-Identifier: MIT */
#include "registry/correct.h"

#include "json/decode.h"
#include "json/encode.h"
#include "score/amend.h"
#include "score/measure.h"

#define STATE "key_state"

/* As it stands, escapes and all; len 0 where there is none. */
static struct nos_str text_of(const struct nos_scan *scan, const char *name)
{
	const struct nos_scan_value *v = nos_scan_get(scan, scan->values, name);

	return v && v->kind == NOS_SCAN_STRING ? v->raw : (struct nos_str){ 0 };
}

enum nos_code nos_correct_read(
    struct nos_scan *scan, struct nos_str record, struct nos_correct *ret, struct nos_err *err)
{
	struct nos_decode d;

	*ret = (struct nos_correct){ 0 };
	if (nos_decode_object(scan, record, "record", &d, err) ||
	    nos_decode_time(&d, "received", &ret->received, err))
		return err->code;
	ret->has_time = nos_decode_has(&d, "time");
	if (ret->has_time && nos_decode_time(&d, "time", &ret->time, err))
		return err->code;
	ret->id = text_of(scan, "id");
	ret->source = text_of(scan, "source");
	ret->type = text_of(scan, "type");
	ret->key = text_of(scan, "key");
	ret->corrects = nos_decode_has(&d, "corrects");
	return ret->id.len ? NOS_OK : nos_err_set(err, NOS_DATA, "a record without an id");
}

static void encode_raw(
    struct nos_buf *b, const struct nos_scan *scan, const struct nos_scan_value *raw)
{
	const struct nos_scan_value *name, *value;
	uint32_t at = 0;

	nos_encode_member(b, "raw");
	nos_buf_add_char(b, '{');
	while (nos_scan_member(scan, raw, &at, &name, &value))
		if (nos_str_is(name->raw, STATE))
			nos_encode_member_text(b, STATE, NOS_STR("compromised"));
		else
			nos_amend_copy(b, name, value);
	nos_buf_add_char(b, '}');
}

static void encode_id(struct nos_buf *b, const char *member, struct nos_str id, const char *behind)
{
	nos_encode_member(b, member);
	nos_buf_add_char(b, '"');
	nos_buf_add_str(b, id);
	nos_buf_add_text(b, behind);
	nos_buf_add_char(b, '"');
}

enum nos_code nos_correct_encode(const struct nos_scan *scan, const struct nos_correct *c,
    uint64_t n, struct nos_buf *ret, struct nos_err *err)
{
	const struct nos_scan_value *name, *value;
	struct nos_measure measure;
	uint32_t at = 0;

	if (nos_measure_decode(scan, scan->values, &measure, err))
		return err->code;
	measure.security.key_state = NOS_RULE_KEY_COMPROMISED;
	nos_buf_add_char(ret, '{');
	while (nos_scan_member(scan, scan->values, &at, &name, &value))
		if (nos_str_is(name->raw, "id"))
			encode_id(ret, "id", c->id, "~1");
		else if (nos_str_is(name->raw, "n"))
			nos_encode_member_uint(ret, "n", n);
		else if (nos_str_is(name->raw, "scores"))
			nos_amend_scores(ret, scan, scan->values, &measure.security);
		else if (nos_str_is(name->raw, "raw"))
			encode_raw(ret, scan, value);
		else
			nos_amend_copy(ret, name, value);
	encode_id(ret, "corrects", c->id, "");
	nos_buf_add_char(ret, '}');
	return nos_buf_check(ret, "correction", err);
}
