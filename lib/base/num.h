/* SPDX-License-Identifier: MIT */
/* Numbers as text: the one way from text to a number, and the one way a decimal is printed. */
#ifndef NOS_BASE_NUM_H
#define NOS_BASE_NUM_H

#include "base/buf.h"

/* Integers in JSON stay below this, so that every JSON reader keeps them. */
#define NOS_NUM_SAFE (UINT64_C(1) << 53)

/* Decimal digits alone, no sign, no blank, no leading zero but "0" itself, within [min, max]. */
bool nos_num_parse(struct nos_str s, uint64_t min, uint64_t max, uint64_t *ret);

/* A decimal in JSON's form (RFC 8259 §6), whole text, of whatever size. */
bool nos_num_is_decimal(struct nos_str s);

/*
 * A finite decimal in JSON's form (RFC 8259 §6), whole text, independent of the locale. False for
 * anything else: NaN, infinities, hex, an empty text, a number over the range of a double.
 */
bool nos_num_parse_decimal(struct nos_str s, double *ret);

/* Sizes: "512", "64K", "1M", "10G" (powers of 1024). */
bool nos_num_parse_size(struct nos_str s, uint64_t *ret_bytes);

/*
 * Append v with at most decimals (<= 6) places, rounded half to even, no trailing zero, never an
 * exponent, never "-0"; v must be finite.
 */
void nos_num_format(struct nos_buf *b, double v, int decimals);

/* Append n in decimal; and n / 10^places (<= 6), with no zero at its end. */
void nos_num_add_uint(struct nos_buf *b, uint64_t n);
void nos_num_add_fixed(struct nos_buf *b, uint64_t n, int places);

/* Places behind the point that a decimal text shows, exponent counted: "21.50" 2, "1e-3" 3. */
unsigned nos_num_decimals(struct nos_str s);

#endif
