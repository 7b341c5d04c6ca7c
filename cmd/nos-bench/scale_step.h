/* SPDX-License-Identifier: MIT */
/*
 * What is done with one source of a node that has many, by the functions that nos-serve and
 * nos-rekey do it with: each step is measured alone, and what it needs of the source's side is made
 * before.
 */
#ifndef BENCH_SCALE_STEP_H
#define BENCH_SCALE_STEP_H

#include "scale_node.h"
#include "stat.h"

enum scale_step {
	SCALE_STEP_REGISTER,
	SCALE_STEP_ACK, /* of the messages that waited for it */
	SCALE_STEP_SEND,
	SCALE_STEP_REKEY,
	SCALE_STEP_FOLLOW, /* a member is told what it lacks, where no broadcast does */
	SCALE_STEP_REVOKE,
	SCALE_STEPS,
};

/* All-zero is valid; release it. */
struct scale_step_samples {
	struct bench_sample read, written, us, bytes;
};

void scale_step_release(struct scale_step_samples s[static SCALE_STEPS]);

const char *scale_step_text(enum scale_step s);

/* What its bytes are of, one sentence. */
const char *scale_step_bytes_of(enum scale_step s, const struct nos_scheme *scheme);

/*
 * A source comes, sends, gets its next key, and goes: a value into the samples of each step that
 * its scheme has. What the library gives.
 */
enum nos_code scale_step_round(struct scale_node *n,
    struct scale_step_samples s[static SCALE_STEPS], struct nos_err *err) NOS_CHECK;

#endif
