/* SPDX-License-Identifier: MIT */
/* json/scan: what it takes, jansson takes, and what jansson takes and is within the limits it
 * takes; texts mean the same to both. */
#include "fuzz.h"

#include <jansson.h>

#include "json/decode.h"
#include "json/encode.h"

#define FLAGS (JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL)

/* An unpaired surrogate is a text that means nothing: jansson refuses the whole, scan the text. */
static bool has_surrogate(struct nos_str text)
{
	for (size_t i = 0; i + 2 < text.len; i++)
		if (text.p[i] == '\\' && text.p[i + 1] == 'u' &&
		    (text.p[i + 2] == 'd' || text.p[i + 2] == 'D'))
			return true;
	return false;
}

/* Every value knows where the next one stands, and every text can be read or is refused. */
static void walk(const struct nos_scan *s, const struct nos_scan_value *v)
{
	const struct nos_scan_value *name, *value;
	uint32_t at = 0, n = 0;

	must(fuzz_within(v->raw, s->text, NULL) && v->next <= s->count);
	if (v->kind == NOS_SCAN_ARRAY) {
		for (; nos_scan_element(s, v, &at, &value); n++)
			walk(s, value);
		must(n == v->count && (!n || at == v->next));
	}
	if (v->kind == NOS_SCAN_OBJECT) {
		for (; nos_scan_member(s, v, &at, &name, &value); n++) {
			must(name->kind == NOS_SCAN_STRING);
			walk(s, value);
		}
		must(n == v->count && (!n || at == v->next));
	}
}

/* A text at the root: as jansson reads it, and written and read again it means the same. */
static void compare_text(const struct nos_scan *s, const json_t *other)
{
	struct nos_buf space, out;
	struct nos_str text, again;
	struct nos_scan scan = { 0 };
	struct nos_err err = { 0 };

	nos_buf_init(&space, NOS_SCAN_TEXT_MAX);
	nos_buf_init(&out, NOS_SCAN_TEXT_MAX);
	if (nos_scan_text(s->values, &space, &text)) {
		must(nos_str_eq(
		    text, (struct nos_str){ json_string_value(other), json_string_length(other) }));
		must(text.len <= s->values->raw.len);
		if (!memchr(text.p, '\0', text.len)) {
			NOS_AUTO(buf) back = { 0 };

			nos_buf_init(&back, NOS_SCAN_TEXT_MAX);
			nos_encode_text(&out, text);
			must(!nos_scan_parse(&scan, nos_buf_str(&out), &err));
			must(nos_scan_text(scan.values, &back, &again));
			must(nos_str_eq(text, again));
		}
	}
	nos_scan_release(&scan);
	nos_buf_release(&space);
	nos_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nos_str text = fuzz_text(data, size);
	struct nos_scan scan = { 0 };
	struct nos_err err = { 0 };
	json_error_t why;
	json_t *other = json_loadb((const char *)data, size, FLAGS, &why);
	enum nos_code code = nos_scan_parse(&scan, text, &err);

	if (!code) {
		must(other || has_surrogate(text) ||
		     json_error_code(&why) == json_error_stack_overflow ||
		     json_error_code(&why) == json_error_numeric_overflow);
		walk(&scan, scan.values);
		if (other && scan.values->kind == NOS_SCAN_STRING)
			compare_text(&scan, other);
	} else {
		must(code == err.code && (code == NOS_DATA || code == NOS_LARGE));
		must(!err.has_offset || err.offset <= size);
		/* jansson takes a NUL between two values for a blank. */
		must(!other || code == NOS_LARGE || memchr(data, '\0', size));
	}
	json_decref(other);
	nos_scan_release(&scan);
	return 0;
}
