/* SPDX-License-Identifier: MIT */
#include "key/state.h"

#include <assert.h>

static const char *const texts[] = {
#define X(name, text) [NOS_STATE_##name] = text,
	NOS_STATE_MAP(X)
#undef X
};

const char *nos_state_text(enum nos_state state)
{
	assert(state < NOS_STATE_COUNT);
	return texts[state];
}

bool nos_state_parse(struct nos_str s, enum nos_state *ret)
{
	for (int i = 0; i < NOS_STATE_COUNT; i++)
		if (nos_str_is(s, texts[i])) {
			*ret = (enum nos_state)i;
			return true;
		}
	return false;
}

bool nos_state_may(enum nos_state from, enum nos_state to)
{
	static const bool edges[NOS_STATE_COUNT][NOS_STATE_COUNT] = {
#define X(a, b, taken_by) [NOS_STATE_##a][NOS_STATE_##b] = true,
		NOS_STATE_EDGE_MAP(X)
#undef X
	};

	return edges[from][to];
}
