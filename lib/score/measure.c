/* SPDX-License-Identifier: MIT */
#include "score/measure.h"

#include <limits.h>
#include <math.h>

#include "base/num.h"
#include "json/encode.h"

#define COUNT(words) (sizeof(words) / sizeof((words)[0]))

static const char *const key_states[] = {
	[NOS_RULE_KEY_NONE] = "", /* never written: the member is absent */
	[NOS_RULE_KEY_ACTIVE] = "active",
	[NOS_RULE_KEY_DEACTIVATED] = "deactivated",
	[NOS_RULE_KEY_COMPROMISED] = "compromised",
};

static const char *const proofs[] = {
	[NOS_RULE_PROOF_NONE] = "none",
	[NOS_RULE_PROOF_CLAIM] = "claim",
	[NOS_RULE_PROOF_VOUCHED] = "vouched",
	[NOS_RULE_PROOF_BEARER] = "bearer",
	[NOS_RULE_PROOF_KEY] = "key",
};

static const char *const identities[] = {
	[NOS_RULE_IDENTITY_NONE] = "none",
	[NOS_RULE_IDENTITY_PSEUDONYM] = "pseudonym",
	[NOS_RULE_IDENTITY_HARDWARE] = "hardware",
};

static const char *const enrolled[] = { "token", "open" };

static const struct {
	const char *const *words;
	size_t count;
} lists[] = {
	[NOS_MEASURE_KEY_STATE] = { key_states, COUNT(key_states) },
	[NOS_MEASURE_PROOF] = { proofs, COUNT(proofs) },
	[NOS_MEASURE_ENROLLED] = { enrolled, COUNT(enrolled) },
	[NOS_MEASURE_IDENTITY] = { identities, COUNT(identities) },
};

/* In the order of their bits. */
static const char *const flags[] = { "missing", "late", "future", "past", "no-time", "unit" };

bool nos_measure_word(enum nos_measure_word of, struct nos_str word, unsigned *ret)
{
	for (unsigned i = 0; word.len && i < lists[of].count; i++) {
		if (nos_str_is(word, lists[of].words[i])) {
			*ret = i;
			return true;
		}
	}
	return false;
}

const char *nos_measure_flag(enum nos_rule_flag flag)
{
	return flags[__builtin_ctz(flag)];
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

/* All that a score depends on is written, or follows from what is absent. */
static void encode_security(struct nos_buf *b, const struct nos_rule_security *s)
{
	nos_encode_member_uint(b, "bits", s->bits);
	nos_encode_member_uint(b, "tag", s->tag);
	if (s->bits || s->holders)
		nos_encode_member_uint(b, "holders", s->holders);
	if (s->key_state != NOS_RULE_KEY_NONE || s->key_period_s > 0) {
		nos_encode_member_number(b, "key_age", s->key_age_s);
		nos_encode_member_number(b, "key_period", s->key_period_s);
	}
	if (s->key_state != NOS_RULE_KEY_NONE)
		member_text(b, "key_state", key_states[s->key_state]);
	member_text(b, "proof", proofs[s->proof]);
	if (s->proof == NOS_RULE_PROOF_KEY || s->open)
		member_text(b, "enrolled", enrolled[s->open]);
	nos_encode_member_bool(b, "fresh", s->fresh);
	member_text(b, "identity", identities[s->identity]);
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
	if (in->sent_value.len) {
		nos_encode_member(b, "value");
		nos_buf_add_str(b, in->sent_value); /* its own digits */
	}
	if (in->sent_unit.len)
		nos_encode_member_text(b, "unit", in->sent_unit);
}

static void encode_flags(struct nos_buf *b, unsigned set)
{
	nos_encode_member(b, "flags");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < COUNT(flags); i++) {
		if (!(set & 1u << i))
			continue;
		nos_encode_comma(b);
		nos_encode_text(b, nos_str_of(flags[i]));
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

struct decoder {
	const struct nos_scan *scan;
	const struct nos_scan_value *raw;
	struct nos_err *err;
};

static enum nos_code wrong(const struct decoder *d, const char *name, const char *what)
{
	return nos_err_set_field(d->err, NOS_DATA, name, "raw: %s %s", name, what);
}

/* A member of "raw"; *ret is NULL, and the code NOS_OK, where one that may be absent is. */
static enum nos_code member(
    const struct decoder *d, const char *name, bool needed, const struct nos_scan_value **ret)
{
	*ret = nos_scan_get(d->scan, d->raw, name);
	return *ret || !needed ? NOS_OK : wrong(d, name, "is missing");
}

/* Each of these leaves *ret as it is where the member is absent and may be. */
static enum nos_code decode_uint(
    const struct decoder *d, const char *name, bool needed, unsigned *ret)
{
	const struct nos_scan_value *v;
	enum nos_code code = member(d, name, needed, &v);
	uint64_t number;

	if (!v)
		return code;
	if (v->kind != NOS_SCAN_NUMBER || !nos_num_parse(v->raw, 0, UINT_MAX, &number))
		return wrong(d, name, "is not a whole number");
	*ret = (unsigned)number;
	return NOS_OK;
}

static enum nos_code decode_seconds(const struct decoder *d, const char *name, double *ret)
{
	const struct nos_scan_value *v = nos_scan_get(d->scan, d->raw, name);

	if (v && (v->kind != NOS_SCAN_NUMBER || !nos_num_parse_decimal(v->raw, ret)))
		return wrong(d, name, "is not a number");
	return NOS_OK;
}

static enum nos_code decode_word(
    const struct decoder *d, const char *name, bool needed, enum nos_measure_word of, unsigned *ret)
{
	const struct nos_scan_value *v;

	if (member(d, name, needed, &v))
		return d->err->code;
	if (!v || (v->kind == NOS_SCAN_STRING && nos_measure_word(of, v->raw, ret)))
		return NOS_OK;
	return wrong(d, name, "is not a word for it");
}

static enum nos_code decode_key(const struct decoder *d, struct nos_rule_security *s)
{
	unsigned state = NOS_RULE_KEY_NONE;

	if (decode_uint(d, "bits", true, &s->bits) || decode_uint(d, "tag", true, &s->tag) ||
	    decode_uint(d, "holders", false, &s->holders) ||
	    decode_seconds(d, "key_age", &s->key_age_s) ||
	    decode_seconds(d, "key_period", &s->key_period_s) ||
	    decode_word(d, "key_state", false, NOS_MEASURE_KEY_STATE, &state))
		return d->err->code;
	s->key_state = (enum nos_rule_key_state)state;
	return NOS_OK;
}

static enum nos_code decode_source(const struct decoder *d, struct nos_rule_security *s)
{
	const struct nos_scan_value *v;
	unsigned proof = 0, open = 0, identity = 0;

	if (decode_word(d, "proof", true, NOS_MEASURE_PROOF, &proof) ||
	    decode_word(d, "enrolled", false, NOS_MEASURE_ENROLLED, &open) ||
	    decode_word(d, "identity", true, NOS_MEASURE_IDENTITY, &identity) ||
	    decode_uint(d, "decimals", false, &s->decimals) || member(d, "fresh", true, &v))
		return d->err->code;
	if (v->kind != NOS_SCAN_TRUE && v->kind != NOS_SCAN_FALSE)
		return wrong(d, "fresh", "is neither true nor false");
	s->proof = (enum nos_rule_proof)proof;
	s->open = open;
	s->fresh = v->kind == NOS_SCAN_TRUE;
	s->identity = (enum nos_rule_identity)identity;
	s->has_position = nos_scan_get(d->scan, d->raw, "decimals");
	return NOS_OK;
}

static enum nos_code decode_packs(const struct decoder *d, struct nos_measure *m)
{
	if (decode_uint(d, "received", false, &m->packs_seen) ||
	    decode_uint(d, "expected", false, &m->packs_expected))
		return d->err->code;
	return m->packs_seen <= m->packs_expected ? NOS_OK
						  : wrong(d, "received", "is over expected");
}

/* What it was before it was said in its type's unit. */
static enum nos_code decode_sent(
    const struct decoder *d, struct nos_buf *space, struct nos_measure *m)
{
	const struct nos_scan_value *unit = nos_scan_get(d->scan, d->raw, "unit");
	const struct nos_scan_value *v = nos_scan_get(d->scan, d->raw, "value");
	double number;

	if (v && (v->kind != NOS_SCAN_NUMBER || !nos_num_parse_decimal(v->raw, &number)))
		return wrong(d, "value", "is not a number");
	if (unit && (unit->kind != NOS_SCAN_STRING || !nos_scan_text(unit, space, &m->sent_unit)))
		return wrong(d, "unit", "is not a text");
	if (m->sent_unit.len > NOS_READING_UNIT_MAX)
		return wrong(d, "unit", "is over 32 bytes");
	if (v && !m->sent_unit.len)
		return wrong(d, "value", "stands without a unit");
	if (v)
		m->sent_value = v->raw;
	return NOS_OK;
}

void nos_measure_restore(const struct nos_measure *m, struct nos_reading *reading)
{
	if (!m->sent_unit.len)
		return;
	reading->unit = m->sent_unit;
	reading->text = m->sent_value;
	reading->decimals = nos_num_decimals(m->sent_value);
	reading->kind = nos_num_parse_decimal(m->sent_value, &reading->number)
			    ? NOS_READING_NUMBER
			    : NOS_READING_MISSING;
}

enum nos_code nos_measure_decode(const struct nos_scan *scan, const struct nos_scan_value *record,
    struct nos_buf *space, struct nos_measure *ret, struct nos_err *err)
{
	const struct nos_scan_value *received = nos_scan_get(scan, record, "received");
	struct decoder d = { scan, nos_scan_get(scan, record, "raw"), err };
	struct nos_measure m = { 0 };
	double number;

	if (!received || received->kind != NOS_SCAN_NUMBER ||
	    !nos_num_parse_decimal(received->raw, &number) ||
	    !nos_time_from_number(number, &m.received))
		return nos_err_set_field(
		    err, NOS_DATA, "received", "received is missing, or is no time");
	if (!d.raw || d.raw->kind != NOS_SCAN_OBJECT)
		return nos_err_set_field(
		    err, NOS_DATA, "raw", "raw is missing, or is not an object");
	if (decode_key(&d, &m.security) || decode_source(&d, &m.security) || decode_packs(&d, &m) ||
	    decode_sent(&d, space, &m))
		return err->code;
	*ret = m;
	return NOS_OK;
}
