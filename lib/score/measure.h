/* SPDX-License-Identifier: MIT */
/*
 * The scores of a reading and all that they were computed from, as members of a record: "scores",
 * "raw" and "flags" in the order that nos-formats(7) gives; and back, so that a record is weighed
 * anew to the digit. Pure.
 */
#ifndef NOS_SCORE_MEASURE_H
#define NOS_SCORE_MEASURE_H

#include "json/scan.h"
#include "score/rule.h"

/*
 * Append the three members; before is the state as it was when the scores were computed. Numbers
 * have six decimals at most: ages and periods of a key that are whole milliseconds are kept
 * exactly.
 */
void nos_measure_encode(struct nos_buf *b, const struct nos_rule_input *in,
    const struct nos_rule_state *before, const struct nos_rule_scores *scores);

/* Words of "raw": the index of one in its enum of score/rule.h (ENROLLED: 0 token, 1 open), false
 * if it is none. */
enum nos_measure_word {
	NOS_MEASURE_KEY_STATE,
	NOS_MEASURE_PROOF,
	NOS_MEASURE_ENROLLED,
	NOS_MEASURE_IDENTITY,
};
bool nos_measure_word(enum nos_measure_word of, struct nos_str word, unsigned *ret);

/* The word for one flag. */
const char *nos_measure_flag(enum nos_rule_flag flag);

/* What a node verified of a reading: the inputs of the scores that no one can compute again. */
struct nos_measure {
	struct nos_rule_security security;
	unsigned packs_seen, packs_expected; /* expected 0: not known */
	struct nos_time received;

	/* The reading's as they came, where they were said in another unit; len 0: none. */
	struct nos_str sent_value, sent_unit;
};

/*
 * Read members "received" and "raw" of a record. What follows from the reading and its type's rules
 * (age, validity, error, sigma, resolution) is not read, and a member that is not known is passed
 * over. On NOS_OK every score of *ret is within its range. Texts of *ret point into the scanned
 * text or into space, which must have been given room for them, as for nos_reading_decode. NOS_DATA
 * a member that a node always writes is missing, or one has a form that it never has; the member is
 * named in err->field
 */
enum nos_code nos_measure_decode(const struct nos_scan *scan, const struct nos_scan_value *record,
    struct nos_buf *space, struct nos_measure *ret, struct nos_err *err) NOS_CHECK;

/* Make the record's reading again what it was when it came. */
void nos_measure_restore(const struct nos_measure *m, struct nos_reading *reading);

#endif
