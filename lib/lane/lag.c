/* SPDX-License-Identifier: MIT */
#include "lane/lag.h"

#define STEPS (NOS_LAG_MARKS / 2) /* of the most */

void nos_lag_init(struct nos_lag *l, uint64_t most)
{
	*l = (struct nos_lag){ .step = most / STEPS + 1, .count = 1 };
}

static struct nos_lag_mark *mark(struct nos_lag *l, size_t i)
{
	return &l->marks[(l->first + i) % NOS_LAG_MARKS];
}

void nos_lag_note(struct nos_lag *l, uint64_t position, uint64_t packs, uint64_t readings)
{
	l->total += (NOS_LAG_ONE - 1) * packs + readings;
	if (l->total - mark(l, l->count - 1)->total < l->step)
		return;
	if (l->count == NOS_LAG_MARKS) {
		l->first = (l->first + 1) % NOS_LAG_MARKS;
		l->count--;
	}
	*mark(l, l->count++) = (struct nos_lag_mark){ position, l->total };
}

uint64_t nos_lag_behind(const struct nos_lag *l, uint64_t position)
{
	const struct nos_lag_mark *at = &l->marks[l->first];

	for (size_t low = 1, high = l->count; low < high;) {
		const size_t middle = low + (high - low) / 2;
		const struct nos_lag_mark *m = &l->marks[(l->first + middle) % NOS_LAG_MARKS];

		if (m->position > position) {
			high = middle;
			continue;
		}
		at = m;
		low = middle + 1;
	}
	return l->total - at->total;
}
