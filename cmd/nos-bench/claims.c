/* SPDX-License-Identifier: MIT */
#include "claims.h"

#include <stdlib.h>

#include "claims_row.h"
#include "json/decode.h"
#include "json/encode.h"

#define RUNS_MANY 300
#define RUNS_FEW  30
#define NEAR	  2.0 /* times the paper's, either way, that are still the same */

/* ---- measurements, made once ---- */

void claims_release(struct claims *c)
{
	for (unsigned p = 0; p < BENCH_PROFILES; p++) {
		for (unsigned s = 0; s < BENCH_SCHEMES; s++)
			for (unsigned i = 0; i < CLAIMS_SCENARIOS; i++) {
				keying_release(&c->keyings[p][s][i][0].k);
				keying_release(&c->keyings[p][s][i][1].k);
			}
		for (unsigned i = 0; i < CLAIMS_MADE; i++)
			bench_sample_release(&c->made[p][i]);
	}
}

struct keying *claims_keying(struct claims *c, enum bench_profile p, enum bench_scheme s,
    unsigned scenario, bool first, struct nos_err *err)
{
	const struct keying_what what = {
		.scheme = s, .profile = p, .first = first, .sources = 2 + scenario
	};
	struct keying *k = &c->keyings[p][s][scenario][first].k;

	if (c->keyings[p][s][scenario][first].is)
		return k;
	c->keyings[p][s][scenario][first].is = true;
	return keying_measure(c->place, &what, bench_runs(c->b, RUNS_MANY, RUNS_FEW), k, err) ? NULL
											      : k;
}

/* ---- the claims ---- */

enum part { MAKE, TAKE, WIRE, TOTAL, MADE };

struct claim {
	const char *id;
	enum bench_scheme scheme; /* BENCH_SCHEMES: of none */
	const char *unit, *paper;
	claims_count *count;	     /* of what is counted; */
	struct claims_part parts[4]; /* and of this, where paper is NULL */
	unsigned values;	     /* of what is measured: one a scenario; 0: it is not */
	enum part part;
	enum claims_made made; /* part MADE */
	double ms[CLAIMS_SCENARIOS];
	const char *how, *why;
};

#define PARTS_HOW                                                                                \
	"T's parts for one key of each source: Tseq is the node's work, one source behind the "  \
	"other; Tc/s the longest of the sources' own, each on a machine of its own; T0 HTTP on " \
	"127.0.0.1, a message and its reply to one source behind the other, or one order to all"
#define BYTES_HOW "counted in the message that was made"
#define KEPT_HOW  "counted in what a source holds"
#define BYTES_WHY "It is as printed."
#define DIVIDED_WHY                                                                                \
	"Each source takes the whole step itself, so there is nothing to divide by their number; " \
	"the paper has Tc(1)/2 for three sources too."

#define COUNT(ID, SCHEME, UNIT, PAPER, FN, HOW, WHY)                                             \
	{                                                                                        \
		.id = (ID), .scheme = (SCHEME), .unit = (UNIT), .paper = (PAPER), .count = (FN), \
		.how = (HOW), .why = (WHY)                                                       \
	}
#define DINI	 BENCH_DINI
#define DIPIETRO BENCH_DIPIETRO
#define NONE	 BENCH_SCHEMES

static const struct claim claims[] = {
	COUNT("S1", NONE, NULL, "[2,4]", claims_scenario_1,
	    "sources whose key the node has, and that it has none of", "The scenario itself."),
	COUNT("S2", NONE, NULL, "[3,3]", claims_scenario_2,
	    "sources whose key the node has, and that it has none of", "The scenario itself."),
	{ "D-Tseq", DINI, "ms", "28", .values = 1, .part = MAKE, .ms = { 28 }, .how = PARTS_HOW,
	    .why = "It has what the node does; a source's own work stands in Tc." },
	{ "D-Tc", DINI, "ms", "0", .values = 1, .part = TAKE, .ms = { 0 }, .how = PARTS_HOW,
	    .why = "Each source decrypts its own packet beside the others, so something is "
		   "parallel." },
	{ "D-T0", DINI, "ms", "4", .values = 1, .part = WIRE, .ms = { 4 }, .how = PARTS_HOW,
	    .why = "The loopback has no radio and no distance; --rtt adds them." },
	{ "D-T", DINI, "ms", "32", .values = 1, .part = TOTAL, .ms = { 32 }, .how = PARTS_HOW,
	    .why = "The sum of its parts." },
	{ "P-Tseq", DIPIETRO, "ms", "[4,8]", .values = 2, .part = MAKE, .ms = { 4, 8 },
	    .how = PARTS_HOW,
	    .why = "The node makes one key and one order, however many sources there are." },
	{ "P-Tc", DIPIETRO, "ms", "[3,3]", .values = 2, .part = TAKE, .ms = { 3, 3 },
	    .how = PARTS_HOW, .why = DIVIDED_WHY },
	{ "P-T0", DIPIETRO, "ms", "0", .values = 1, .part = WIRE, .ms = { 0 }, .how = PARTS_HOW,
	    .why = "The order by which all of them step is a message, and has to arrive." },
	{ "P-T", DIPIETRO, "ms", "[7,11]", .values = 2, .part = TOTAL, .ms = { 7, 11 },
	    .how = PARTS_HOW, .why = "The sum of its parts, the order's way among them." },
	COUNT("D-GN", DINI, "B", "2", claims_global_name, KEPT_HOW, BYTES_WHY),
	COUNT("D-GV", DINI, "B", "8", claims_global_value, KEPT_HOW, BYTES_WHY),
	COUNT("D-KI", DINI, "B", "1", claims_incr, KEPT_HOW,
	    "It is as printed: one byte, which wraps; the default profile's number has 64 bits."),
	COUNT("D-LN", DINI, "B", "[2,3]", claims_local_name, KEPT_HOW,
	    "The name's width is a parameter: Knode names the node, not the source."),
	COUNT("D-LV", DINI, "B", "8", claims_local_value, KEPT_HOW, BYTES_WHY),
	COUNT("D-ST", DINI, "B", "[20,21]", claims_storage, KEPT_HOW,
	    "A global and a local key with their names; the default profile's source keeps a base "
	    "beside them, which nos-bench overhead counts."),
	COUNT("D-IN", DINI, "B", "[10,11]", claims_install, BYTES_HOW,
	    "A name and one cipher block of 8 bytes, without a tag."),
	COUNT("D-RK", DINI, "B", "[18,19]", claims_replace, BYTES_HOW,
	    "A name and two cipher blocks, the new key and the old, without a tag; in the default "
	    "profile a replacement is an install."),
	COUNT("D-RR", DINI, "B", "1", claims_reply, BYTES_HOW,
	    "One byte says nothing of who sent it; the default profile's acknowledgement is "
	    "sealed, and names what is held."),
	{ "D-ON", DINI, .count = claims_node_operations,
	    .parts = { { "concatenation", 2 }, { "key computation", 1 } },
	    .how = "counted where they are done, for one local key that is replaced",
	    .why = "As printed; that the packet is encrypted as well is not in its list." },
	{ "D-OS", DINI, .count = claims_source_operations, .parts = { { "decryption", 2 } },
	    .how = "counted where they are done, for one local key that is replaced",
	    .why = "As printed: one for each block." },
	{ "P-ST", DIPIETRO, .count = claims_session_storage,
	    .parts = { { "seeds of q bits", 2 }, { "keys of 8 B", 2 } }, .how = KEPT_HOW,
	    .why = "As printed; with q = 64 that is more than Dini et al. need." },
	{ "P-OS", DIPIETRO, .count = claims_session_operations,
	    .parts = { { "decryption", 1 }, { "hash", 2 }, { "xor", 1 } },
	    .how = "counted where they are done, for one order that is followed",
	    .why = "As printed." },
	{ "F1-DG", DINI, "ms", "7", .values = 1, .part = MADE, .made = CLAIMS_GLOBALS, .ms = { 7 },
	    .how = "a global key for each of two sources; in the default profile a pool of 100 is "
		   "drawn and kept",
	    .why = "The paper does not say how many keys its 7 ms are of." },
	{ "F1-DL", DINI, "ms", "10", .values = 1, .part = MADE, .made = CLAIMS_LOCAL, .ms = { 10 },
	    .how = "name and value of one local key, without its message", .why = "One key." },
	{ "F1-P", DIPIETRO, "ms", "3", .values = 1, .part = MADE, .made = CLAIMS_SESSION,
	    .ms = { 3 }, .how = "one step to the next session key", .why = "One key." },
	{ "F2", DINI, .paper = "null", .how = "not here: nos-bench delay measures it",
	    .why = "The figure has no number in the text to set a measurement beside." },
	{ "F3", DINI, .paper = "null", .how = "not here: nos-bench delay measures it",
	    .why = "The figure has no number in the text to set a measurement beside." },
};
#define CLAIM_COUNT (sizeof(claims) / sizeof(claims[0]))

/* ---- what is measured ---- */

static struct bench_sample *sample_of(struct claims *c, const struct claim *of,
    enum bench_profile p, unsigned scenario, struct nos_err *err)
{
	struct keying *k;

	if (of->part == MADE)
		return claims_made(c, p, of->made, err);
	k = claims_keying(c, p, of->scheme, scenario, p == BENCH_PAPER && of->scheme == DINI, err);
	if (!k)
		return NULL;
	return of->part == MAKE	  ? &k->make
	       : of->part == TAKE ? &k->take
	       : of->part == WIRE ? &k->wire
				  : &k->total;
}

/* Of one profile: its medians, and their intervals. */
static enum nos_code measure(struct claims *c, const struct claim *of, enum bench_profile p,
    struct claims_row *r, double ret[static CLAIMS_SCENARIOS], struct nos_err *err)
{
	struct nos_buf *ours = &r->ours[p], *intervals = &r->intervals[p];

	nos_buf_add_text(ours, of->values > 1 ? "[" : "");
	nos_buf_add_char(intervals, '[');
	for (unsigned i = 0; i < of->values; i++) {
		struct bench_sample *sample = sample_of(c, of, p, i, err);
		struct bench_stat s;

		if (!sample)
			return err->code;
		bench_stat_of(sample, &c->b->random, &s);
		ret[i] = s.median;
		nos_buf_addf(ours, "%s%.4g", i ? "," : "", s.median);
		nos_buf_addf(intervals, "%s[%.4g,%.4g]", i ? "," : "", s.low, s.high);
	}
	nos_buf_add_text(ours, of->values > 1 ? "]" : "");
	nos_buf_add_char(intervals, ']');
	return NOS_OK;
}

/* Milliseconds of another machine: the same within a factor, or less; more speaks against it. */
static enum claims_verdict judge_time(double paper, double ours)
{
	if (paper == 0)
		return ours == 0 ? CLAIMS_REPRODUCED : CLAIMS_CONTRADICTED;
	if (ours > paper * NEAR)
		return CLAIMS_CONTRADICTED;
	return ours * NEAR < paper ? CLAIMS_EXPLAINED : CLAIMS_REPRODUCED;
}

static enum nos_code find_time(
    struct claims *c, const struct claim *of, struct claims_row *r, struct nos_err *err)
{
	double ours[CLAIMS_SCENARIOS] = { 0 }, unused[CLAIMS_SCENARIOS];

	if (measure(c, of, BENCH_PAPER, r, ours, err) ||
	    measure(c, of, BENCH_DEFAULT, r, unused, err))
		return err->code;
	r->verdict = CLAIMS_REPRODUCED;
	for (unsigned i = 0; i < of->values; i++) {
		const enum claims_verdict v = judge_time(of->ms[i], ours[i]);

		if (v > r->verdict)
			r->verdict = v;
	}
	if (r->verdict == CLAIMS_EXPLAINED)
		nos_buf_addf(&r->why,
		    "%.0f times as fast here: compiled code on this machine, where the paper has "
		    "Node.js on a Raspberry Pi. ",
		    of->ms[0] / ours[0]);
	nos_buf_add_text(&r->why, of->why);
	return NOS_OK;
}

/* ---- what is counted ---- */

static void encode_parts(const struct claim *of, struct nos_buf *ret)
{
	nos_buf_add_char(ret, '{');
	for (const struct claims_part *part = of->parts; part->name; part++)
		nos_encode_member_uint(ret, part->name, part->count);
	nos_buf_add_char(ret, '}');
}

/* Each part that the paper names; others there may be, and the row shows them. */
static enum nos_code judge_parts(const struct claim *of, struct claims_row *r, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 2 };
	struct nos_decode d;
	uint64_t count;

	r->verdict = CLAIMS_REPRODUCED;
	if (!nos_decode_object(&scan, nos_buf_str(&r->ours[BENCH_PAPER]), "parts", &d, err))
		for (const struct claims_part *part = of->parts; part->name; part++)
			if (!nos_decode_has(&d, part->name) ||
			    nos_decode_uint(&d, part->name, 0, UINT32_MAX, &count, err) ||
			    count != part->count)
				r->verdict = CLAIMS_CONTRADICTED;
	nos_scan_release(&scan);
	return err->code;
}

static enum nos_code find_count(
    struct claims *c, const struct claim *of, struct claims_row *r, struct nos_err *err)
{
	for (unsigned p = 0; p < BENCH_PROFILES; p++)
		if (of->count(c, (enum bench_profile)p, &r->ours[p], err))
			return err->code;
	nos_buf_add_text(&r->why, of->why);
	if (!of->paper)
		return judge_parts(of, r, err);
	r->verdict = nos_str_is(nos_buf_str(&r->ours[BENCH_PAPER]), of->paper)
			 ? CLAIMS_REPRODUCED
			 : CLAIMS_CONTRADICTED;
	return NOS_OK;
}

/* ---- the whole ---- */

static enum nos_code find(
    struct claims *c, const struct claim *of, struct claims_row *r, struct nos_err *err)
{
	if (of->count)
		return find_count(c, of, r, err);
	if (of->values)
		return find_time(c, of, r, err);
	r->verdict = CLAIMS_NOT_HERE;
	nos_buf_add_text(&r->why, of->why);
	return NOS_OK;
}

static enum nos_code say(struct claims *c, const struct claim *of, struct nos_err *err)
{
	struct claims_of row = { .id = of->id,
		.scheme = of->scheme == NONE ? NULL : bench_scheme_text(of->scheme),
		.unit = of->unit,
		.paper = of->paper,
		.how = of->how };
	NOS_AUTO(buf) paper = { 0 };
	struct claims_row r;

	claims_row_init(&r);
	nos_buf_init(&paper, CLAIMS_TEXT_MAX);
	if (!of->paper) {
		encode_parts(of, &paper);
		row.paper = paper.p;
	}
	if (!find(c, of, &r, err))
		(void)!claims_row_add(c->b, &row, &r, err);
	claims_row_release(&r);
	return err->code;
}

static enum nos_code say_all(struct claims *c, struct nos_err *err)
{
	nos_progress_init(&c->b->progress, "claims", CLAIM_COUNT);
	for (size_t i = 0; i < CLAIM_COUNT && !bench_is_stopped(); i++) {
		nos_progress_set(&c->b->progress, i);
		if (claims[i].scheme != NONE && !c->b->schemes[claims[i].scheme])
			continue;
		if (say(c, &claims[i], err))
			return err->code;
	}
	/* It takes both to tell which is dearer. */
	if (!c->b->schemes[DINI] || !c->b->schemes[DIPIETRO])
		return NOS_OK;
	return claims_order_all(c, err);
}

enum nos_code bench_paper(struct bench *b, struct nos_err *err)
{
	struct claims *c = calloc(1, sizeof(*c));
	struct keying_place *place = calloc(1, sizeof(*place));

	if (!c || !place) {
		nos_err_set(err, NOS_INTERNAL, "out of memory");
	} else {
		c->b = b;
		c->place = place;
		if (!keying_open(place, b, err))
			(void)!say_all(c, err);
		keying_close(place);
		claims_release(c);
	}
	free(c);
	free(place);
	return err->code;
}
