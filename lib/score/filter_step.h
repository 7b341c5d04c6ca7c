/* SPDX-License-Identifier: MIT */
/*
 * What a filter is made of: steps over a small stack of truths, for who makes it (filter_parse.c)
 * and who goes through it (filter.c); nothing for others. Pure.
 */
#ifndef NOS_SCORE_FILTER_STEP_H
#define NOS_SCORE_FILTER_STEP_H

#include "score/filter.h"

#define NOS_FILTER_STEPS_MAX 256
#define NOS_FILTER_DEPTH_MAX 32	 /* truths that wait, and brackets and signs that are open */
#define NOS_FILTER_CONSTANT  255 /* in place of the right one's index */

/* Numbers are compared as they are written, with six decimals: in whole millionths. */
#define NOS_FILTER_MILLIONTHS 1e6

enum nos_filter_does {
	NOS_FILTER_COMPARES,
	NOS_FILTER_IS_NULL,
	NOS_FILTER_IS_TRUE,
	NOS_FILTER_NOT,
	NOS_FILTER_AND,
	NOS_FILTER_OR,
};

/* What the left one may be of the right one; any of them together. */
enum nos_filter_relation { NOS_FILTER_LESS = 1, NOS_FILTER_EQUAL = 2, NOS_FILTER_MORE = 4 };

struct nos_filter_step {
	uint8_t does, relation;
	uint8_t left, right; /* indices of names */
	double constant;     /* millionths, or the index of a word */
};

struct nos_filter {
	size_t count;
	struct nos_filter_step steps[];
};

enum nos_filter_kind { NOS_FILTER_NUMBER, NOS_FILTER_WORD, NOS_FILTER_TRUTH };

/* The index of a name, and what it is; false if it is none. */
bool nos_filter_name(struct nos_str name, uint8_t *ret, enum nos_filter_kind *ret_kind);

/* The number that stands for a word of a name that has words; false if it is none of them. */
bool nos_filter_word(uint8_t name, struct nos_str word, double *ret);

#endif
