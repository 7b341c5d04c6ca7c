/* SPDX-License-Identifier: MIT */
/* reading/batch in both forms, and the scores of what it took: each is in [0,1] or not known. */
#include "fuzz.h"

#include "base/num.h"
#include "reading/batch.h"
#include "score/identity.h"
#include "score/measure.h"
#include "score/normal.h"
#include "score/profile.h"

#define MOST 64 /* readings */

static void check_reading(
    const struct nos_reading *r, struct nos_str text, const struct nos_batch *b)
{
	must(r->type.len >= 1 && r->type.len <= NOS_READING_TYPE_MAX);
	must(r->unit.len <= NOS_READING_UNIT_MAX && r->claimed.len <= NOS_READING_CLAIMED_MAX);
	must(fuzz_within(r->type, text, &b->space) && fuzz_within(r->unit, text, &b->space));
	must(fuzz_within(r->claimed, text, &b->space) && fuzz_within(r->text, text, &b->space));
	must(r->kind != NOS_READING_NUMBER || isfinite(r->number));
	must(r->kind != NOS_READING_TEXT || r->text.len <= NOS_READING_TEXT_MAX);
	must(
	    !r->has_position || (r->lat >= -90 && r->lat <= 90 && r->lon >= -180 && r->lon <= 180));
}

static void check_scores(const struct nos_reading *r, struct nos_rule_state *state)
{
	const struct nos_rule_security security = { .identity = nos_identity_of(r->type),
		.has_position = r->has_position,
		.decimals = r->lat_decimals };
	struct nos_rule_input in = {
		.type = nos_profile_find(nos_profile_builtin(), NOS_STR(""), r->type),
		.security = &security,
		.received = { 1547812800000 },
	};
	struct nos_rule_state before = *state;
	struct nos_rule_scores scores;
	struct nos_normal n;
	NOS_AUTO(buf) out = { 0 };
	struct nos_scan scan = { 0 };
	struct nos_err err = { 0 };

	nos_normal_make(r, in.type, &n);
	must(!n.converted || nos_str_eq(n.reading.unit, in.type->unit));
	must(n.reading.kind != NOS_READING_NUMBER || nos_num_is_decimal(n.reading.text));
	nos_normal_tell(&n, &in);
	scores = nos_rule_score(&in, state);
	for (int i = 0; i < NOS_RULE_COUNT; i++)
		must(isnan(scores.of[i]) || (scores.of[i] >= 0 && scores.of[i] <= 1));
	nos_buf_init(&out, 8192);
	nos_buf_add_char(&out, '{');
	nos_measure_encode(&out, &in, &before, &scores);
	nos_buf_add_char(&out, '}');
	must(!nos_buf_check(&out, "scores", &err));
	must(!nos_scan_parse(&scan, nos_buf_str(&out), &err));
	nos_scan_release(&scan);
}

static void decode(enum nos_batch_form form, struct nos_str text)
{
	struct nos_scan scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
	struct nos_rule_state state = { 0 };
	struct nos_batch b = { 0 };
	struct nos_err err = { 0 };
	enum nos_code code = nos_batch_decode(&b, form, text, MOST, &scan, &err);
	size_t item = 0, reject = 0;

	must(code == err.code && b.count + b.reject_count <= MOST);
	must(code == NOS_OK || code == NOS_LARGE || (code == NOS_DATA && form == NOS_BATCH_JSON));
	/* Every index once, in order, in one of the two lists. */
	for (uint32_t i = 0; i < b.count + b.reject_count; i++)
		if (item < b.count && b.items[item].index == i)
			item++;
		else
			must(reject < b.reject_count && b.rejects[reject++].index == i);
	for (size_t i = 0; i < b.reject_count; i++)
		must(b.rejects[i].err.code == NOS_DATA || b.rejects[i].err.code == NOS_LARGE);
	for (size_t i = 0; i < b.count; i++) {
		check_reading(&b.items[i].reading, text, &b);
		check_scores(&b.items[i].reading, &state);
	}
	nos_batch_release(&b);
	nos_scan_release(&scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	decode(NOS_BATCH_JSON, fuzz_text(data, size));
	decode(NOS_BATCH_NDJSON, fuzz_text(data, size));
	return 0;
}
