/* SPDX-License-Identifier: MIT */
#include "stream/correct.h"

#include "json/decode.h"
#include "json/encode.h"
#include "score/measure.h"
#include "score/restate.h"

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
	bool had = false;
	uint32_t at = 0;

	nos_encode_member(b, "raw");
	nos_buf_add_char(b, '{');
	while (nos_scan_member(scan, raw, &at, &name, &value))
		if (nos_str_is(name->raw, STATE)) {
			nos_encode_member_text(b, STATE, NOS_STR("compromised"));
			had = true;
		} else {
			nos_restate_copy(b, name, value);
		}
	/* What came by a token has no key, and by this it counts as one. */
	if (!had)
		nos_encode_member_text(b, STATE, NOS_STR("compromised"));
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

static void encode(const struct nos_scan *scan, const struct nos_correct *c, uint64_t n,
    const struct nos_restate *a, struct nos_buf *b)
{
	const struct nos_scan_value *name, *value;
	uint32_t at = 0;

	nos_buf_add_char(b, '{');
	while (nos_scan_member(scan, scan->values, &at, &name, &value))
		if (nos_str_is(name->raw, "id"))
			encode_id(b, "id", c->id, "~1");
		else if (nos_str_is(name->raw, "n"))
			nos_encode_member_uint(b, "n", n);
		else if (nos_str_is(name->raw, "scores"))
			nos_restate_scores(b, a);
		else if (nos_str_is(name->raw, "raw"))
			encode_raw(b, scan, value);
		else
			nos_restate_copy(b, name, value);
	encode_id(b, "corrects", c->id, "");
	nos_buf_add_char(b, '}');
}

static bool has_word(struct nos_str words, struct nos_str word)
{
	struct nos_str one;

	while (nos_str_cut(&words, ' ', &one))
		if (nos_str_eq(one, word))
			return true;
	return false;
}

static void add_filters(struct nos_str before, const struct nos_profile *profile,
    const struct nos_restate *a, struct nos_buf *b)
{
	nos_buf_add_str(b, before);
	for (size_t i = 0; i < nos_profile_filter_count(profile); i++) {
		const struct nos_str name = nos_profile_filter_name(profile, i);

		if (has_word(before, name) ||
		    !nos_restate_passes(a, nos_profile_filter_at(profile, i)))
			continue;
		if (b->len)
			nos_buf_add_char(b, ' ');
		nos_buf_add_str(b, name);
	}
}

void nos_correct_init(struct nos_correct_made *m, size_t max)
{
	nos_buf_init(&m->record, max);
	nos_buf_init(&m->filters, NOS_FILTER_MAX * 2 * (NOS_FILTER_NAME_MAX + 1));
	nos_buf_init(&m->space, 2 * max);
}

void nos_correct_release(struct nos_correct_made *m)
{
	nos_buf_release(&m->record);
	nos_buf_release(&m->filters);
	nos_buf_release(&m->space);
}

enum nos_code nos_correct_make(const struct nos_scan *scan, const struct nos_correct *c, uint64_t n,
    struct nos_str filters, const struct nos_profile *profile, struct nos_correct_made *ret,
    struct nos_err *err)
{
	struct nos_reading reading;
	struct nos_measure measure;
	struct nos_restate a;

	nos_buf_truncate(&ret->record, 0);
	nos_buf_truncate(&ret->filters, 0);
	nos_buf_truncate(&ret->space, 0);
	/* Twice: texts of the reading, and of what was sent. */
	if (!nos_buf_reserve(&ret->space, 2 * scan->text.len))
		return nos_buf_check(&ret->space, "record", err);
	if (nos_reading_decode(scan, scan->values, &ret->space, &reading, err) ||
	    nos_measure_decode(scan, scan->values, &ret->space, &measure, err))
		return err->code;
	measure.security.key_state = NOS_RULE_KEY_COMPROMISED;
	nos_restate_weigh(scan, scan->values, &measure, &reading, NULL, &a);
	encode(scan, c, n, &a, &ret->record);
	add_filters(filters, profile, &a, &ret->filters);
	return nos_buf_check(&ret->record, "correction", err)
		   ? err->code
		   : nos_buf_check(&ret->filters, "names of filters", err);
}
