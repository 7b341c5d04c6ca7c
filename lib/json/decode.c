/* SPDX-License-Identifier: MIT */
#include "json/decode.h"

#include "base/enc.h"
#include "base/num.h"

static enum nos_code bad(const char *name, const char *what, struct nos_err *err)
{
	return nos_err_set_field(err, NOS_DATA, name, "%s is missing or not %s", name, what);
}

static const struct nos_scan_value *member(
    const struct nos_decode *d, const char *name, enum nos_scan_kind kind)
{
	const struct nos_scan_value *v = nos_scan_get(d->scan, d->object, name);

	return v && v->kind == kind && !v->escaped ? v : NULL;
}

enum nos_code nos_decode_object(struct nos_scan *scan, struct nos_str text, const char *what,
    struct nos_decode *ret, struct nos_err *err)
{
	if (nos_scan_parse(scan, text, err))
		return nos_err_within(err, "%s", what);
	if (scan->values->kind != NOS_SCAN_OBJECT)
		return nos_err_set(err, NOS_DATA, "%s: not a JSON object", what);
	*ret = (struct nos_decode){ scan, scan->values };
	return NOS_OK;
}

bool nos_decode_has(const struct nos_decode *d, const char *name)
{
	return nos_scan_get(d->scan, d->object, name) != NULL;
}

enum nos_code nos_decode_version(
    const struct nos_decode *d, uint64_t max, const char *what, struct nos_err *err)
{
	uint64_t v = 1;

	if (nos_decode_has(d, "v") && nos_decode_uint(d, "v", 1, UINT64_MAX, &v, err))
		return nos_err_within(err, "%s", what);
	return v <= max ? NOS_OK : nos_err_set(err, NOS_CONFIG, "%s: written by a newer nos", what);
}

enum nos_code nos_decode_text(
    const struct nos_decode *d, const char *name, struct nos_str *ret, struct nos_err *err)
{
	const struct nos_scan_value *v = member(d, name, NOS_SCAN_STRING);

	if (!v)
		return bad(name, "a plain text", err);
	*ret = v->raw;
	return NOS_OK;
}

enum nos_code nos_decode_copy(const struct nos_decode *d, const char *name, bool optional,
    char *ret, size_t size, struct nos_err *err)
{
	struct nos_str text = { 0 };

	if (optional && !nos_decode_has(d, name)) {
		*ret = '\0';
		return NOS_OK;
	}
	if (nos_decode_text(d, name, &text, err))
		return err->code;
	return nos_str_copy(text, ret, size) ? NOS_OK : bad(name, "a text of its size", err);
}

enum nos_code nos_decode_uint(const struct nos_decode *d, const char *name, uint64_t min,
    uint64_t max, uint64_t *ret, struct nos_err *err)
{
	const struct nos_scan_value *v = member(d, name, NOS_SCAN_NUMBER);

	return v && nos_num_parse(v->raw, min, max, ret) ? NOS_OK
							 : bad(name, "a number in its range", err);
}

enum nos_code nos_decode_time(
    const struct nos_decode *d, const char *name, struct nos_time *ret, struct nos_err *err)
{
	const struct nos_scan_value *v = member(d, name, NOS_SCAN_NUMBER);
	double seconds;

	/* By magnitude, milliseconds would be taken for a date near 1970: these are always seconds.
	 */
	if (!v || !nos_num_parse_decimal(v->raw, &seconds) || seconds < 0 || seconds >= 1e11)
		return bad(name, "a time", err);
	ret->ms = (int64_t)(seconds * 1000 + 0.5);
	return NOS_OK;
}

enum nos_code nos_decode_bool(
    const struct nos_decode *d, const char *name, bool optional, bool *ret, struct nos_err *err)
{
	const struct nos_scan_value *v = nos_scan_get(d->scan, d->object, name);

	if (!v && optional) {
		*ret = false;
		return NOS_OK;
	}
	if (!v || (v->kind != NOS_SCAN_TRUE && v->kind != NOS_SCAN_FALSE))
		return bad(name, "true or false", err);
	*ret = v->kind == NOS_SCAN_TRUE;
	return NOS_OK;
}

enum nos_code nos_decode_bytes(
    const struct nos_decode *d, const char *name, uint8_t *ret, size_t len, struct nos_err *err)
{
	const struct nos_scan_value *v = member(d, name, NOS_SCAN_STRING);

	return v && nos_enc_base64_fixed(v->raw, ret, len) ? NOS_OK
							   : bad(name, "bytes in base64url", err);
}

enum nos_code nos_decode_secret(const struct nos_decode *d, const char *name, size_t len,
    struct nos_secret *ret, struct nos_err *err)
{
	nos_secret_release(ret);
	if (len > NOS_SECRET_MAX || nos_decode_bytes(d, name, ret->bytes, len, err)) {
		nos_secret_release(ret);
		return bad(name, "a key", err);
	}
	ret->len = len;
	return NOS_OK;
}

enum nos_code nos_decode_blob(
    const struct nos_decode *d, const char *name, struct nos_buf *ret, struct nos_err *err)
{
	const struct nos_scan_value *v = member(d, name, NOS_SCAN_STRING);

	return v && nos_enc_base64_decode(v->raw, ret) ? NOS_OK
						       : bad(name, "bytes in base64url", err);
}

enum nos_code nos_decode_upto(const struct nos_decode *d, const char *name, uint8_t *ret,
    size_t size, size_t *ret_len, struct nos_err *err)
{
	NOS_AUTO(buf) b = { 0 };

	nos_buf_init(&b, size);
	if (nos_decode_blob(d, name, &b, err))
		return err->code;
	memcpy(ret, b.p, b.len);
	*ret_len = b.len;
	return NOS_OK;
}

enum nos_code nos_decode_each(const struct nos_decode *d, const char *name, size_t max,
    nos_decode_element *element, void *state, struct nos_err *err)
{
	const struct nos_scan_value *list, *v;
	uint32_t at = 0;

	if (nos_decode_array(d, name, &list, err))
		return err->code;
	if (list->count > max)
		return nos_err_set_field(err, NOS_DATA, name, "%s: over %zu", name, max);
	while (nos_scan_element(d->scan, list, &at, &v)) {
		const struct nos_decode one = { d->scan, v };

		if (v->kind != NOS_SCAN_OBJECT)
			return nos_err_set_field(
			    err, NOS_DATA, name, "%s: not a list of objects", name);
		if (element(state, &one, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_decode_inside(
    const struct nos_decode *d, const char *name, struct nos_decode *ret, struct nos_err *err)
{
	const struct nos_scan_value *v = member(d, name, NOS_SCAN_OBJECT);

	if (!v)
		return bad(name, "an object", err);
	*ret = (struct nos_decode){ d->scan, v };
	return NOS_OK;
}

enum nos_code nos_decode_array(const struct nos_decode *d, const char *name,
    const struct nos_scan_value **ret, struct nos_err *err)
{
	*ret = member(d, name, NOS_SCAN_ARRAY);
	return *ret ? NOS_OK : bad(name, "a list", err);
}

enum nos_code nos_decode_raw(const struct nos_decode *d, const char *name, enum nos_scan_kind kind,
    struct nos_str *ret, struct nos_err *err)
{
	const struct nos_scan_value *v = nos_scan_get(d->scan, d->object, name);

	if (!v || v->kind != kind)
		return bad(name, "as it should be", err);
	*ret = v->raw;
	return NOS_OK;
}
