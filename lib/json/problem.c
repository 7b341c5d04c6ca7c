/* SPDX-License-Identifier: MIT */
#include "json/problem.h"

#include "json/encode.h"

unsigned nos_problem_status(enum nos_code code)
{
	switch (code) {
	case NOS_OK:
		return 200;
	case NOS_USAGE:
	case NOS_DATA:
		return 400;
	case NOS_LARGE:
		return 413;
	case NOS_LENGTH:
		return 411;
	case NOS_MEDIA:
		return 415;
	case NOS_ABSENT:
		return 404;
	case NOS_EXISTS:
		return 409;
	case NOS_TAG:
		return 401;
	case NOS_DENIED:
		return 403;
	case NOS_AWAY:
	case NOS_IO:
	case NOS_BUSY:
		return 503;
	case NOS_INTERNAL:
	case NOS_CONFIG:
	case NOS_CODE_COUNT:
		break;
	}
	return 500;
}

void nos_problem_encode(struct nos_buf *b, const struct nos_err *err, unsigned status, bool open)
{
	nos_buf_addf(b, "{\"type\":\"urn:nos:%s\"", nos_code_slug(err->code));
	nos_encode_member_text(b, "title", nos_str_of(nos_code_title(err->code)));
	nos_encode_member_uint(b, "status", status);
	nos_encode_member_text(b, "detail", nos_str_of(err->text));
	if (*err->field)
		nos_encode_member_text(b, "field", nos_str_of(err->field));
	if (err->has_offset)
		nos_encode_member_uint(b, "offset", err->offset);
	if (!open)
		nos_buf_add_char(b, '}');
}
