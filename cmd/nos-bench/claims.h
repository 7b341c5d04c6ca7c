/* SPDX-License-Identifier: MIT */
/*
 * What the paper's section 5 says, and what is measured of it: for claims*.c alone. A measurement
 * is made when the first claim asks for it, and kept.
 */
#ifndef BENCH_CLAIMS_H
#define BENCH_CLAIMS_H

#include "keying.h"

#define CLAIMS_SCENARIOS 2
#define CLAIMS_SENSORS	 6 /* in either scenario, registered or not */

/* What of a key's making is measured by itself (figure 1). */
enum claims_made {
	CLAIMS_GLOBALS,
	CLAIMS_LOCAL,
	CLAIMS_SESSION,
	CLAIMS_MADE,
};

struct claims {
	struct bench *b;
	struct keying_place *place;
	struct {
		bool is;
		struct keying k;
	} keyings[BENCH_PROFILES][BENCH_SCHEMES][CLAIMS_SCENARIOS][2];
	struct bench_sample made[BENCH_PROFILES][CLAIMS_MADE]; /* ms */
};

void claims_release(struct claims *c);

/* One key for each registered source of a scenario, 0 or 1. first: as in keying_what. NULL: *err.
 */
struct keying *claims_keying(struct claims *c, enum bench_profile p, enum bench_scheme s,
    unsigned scenario, bool first, struct nos_err *err);

/* A key's making. NULL: *err. */
struct bench_sample *claims_made(
    struct claims *c, enum bench_profile p, enum claims_made what, struct nos_err *err);

/* ---- of bytes, names and operations (claims_count.c) ---- */

/* An operation, or a part, and how many of it the paper has. */
struct claims_part {
	const char *name;
	uint64_t count;
};

typedef enum nos_code claims_count(
    struct claims *c, enum bench_profile p, struct nos_buf *ret, struct nos_err *err);
claims_count claims_scenario_1, claims_scenario_2, claims_global_name, claims_global_value,
    claims_incr, claims_local_name, claims_local_value, claims_storage, claims_install,
    claims_replace, claims_reply, claims_node_operations, claims_source_operations,
    claims_session_storage, claims_session_operations;

/* Bytes of secrets and names that a source keeps for its scheme. */
enum nos_code claims_kept(struct claims *c, enum bench_profile p, enum bench_scheme s,
    unsigned scenario, uint64_t *ret, struct nos_err *err) NOS_CHECK;

/* ---- which of the two schemes is dearer (claims_order.c) ---- */

enum nos_code claims_order_all(struct claims *c, struct nos_err *err) NOS_CHECK;
#endif
