/* SPDX-License-Identifier: MIT */
#include "registry/window.h"

#include <assert.h>
#include <string.h>

enum nos_window_verdict nos_window_look(
    const struct nos_window *w, uint64_t seq, const uint8_t hash[static NOS_WINDOW_HASH_LEN])
{
	uint64_t behind;

	if (seq > w->top)
		return NOS_WINDOW_FRESH;
	behind = w->top - seq;
	if (behind >= NOS_WINDOW_SIZE)
		return NOS_WINDOW_DUPLICATE;
	if (!(w->seen >> behind & 1))
		return NOS_WINDOW_FRESH;
	return memcmp(w->hashes[seq % NOS_WINDOW_SIZE], hash, NOS_WINDOW_HASH_LEN) == 0
		   ? NOS_WINDOW_SAME
		   : NOS_WINDOW_DUPLICATE;
}

static uint64_t shift(uint64_t bits, uint64_t by)
{
	return by < NOS_WINDOW_SIZE ? bits << by : 0;
}

void nos_window_note(struct nos_window *w, uint64_t seq, uint64_t prev,
    const uint8_t hash[static NOS_WINDOW_HASH_LEN])
{
	assert(nos_window_look(w, seq, hash) == NOS_WINDOW_FRESH);
	if (seq > w->top) {
		w->seen = shift(w->seen, seq - w->top);
		w->unused = shift(w->unused, seq - w->top);
		w->top = seq;
	}
	w->seen |= UINT64_C(1) << (w->top - seq);
	w->unused &= ~w->seen;
	memcpy(w->hashes[seq % NOS_WINDOW_SIZE], hash, NOS_WINDOW_HASH_LEN);
	if (!prev)
		return;
	for (uint64_t n = seq - 1; n > prev && w->top - n < NOS_WINDOW_SIZE; n--)
		w->unused |= UINT64_C(1) << (w->top - n) & ~w->seen;
}

void nos_window_count(const struct nos_window *w, unsigned *ret_seen, unsigned *ret_used)
{
	uint64_t numbers = w->top < NOS_WINDOW_SIZE ? (UINT64_C(1) << w->top) - 1 : UINT64_MAX;

	*ret_seen = (unsigned)__builtin_popcountll(w->seen & numbers);
	*ret_used = (unsigned)__builtin_popcountll(numbers & ~w->unused);
}
