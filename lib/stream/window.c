/* SPDX-License-Identifier: MIT */
#include "stream/window.h"

#include <assert.h>
#include <string.h>

#include "base/num.h"
#include "json/encode.h"

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

void nos_window_join(struct nos_window *w, const struct nos_window *other)
{
	const struct nos_window older = w->top < other->top ? *w : *other;
	const uint64_t by = (w->top < other->top ? other->top : w->top) - older.top;

	if (w->top < other->top)
		*w = *other;
	for (uint64_t i = 0; by < NOS_WINDOW_SIZE && i < NOS_WINDOW_SIZE - by && i < older.top;
	     i++) {
		const uint64_t n = older.top - i, bit = UINT64_C(1) << (i + by);

		if (older.seen >> i & 1 && !(w->seen & bit)) {
			w->seen |= bit;
			memcpy(w->hashes[n % NOS_WINDOW_SIZE], older.hashes[n % NOS_WINDOW_SIZE],
			    NOS_WINDOW_HASH_LEN);
		}
		if (older.unused >> i & 1)
			w->unused |= bit;
	}
	w->unused &= ~w->seen;
}

void nos_window_count(const struct nos_window *w, unsigned *ret_seen, unsigned *ret_used)
{
	uint64_t numbers = w->top < NOS_WINDOW_SIZE ? (UINT64_C(1) << w->top) - 1 : UINT64_MAX;

	*ret_seen = (unsigned)__builtin_popcountll(w->seen & numbers);
	*ret_used = (unsigned)__builtin_popcountll(numbers & ~w->unused);
}

enum nos_code nos_window_decode(
    const struct nos_decode *d, struct nos_window *ret, struct nos_err *err)
{
	uint8_t bits[16];

	if (nos_decode_uint(d, "top", 0, NOS_NUM_SAFE - 1, &ret->top, err) ||
	    nos_decode_bytes(d, "bits", bits, sizeof(bits), err) ||
	    nos_decode_bytes(d, "hashes", ret->hashes[0], sizeof(ret->hashes), err))
		return err->code;
	for (int i = 0; i < 8; i++) {
		ret->seen = ret->seen << 8 | bits[i];
		ret->unused = ret->unused << 8 | bits[8 + i];
	}
	return NOS_OK;
}

void nos_window_encode(struct nos_buf *b, const struct nos_window *w)
{
	uint8_t bits[16];

	for (int i = 0; i < 8; i++) {
		bits[i] = (uint8_t)(w->seen >> (56 - 8 * i));
		bits[8 + i] = (uint8_t)(w->unused >> (56 - 8 * i));
	}
	nos_encode_member_uint(b, "top", w->top);
	nos_encode_member_bytes(b, "bits", bits, sizeof(bits));
	nos_encode_member_bytes(b, "hashes", w->hashes[0], sizeof(w->hashes));
}
