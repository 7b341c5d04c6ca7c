/* SPDX-License-Identifier: MIT */
/* Completeness: is all there that should be, in the reading and in its series (nos-score(7)). */
#include "score/rule.h"

#include <math.h>

#define SLOTS 64

static double fields(const struct nos_rule_input *in, unsigned flags)
{
	unsigned required = 2, present = 0;

	present += !(flags & NOS_RULE_MISSING);
	present += in->reading->has_time;
	if (in->type->unit.len) {
		required++;
		present += in->reading->unit.len > 0;
	}
	return (double)present / required;
}

static bool slot_of(const struct nos_rule_input *in, int64_t *ret)
{
	double slot;

	if (isnan(in->type->period_s) || in->type->period_s <= 0 || !in->reading->has_time)
		return false;
	slot = floor((double)in->reading->time.ms / 1000 / in->type->period_s);
	if (fabs(slot) > 9e15)
		return false;
	*ret = (int64_t)slot;
	return true;
}

/* Mark the reading's slot; one before the first, or older than the window, has no place. */
static void mark(struct nos_rule_state *state, int64_t slot)
{
	int64_t ahead;

	if (!state->has_slots) {
		state->has_slots = true;
		state->slot_first = state->slot_newest = slot;
		state->slots = 1;
		return;
	}
	ahead = slot - state->slot_newest;
	if (ahead > 0) {
		state->slots = ahead < SLOTS ? state->slots << ahead | 1 : 1;
		state->slot_newest = slot;
	} else if (ahead > -SLOTS && slot >= state->slot_first) {
		state->slots |= UINT64_C(1) << -ahead;
	}
}

static double slots(const struct nos_rule_state *state)
{
	int64_t since = state->slot_newest - state->slot_first + 1;

	if (!state->has_slots)
		return NAN;
	return (double)__builtin_popcountll(state->slots) / (double)(since < SLOTS ? since : SLOTS);
}

double nos_completeness_score(
    const struct nos_rule_input *in, const struct nos_rule_state *state, unsigned flags)
{
	struct nos_rule_state after = *state;
	double packs = in->packs_expected ? (double)in->packs_seen / in->packs_expected : NAN,
	       series;
	int64_t slot;

	/* A wrong clock fills no slot. */
	if (!(flags & (NOS_RULE_FUTURE | NOS_RULE_PAST)) && slot_of(in, &slot))
		mark(&after, slot);
	series = nos_rule_least(packs, isnan(in->type->period_s) ? NAN : slots(&after));
	return fields(in, flags) * (isnan(series) ? 1 : series);
}

void nos_completeness_move(const struct nos_rule_input *in, struct nos_rule_state *state)
{
	int64_t slot;

	if (slot_of(in, &slot))
		mark(state, slot);
}
