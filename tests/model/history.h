/* SPDX-License-Identifier: MIT */
/*
 * What the audit stream says of the source's keys, beside what its record has: each step of each
 * key stands there once, whoever took it.
 */
#ifndef NOS_MODEL_HISTORY_H
#define NOS_MODEL_HISTORY_H

/* Nothing was read yet. */
void history_begin(void);

/* Nobody is at work: the trail and the record are one. */
void history_check(void);

/* And the chain is whole. */
void history_verify(void);

#endif
