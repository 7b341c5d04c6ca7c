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
