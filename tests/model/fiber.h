/* SPDX-License-Identifier: MIT */
/*
 * Several doings in one thread, which take turns where one of them says so: which is next is drawn,
 * so that a seed gives the same turns again.
 */
#ifndef NOS_MODEL_FIBER_H
#define NOS_MODEL_FIBER_H

#include <stdbool.h>
#include <stddef.h>

#define FIBERS_MAX 4

struct fiber_work {
	void (*what)(void *state);
	void *state;
};

/* All of them, to their ends. stride: of so many turns one goes to another at most; 1: whose the
 * next is, is drawn each time. */
void fiber_run(const struct fiber_work *works, size_t count, unsigned stride);

/* Within one: another may go on. Otherwise nothing. */
void fiber_yield(void);

/* As above, and all others go on to their ends, or to where they let others before, too. */
void fiber_let_others(void);

/* Which is at work; 0 where none is. */
size_t fiber_number(void);

#endif
