/* SPDX-License-Identifier: MIT */
#include "score/filter.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "score/filter_step.h"
#include "score/measure.h"

/* Behind the scores, which are the first. */
enum {
	BITS = NOS_RULE_COUNT,
	TAG,
	HOLDERS,
	KEY_AGE,
	KEY_PERIOD,
	AGE,
	VALIDITY,
	ERROR,
	SIGMA,
	RESOLUTION,
	RECEIVED,
	EXPECTED,
	DECIMALS,
	KEY_STATE,
	PROOF,
	ENROLLED,
	IDENTITY,
	FRESH,
	FLAGS, /* and the five behind it, bit by bit */
	NAMES = FLAGS + 6,
};

_Static_assert(NAMES < NOS_FILTER_CONSTANT, "an index is a byte");

static const struct {
	const char *name; /* NULL: nos_rule_text or nos_measure_flag says it */
	enum nos_filter_kind kind;
	enum nos_measure_word words;
} names[NAMES] = {
	[BITS] = { "bits" },
	[TAG] = { "tag" },
	[HOLDERS] = { "holders" },
	[KEY_AGE] = { "key_age" },
	[KEY_PERIOD] = { "key_period" },
	[AGE] = { "age" },
	[VALIDITY] = { "validity" },
	[ERROR] = { "error" },
	[SIGMA] = { "sigma" },
	[RESOLUTION] = { "resolution" },
	[RECEIVED] = { "received" },
	[EXPECTED] = { "expected" },
	[DECIMALS] = { "decimals" },
	[KEY_STATE] = { "key_state", NOS_FILTER_WORD, NOS_MEASURE_KEY_STATE },
	[PROOF] = { "proof", NOS_FILTER_WORD, NOS_MEASURE_PROOF },
	[ENROLLED] = { "enrolled", NOS_FILTER_WORD, NOS_MEASURE_ENROLLED },
	[IDENTITY] = { "identity", NOS_FILTER_WORD, NOS_MEASURE_IDENTITY },
	[FRESH] = { "fresh", NOS_FILTER_TRUTH },
};

static const char *name_of(unsigned i)
{
	if (i < NOS_RULE_COUNT)
		return nos_rule_text((enum nos_rule_name)i);
	return i < FLAGS ? names[i].name : nos_measure_flag(1u << (i - FLAGS));
}

bool nos_filter_name(struct nos_str name, uint8_t *ret, enum nos_filter_kind *ret_kind)
{
	for (unsigned i = 0; i < NAMES; i++) {
		if (!nos_str_is(name, name_of(i)))
			continue;
		*ret = (uint8_t)i;
		*ret_kind = i < FLAGS ? names[i].kind : NOS_FILTER_TRUTH;
		return true;
	}
	return false;
}

bool nos_filter_word(uint8_t name, struct nos_str word, double *ret)
{
	unsigned index;

	if (!nos_measure_word(names[name].words, word, &index))
		return false;
	*ret = index;
	return true;
}

/* Those of a key and its holders are absent where a record has them not (score/measure.c). */
static double of_key(unsigned name, const struct nos_rule_security *s)
{
	bool keyed = s->key_state != NOS_RULE_KEY_NONE;

	switch (name) {
	case HOLDERS:
		return s->bits || s->holders ? s->holders : NAN;
	case KEY_AGE:
		return keyed || s->key_period_s > 0 ? s->key_age_s : NAN;
	case KEY_PERIOD:
		return keyed || s->key_period_s > 0 ? s->key_period_s : NAN;
	case KEY_STATE:
		return keyed ? s->key_state : NAN;
	case ENROLLED:
		return s->proof == NOS_RULE_PROOF_KEY || s->open ? s->open : NAN;
	default:
		return s->has_position ? s->decimals : NAN;
	}
}

static double measure(unsigned name, const struct nos_filter_input *of)
{
	const struct nos_rule_input *in = of->in;

	switch (name) {
	case BITS:
		return in->security->bits;
	case TAG:
		return in->security->tag;
	case AGE:
		return in->reading->has_time
			   ? (double)(in->received.ms - in->reading->time.ms) / 1000
			   : NAN;
	case VALIDITY:
		return nos_timeliness_validity_s(in, of->before);
	case ERROR:
		return in->type->u;
	case SIGMA:
		return in->type->sigma;
	case RESOLUTION:
		return in->type->resolution;
	case RECEIVED:
		return in->packs_expected ? in->packs_seen : NAN;
	case EXPECTED:
		return in->packs_expected ? in->packs_expected : NAN;
	case PROOF:
		return in->security->proof;
	case IDENTITY:
		return in->security->identity;
	default:
		return of_key(name, in->security);
	}
}

/* In millionths, or the index of a word; NaN: it is null, or absent. */
static double value(unsigned name, const struct nos_filter_input *of)
{
	double v = name < NOS_RULE_COUNT ? of->scores->of[name] : measure(name, of);

	return name >= KEY_STATE ? v : rint(v * NOS_FILTER_MILLIONTHS);
}

/* In this order "and" is the smaller, and "or" the larger. */
enum truth { NO, UNKNOWN, YES };

static enum truth compare(const struct nos_filter_step *s, const struct nos_filter_input *of)
{
	double a = value(s->left, of);
	double b = s->right == NOS_FILTER_CONSTANT ? s->constant : value(s->right, of);
	unsigned is = a < b ? NOS_FILTER_LESS : a > b ? NOS_FILTER_MORE : NOS_FILTER_EQUAL;

	if (isnan(a) || isnan(b))
		return UNKNOWN;
	return s->relation & is ? YES : NO;
}

static enum truth is_null(const struct nos_filter_step *s, const struct nos_filter_input *of)
{
	return isnan(value(s->left, of)) == (s->relation == NOS_FILTER_EQUAL) ? YES : NO;
}

static enum truth is_true(unsigned name, const struct nos_filter_input *of)
{
	if (name == FRESH)
		return of->in->security->fresh ? YES : NO;
	return of->scores->flags & 1u << (name - FLAGS) ? YES : NO;
}

bool nos_filter_passes(const struct nos_filter *f, const struct nos_filter_input *of)
{
	enum truth stack[NOS_FILTER_DEPTH_MAX], top;
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++) {
		const struct nos_filter_step *s = &f->steps[i];

		switch ((enum nos_filter_does)s->does) {
		case NOS_FILTER_COMPARES:
			stack[n++] = compare(s, of);
			break;
		case NOS_FILTER_IS_NULL:
			stack[n++] = is_null(s, of);
			break;
		case NOS_FILTER_IS_TRUE:
			stack[n++] = is_true(s->left, of);
			break;
		case NOS_FILTER_NOT:
			stack[n - 1] = YES - stack[n - 1];
			break;
		case NOS_FILTER_AND:
			top = stack[--n];
			stack[n - 1] = top < stack[n - 1] ? top : stack[n - 1];
			break;
		case NOS_FILTER_OR:
			top = stack[--n];
			stack[n - 1] = top > stack[n - 1] ? top : stack[n - 1];
			break;
		}
	}
	assert(n == 1);
	return stack[0] == YES;
}

void nos_filter_free(struct nos_filter *f)
{
	free(f);
}
