/* SPDX-License-Identifier: MIT */
#include "json/scan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_PARENT_LINKS
#include <jsmn.h>

#include "base/num.h"
#include "json/scan_text.h"

#define TOKENS_FIRST 64

void nos_scan_release(struct nos_scan *s)
{
	free(s->values);
	free(s->tokens);
	s->values = NULL;
	s->tokens = NULL;
	s->count = s->cap = s->tokens_cap = 0;
}

static enum nos_code bad(size_t at, const char *what, struct nos_err *err)
{
	nos_err_set(err, NOS_DATA, "%s", what);
	return nos_err_at(err, at);
}

/* True if text[from, to) is blanks with sep (0: nothing) once among them; else *ret is the culprit.
 */
static bool gap(struct nos_str text, size_t from, size_t to, char sep, size_t *ret)
{
	for (; from < to; from++) {
		char c = text.p[from];

		if (sep && c == sep)
			sep = 0;
		else if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
			break;
	}
	*ret = from;
	return from == to && !sep;
}

static bool is_not_finite(struct nos_str word)
{
	static const char *const words[] = { "nan", "NaN", "NAN", "inf", "Inf", "INF", "Infinity" };

	if (word.len && (word.p[0] == '-' || word.p[0] == '+'))
		word.p++, word.len--;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (nos_str_is(word, words[i]))
			return true;
	return false;
}

static bool word_kind(const struct nos_scan *s, struct nos_str word, enum nos_scan_kind *ret)
{
	if (nos_str_is(word, "null"))
		*ret = NOS_SCAN_NULL;
	else if (nos_str_is(word, "true"))
		*ret = NOS_SCAN_TRUE;
	else if (nos_str_is(word, "false"))
		*ret = NOS_SCAN_FALSE;
	else if (nos_num_is_decimal(word))
		*ret = NOS_SCAN_NUMBER;
	else if (s->not_finite && is_not_finite(word))
		*ret = NOS_SCAN_NOT_FINITE;
	else
		return false;
	return true;
}

/*
 * Bytes at the start of s that are printable ASCII and no backslash, eight at a time: the high bit
 * of each byte of odd says that it is another. A byte's borrow may mark one above it that is not,
 * which is no matter: it is the first that counts as none.
 */
static size_t plain_len(struct nos_str s)
{
	const uint64_t ones = UINT64_MAX / 255, high = ones << 7;
	size_t i = 0;

	for (; s.len - i >= sizeof(ones); i += sizeof(ones)) {
		uint64_t bytes, slash, odd;

		memcpy(&bytes, s.p + i, sizeof(bytes));
		slash = bytes ^ ones * '\\';
		odd = bytes | (bytes - ones * 0x20) | (slash - ones);
		if (odd & high)
			break;
	}
	return i;
}

static enum nos_code check_string(struct nos_scan_value *v, size_t start, struct nos_err *err)
{
	bool ascii = true;

	for (size_t i = plain_len(v->raw); i < v->raw.len; i++) {
		unsigned char c = (unsigned char)v->raw.p[i];

		if (c < 0x20)
			return bad(start + i, "a control byte in a string", err);
		v->escaped |= c == '\\';
		ascii &= c < 0x80;
	}
	if (!ascii && !nos_str_is_utf8(v->raw))
		return bad(start, "a string is not UTF-8", err);
	return NOS_OK;
}

static enum nos_code check_value(
    struct nos_scan *s, uint32_t at, unsigned depth, struct nos_err *err);

/* Do two member names mean the same? */
static bool same_name(const struct nos_scan_value *a, const struct nos_scan_value *b)
{
	return a->escaped || b->escaped ? nos_scan_text_order(a, b) == 0
					: nos_str_eq(a->raw, b->raw);
}

static int by_name(const void *a, const void *b)
{
	const struct nos_scan_value *const *x = a, *const *y = b;

	return nos_scan_text_order(*x, *y);
}

/* Of many names, only those that are neighbours once sorted are compared. */
static enum nos_code check_many(
    const struct nos_scan *s, const struct nos_scan_value *object, struct nos_err *err)
{
	const struct nos_scan_value **names, *value, *later = NULL;
	uint32_t at = 0, n = 0;

	names = malloc(object->count * sizeof(*names));
	if (!names)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	while (nos_scan_member(s, object, &at, &names[n], &value))
		n++;
	qsort(names, n, sizeof(*names), by_name);
	for (uint32_t i = 1; i < n && !later; i++)
		if (by_name(&names[i - 1], &names[i]) == 0)
			later = names[i - 1] > names[i] ? names[i - 1] : names[i];
	free(names);
	return later ? bad((size_t)(later->raw.p - s->text.p), "a member stands twice", err)
		     : NOS_OK;
}

static enum nos_code check_duplicates(
    const struct nos_scan *s, const struct nos_scan_value *object, struct nos_err *err)
{
	const struct nos_scan_value *a, *b, *value;
	uint32_t i = 0, j;

	if (object->count > NOS_SCAN_MEMBERS_MAX)
		return check_many(s, object, err);
	while (nos_scan_member(s, object, &i, &a, &value))
		for (j = i; nos_scan_member(s, object, &j, &b, &value);)
			if (same_name(a, b))
				return bad(
				    (size_t)(b->raw.p - s->text.p), "a member stands twice", err);
	return NOS_OK;
}

/* Everything between the brackets of values[at]. */
static enum nos_code check_inside(
    struct nos_scan *s, uint32_t at, unsigned depth, struct nos_err *err)
{
	const jsmntok_t *tokens = s->tokens, *token = &tokens[at];
	bool object = token->type == JSMN_OBJECT;
	size_t from = (size_t)token->start + 1, culprit;
	uint32_t i = at + 1, n = 0;
	unsigned members = s->members ? s->members : NOS_SCAN_MEMBERS_MAX;

	if (object && (size_t)token->size > members)
		return nos_err_set(err, NOS_LARGE, "over %u members in one object", members);
	for (; n < (uint32_t)token->size; n++) {
		size_t quote = tokens[i].type == JSMN_STRING;

		if (!gap(s->text, from, (size_t)tokens[i].start - quote, n ? ',' : 0, &culprit))
			return bad(culprit, "not JSON", err);
		if (object) {
			if (tokens[i].type != JSMN_STRING || tokens[i].size != 1)
				return bad((size_t)tokens[i].start,
				    "a member has no name or no value", err);
			if (check_value(s, i, depth, err))
				return err->code;
			from = (size_t)tokens[i].end + 1;
			i++;
			quote = tokens[i].type == JSMN_STRING;
			if (!gap(s->text, from, (size_t)tokens[i].start - quote, ':', &culprit))
				return bad(culprit, "not JSON", err);
		}
		if (check_value(s, i, depth + 1, err))
			return err->code;
		from = (size_t)tokens[i].end + (tokens[i].type == JSMN_STRING);
		i = s->values[i].next;
	}
	s->values[at].next = i;
	if (!gap(s->text, from, (size_t)token->end - 1, 0, &culprit))
		return bad(culprit, "not JSON", err);
	return object ? check_duplicates(s, &s->values[at], err) : NOS_OK;
}

/* Fill values[at] from tokens[at]. */
static enum nos_code check_value(
    struct nos_scan *s, uint32_t at, unsigned depth, struct nos_err *err)
{
	const jsmntok_t *token = &((jsmntok_t *)s->tokens)[at];
	struct nos_scan_value *v = &s->values[at];
	size_t start = (size_t)token->start;

	*v = (struct nos_scan_value){
		.raw = { s->text.p + start, (size_t)token->end - start },
		.next = at + 1,
	};
	if (token->type == JSMN_STRING) {
		v->kind = NOS_SCAN_STRING;
		return check_string(v, start, err);
	}
	if (token->type == JSMN_PRIMITIVE) {
		if (token->size != 0 || !word_kind(s, v->raw, &v->kind))
			return bad(start, "neither number nor string nor true, false, null", err);
		return NOS_OK;
	}
	if (depth >= (s->depth ? s->depth : NOS_SCAN_DEPTH_MAX))
		return nos_err_set(err, NOS_LARGE, "nested too deeply");
	v->kind = token->type == JSMN_OBJECT ? NOS_SCAN_OBJECT : NOS_SCAN_ARRAY;
	v->count = (uint32_t)token->size;
	return check_inside(s, at, depth, err);
}

static bool grow(void **p, size_t *cap, size_t want, size_t size)
{
	void *grown;

	if (want <= *cap)
		return true;
	grown = realloc(*p, want * size);
	if (!grown)
		return false;
	*p = grown;
	*cap = want;
	return true;
}

/* Tokens of the text into s->tokens. */
static enum nos_code tokenise(struct nos_scan *s, struct nos_err *err)
{
	jsmn_parser parser;
	int n;

	jsmn_init(&parser);
	for (;;) {
		n = jsmn_parse(&parser, s->text.p, s->text.len, s->tokens, (unsigned)s->tokens_cap);
		if (n != JSMN_ERROR_NOMEM)
			break;
		if (!grow(&s->tokens, &s->tokens_cap,
			s->tokens_cap ? 2 * s->tokens_cap : TOKENS_FIRST, sizeof(jsmntok_t)))
			return nos_err_set(err, NOS_INTERNAL, "out of memory");
	}
	if (n == JSMN_ERROR_PART)
		return bad(s->text.len, "JSON is cut off", err);
	if (n < 0)
		return bad(parser.pos, "not JSON", err);
	s->count = (size_t)n;
	return NOS_OK;
}

enum nos_code nos_scan_parse(struct nos_scan *s, struct nos_str text, struct nos_err *err)
{
	const jsmntok_t *root;
	void *values = s->values;
	size_t culprit, quote;

	s->count = 0;
	s->text = text;
	if (text.len > NOS_SCAN_TEXT_MAX)
		return nos_err_set(err, NOS_LARGE, "JSON is over %u bytes", NOS_SCAN_TEXT_MAX);
	if (text.len && memchr(text.p, '\0', text.len))
		return bad((size_t)((const char *)memchr(text.p, '\0', text.len) - text.p),
		    "a NUL byte", err);
	if (!grow(&s->tokens, &s->tokens_cap, TOKENS_FIRST, sizeof(jsmntok_t)))
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (tokenise(s, err))
		return err->code;
	if (s->count == 0)
		return bad(0, "no JSON value", err);
	if (!grow(&values, &s->cap, s->count, sizeof(*s->values)))
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	s->values = values;
	root = s->tokens;
	quote = root->type == JSMN_STRING;
	if (!gap(text, 0, (size_t)root->start - quote, 0, &culprit))
		return bad(culprit, "not JSON", err);
	if (check_value(s, 0, 0, err))
		return err->code;
	if (s->values[0].next != s->count ||
	    !gap(text, (size_t)root->end + quote, text.len, 0, &culprit))
		return bad((size_t)root->end + quote, "more than one JSON value", err);
	return NOS_OK;
}

bool nos_scan_member(const struct nos_scan *s, const struct nos_scan_value *object, uint32_t *at,
    const struct nos_scan_value **ret_name, const struct nos_scan_value **ret_value)
{
	uint32_t own = (uint32_t)(object - s->values), i = *at ? *at : own + 1;

	if (object->kind != NOS_SCAN_OBJECT || i >= object->next)
		return false;
	*ret_name = &s->values[i];
	*ret_value = &s->values[i + 1];
	*at = s->values[i + 1].next;
	return true;
}

bool nos_scan_element(const struct nos_scan *s, const struct nos_scan_value *array, uint32_t *at,
    const struct nos_scan_value **ret_value)
{
	uint32_t own = (uint32_t)(array - s->values), i = *at ? *at : own + 1;

	if (array->kind != NOS_SCAN_ARRAY || i >= array->next)
		return false;
	*ret_value = &s->values[i];
	*at = s->values[i].next;
	return true;
}

const struct nos_scan_value *nos_scan_find(
    const struct nos_scan *s, const struct nos_scan_value *object, struct nos_str name)
{
	uint32_t own = (uint32_t)(object - s->values);

	if (object->kind != NOS_SCAN_OBJECT)
		return NULL;
	for (uint32_t i = own + 1; i < object->next; i = s->values[i + 1].next) {
		const struct nos_scan_value *key = &s->values[i];

		if (key->escaped ? nos_scan_text_is(key, name) : nos_str_eq(key->raw, name))
			return key + 1;
	}
	return NULL;
}

enum nos_code nos_scan_place(struct nos_str text, size_t offset, struct nos_err *err)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < offset && i < text.len; i++) {
		if (text.p[i] == '\n')
			line++, column = 1;
		else if (((unsigned char)text.p[i] & 0xc0) != 0x80)
			column++;
	}
	err->has_offset = false;
	err->offset = 0;
	return nos_err_within(err, "line %zu, column %zu", line, column);
}
