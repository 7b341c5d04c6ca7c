/* SPDX-License-Identifier: MIT */
#include "score/explain.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "json/encode.h"

#define GAP 2 /* blanks between columns */

void nos_explain_note(struct nos_explain *e, enum nos_rule_name rule, const char *name,
    double score, const char *skipped)
{
	assert(e->count[rule] < NOS_EXPLAIN_TERMS_MAX);
	e->terms[rule][e->count[rule]++] =
	    (struct nos_explain_term){ .name = name, .skipped = skipped, .score = score };
}

void nos_explain_number(
    struct nos_explain *e, enum nos_rule_name rule, const char *name, double value)
{
	struct nos_explain_term *t;

	assert(e->count[rule] > 0);
	t = &e->terms[rule][e->count[rule] - 1];
	if (t->skipped || isnan(value))
		return;
	assert(t->count < NOS_EXPLAIN_WITH_MAX);
	t->with[t->count].name = name;
	t->with[t->count++].value = value;
}

static void encode_term(struct nos_buf *b, const struct nos_explain_term *t)
{
	nos_encode_comma(b);
	nos_buf_add_char(b, '{');
	nos_encode_member_text(b, "term", nos_str_of(t->name));
	for (size_t i = 0; i < t->count; i++)
		nos_encode_member_number(b, t->with[i].name, t->with[i].value);
	if (t->skipped)
		nos_encode_member_text(b, "skipped", nos_str_of(t->skipped));
	else
		nos_encode_member_number(b, "score", t->score);
	nos_buf_add_char(b, '}');
}

void nos_explain_encode(struct nos_buf *b, const struct nos_explain *e)
{
	nos_encode_member(b, "explain");
	nos_buf_add_char(b, '{');
	for (int rule = 0; rule < NOS_RULE_COUNT; rule++) {
		nos_encode_member(b, nos_rule_text((enum nos_rule_name)rule));
		nos_buf_add_char(b, '[');
		for (size_t i = 0; i < e->count[rule]; i++)
			encode_term(b, &e->terms[rule][i]);
		nos_buf_add_char(b, ']');
	}
	nos_buf_add_char(b, '}');
}

/* Blanks up to a column, counted from where the line begins; at least the gap. */
static void pad(struct nos_buf *b, size_t line, size_t column)
{
	size_t at = b->len - line;

	for (size_t i = at + GAP > column ? at + GAP : column; i > at; i--)
		nos_buf_add_char(b, ' ');
}

static void add_number(struct nos_buf *b, double v)
{
	if (isnan(v))
		nos_buf_add_char(b, '-');
	else
		nos_num_format(b, v, 6);
}

static void add_term(
    struct nos_buf *b, size_t line, size_t column, const struct nos_explain_term *t)
{
	const size_t number = sizeof("0.123456") - 1 + GAP;

	pad(b, line, column);
	nos_buf_add_text(b, t->name);
	column += sizeof("resolution") - 1 + GAP;
	pad(b, line, column);
	add_number(b, t->score);
	if (!t->skipped && !t->count)
		return;
	pad(b, line, column + number);
	if (t->skipped)
		nos_buf_add_text(b, t->skipped);
	for (size_t i = 0; i < t->count; i++) {
		nos_buf_addf(b, "%s%s ", i ? ", " : "", t->with[i].name);
		nos_num_format(b, t->with[i].value, 6);
	}
}

void nos_explain_table(
    struct nos_buf *b, const struct nos_explain *e, const struct nos_rule_scores *scores)
{
	const size_t score = sizeof("confidentiality") - 1 + GAP;
	const size_t term = score + sizeof("0.123456") - 1 + GAP;

	for (int rule = 0; rule < NOS_RULE_COUNT; rule++) {
		size_t lines = e->count[rule] ? e->count[rule] : 1;

		for (size_t i = 0; i < lines; i++) {
			size_t line = b->len;

			if (!i) {
				nos_buf_add_text(b, nos_rule_text((enum nos_rule_name)rule));
				pad(b, line, score);
				add_number(b, scores->of[rule]);
			}
			if (e->count[rule])
				add_term(b, line, term, &e->terms[rule][i]);
			nos_buf_add_char(b, '\n');
		}
	}
}
