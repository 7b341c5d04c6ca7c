/* SPDX-License-Identifier: MIT */
/*
 * Two nos-serve and nos-rekey at the keys of one source at once, over one store that is replicated
 * (shared.h): the source is in touch with one, what it sent before reaches the other, an operator
 * gives orders, and which of them is next is drawn at each operation of the store. When all are
 * done there is one result, which each saw or will see: the source's keys open what it sends, none
 * that was taken back comes again, and each step of each key stands in the audit trail once.
 */
#ifndef NOS_MODEL_RACE_H
#define NOS_MODEL_RACE_H

#include <stdint.h>

#define RACES 10 /* one after the other, of one source */

/* Run those of a number n, of the world's seed; ends as schedule_run does where something is wrong.
 * Between schedule_open and schedule_close. */
void race_run(uint64_t n);

#endif
