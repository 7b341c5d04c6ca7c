/* SPDX-License-Identifier: MIT */
/* reading/batch in every form, as a body and line by line; what it took is written and read again
 * as the same; and its scores: each is in [0,1] or not known. */
#include "fuzz.h"

#include "base/num.h"
#include "reading/batch.h"
#include "score/identity.h"
#include "score/measure.h"
#include "score/normal.h"
#include "score/profile.h"

#define MOST 64 /* readings */
#define NOW                   \
	{                     \
		1547812800000 \
	}
#define LAST INT64_C(253402300800000) /* ms; the first year that has five digits */

static bool known(struct nos_str s, struct nos_str text, const struct nos_batch *b)
{
	return fuzz_within(s, text, &b->space) || fuzz_within(s, text, &b->csv.names_text);
}

static void check_reading(
    const struct nos_reading *r, struct nos_str text, const struct nos_batch *b)
{
	must(r->type.len >= 1 && r->type.len <= NOS_READING_TYPE_MAX);
	must(r->unit.len <= NOS_READING_UNIT_MAX && r->claimed.len <= NOS_READING_CLAIMED_MAX);
	must(known(r->type, text, b) && known(r->unit, text, b));
	must(known(r->claimed, text, b) && known(r->text, text, b));
	must(known(r->lat_text, text, b) && known(r->lon_text, text, b));
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

/* As text, and read again. */
static void check_again(const struct nos_reading *r)
{
	struct nos_scan scan = { 0 };
	struct nos_reading again;
	struct nos_err err = { 0 };
	NOS_AUTO(buf) out = { 0 };
	NOS_AUTO(buf) space = { 0 };

	nos_buf_init(&out, 1 << 20);
	nos_buf_init(&space, 1 << 20);
	nos_reading_encode(&out, r);
	must(!nos_buf_check(&out, "reading", &err) && nos_buf_reserve(&space, out.len + 1));
	must(!nos_scan_parse(&scan, nos_buf_str(&out), &err));
	must(!nos_reading_decode(&scan, scan.values, &space, &again, &err));
	must(nos_str_eq(again.type, r->type) && nos_str_eq(again.unit, r->unit));
	must(again.kind == r->kind && nos_str_eq(again.claimed, r->claimed));
	must(r->kind != NOS_READING_TEXT || nos_str_eq(again.text, r->text));
	must(r->kind != NOS_READING_BOOL || again.truth == r->truth);
	must(r->kind != NOS_READING_NUMBER ||
	     (again.number == r->number && again.decimals == r->decimals));
	must(again.has_time == r->has_time && again.has_seq == r->has_seq);
	must(!r->has_time || r->time.ms >= LAST || again.time.ms == r->time.ms);
	must(!r->has_seq || again.seq == r->seq);
	must(again.has_position == r->has_position);
	must(!r->has_position ||
	     (again.lat == r->lat && again.lon == r->lon && again.lat_decimals == r->lat_decimals));
	nos_scan_release(&scan);
}

static void check_batch(const struct nos_batch *b, struct nos_str text)
{
	struct nos_rule_state state = { 0 };
	const struct nos_batch_item *item;
	const struct nos_batch_reject *reject;
	size_t at[2] = { 0 };
	uint32_t i = 0;

	must(b->count + b->reject_count <= MOST);
	/* Every index once, in order, in one of the two lists. */
	for (; nos_batch_next(b, at, &item, &reject); i++) {
		must((item ? item->index : reject->index) == i);
		if (reject) {
			must(reject->err.code == NOS_DATA || reject->err.code == NOS_LARGE);
			continue;
		}
		must(!item->object || (item->text.len && item->object->kind == NOS_SCAN_OBJECT));
		check_reading(&item->reading, text, b);
		check_again(&item->reading);
		check_scores(&item->reading, &state);
	}
	must(i == b->count + b->reject_count);
}

static void decode(enum nos_batch_form form, struct nos_str text)
{
	const struct nos_batch_how how = { .form = form, .now = NOW };
	struct nos_scan scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
	struct nos_batch b = { 0 };
	struct nos_err err = { 0 };
	enum nos_code code = nos_batch_decode(&b, &how, text, MOST, &scan, &err);

	must(code == err.code);
	must(code == NOS_OK || code == NOS_LARGE || (code == NOS_DATA && form != NOS_BATCH_NDJSON));
	check_batch(&b, text);
	nos_batch_release(&b);
	nos_scan_release(&scan);
}

/* As a tool reads it. */
static void decode_lines(enum nos_batch_form form, struct nos_str text)
{
	const struct nos_batch_how how = { .form = form, .now = NOW };
	struct nos_scan scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
	struct nos_str rest = text, line;
	struct nos_batch b = { 0 };
	struct nos_err err;
	bool many;

	while (nos_str_cut(&rest, '\n', &line)) {
		err = (struct nos_err){ 0 };
		if (!nos_str_trim(line).len)
			continue;
		if (nos_batch_line(&b, &how, line, MOST, &scan, &many, &err))
			must(err.code == NOS_DATA || err.code == NOS_LARGE);
		else
			must(many || b.count + b.reject_count <= 1);
		check_batch(&b, text);
	}
	nos_batch_release(&b);
	nos_scan_release(&scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct nos_str text = fuzz_text(data, size);

	for (int form = NOS_BATCH_JSON; form <= NOS_BATCH_CSV; form++) {
		decode((enum nos_batch_form)form, text);
		decode_lines((enum nos_batch_form)form, text);
	}
	return 0;
}
