/* SPDX-License-Identifier: MIT */
#include "node/lap.h"

#include <time.h>

#define TRIES 32

uint64_t nos_lap_look(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t cost(void)
{
	uint64_t least = UINT64_MAX, before = nos_lap_look();

	for (int i = 0; i < TRIES; i++) {
		const uint64_t now = nos_lap_look();

		if (now - before < least)
			least = now - before;
		before = now;
	}
	return least;
}

static void count(const struct nos_lap *l, enum nos_metric_stage stage, uint64_t ns)
{
	atomic_fetch_add_explicit(&l->metric->stages_ns[stage], ns, memory_order_relaxed);
}

/* A pack that stands for 16 may have been dearer than the others: never is more given than was
 * spent, and what is over waits. */
static void settle(struct nos_lap *l, uint64_t spent)
{
	for (int i = 0; i < NOS_METRIC_STAGE_COUNT; i++) {
		const uint64_t ns = l->lent[i] < spent ? l->lent[i] : spent;

		if (!ns)
			continue;
		count(l, (enum nos_metric_stage)i, ns);
		l->lent[i] -= ns;
		spent -= ns;
	}
	count(l, l->own, spent);
}

void nos_lap_init(struct nos_lap *l, struct nos_metric *metric, enum nos_metric_stage own)
{
	*l = (struct nos_lap){ .metric = metric, .own = own, .cost = cost() };
}

void nos_lap_turn(struct nos_lap *l, bool whole)
{
	uint64_t now;

	if (l->begun && !whole && ++l->turns % NOS_LAP_EVERY)
		return;
	now = nos_lap_look();
	if (l->begun)
		settle(l, now - l->begun);
	l->begun = now;
}

bool nos_lap_pack(struct nos_lap *l)
{
	l->looks = l->begun && ++l->packs % NOS_LAP_EVERY == 0;
	if (l->looks)
		l->mark = nos_lap_look();
	return l->looks;
}

static void give(struct nos_lap *l, enum nos_metric_stage stage, uint64_t spent, unsigned times)
{
	if (l->begun && spent > l->cost)
		l->lent[stage] += (spent - l->cost) * times;
}

void nos_lap_stage(struct nos_lap *l, enum nos_metric_stage stage)
{
	uint64_t now;

	if (!l->looks)
		return;
	now = nos_lap_look();
	give(l, stage, now - l->mark, NOS_LAP_EVERY);
	l->mark = now;
}

void nos_lap_lend(struct nos_lap *l, enum nos_metric_stage stage, uint64_t since)
{
	give(l, stage, nos_lap_look() - since, 1);
}
