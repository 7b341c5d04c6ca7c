/* SPDX-License-Identifier: MIT */
/*
 * What a reading is worth: eight scores in [0,1] (nos-score(7)), one file a rule, over what the
 * node verified, the rules of the reading's type and a small state for each series. Pure; a state
 * belongs to one thread at a time. A quality score without evidence is NaN, which is null in JSON;
 * no score is ever infinite.
 */
#ifndef NOS_SCORE_RULE_H
#define NOS_SCORE_RULE_H

#include "base/str.h"
#include "base/time.h"
#include "reading/reading.h"

#define NOS_RULE_MAP(X)                       \
	X(CONFIDENTIALITY, "confidentiality") \
	X(INTEGRITY, "integrity")             \
	X(PRIVACY, "privacy")                 \
	X(AUTHENTICATION, "authentication")   \
	X(ACCURACY, "accuracy")               \
	X(PRECISION, "precision")             \
	X(TIMELINESS, "timeliness")           \
	X(COMPLETENESS, "completeness")

enum nos_rule_name {
#define X(name, text) NOS_RULE_##name,
	NOS_RULE_MAP(X)
#undef X
	    NOS_RULE_COUNT
};

enum nos_rule_key_state {
	NOS_RULE_KEY_NONE,
	NOS_RULE_KEY_ACTIVE,
	NOS_RULE_KEY_DEACTIVATED, /* within its grace */
	NOS_RULE_KEY_COMPROMISED,
};

enum nos_rule_proof {
	NOS_RULE_PROOF_NONE,
	NOS_RULE_PROOF_CLAIM, /* the paper's profile alone */
	NOS_RULE_PROOF_VOUCHED,
	NOS_RULE_PROOF_BEARER,
	NOS_RULE_PROOF_KEY,
};

enum nos_rule_identity {
	NOS_RULE_IDENTITY_NONE,
	NOS_RULE_IDENTITY_PSEUDONYM,
	NOS_RULE_IDENTITY_HARDWARE, /* EUI-64, MAC or e-mail in name, payload or topic */
};

/* How a reading came: what the node verified. */
struct nos_rule_security {
	unsigned bits;	  /* of the AEAD's key, 0: none */
	unsigned tag;	  /* bits */
	unsigned holders; /* of the key, the node among them */
	double key_age_s;
	double key_period_s; /* 0: the key has no period (TLS, or none) */
	enum nos_rule_key_state key_state;
	enum nos_rule_proof proof;
	bool open;  /* registered without a token */
	bool fresh; /* a fresh authenticated number: a sealed pack */
	enum nos_rule_identity identity;
	bool has_position;
	unsigned decimals; /* of the latitude */
};

/* Rules of a type (nos-formats(7), "Rules"); a parameter that is not given is NaN. */
#define NOS_RULE_MISSING_MAX 8
struct nos_rule_type {
	struct nos_str unit; /* len 0: any */
	double lo, hi, soft;
	double step; /* per second */
	double u, E;
	double resolution, sigma;
	double period_s, validity_s;
	double flat; /* readings */
	double missing[NOS_RULE_MISSING_MAX];
	size_t missing_count;
};

/* A type of which nothing is known. */
extern const struct nos_rule_type nos_rule_unknown;

/*
 * One series: a source's readings of one type. All-zero is a new one. At most 128 bytes, since a
 * node keeps one for each of millions.
 */
struct nos_rule_state {
	struct nos_time newest; /* time of the newest reading that counted */
	double last, before;	/* the newest two numbers */
	double variance;	/* EWMA of the squared second differences / 6 */
	double interval_s;	/* EWMA of the time between readings */
	uint64_t decimals;	/* of the last 16 numbers, four bits each */
	uint64_t slots;		/* the newest 64 slots seen, bit 0 the newest */
	int64_t slot_newest, slot_first;
	uint32_t readings; /* with a time that counted */
	uint32_t numbers;  /* that counted */
	uint32_t run;	   /* equal numbers in a row */
	bool has_variance, has_slots;
};

struct nos_explain; /* score/explain.h */

/* All that the rules look at. */
struct nos_rule_input {
	const struct nos_reading *reading;
	const struct nos_rule_type *type;
	const struct nos_rule_security *security;
	struct nos_time received;
	bool unit_unknown;		     /* the number says nothing */
	unsigned packs_seen, packs_expected; /* of the source's window; expected 0: not known */

	/* As they came, where the unit was another than the type's; len 0: none. */
	struct nos_str sent_value, sent_unit;

	struct nos_explain *explain; /* the rules say in it what they did; NULL: nobody asks */
};

enum nos_rule_flag {
	NOS_RULE_MISSING = 1,
	NOS_RULE_LATE = 2,
	NOS_RULE_FUTURE = 4,
	NOS_RULE_PAST = 8,
	NOS_RULE_NO_TIME = 16,
	NOS_RULE_UNIT = 32,
};

struct nos_rule_scores {
	double of[NOS_RULE_COUNT];
	unsigned flags; /* of nos_rule_flag */
};

const char *nos_rule_text(enum nos_rule_name name);

/*
 * All eight. *state is moved on; NULL for a reading that shares nothing (an anonymous one). A
 * reading whose clock is wrong, or that is late, moves of it what nos-score(7) says.
 */
struct nos_rule_scores nos_rule_score(
    const struct nos_rule_input *in, struct nos_rule_state *state);

/* The rules by themselves, with *state as it is before the reading. e may be NULL. */
double nos_confidentiality_score(const struct nos_rule_security *s, struct nos_explain *e);
double nos_integrity_score(const struct nos_rule_security *s, struct nos_explain *e);
double nos_privacy_score(const struct nos_rule_security *s, struct nos_explain *e);
double nos_authentication_score(const struct nos_rule_security *s, struct nos_explain *e);
double nos_accuracy_score(
    const struct nos_rule_input *in, const struct nos_rule_state *state, unsigned flags);
double nos_precision_score(
    const struct nos_rule_input *in, const struct nos_rule_state *state, unsigned flags);
double nos_timeliness_score(const struct nos_rule_input *in, const struct nos_rule_state *state);
double nos_completeness_score(
    const struct nos_rule_input *in, const struct nos_rule_state *state, unsigned flags);

/* V: how long a reading of this series holds, NaN where nothing says it. */
double nos_timeliness_validity_s(
    const struct nos_rule_input *in, const struct nos_rule_state *state);

/* What a rule keeps in the state, moved on by one reading that counts. */
void nos_accuracy_move(const struct nos_rule_input *in, struct nos_rule_state *state);
void nos_precision_move(const struct nos_rule_input *in, struct nos_rule_state *state);
void nos_timeliness_move(const struct nos_rule_input *in, struct nos_rule_state *state);
void nos_completeness_move(const struct nos_rule_input *in, struct nos_rule_state *state);

/* Why a reading is not held against those before it, in a few words; NULL: it is. */
const char *nos_rule_aside(unsigned flags);

double nos_rule_clamp(double x);

/* Factors that several rules share, each noted as a term of the one that asks. */
double nos_rule_holders(
    const struct nos_rule_security *s, enum nos_rule_name rule, struct nos_explain *e); /* s(h) */
double nos_rule_age(
    const struct nos_rule_security *s, enum nos_rule_name rule, struct nos_explain *e); /* g(a) */
double nos_rule_key(
    const struct nos_rule_security *s, enum nos_rule_name rule, struct nos_explain *e); /* q */

/* The smaller, where NaN is a term that was skipped. */
double nos_rule_least(double a, double b);

#endif
