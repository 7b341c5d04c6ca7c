/* SPDX-License-Identifier: MIT */
#include "score/restate.h"

#include <math.h>

#include "base/num.h"
#include "json/encode.h"

/* ---- what it is worth ---- */

static const struct {
	enum nos_rule_name name;
	double (*score)(const struct nos_rule_security *s, struct nos_explain *e);
} security[] = {
	{ NOS_RULE_CONFIDENTIALITY, nos_confidentiality_score },
	{ NOS_RULE_INTEGRITY, nos_integrity_score },
	{ NOS_RULE_PRIVACY, nos_privacy_score },
	{ NOS_RULE_AUTHENTICATION, nos_authentication_score },
};

/* NaN where it is null, or not there. */
static double number(
    const struct nos_scan *scan, const struct nos_scan_value *object, const char *name)
{
	const struct nos_scan_value *v =
	    object && object->kind == NOS_SCAN_OBJECT ? nos_scan_get(scan, object, name) : NULL;
	double ret;

	return v && v->kind == NOS_SCAN_NUMBER && nos_num_parse_decimal(v->raw, &ret) ? ret : NAN;
}

static unsigned flags_of(const struct nos_scan *scan, const struct nos_scan_value *record)
{
	const struct nos_scan_value *list = nos_scan_get(scan, record, "flags"), *v;
	unsigned ret = 0;
	uint32_t at = 0;

	while (list && list->kind == NOS_SCAN_ARRAY && nos_scan_element(scan, list, &at, &v))
		for (unsigned flag = 1; flag <= NOS_RULE_UNIT; flag <<= 1)
			if (nos_str_is(v->raw, nos_measure_flag((enum nos_rule_flag)flag)))
				ret |= flag;
	return ret;
}

void nos_restate_weigh(const struct nos_scan *scan, const struct nos_scan_value *record,
    const struct nos_measure *m, const struct nos_reading *reading, struct nos_explain *e,
    struct nos_restate *ret)
{
	const struct nos_scan_value *raw = nos_scan_get(scan, record, "raw");
	const struct nos_scan_value *scores = nos_scan_get(scan, record, "scores");

	*ret = (struct nos_restate){ .scan = scan, .record = record, .type = nos_rule_unknown };
	ret->type.validity_s = number(scan, raw, "validity");
	ret->type.u = number(scan, raw, "error");
	ret->type.sigma = number(scan, raw, "sigma");
	ret->type.resolution = number(scan, raw, "resolution");
	ret->in = (struct nos_rule_input){ .reading = reading,
		.type = &ret->type,
		.security = &m->security,
		.received = m->received,
		.packs_seen = m->packs_seen,
		.packs_expected = m->packs_expected,
		.sent_value = m->sent_value,
		.sent_unit = m->sent_unit,
		.explain = e };
	ret->scores.flags = flags_of(scan, record);
	for (unsigned i = 0; i < NOS_RULE_COUNT; i++)
		ret->scores.of[i] = number(scan, scores, nos_rule_text((enum nos_rule_name)i));
	for (size_t i = 0; i < sizeof(security) / sizeof(security[0]); i++)
		ret->scores.of[security[i].name] = security[i].score(&m->security, e);
}

bool nos_restate_passes(const struct nos_restate *a, const struct nos_filter *f)
{
	return nos_filter_passes(f, &(struct nos_filter_input){ &a->in, &a->before, &a->scores });
}

/* ---- as text ---- */

void nos_restate_copy(
    struct nos_buf *b, const struct nos_scan_value *name, const struct nos_scan_value *value)
{
	const char *quote = value->kind == NOS_SCAN_STRING ? "\"" : "";

	nos_encode_comma(b);
	nos_buf_add_char(b, '"');
	nos_buf_add_str(b, name->raw);
	nos_buf_add_text(b, "\":");
	nos_buf_add_text(b, quote);
	nos_buf_add_str(b, value->kind == NOS_SCAN_NOT_FINITE ? NOS_STR("null") : value->raw);
	nos_buf_add_text(b, quote);
}

/* False: it is none of security. */
static bool encode_security(struct nos_buf *b, struct nos_str name, const struct nos_restate *a)
{
	for (size_t i = 0; i < sizeof(security) / sizeof(security[0]); i++) {
		const char *text = nos_rule_text(security[i].name);

		if (!nos_str_is(name, text))
			continue;
		nos_encode_member_number(b, text, a->scores.of[security[i].name]);
		return true;
	}
	return false;
}

void nos_restate_scores(struct nos_buf *b, const struct nos_restate *a)
{
	const struct nos_scan_value *scores = nos_scan_get(a->scan, a->record, "scores");
	const struct nos_scan_value *name, *value;
	uint32_t at = 0;

	nos_encode_member(b, "scores");
	nos_buf_add_char(b, '{');
	while (scores && scores->kind == NOS_SCAN_OBJECT &&
	       nos_scan_member(a->scan, scores, &at, &name, &value))
		if (!encode_security(b, name->raw, a))
			nos_restate_copy(b, name, value);
	nos_buf_add_char(b, '}');
}

static bool is_last(struct nos_str name)
{
	return nos_str_is(name, "raw") || nos_str_is(name, "flags");
}

/* Written anew, or not at all. */
static bool is_ours(struct nos_str name)
{
	return nos_str_is(name, "line") || nos_str_is(name, "scores") ||
	       nos_str_is(name, "explain");
}

/* Those that stand behind the scores, or all others. */
static void copy(struct nos_buf *b, const struct nos_restate *a, bool last)
{
	const struct nos_scan_value *name, *value;
	uint32_t at = 0;

	while (nos_scan_member(a->scan, a->record, &at, &name, &value))
		if (is_last(name->raw) == last && !is_ours(name->raw))
			nos_restate_copy(b, name, value);
}

void nos_restate_encode(struct nos_buf *b, uint64_t line, const struct nos_restate *a)
{
	copy(b, a, false);
	if (line)
		nos_encode_member_uint(b, "line", line);
	nos_restate_scores(b, a);
	copy(b, a, true);
}
