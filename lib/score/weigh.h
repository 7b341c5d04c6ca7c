/* SPDX-License-Identifier: MIT */
/*
 * A reading with what it is worth, as JSON: its own members, then "line", "scores", "raw" and
 * "flags" (nos-score(1)). Pure.
 */
#ifndef NOS_SCORE_WEIGH_H
#define NOS_SCORE_WEIGH_H

#include "json/scan.h"
#include "score/explain.h"
#include "score/filter.h"
#include "score/measure.h"

/* What is weighed. */
struct nos_weigh {
	const struct nos_scan *scan;
	const struct nos_scan_value *object; /* of the scan: the reading, or the record that it
						stands in; NULL: it came as something else */
	bool record;			     /* member "received" is the node's own, and is kept */
	uint64_t line;			     /* 0: none */
	bool many;			     /* of those that its line holds it is the one at */
	uint32_t index;
	const struct nos_rule_type *type;
	const struct nos_rule_security *security;
	struct nos_time received;
	unsigned packs_seen, packs_expected; /* expected 0: not known */
	/* A record that corrects another, what a node verified of it: only what is weighed of
	 * security is weighed, all else stands. NULL: it is none. */
	const struct nos_measure *corrects;
	/* NULL: whatever it is worth. Of what corrects another also what would pass, did nobody
	 * else know its key. */
	const struct nos_filter *only;
	bool explain; /* why, as a member behind the others */
	bool table;   /* why, for people, in place of the object */
};

/* What a node knows of a reading that nobody protects: nothing but what it says itself. */
struct nos_rule_security nos_weigh_anonymous(const struct nos_reading *reading);

/*
 * Append the object: value and unit as they are weighed (score/normal.h), all else as it came.
 * reading is what stands in w->object; of a record, what it was when it came. *state is moved on;
 * NULL for a reading that shares nothing. With table: lines, each ended. False: it does not pass
 * w->only, and nothing was appended.
 */
bool nos_weigh_encode(struct nos_buf *b, const struct nos_weigh *w,
    const struct nos_reading *reading, struct nos_rule_state *state);

#endif
