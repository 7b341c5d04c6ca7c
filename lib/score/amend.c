/* SPDX-License-Identifier: MIT */
#include "score/amend.h"

#include "json/encode.h"

static const struct {
	enum nos_rule_name name;
	double (*score)(const struct nos_rule_security *s);
} security[] = {
	{ NOS_RULE_CONFIDENTIALITY, nos_confidentiality_score },
	{ NOS_RULE_INTEGRITY, nos_integrity_score },
	{ NOS_RULE_PRIVACY, nos_privacy_score },
	{ NOS_RULE_AUTHENTICATION, nos_authentication_score },
};

void nos_amend_copy(
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
static bool encode_security(
    struct nos_buf *b, struct nos_str name, const struct nos_rule_security *s)
{
	for (size_t i = 0; i < sizeof(security) / sizeof(security[0]); i++) {
		const char *text = nos_rule_text(security[i].name);

		if (!nos_str_is(name, text))
			continue;
		nos_encode_member_number(b, text, security[i].score(s));
		return true;
	}
	return false;
}

void nos_amend_scores(struct nos_buf *b, const struct nos_scan *scan,
    const struct nos_scan_value *record, const struct nos_rule_security *s)
{
	const struct nos_scan_value *scores = nos_scan_get(scan, record, "scores"), *name, *value;
	uint32_t at = 0;

	nos_encode_member(b, "scores");
	nos_buf_add_char(b, '{');
	while (scores && scores->kind == NOS_SCAN_OBJECT &&
	       nos_scan_member(scan, scores, &at, &name, &value))
		if (!encode_security(b, name->raw, s))
			nos_amend_copy(b, name, value);
	nos_buf_add_char(b, '}');
}

static bool is_last(struct nos_str name)
{
	return nos_str_is(name, "raw") || nos_str_is(name, "flags");
}

/* Those that stand behind the scores, or all others. */
static void copy(struct nos_buf *b, const struct nos_scan *scan, bool last)
{
	const struct nos_scan_value *name, *value;
	uint32_t at = 0;

	while (nos_scan_member(scan, scan->values, &at, &name, &value))
		if (is_last(name->raw) == last && !nos_str_is(name->raw, "line") &&
		    !nos_str_is(name->raw, "scores"))
			nos_amend_copy(b, name, value);
}

void nos_amend_encode(struct nos_buf *b, const struct nos_scan *scan, uint64_t line,
    const struct nos_rule_security *s)
{
	nos_buf_add_char(b, '{');
	copy(b, scan, false);
	if (line)
		nos_encode_member_uint(b, "line", line);
	nos_amend_scores(b, scan, scan->values, s);
	copy(b, scan, true);
	nos_buf_add_char(b, '}');
}
