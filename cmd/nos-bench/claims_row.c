/* SPDX-License-Identifier: MIT */
#include "claims_row.h"

#include <string.h>

#include "json/encode.h"

void claims_row_init(struct claims_row *r)
{
	*r = (struct claims_row){ 0 };
	for (unsigned p = 0; p < BENCH_PROFILES; p++) {
		nos_buf_init(&r->ours[p], CLAIMS_TEXT_MAX);
		nos_buf_init(&r->intervals[p], CLAIMS_TEXT_MAX);
	}
	nos_buf_init(&r->why, CLAIMS_TEXT_MAX);
}

void claims_row_release(struct claims_row *r)
{
	for (unsigned p = 0; p < BENCH_PROFILES; p++) {
		nos_buf_release(&r->ours[p]);
		nos_buf_release(&r->intervals[p]);
	}
	nos_buf_release(&r->why);
}

static const char *verdict_text(enum claims_verdict v)
{
	static const char *const texts[] = { "reproduced", "explained", "contradicted",
		"not measurable here" };

	return texts[v];
}

static void member_json(struct nos_buf *b, const char *name, struct nos_str json)
{
	nos_encode_member(b, name);
	nos_buf_add_str(b, json.len ? json : NOS_STR("null"));
}

static void add_intervals(struct nos_buf *b, const struct claims_row *r)
{
	if (!r->intervals[BENCH_PAPER].len && !r->intervals[BENCH_DEFAULT].len)
		return;
	nos_encode_member(b, "intervals");
	nos_buf_add_char(b, '{');
	for (unsigned p = 0; p < BENCH_PROFILES; p++)
		member_json(
		    b, bench_profile_text((enum bench_profile)p), nos_buf_str(&r->intervals[p]));
	nos_buf_add_char(b, '}');
}

/* What a claim is of, in words: those of the paper by its names here, and those on the order of the
 * schemes. */
static const char *words_of(const char *id)
{
	static const struct {
		const char *id, *words;
	} all[] = {
		{ "S1", "first scenario: registered and unregistered sources" },
		{ "S2", "second scenario: registered and unregistered sources" },
		{ "D-Tseq", "T(s,z): the part that is sequential" },
		{ "D-Tc", "T(s,z): the part that is parallel" },
		{ "D-T0", "T(s,z): communication" },
		{ "D-T", "T(s,z), s = 2" },
		{ "P-Tseq", "T(s,z): the part that is sequential, s = 2 and 3" },
		{ "P-Tc", "T(s,z): the part that is parallel, s = 2 and 3" },
		{ "P-T0", "T(s,z): communication" },
		{ "P-T", "T(s,z), s = 2 and 3" },
		{ "D-GN", "name of a global key" },
		{ "D-GV", "value of a global key" },
		{ "D-KI", "Kincr of a local key" },
		{ "D-LN", "name of a local key, in each scenario" },
		{ "D-LV", "value of a local key" },
		{ "D-ST", "storage at a source, in each scenario" },
		{ "D-IN", "packet of the first local key, in each scenario" },
		{ "D-RK", "packet of a replacement, in each scenario" },
		{ "D-RR", "reply to a replacement" },
		{ "D-ON", "operations at the node for a local key" },
		{ "D-OS", "operations at a source for a local key" },
		{ "P-ST", "storage at a source" },
		{ "P-OS", "operations at a source for a session key" },
		{ "F1-DG", "Fig. 1: generation of the global keys" },
		{ "F1-DL", "Fig. 1: generation of a local key" },
		{ "F1-P", "Fig. 1: generation of a session key" },
		{ "F2", "Fig. 2: propagation over a direct connection" },
		{ "F3", "Fig. 3: propagation through adjacent sources" },
		{ "F4", "Fig. 4: replacement against the number of sources" },
		{ "O-generation", "which is dearer in making a key" },
		{ "O-storage", "which is dearer in what a source keeps" },
		{ "O-messages", "which is dearer in messages" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].id, id) == 0)
			return all[i].words;
	return NULL;
}

enum nos_code claims_row_add(
    struct bench *b, const struct claims_of *of, const struct claims_row *r, struct nos_err *err)
{
	NOS_AUTO(buf) row = { 0 };

	nos_buf_init(&row, 4 * CLAIMS_TEXT_MAX);
	nos_buf_add_char(&row, '{');
	nos_encode_member_text(&row, "claim", nos_str_of(of->id));
	if (words_of(of->id))
		nos_encode_member_text(&row, "what", nos_str_of(words_of(of->id)));
	if (of->scheme)
		nos_encode_member_text(&row, "scheme", nos_str_of(of->scheme));
	if (of->unit)
		nos_encode_member_text(&row, "unit", nos_str_of(of->unit));
	member_json(&row, "paper", nos_str_of(of->paper));
	member_json(&row, "ours_paper", nos_buf_str(&r->ours[BENCH_PAPER]));
	member_json(&row, "ours_default", nos_buf_str(&r->ours[BENCH_DEFAULT]));
	add_intervals(&row, r);
	nos_encode_member_text(&row, "verdict", nos_str_of(verdict_text(r->verdict)));
	nos_encode_member_text(&row, "how", nos_str_of(of->how));
	nos_encode_member_text(&row, "why", nos_buf_str(&r->why));
	nos_encode_member_uint(&row, "seed", b->seed);
	nos_encode_member_text(&row, "machine", nos_str_of(b->machine));
	nos_buf_add_char(&row, '}');
	if (nos_buf_check(&row, "row", err))
		return err->code;
	return bench_row_text(b, nos_buf_str(&row), err);
}
