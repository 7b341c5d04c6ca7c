/* SPDX-License-Identifier: MIT */
/* Completeness: is all there that should be, in the reading and in its series (nos-score(7)). */
#include <math.h>

#include "score/explain.h"

#define RULE  NOS_RULE_COMPLETENESS
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
	nos_explain_term(in->explain, RULE, "fields", (double)present / required, NULL);
	nos_explain_with(in->explain, RULE, "present", present);
	nos_explain_with(in->explain, RULE, "required", required);
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

/* Slots since the first, at most those of the window; 0: none is known. */
static double slots_due(const struct nos_rule_state *state)
{
	int64_t since = state->slot_newest - state->slot_first + 1;

	if (!state->has_slots)
		return 0;
	return (double)(since < SLOTS ? since : SLOTS);
}

static double series(const struct nos_rule_input *in, const struct nos_rule_state *after)
{
	bool by_packs = in->packs_expected > 0;
	double due = isnan(in->type->period_s) ? 0 : slots_due(after);
	double seen = __builtin_popcountll(after->slots);
	double score = nos_rule_least(by_packs ? (double)in->packs_seen / in->packs_expected : NAN,
	    due > 0 ? seen / due : NAN);

	nos_explain_term(in->explain, RULE, "series", score,
	    isnan(score) ? "neither packs nor a period known" : NULL);
	nos_explain_with(in->explain, RULE, "packs", by_packs ? in->packs_seen : NAN);
	nos_explain_with(in->explain, RULE, "of_packs", by_packs ? in->packs_expected : NAN);
	nos_explain_with(in->explain, RULE, "slots", due > 0 ? seen : NAN);
	nos_explain_with(in->explain, RULE, "of_slots", due > 0 ? due : NAN);
	return isnan(score) ? 1 : score;
}

double nos_completeness_score(
    const struct nos_rule_input *in, const struct nos_rule_state *state, unsigned flags)
{
	struct nos_rule_state after = *state;
	double score = fields(in, flags);
	int64_t slot;

	/* A wrong clock fills no slot. */
	if (!(flags & (NOS_RULE_FUTURE | NOS_RULE_PAST)) && slot_of(in, &slot))
		mark(&after, slot);
	return score * series(in, &after);
}

void nos_completeness_move(const struct nos_rule_input *in, struct nos_rule_state *state)
{
	int64_t slot;

	if (slot_of(in, &slot))
		mark(state, slot);
}
