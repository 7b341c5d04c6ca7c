/* SPDX-License-Identifier: MIT */
/* One schedule: some steps of what goes wrong, then an end at which all must be whole. */
#ifndef NOS_MODEL_SCHEDULE_H
#define NOS_MODEL_SCHEDULE_H

#include <stdint.h>

/* The folder for the source's files, for as long as schedules run in this process. */
void schedule_open(void);
void schedule_close(void);

/* Run number n. What is wrong ends the process. */
void schedule_run(uint64_t n);

#endif
