/* SPDX-License-Identifier: MIT */
#include "json/handwritten.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"

#define VERSION 1
#define MARK	"\xef\xbb\xbf" /* what some editors put before UTF-8 */

enum nos_code nos_handwritten_at(struct nos_handwritten *h, const struct nos_scan_value *v)
{
	size_t quote = v->kind == NOS_SCAN_STRING;

	return nos_scan_place(h->scan.text, (size_t)(v->raw.p - h->scan.text.p) - quote, h->err);
}

enum nos_code nos_handwritten_wrong(
    struct nos_handwritten *h, const struct nos_scan_value *v, const char *name, const char *what)
{
	nos_err_set(h->err, NOS_CONFIG, "'%s' %s", name, what);
	return nos_handwritten_at(h, v);
}

enum nos_code nos_handwritten_unknown(struct nos_handwritten *h, const struct nos_scan_value *name)
{
	nos_err_set(h->err, NOS_CONFIG, "'%.*s' is not known", NOS_STR_ARG(name->raw));
	return nos_handwritten_at(h, name);
}

bool nos_handwritten_text(
    struct nos_handwritten *h, const struct nos_scan_value *v, struct nos_str *ret)
{
	nos_buf_truncate(&h->space, 0);
	return v->kind == NOS_SCAN_STRING && nos_scan_text(v, &h->space, ret);
}

/* The quotes of a string make room for its NUL; a number has none, but what divides it from the
 * next. */
struct nos_str nos_handwritten_keep(struct nos_handwritten *h, struct nos_str s)
{
	char *to = h->texts + h->texts_len;

	if (s.len)
		memcpy(to, s.p, s.len);
	to[s.len] = '\0';
	h->texts_len += s.len + 1;
	return (struct nos_str){ to, s.len };
}

char *nos_handwritten_take(struct nos_handwritten *h)
{
	char *texts = h->texts;

	h->texts = NULL;
	h->texts_len = 0;
	return texts;
}

bool nos_handwritten_member(const struct nos_handwritten *h, uint32_t *at,
    const struct nos_scan_value **ret_name, const struct nos_scan_value **ret_value)
{
	while (nos_scan_member(&h->scan, h->scan.values, at, ret_name, ret_value))
		if (*ret_value != h->version)
			return true;
	return false;
}

/* ---- open ---- */

/* Not JSON, or over a limit of it: here that is a fault of the settings. */
static enum nos_code scan_file(struct nos_handwritten *h, struct nos_str text)
{
	if (!nos_scan_parse(&h->scan, text, h->err) || h->err->code == NOS_INTERNAL)
		return h->err->code;
	h->err->code = NOS_CONFIG;
	return h->err->has_offset ? nos_scan_place(text, h->err->offset, h->err) : NOS_CONFIG;
}

/* First of all, since of a newer file nothing else can be said. */
static enum nos_code read_version(
    struct nos_handwritten *h, const struct nos_handwritten_kind *kind)
{
	const struct nos_scan_value *v = nos_scan_get(&h->scan, h->scan.values, "v");
	uint64_t number;

	h->version = v;
	if (!v)
		return nos_err_set(
		    h->err, NOS_CONFIG, "'v' is missing: %s with {\"v\":%d", kind->begins, VERSION);
	if (v->kind != NOS_SCAN_NUMBER || !nos_num_parse(v->raw, 1, UINT64_MAX, &number))
		return nos_handwritten_wrong(h, v, "v", "is not 1");
	if (number > VERSION) {
		nos_err_set(h->err, NOS_CONFIG, "written by a newer nos");
		return nos_handwritten_at(h, v);
	}
	return NOS_OK;
}

enum nos_code nos_handwritten_open(struct nos_handwritten *h,
    const struct nos_handwritten_kind *kind, struct nos_str text, struct nos_err *err)
{
	*h = (struct nos_handwritten){ .scan.members = kind->members, .err = err };
	nos_buf_init(&h->space, kind->max);
	if (text.len > kind->max)
		return nos_err_set(err, NOS_CONFIG, "%s over %zu bytes", kind->is, kind->max);
	if (nos_str_starts(text, MARK))
		text.p += strlen(MARK), text.len -= strlen(MARK);
	h->texts = malloc(text.len + 1);
	if (!h->texts)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (scan_file(h, text))
		return err->code;
	if (h->scan.values->kind != NOS_SCAN_OBJECT)
		return nos_err_set(err, NOS_CONFIG, "%s a JSON object", kind->is);
	return read_version(h, kind);
}

void nos_handwritten_release(struct nos_handwritten *h)
{
	nos_scan_release(&h->scan);
	nos_buf_release(&h->space);
	free(h->texts);
	*h = (struct nos_handwritten){ 0 };
}
