/* SPDX-License-Identifier: MIT */
#include "score/measure.h"

#include <math.h>

#include "json/encode.h"

static const char *key_state_text(enum nos_rule_key_state s)
{
	static const char *const texts[] = {
		[NOS_RULE_KEY_NONE] = "",
		[NOS_RULE_KEY_ACTIVE] = "active",
		[NOS_RULE_KEY_DEACTIVATED] = "deactivated",
		[NOS_RULE_KEY_COMPROMISED] = "compromised",
	};

	return texts[s];
}

static const char *proof_text(enum nos_rule_proof p)
{
	static const char *const texts[] = {
		[NOS_RULE_PROOF_NONE] = "none",
		[NOS_RULE_PROOF_CLAIM] = "claim",
		[NOS_RULE_PROOF_VOUCHED] = "vouched",
		[NOS_RULE_PROOF_BEARER] = "bearer",
		[NOS_RULE_PROOF_KEY] = "key",
	};

	return texts[p];
}

static const char *identity_text(enum nos_rule_identity i)
{
	static const char *const texts[] = {
		[NOS_RULE_IDENTITY_NONE] = "none",
		[NOS_RULE_IDENTITY_PSEUDONYM] = "pseudonym",
		[NOS_RULE_IDENTITY_HARDWARE] = "hardware",
	};

	return texts[i];
}

static void member_text(struct nos_buf *b, const char *name, const char *text)
{
	nos_encode_member_text(b, name, nos_str_of(text));
}

/* A measure that is not known is absent. */
static void member_known(struct nos_buf *b, const char *name, double v)
{
	if (!isnan(v))
		nos_encode_member_number(b, name, v);
}

static void encode_security(struct nos_buf *b, const struct nos_rule_security *s)
{
	nos_encode_member_uint(b, "bits", s->bits);
	nos_encode_member_uint(b, "tag", s->tag);
	if (s->bits) {
		nos_encode_member_uint(b, "holders", s->holders);
		if (s->key_state != NOS_RULE_KEY_NONE) {
			nos_encode_member_number(b, "key_age", s->key_age_s);
			nos_encode_member_number(b, "key_period", s->key_period_s);
			member_text(b, "key_state", key_state_text(s->key_state));
		}
	}
	member_text(b, "proof", proof_text(s->proof));
	if (s->proof == NOS_RULE_PROOF_KEY)
		member_text(b, "enrolled", s->open ? "open" : "token");
	nos_encode_member_bool(b, "fresh", s->fresh);
	member_text(b, "identity", identity_text(s->identity));
	if (s->has_position)
		nos_encode_member_uint(b, "decimals", s->decimals);
}

static void encode_quality(
    struct nos_buf *b, const struct nos_rule_input *in, const struct nos_rule_state *before)
{
	if (in->reading->has_time)
		nos_encode_member_number(
		    b, "age", (double)(in->received.ms - in->reading->time.ms) / 1000);
	member_known(b, "validity", nos_timeliness_validity_s(in, before));
	member_known(b, "error", in->type->u);
	member_known(b, "sigma", in->type->sigma);
	member_known(b, "resolution", in->type->resolution);
	if (in->packs_expected) {
		nos_encode_member_uint(b, "received", in->packs_seen);
		nos_encode_member_uint(b, "expected", in->packs_expected);
	}
}

static void encode_flags(struct nos_buf *b, unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *text;
	} all[] = {
		{ NOS_RULE_MISSING, "missing" },
		{ NOS_RULE_LATE, "late" },
		{ NOS_RULE_FUTURE, "future" },
		{ NOS_RULE_PAST, "past" },
		{ NOS_RULE_NO_TIME, "no-time" },
		{ NOS_RULE_UNIT, "unit" },
	};

	nos_encode_member(b, "flags");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!(flags & all[i].flag))
			continue;
		nos_encode_comma(b);
		nos_encode_text(b, nos_str_of(all[i].text));
	}
	nos_buf_add_char(b, ']');
}

void nos_measure_encode(struct nos_buf *b, const struct nos_rule_input *in,
    const struct nos_rule_state *before, const struct nos_rule_scores *scores)
{
	nos_encode_member(b, "scores");
	nos_buf_add_char(b, '{');
	for (int i = 0; i < NOS_RULE_COUNT; i++)
		nos_encode_member_number(b, nos_rule_text((enum nos_rule_name)i), scores->of[i]);
	nos_buf_add_char(b, '}');
	nos_encode_member(b, "raw");
	nos_buf_add_char(b, '{');
	encode_security(b, in->security);
	encode_quality(b, in, before);
	nos_buf_add_char(b, '}');
	encode_flags(b, scores->flags);
}
