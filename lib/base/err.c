/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const slugs[] = {
#define X(name, slug, title) [NOS_##name] = slug,
	NOS_CODE_MAP(X)
#undef X
};

static const char *const titles[] = {
#define X(name, slug, title) [NOS_##name] = title,
	NOS_CODE_MAP(X)
#undef X
};

const char *nos_code_slug(enum nos_code code)
{
	assert(code < NOS_CODE_COUNT);
	return slugs[code];
}

const char *nos_code_title(enum nos_code code)
{
	assert(code < NOS_CODE_COUNT);
	return titles[code];
}

/* One line, no control byte, and no half of a UTF-8 sequence where the text was cut. */
static void tidy(char *text)
{
	size_t len = 0, tail;

	for (; text[len]; len++)
		if ((unsigned char)text[len] < 0x20 || text[len] == 0x7f)
			text[len] = '?';
	if (len < NOS_ERR_TEXT_MAX - 1)
		return;
	for (tail = len; tail > 0 && ((unsigned char)text[tail - 1] & 0xc0) == 0x80; tail--)
		;
	if (tail > 0 && (unsigned char)text[tail - 1] >= 0xc0)
		text[tail - 1] = '\0';
}

static NOS_PRINTF(3, 0) void fill(
    struct nos_err *err, enum nos_code code, const char *fmt, va_list ap)
{
	char text[NOS_ERR_TEXT_MAX] = "";

	assert(code != NOS_OK);
	vsnprintf(text, sizeof(text), fmt, ap); /* aside: an argument may be the old text */
	memset(err, 0, sizeof(*err));
	err->code = code;
	memcpy(err->text, text, sizeof(text));
	tidy(err->text);
}

enum nos_code nos_err_set(struct nos_err *err, enum nos_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, code, fmt, ap);
	va_end(ap);
	return code;
}

enum nos_code nos_err_set_field(
    struct nos_err *err, enum nos_code code, const char *field, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, code, fmt, ap);
	va_end(ap);
	snprintf(err->field, sizeof(err->field), "%s", field);
	return code;
}

enum nos_code nos_err_set_errno(
    struct nos_err *err, enum nos_code code, int errnum, const char *fmt, ...)
{
	va_list ap;
	char why[64];
	size_t len;

	va_start(ap, fmt);
	fill(err, code, fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	snprintf(
	    err->text + len, sizeof(err->text) - len, ": %s", strerror_r(errnum, why, sizeof(why)));
	tidy(err->text);
	return code;
}

enum nos_code nos_err_within(struct nos_err *err, const char *fmt, ...)
{
	va_list ap;
	char place[NOS_ERR_TEXT_MAX], inner[NOS_ERR_TEXT_MAX];

	assert(err->code != NOS_OK);
	va_start(ap, fmt);
	vsnprintf(place, sizeof(place), fmt, ap);
	va_end(ap);
	memcpy(inner, err->text, sizeof(inner));
	if (snprintf(err->text, sizeof(err->text), "%s: %s", place, inner) < 0)
		err->text[0] = '\0';
	tidy(err->text);
	return err->code;
}

enum nos_code nos_err_at(struct nos_err *err, size_t offset)
{
	err->has_offset = true;
	err->offset = offset;
	return err->code;
}

void nos_err_clear(struct nos_err *err)
{
	memset(err, 0, sizeof(*err));
}
