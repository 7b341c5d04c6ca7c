/* SPDX-License-Identifier: MIT */
/* Which of the two schemes is dearer, in what the paper compares: it says dini each time. */
#include "claims.h"
#include "claims_row.h"
#include "json/encode.h"

#define DINI	 BENCH_DINI
#define DIPIETRO BENCH_DIPIETRO

/* A figure of a scheme: counted, or the median of a sample with its interval. */
struct figure {
	double low, median, high;
};

enum what { GENERATION, STORAGE, MESSAGES, REPLACEMENT };

static void of_sample(struct claims *c, struct bench_sample *sample, struct figure *ret)
{
	struct bench_stat s;

	bench_stat_of(sample, &c->b->random, &s);
	*ret = (struct figure){ s.low, s.median, s.high };
}

static enum nos_code of_generation(struct claims *c, enum bench_profile p, enum bench_scheme s,
    struct figure *ret, struct nos_err *err)
{
	struct bench_sample *sample =
	    claims_made(c, p, s == DINI ? CLAIMS_LOCAL : CLAIMS_SESSION, err);

	if (!sample)
		return err->code;
	of_sample(c, sample, ret);
	return NOS_OK;
}

static enum nos_code of_storage(struct claims *c, enum bench_profile p, enum bench_scheme s,
    unsigned scenario, struct figure *ret, struct nos_err *err)
{
	uint64_t n;

	if (claims_kept(c, p, s, scenario, &n, err))
		return err->code;
	*ret = (struct figure){ (double)n, (double)n, (double)n };
	return NOS_OK;
}

/* An order is one message to all; a local key is one to each, and its reply. */
static enum nos_code of_keying(struct claims *c, enum bench_profile p, enum bench_scheme s,
    unsigned scenario, enum what what, struct figure *ret, struct nos_err *err)
{
	struct keying *k = claims_keying(c, p, s, scenario, false, err);
	const double messages = s == DINI ? 2 + scenario : 1;

	if (!k)
		return err->code;
	if (what == MESSAGES) {
		ret->low = ret->median = ret->high = messages * (double)(k->down + k->up);
		return NOS_OK;
	}
	of_sample(c, &k->total, ret);
	return NOS_OK;
}

static enum nos_code figure_of(struct claims *c, enum bench_profile p, enum bench_scheme s,
    unsigned scenario, enum what what, struct figure *ret, struct nos_err *err)
{
	switch (what) {
	case GENERATION:
		return of_generation(c, p, s, ret, err);
	case STORAGE:
		return of_storage(c, p, s, scenario, ret, err);
	case MESSAGES:
	case REPLACEMENT:
		break;
	}
	return of_keying(c, p, s, scenario, what, ret, err);
}

/* ---- a row ---- */

/* Which is dearer in every scenario that was looked at, beyond the intervals. */
static const char *dearer(const struct figure f[BENCH_SCHEMES][CLAIMS_SCENARIOS])
{
	unsigned dini = 0, dipietro = 0;

	for (unsigned i = 0; i < CLAIMS_SCENARIOS; i++) {
		dini += f[DINI][i].low > f[DIPIETRO][i].high;
		dipietro += f[DIPIETRO][i].low > f[DINI][i].high;
	}
	return dini == CLAIMS_SCENARIOS	      ? "dini"
	       : dipietro == CLAIMS_SCENARIOS ? "dipietro"
					      : "neither";
}

static void add_figures(struct nos_buf *b, const struct figure *f, bool interval)
{
	nos_buf_add_char(b, '[');
	for (unsigned i = 0; i < CLAIMS_SCENARIOS; i++)
		if (interval)
			nos_buf_addf(b, "%s[%.4g,%.4g]", i ? "," : "", f[i].low, f[i].high);
		else
			nos_buf_addf(b, "%s%.4g", i ? "," : "", f[i].median);
	nos_buf_add_char(b, ']');
}

static void add_both(struct nos_buf *b, const struct figure f[BENCH_SCHEMES][CLAIMS_SCENARIOS],
    const char *dear, bool interval)
{
	nos_buf_add_char(b, '{');
	if (dear)
		nos_encode_member_text(b, "dearer", nos_str_of(dear));
	nos_encode_member(b, "dini");
	add_figures(b, f[DINI], interval);
	nos_encode_member(b, "dipietro");
	add_figures(b, f[DIPIETRO], interval);
	nos_buf_add_char(b, '}');
}

/* The verdict is on the paper's profile; both are told. */
static enum nos_code compare(
    struct claims *c, enum what what, struct claims_row *r, struct nos_err *err)
{
	struct figure f[BENCH_SCHEMES][CLAIMS_SCENARIOS];
	const char *dear[BENCH_PROFILES];

	for (unsigned p = 0; p < BENCH_PROFILES; p++) {
		for (unsigned i = 0; i < CLAIMS_SCENARIOS; i++)
			if (figure_of(c, (enum bench_profile)p, DINI, i, what, &f[DINI][i], err) ||
			    figure_of(
				c, (enum bench_profile)p, DIPIETRO, i, what, &f[DIPIETRO][i], err))
				return err->code;
		dear[p] = dearer(f);
		add_both(&r->ours[p], f, dear[p], false);
		add_both(&r->intervals[p], f, NULL, true);
	}
	r->verdict = nos_str_is(nos_str_of(dear[BENCH_PAPER]), "dini")	    ? CLAIMS_REPRODUCED
		     : nos_str_is(nos_str_of(dear[BENCH_PAPER]), "neither") ? CLAIMS_NOT_HERE
									    : CLAIMS_CONTRADICTED;
	nos_buf_addf(&r->why,
	    "The paper has dini the dearer; here it is %s as printed, and %s in the default "
	    "profile.",
	    dear[BENCH_PAPER], dear[BENCH_DEFAULT]);
	return NOS_OK;
}

enum nos_code claims_order_all(struct claims *c, struct nos_err *err)
{
	static const struct {
		struct claims_of of;
		enum what what;
	} all[] = {
		{ { "F4", NULL, "ms", "null",
		      "one key of each of two and of three sources replaced: made, carried over "
		      "HTTP on 127.0.0.1, taken; an order is sent once, and all hear it" },
		    REPLACEMENT },
		{ { "O-generation", NULL, "ms", "\"dini\"",
		      "one local key and one session key made, without a message" },
		    GENERATION },
		{ { "O-storage", NULL, "B", "\"dini\"",
		      "what a source keeps for its scheme, with two and with three of them" },
		    STORAGE },
		{ { "O-messages", NULL, "B", "\"dini\"",
		      "bytes for two and for three sources: a message to each and its reply, "
		      "against one order that all hear" },
		    MESSAGES },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && !bench_is_stopped(); i++) {
		struct claims_row r;

		claims_row_init(&r);
		if (!compare(c, all[i].what, &r, err))
			(void)!claims_row_add(c->b, &all[i].of, &r, err);
		claims_row_release(&r);
		if (err->code)
			return err->code;
	}
	return NOS_OK;
}
