/* SPDX-License-Identifier: MIT */
#include "score/weigh.h"

#include "json/encode.h"
#include "score/identity.h"
#include "score/measure.h"
#include "score/normal.h"
#include "score/restate.h"

/* Members that are written anew, or that only a record has. */
static bool is_ours(struct nos_str name, bool record)
{
	static const char *const ours[] = { "line", "index", "scores", "raw", "flags", "explain" };

	if (!record && nos_str_is(name, "received"))
		return true;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (nos_str_is(name, ours[i]))
			return true;
	return false;
}

static void copy_value(struct nos_buf *b, const struct nos_scan_value *v)
{
	const char *quote = v->kind == NOS_SCAN_STRING ? "\"" : "";

	if (v->kind == NOS_SCAN_NOT_FINITE) {
		nos_buf_add_text(b, "null");
		return;
	}
	nos_buf_add_text(b, quote);
	nos_buf_add_str(b, v->raw);
	nos_buf_add_text(b, quote);
}

/* A value that is missing becomes null; a number has its own digits where nothing changed them. */
static void add_value(
    struct nos_buf *b, const struct nos_scan_value *v, const struct nos_reading *reading)
{
	if (reading->kind == NOS_READING_MISSING)
		nos_buf_add_text(b, "null");
	else if (reading->kind == NOS_READING_NUMBER)
		nos_buf_add_str(b, reading->text);
	else
		copy_value(b, v);
}

/* The unit of a number may be another than the one that stands there. */
static void add_unit(
    struct nos_buf *b, const struct nos_scan_value *v, const struct nos_normal *n, bool record)
{
	if (n->converted || (record && n->reading.unit.len))
		nos_encode_text(b, n->reading.unit);
	else
		copy_value(b, v);
}

/* The reading's own members as they came, but for value and unit as they are weighed. */
static void copy_members(struct nos_buf *b, const struct nos_weigh *w, const struct nos_normal *n)
{
	const struct nos_scan_value *name, *value;
	uint32_t at = 0;

	nos_buf_add_char(b, '{');
	while (nos_scan_member(w->scan, w->object, &at, &name, &value)) {
		if (is_ours(name->raw, w->record))
			continue;
		nos_encode_comma(b);
		nos_buf_add_char(b, '"');
		nos_buf_add_str(b, name->raw);
		nos_buf_add_text(b, "\":");
		if (nos_str_is(name->raw, "value"))
			add_value(b, value, &n->reading);
		else if (nos_str_is(name->raw, "unit"))
			add_unit(b, value, n, w->record);
		else
			copy_value(b, value);
	}
}

/* Does anything in the reading name a device or a person? */
static enum nos_rule_identity identity_of(const struct nos_reading *reading)
{
	if (nos_identity_of(reading->claimed) || nos_identity_of(reading->type) ||
	    (reading->kind == NOS_READING_TEXT && nos_identity_of(reading->text)))
		return NOS_RULE_IDENTITY_HARDWARE;
	return NOS_RULE_IDENTITY_NONE;
}

struct nos_rule_security nos_weigh_anonymous(const struct nos_reading *reading)
{
	return (struct nos_rule_security){
		.identity = identity_of(reading),
		.has_position = reading->has_position,
		.decimals = reading->lat_decimals,
	};
}

/* A text on a terminal: no byte that it might obey. */
static void add_harmless(struct nos_buf *b, struct nos_str text)
{
	size_t from = b->len;

	nos_buf_add_str(b, text);
	for (size_t i = from; i < b->len; i++) {
		unsigned char c = (unsigned char)b->p[i];

		if (c < 0x20 || c >= 0x7f)
			b->p[i] = '?';
	}
}

/* What the table is of: its line, the reading, and its flags. */
static void add_heading(struct nos_buf *b, const struct nos_weigh *w, const struct nos_reading *r,
    const struct nos_rule_scores *scores)
{
	if (w->line)
		nos_buf_addf(b, "line %llu: ", (unsigned long long)w->line);
	add_harmless(b, r->type);
	nos_buf_add_char(b, ' ');
	if (r->kind == NOS_READING_MISSING)
		nos_buf_add_char(b, '-');
	else if (r->kind == NOS_READING_BOOL)
		nos_buf_add_text(b, r->truth ? "true" : "false");
	else
		add_harmless(b, r->text);
	if (r->unit.len)
		nos_buf_add_char(b, ' ');
	add_harmless(b, r->unit);
	for (unsigned flag = 1; flag <= scores->flags; flag <<= 1)
		if (scores->flags & flag)
			nos_buf_addf(b, ", %s", nos_measure_flag((enum nos_rule_flag)flag));
	nos_buf_add_char(b, '\n');
}

/* Also where it would, had nobody known the key: who took the record by the filter hears of it. */
static bool passes(
    const struct nos_weigh *w, const struct nos_reading *reading, const struct nos_restate *a)
{
	static const enum nos_rule_key_state before[] = { NOS_RULE_KEY_ACTIVE,
		NOS_RULE_KEY_DEACTIVATED };
	struct nos_measure m = *w->corrects;
	bool ret = nos_restate_passes(a, w->only);
	struct nos_restate was;

	for (size_t i = 0; !ret && i < sizeof(before) / sizeof(before[0]); i++) {
		m.security.key_state = before[i];
		nos_restate_weigh(w->scan, w->object, &m, reading, NULL, &was);
		ret = nos_restate_passes(&was, w->only);
	}
	return ret;
}

static bool encode_correction(
    struct nos_buf *b, const struct nos_weigh *w, const struct nos_reading *reading)
{
	struct nos_explain explain = { 0 };
	struct nos_restate a;

	nos_restate_weigh(w->scan, w->object, w->corrects, reading, &explain, &a);
	if (w->only && !passes(w, reading, &a))
		return false;
	if (w->table) {
		add_heading(b, w, reading, &a.scores);
		nos_explain_table(b, &explain, &a.scores);
		return true;
	}
	nos_buf_add_char(b, '{');
	nos_restate_encode(b, w->line, &a);
	if (w->explain)
		nos_explain_encode(b, &explain);
	nos_buf_add_char(b, '}');
	return true;
}

/* Without its closing bracket: more stands in it. */
static void encode_reading(struct nos_buf *b, const struct nos_weigh *w, const struct nos_normal *n)
{
	if (w->object) {
		copy_members(b, w, n);
	} else {
		nos_reading_encode(b, &n->reading);
		nos_buf_truncate(b, b->len - 1);
	}
	if (w->line)
		nos_encode_member_uint(b, "line", w->line);
	if (w->many)
		nos_encode_member_uint(b, "index", w->index);
}

bool nos_weigh_encode(struct nos_buf *b, const struct nos_weigh *w,
    const struct nos_reading *reading, struct nos_rule_state *state)
{
	struct nos_normal n;
	struct nos_explain explain;
	struct nos_rule_input in = {
		.type = w->type,
		.security = w->security,
		.received = w->received,
		.packs_seen = w->packs_seen,
		.packs_expected = w->packs_expected,
	};
	struct nos_rule_state before = { 0 };
	struct nos_rule_scores scores;

	if (w->corrects)
		return encode_correction(b, w, reading);
	if (state)
		before = *state;
	if (w->explain || w->table) {
		explain = (struct nos_explain){ 0 };
		in.explain = &explain;
	}
	nos_normal_make(reading, w->type, &n);
	nos_normal_tell(&n, &in);
	scores = nos_rule_score(&in, state);
	if (w->only &&
	    !nos_filter_passes(w->only, &(struct nos_filter_input){ &in, &before, &scores }))
		return false;
	if (w->table) {
		add_heading(b, w, &n.reading, &scores);
		nos_explain_table(b, &explain, &scores);
		return true;
	}
	encode_reading(b, w, &n);
	nos_measure_encode(b, &in, &before, &scores);
	if (w->explain)
		nos_explain_encode(b, &explain);
	nos_buf_add_char(b, '}');
	return true;
}
