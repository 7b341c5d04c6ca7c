/* SPDX-License-Identifier: MIT */
#include "plot_row.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "json/decode.h"

#define DEPTH 8

void nos_plot_rows_release(struct nos_plot_rows *rows)
{
	free(rows->list);
	*rows = (struct nos_plot_rows){ 0 };
}

static double number(const struct nos_decode *d, const char *name)
{
	struct nos_err none = { 0 };
	struct nos_str text;
	double v;

	if (nos_decode_raw(d, name, NOS_SCAN_NUMBER, &text, &none) ||
	    !nos_num_parse_decimal(text, &v))
		return NAN;
	return v;
}

static void text(const struct nos_decode *d, const char *name, char *ret, size_t size)
{
	struct nos_err none = { 0 };

	if (nos_decode_copy(d, name, true, ret, size, &none))
		*ret = '\0';
}

static void take(const struct nos_decode *d, struct plot_row *r)
{
	text(d, "bench", r->bench, sizeof(r->bench));
	text(d, "what", r->what, sizeof(r->what));
	text(d, "scheme", r->scheme, sizeof(r->scheme));
	text(d, "profile", r->profile, sizeof(r->profile));
	text(d, "unit", r->unit, sizeof(r->unit));
	text(d, "how", r->how, sizeof(r->how));
	r->sources = number(d, "sources");
	r->hops = number(d, "hops");
	r->captured = number(d, "captured");
	r->median = number(d, "median");
	r->low = number(d, "low");
	r->high = number(d, "high");
	r->p95 = number(d, "p95");
	r->k = number(d, "k");
	r->m = number(d, "m");
	r->formula = number(d, "formula");
}

static size_t count_of(const struct bench *b)
{
	size_t n = 0;

	for (const struct bench_kept *k = b->kept; k; k = k->next)
		n++;
	return n;
}

enum nos_code plot_row_read(const struct bench *b, struct nos_plot_rows *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = DEPTH };
	struct nos_decode d;

	*ret = (struct nos_plot_rows){ 0 };
	ret->list = calloc(count_of(b) + 1, sizeof(*ret->list));
	if (!ret->list)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	for (const struct bench_kept *k = b->kept; k && !err->code; k = k->next)
		if (!nos_decode_object(&scan, nos_str_of(k->text), "row", &d, err))
			take(&d, &ret->list[ret->count++]);
	nos_scan_release(&scan);
	return err->code;
}
