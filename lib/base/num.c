/* SPDX-License-Identifier: MIT */
#include "base/num.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECIMALS_MAX 6
#define FAST_MAX     1e12 /* with six decimals it is a whole number of 64 bits */
#define FAST_MARGIN  1e-3

#define EXACT_DIGITS 16
static const double exact_powers[EXACT_DIGITS + 1] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
	1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16 };

static const uint64_t powers[DECIMALS_MAX + 1] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool nos_num_parse(struct nos_str s, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;

	if (s.len == 0 || (s.p[0] == '0' && s.len > 1))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.p[i]) || __builtin_mul_overflow(n, UINT64_C(10), &n) ||
		    __builtin_add_overflow(n, (uint64_t)(s.p[i] - '0'), &n))
			return false;
	}
	if (n < min || n > max)
		return false;
	*ret = n;
	return true;
}

/* Length of the JSON number at the start of s; 0 if there is none. */
static size_t number_len(struct nos_str s)
{
	size_t i = 0, digits;

	if (i < s.len && s.p[i] == '-')
		i++;
	if (i < s.len && s.p[i] == '0')
		i++;
	else {
		digits = i;
		while (i < s.len && is_digit(s.p[i]))
			i++;
		if (i == digits)
			return 0;
	}
	if (i < s.len && s.p[i] == '.') {
		digits = ++i;
		while (i < s.len && is_digit(s.p[i]))
			i++;
		if (i == digits)
			return 0;
	}
	if (i < s.len && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		if (i < s.len && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		digits = i;
		while (i < s.len && is_digit(s.p[i]))
			i++;
		if (i == digits)
			return 0;
	}
	return i;
}

bool nos_num_is_decimal(struct nos_str s)
{
	return s.len && number_len(s) == s.len;
}

/*
 * What has no exponent and so few digits that they, and the power of ten below them, are exact as
 * doubles: one division rounds as strtod does. So it is with most of what is measured.
 */
static bool parse_exact(struct nos_str s, double *ret)
{
	bool minus = s.p[0] == '-';
	size_t point = s.len;
	uint64_t n = 0;
	double v;

	if (FLT_EVAL_METHOD != 0 || s.len - minus > EXACT_DIGITS + 1)
		return false;
	for (size_t i = minus; i < s.len; i++) {
		if (s.p[i] == '.')
			point = i + 1;
		else if (is_digit(s.p[i]))
			n = n * 10 + (uint64_t)(s.p[i] - '0');
		else
			return false;
	}
	v = (double)n / exact_powers[s.len - point];
	*ret = minus ? -v : v;
	return n < NOS_NUM_SAFE;
}

bool nos_num_parse_decimal(struct nos_str s, double *ret)
{
	char text[64];
	char *end;
	double v;

	if (!nos_num_is_decimal(s))
		return false;
	if (parse_exact(s, ret))
		return true;
	/* strtod follows the locale; nos never calls setlocale, so it is "C". */
	if (s.len < sizeof(text)) {
		memcpy(text, s.p, s.len);
		text[s.len] = '\0';
		v = strtod(text, &end);
	} else {
		char *copy = strndup(s.p, s.len);

		if (!copy)
			return false;
		v = strtod(copy, &end);
		free(copy);
	}
	if (!isfinite(v))
		return false;
	*ret = v;
	return true;
}

bool nos_num_parse_size(struct nos_str s, uint64_t *ret_bytes)
{
	static const char units[] = "KMGT";
	const char *unit;
	uint64_t n, factor = 1;

	unit = s.len ? memchr(units, s.p[s.len - 1], sizeof(units) - 1) : NULL;
	if (unit) {
		factor = UINT64_C(1) << (10 * (unit - units + 1));
		s.len--;
	}
	if (!nos_num_parse(s, 0, UINT64_MAX, &n) || __builtin_mul_overflow(n, factor, &n))
		return false;
	*ret_bytes = n;
	return true;
}

/* The digits of n, the last one before end; where they begin. */
static char *put_uint(char *end, uint64_t n)
{
	do
		*--end = (char)('0' + n % 10);
	while (n /= 10);
	return end;
}

void nos_num_add_uint(struct nos_buf *b, uint64_t n)
{
	char text[20], *end = text + sizeof(text), *at;

	if (n < 10) {
		nos_buf_add_char(b, (char)('0' + n));
		return;
	}
	at = put_uint(end, n);
	nos_buf_add(b, at, (size_t)(end - at));
}

/* places digits of a fraction that is not 0, before end; *ret_end: behind the last that is not 0.
 */
static char *put_fraction(char *end, uint64_t fraction, int places, char **ret_end)
{
	while (fraction % 10 == 0) {
		fraction /= 10;
		places--;
		end--;
	}
	*ret_end = end;
	for (; places > 0; places--, fraction /= 10)
		*--end = (char)('0' + fraction % 10);
	*--end = '.';
	return end;
}

static void add_fixed(struct nos_buf *b, bool minus, uint64_t n, int places)
{
	char text[1 + 20 + 1 + DECIMALS_MAX], *end = text + sizeof(text), *at = end;
	uint64_t fraction = n % powers[places];

	if (fraction)
		at = put_fraction(end, fraction, places, &end);
	at = put_uint(at, n / powers[places]);
	if (minus)
		*--at = '-';
	nos_buf_add(b, at, (size_t)(end - at));
}

void nos_num_add_fixed(struct nos_buf *b, uint64_t n, int places)
{
	add_fixed(b, false, n, places);
}

/*
 * By whole numbers, a tenth of printf's cost. What is behind the point is exact; only where the
 * product's own rounding, at most 2^-34 here, cannot change which way the last place is rounded.
 */
static bool format_fast(struct nos_buf *b, double v, int decimals)
{
	double all = fabs(v), scaled, rest;
	uint64_t whole, below, n;

	if (all >= FAST_MAX)
		return false;
	whole = (uint64_t)all;
	scaled = (all - (double)whole) * (double)powers[decimals];
	below = (uint64_t)scaled;
	rest = scaled - (double)below;
	if (fabs(rest - 0.5) < FAST_MARGIN)
		return false;
	n = whole * powers[decimals] + below + (rest > 0.5);
	add_fixed(b, v < 0 && n, n, decimals);
	return true;
}

void nos_num_format(struct nos_buf *b, double v, int decimals)
{
	char text[400]; /* a double has at most 309 digits before the point */
	int len;

	assert(isfinite(v) && decimals >= 0 && decimals <= DECIMALS_MAX);
	/* Half of all numbers are whole and positive: scores of 1, counts, spans. */
	if (v >= 0 && v < FAST_MAX && v == (double)(uint64_t)v) {
		nos_num_add_uint(b, (uint64_t)v);
		return;
	}
	if (format_fast(b, v, decimals))
		return;
	len = snprintf(text, sizeof(text), "%.*f", decimals, v);
	if (decimals > 0) {
		while (text[len - 1] == '0')
			len--;
		if (text[len - 1] == '.')
			len--;
	}
	if (len == 2 && text[0] == '-' && text[1] == '0')
		nos_buf_add_char(b, '0');
	else
		nos_buf_add(b, text, (size_t)len);
}

unsigned nos_num_decimals(struct nos_str s)
{
	size_t i = 0;
	long places = 0, exponent = 0;
	bool minus;

	while (i < s.len && s.p[i] != '.' && s.p[i] != 'e' && s.p[i] != 'E')
		i++;
	if (i < s.len && s.p[i] == '.')
		for (i++; i < s.len && is_digit(s.p[i]); i++)
			places++;
	if (i < s.len) {
		i++;
		minus = i < s.len && s.p[i] == '-';
		if (i < s.len && (s.p[i] == '-' || s.p[i] == '+'))
			i++;
		for (; i < s.len && is_digit(s.p[i]) && exponent < 10000; i++)
			exponent = exponent * 10 + (s.p[i] - '0');
		places += minus ? exponent : -exponent;
	}
	return places < 0 ? 0 : (unsigned)places;
}
