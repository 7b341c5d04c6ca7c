/* SPDX-License-Identifier: MIT */
/* The states of a key (NIST SP 800-57 part 1, §7). Pure; thread-safe. */
#ifndef NOS_KEY_STATE_H
#define NOS_KEY_STATE_H

#include <stdbool.h>

#include "base/str.h"

#define NOS_STATE_MAP(X)              \
	X(PRE_ACTIVE, "pre-active")   \
	X(ACTIVE, "active")           \
	X(DEACTIVATED, "deactivated") \
	X(COMPROMISED, "compromised") \
	X(DESTROYED, "destroyed")

enum nos_state {
#define X(name, text) NOS_STATE_##name,
	NOS_STATE_MAP(X)
#undef X
	    NOS_STATE_COUNT
};

const char *nos_state_text(enum nos_state state);
bool nos_state_parse(struct nos_str s, enum nos_state *ret);

#endif
