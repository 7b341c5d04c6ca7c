/* SPDX-License-Identifier: MIT */
/*
 * What every harness has in common. Each is one decoder of foreign bytes under libFuzzer with
 * address and undefined behaviour watched; beside that it does not crash, what it read must hold
 * what its header promises. make fuzz runs them all.
 */
#ifndef NOS_FUZZ_H
#define NOS_FUZZ_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"

/* As assert, but never compiled out, and the run keeps the input. */
#define must(condition)                                                                 \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline struct nos_str fuzz_text(const uint8_t *data, size_t size)
{
	return (struct nos_str){ (const char *)data, size };
}

/* Does s lie within what a decoder was given, the text or the space beside it? */
static inline bool fuzz_within(struct nos_str s, struct nos_str text, const struct nos_buf *space)
{
	return !s.len || (s.p >= text.p && s.p + s.len <= text.p + text.len) ||
	       (space && s.p >= space->p && s.p + s.len <= space->p + space->len);
}

#endif
