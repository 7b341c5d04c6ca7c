/* SPDX-License-Identifier: MIT */
/*
 * From an expression to steps: two stacks of fixed size (Dijkstra's shunting-yard), since what
 * people write may be nested without end. A comparison is read whole, so that "!" is for all of it.
 */
#include "score/filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "score/filter_step.h"

#define DECIMALS_MAX 6	  /* more are never written of a score */
#define NUMBER_MAX   1e15 /* as in rules */

enum token_kind { END, OPEN, CLOSE, NOT, AND, OR, RELATION, NAME, NUMBER, TEXT, NOTHING };

struct token {
	enum token_kind kind;
	struct nos_str text; /* of a TEXT, without its quotes */
	size_t at;
	unsigned relation;
	double number;
};

/* A side of a comparison. */
struct side {
	struct token token;
	uint8_t name;
	enum nos_filter_kind kind;
};

struct parser {
	struct nos_str text;
	size_t at;
	struct token token; /* the one that is looked at */
	struct nos_filter_step steps[NOS_FILTER_STEPS_MAX];
	size_t count, values;
	struct token open[NOS_FILTER_DEPTH_MAX]; /* OPEN, NOT, AND, OR */
	size_t open_count;
	struct nos_err *err;
};

static enum nos_code wrong(struct parser *p, const struct token *t, const char *what)
{
	if (t->kind == END)
		nos_err_set(p->err, NOS_CONFIG, "the end %s", what);
	else if (t->kind == TEXT)
		nos_err_set(p->err, NOS_CONFIG, "\"%.*s\" %s", NOS_STR_ARG(t->text), what);
	else
		nos_err_set(p->err, NOS_CONFIG, "'%.*s' %s", NOS_STR_ARG(t->text), what);
	return nos_err_at(p->err, t->at);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static bool is_numeral(char c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
}

/* So many bytes from here belong together. */
static struct nos_str run(const struct parser *p, bool belongs(char))
{
	size_t end = p->at;

	while (end < p->text.len && belongs(p->text.p[end]))
		end++;
	return (struct nos_str){ p->text.p + p->at, end - p->at };
}

static enum nos_code read_number(struct parser *p, struct token *t)
{
	t->kind = NUMBER;
	t->text = run(p, is_numeral);
	p->at += t->text.len;
	if (!nos_num_parse_decimal(t->text, &t->number))
		return wrong(p, t, "is not a number");
	if (nos_num_decimals(t->text) > DECIMALS_MAX)
		return wrong(p, t, "has more than six decimals");
	if (fabs(t->number) > NUMBER_MAX)
		return wrong(p, t, "is over 1e15");
	t->number = rint(t->number * NOS_FILTER_MILLIONTHS);
	return NOS_OK;
}

static enum nos_code read_text(struct parser *p, struct token *t)
{
	const char *from = p->text.p + p->at + 1;
	const char *to = memchr(from, from[-1], p->text.len - p->at - 1);

	if (!to) {
		nos_err_set(p->err, NOS_CONFIG, "a quote is not closed");
		return nos_err_at(p->err, t->at);
	}
	t->kind = TEXT;
	t->text = (struct nos_str){ from, (size_t)(to - from) };
	p->at += t->text.len + 2;
	return NOS_OK;
}

static enum nos_code read_sign(struct parser *p, struct token *t)
{
	static const struct {
		const char *text;
		enum token_kind kind;
		unsigned relation;
	} signs[] = {
		{ "==", RELATION, NOS_FILTER_EQUAL },
		{ "!=", RELATION, NOS_FILTER_LESS | NOS_FILTER_MORE },
		{ "<=", RELATION, NOS_FILTER_LESS | NOS_FILTER_EQUAL },
		{ ">=", RELATION, NOS_FILTER_MORE | NOS_FILTER_EQUAL },
		{ "<", RELATION, NOS_FILTER_LESS },
		{ ">", RELATION, NOS_FILTER_MORE },
		{ "&&", AND, 0 },
		{ "||", OR, 0 },
		{ "!", NOT, 0 },
		{ "(", OPEN, 0 },
		{ ")", CLOSE, 0 },
	};
	struct nos_str rest = { p->text.p + p->at, p->text.len - p->at };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (!nos_str_starts(rest, signs[i].text))
			continue;
		t->kind = signs[i].kind;
		t->relation = signs[i].relation;
		t->text = nos_str_of(signs[i].text);
		p->at += t->text.len;
		return NOS_OK;
	}
	t->text = (struct nos_str){ rest.p, 1 };
	t->kind = NOTHING;
	return wrong(p, t, "is no sign of a filter: == != < <= > >= && || ! ( )");
}

/* The next token becomes the one that is looked at. */
static enum nos_code step_on(struct parser *p)
{
	struct token *t = &p->token;
	char c;

	while (p->at < p->text.len && memchr(" \t\r\n", p->text.p[p->at], 4))
		p->at++;
	*t = (struct token){ .kind = END, .at = p->at };
	if (p->at == p->text.len)
		return NOS_OK;
	c = p->text.p[p->at];
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(p, t);
	if (c == '"' || c == '\'')
		return read_text(p, t);
	if (!is_word(c))
		return read_sign(p, t);
	t->text = run(p, is_word);
	t->kind = nos_str_is(t->text, "null") ? NOTHING : NAME;
	p->at += t->text.len;
	return NOS_OK;
}

static enum nos_code emit(struct parser *p, struct nos_filter_step step)
{
	bool joins = step.does == NOS_FILTER_AND || step.does == NOS_FILTER_OR;
	bool adds = !joins && step.does != NOS_FILTER_NOT;

	if (p->count == NOS_FILTER_STEPS_MAX || (adds && p->values == NOS_FILTER_DEPTH_MAX)) {
		nos_err_set(p->err, NOS_CONFIG, "the filter has too many terms");
		return nos_err_at(p->err, p->token.at);
	}
	p->steps[p->count++] = step;
	p->values += adds;
	p->values -= joins;
	return NOS_OK;
}

static enum nos_code push(struct parser *p)
{
	if (p->open_count == NOS_FILTER_DEPTH_MAX)
		return wrong(p, &p->token, "is nested too deep");
	p->open[p->open_count++] = p->token;
	return step_on(p);
}

/* What is open and binds at least as strongly becomes steps. */
static enum nos_code close(struct parser *p, enum token_kind strength)
{
	static const uint8_t does[] = {
		[NOT] = NOS_FILTER_NOT, [AND] = NOS_FILTER_AND, [OR] = NOS_FILTER_OR
	};

	while (p->open_count) {
		enum token_kind kind = p->open[p->open_count - 1].kind;

		if (kind == OPEN || kind > strength)
			return NOS_OK;
		p->open_count--;
		if (emit(p, (struct nos_filter_step){ .does = does[kind] }))
			return p->err->code;
	}
	return NOS_OK;
}

static enum nos_code read_side(struct parser *p, struct side *ret)
{
	*ret = (struct side){ .token = p->token };
	if (p->token.kind < NAME)
		return wrong(p, &p->token, "stands where a name or a value should");
	if (p->token.kind == NAME && !nos_filter_name(p->token.text, &ret->name, &ret->kind))
		return wrong(p, &p->token, "is no score, measure or flag");
	return step_on(p);
}

/* A name that is true or false by itself. */
static enum nos_code read_truth(struct parser *p, const struct side *s)
{
	if (s->token.kind != NAME || s->kind != NOS_FILTER_TRUTH)
		return wrong(p, &s->token, "stands by itself: compare it with something");
	return emit(p, (struct nos_filter_step){ .does = NOS_FILTER_IS_TRUE, .left = s->name });
}

static enum nos_code compare_word(
    struct parser *p, const struct side *left, const struct side *right, unsigned relation)
{
	struct nos_filter_step step = {
		.relation = (uint8_t)relation, .left = left->name, .right = NOS_FILTER_CONSTANT
	};

	if (relation != NOS_FILTER_EQUAL && relation != (NOS_FILTER_LESS | NOS_FILTER_MORE))
		return wrong(p, &left->token, "is a text: only == and != are for it");
	if (right->token.kind != TEXT)
		return wrong(p, &left->token, "is a text: compare it with one in quotes");
	if (!nos_filter_word(left->name, right->token.text, &step.constant))
		return wrong(p, &right->token, "is none of its words");
	return emit(p, step);
}

static enum nos_code compare_number(
    struct parser *p, const struct side *left, const struct side *right, unsigned relation)
{
	struct nos_filter_step step = { .relation = (uint8_t)relation,
		.left = left->name,
		.right = NOS_FILTER_CONSTANT,
		.constant = right->token.number };

	if (right->token.kind == NAME && right->kind == NOS_FILTER_NUMBER)
		step.right = right->name;
	else if (right->token.kind != NUMBER)
		return wrong(p, &right->token, "is not a number, as the other side is");
	return emit(p, step);
}

static enum nos_code compare(
    struct parser *p, const struct side *left, const struct side *right, unsigned relation)
{
	if (left->kind == NOS_FILTER_TRUTH)
		return wrong(p, &left->token, "is true or false by itself");
	if (right->token.kind == NOTHING) {
		if (relation != NOS_FILTER_EQUAL && relation != (NOS_FILTER_LESS | NOS_FILTER_MORE))
			return wrong(p, &right->token, "is neither less nor more than anything");
		return emit(p, (struct nos_filter_step){ .does = NOS_FILTER_IS_NULL,
				   .relation = (uint8_t)relation,
				   .left = left->name });
	}
	return left->kind == NOS_FILTER_WORD ? compare_word(p, left, right, relation)
					     : compare_number(p, left, right, relation);
}

/* As the other side sees it. */
static unsigned turned(unsigned relation)
{
	return (relation & NOS_FILTER_EQUAL) |
	       (relation & NOS_FILTER_LESS ? (unsigned)NOS_FILTER_MORE : 0) |
	       (relation & NOS_FILTER_MORE ? (unsigned)NOS_FILTER_LESS : 0);
}

static enum nos_code read_term(struct parser *p)
{
	struct side left, right;
	unsigned relation;

	if (read_side(p, &left))
		return p->err->code;
	if (p->token.kind != RELATION)
		return read_truth(p, &left);
	relation = p->token.relation;
	if (step_on(p) || read_side(p, &right))
		return p->err->code;
	if (left.token.kind == NAME)
		return compare(p, &left, &right, relation);
	if (right.token.kind != NAME)
		return wrong(p, &left.token, "is compared with nothing of a reading");
	return compare(p, &right, &left, turned(relation));
}

/* Brackets and signs before a term, the term, and brackets behind it. */
static enum nos_code read_operand(struct parser *p)
{
	while (p->token.kind == OPEN || p->token.kind == NOT)
		if (push(p))
			return p->err->code;
	if (read_term(p) || close(p, NOT))
		return p->err->code;
	while (p->token.kind == CLOSE) {
		if (close(p, OR))
			return p->err->code;
		if (!p->open_count)
			return wrong(p, &p->token, "closes nothing");
		p->open_count--;
		if (close(p, NOT) || step_on(p))
			return p->err->code;
	}
	return NOS_OK;
}

static enum nos_code read_all(struct parser *p)
{
	if (step_on(p) || read_operand(p))
		return p->err->code;
	while (p->token.kind == AND || p->token.kind == OR)
		if (close(p, p->token.kind) || push(p) || read_operand(p))
			return p->err->code;
	if (p->token.kind != END)
		return wrong(p, &p->token, "stands where && or || should");
	if (close(p, OR))
		return p->err->code;
	return p->open_count ? wrong(p, &p->open[p->open_count - 1], "is not closed") : NOS_OK;
}

enum nos_code nos_filter_parse(struct nos_str text, struct nos_filter **ret, struct nos_err *err)
{
	struct parser p = { .text = text, .err = err };
	struct nos_filter *f;

	if (text.len > NOS_FILTER_TEXT_MAX) {
		nos_err_set(err, NOS_CONFIG, "a filter is over %d bytes", NOS_FILTER_TEXT_MAX);
		return nos_err_at(err, NOS_FILTER_TEXT_MAX);
	}
	if (read_all(&p))
		return err->code;
	f = malloc(sizeof(*f) + p.count * sizeof(p.steps[0]));
	if (!f)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	f->count = p.count;
	memcpy(f->steps, p.steps, p.count * sizeof(p.steps[0]));
	*ret = f;
	return NOS_OK;
}
