/* SPDX-License-Identifier: MIT */
#include "serve/gardener.h"

#include <stdlib.h>

#define PAGES 64 /* in one transaction */

void nos_gardener_release(struct nos_gardener *g)
{
	free(g->numbers);
	nos_grove_stale_release(&g->stale);
	*g = (struct nos_gardener){ 0 };
}

static enum nos_code see_group(void *state, uint64_t number, uint64_t rev, struct nos_err *err)
{
	struct nos_gardener *g = state;

	(void)rev;
	if (g->count == g->cap) {
		const size_t cap = g->cap ? 2 * g->cap : 16;
		void *grown = reallocarray(g->numbers, cap, sizeof(*g->numbers));

		if (!grown)
			return nos_err_set(err, NOS_INTERNAL, "out of memory");
		g->numbers = grown;
		g->cap = cap;
	}
	g->numbers[g->count++] = number;
	return NOS_OK;
}

enum nos_code nos_gardener_begin(
    struct nos_gardener *g, struct nos_store *store, struct nos_err *err)
{
	g->count = g->at = 0;
	g->stage = NOS_GARDENER_FINISH;
	g->destroyed = false;
	if (nos_groups_scan_revs(store, see_group, g, err))
		g->count = 0;
	g->at_work = g->count > 0;
	return err->code;
}

static void next_group(struct nos_gardener *g)
{
	nos_grove_stale_release(&g->stale);
	g->stage = NOS_GARDENER_FINISH;
	g->at_work = ++g->at < g->count;
}

/* The stage in hand, within a group of changes; *ret_more: it needs another step. */
static enum nos_code work(struct nos_gardener *g, struct nos_life *l, struct nos_group *group,
    bool *ret_more, struct nos_err *err)
{
	const struct nos_grove tree = { l->store, l->vault, group };
	struct nos_turn t = nos_life_turn(l, nos_time_now(), NULL, "finished");
	const size_t to = g->caught_up + PAGES;
	bool done = true;

	*ret_more = false;
	switch (g->stage) {
	case NOS_GARDENER_FINISH:
		(void)!nos_turn_finish(&t, group, err);
		g->destroyed |= t.destroyed;
		break;
	case NOS_GARDENER_CLEAR:
		(void)!nos_grove_clear(&tree, PAGES, &done, err);
		g->destroyed |= !done;
		*ret_more = !done;
		break;
	case NOS_GARDENER_CATCH_UP:
		if (nos_turn_finish(&t, group, err))
			break;
		(void)!nos_grove_stale_catch_up(&tree, &g->stale, g->caught_up, to, err);
		g->destroyed |= g->caught_up < g->stale.count;
		g->caught_up = to;
		*ret_more = to < g->stale.count;
		break;
	}
	return err->code;
}

/* The pass over the tree stands in no transaction. */
static enum nos_code find_stale(struct nos_gardener *g, struct nos_life *l, struct nos_err *err)
{
	NOS_AUTO(group) group = { 0 };
	const struct nos_grove tree = { l->store, l->vault, &group };

	g->caught_up = 0;
	if (nos_groups_get(l->store, NULL, g->numbers[g->at], &group, err))
		return err->code;
	return nos_grove_stale_find(&tree, &g->stale, err);
}

static enum nos_code step(
    struct nos_gardener *g, struct nos_life *l, bool *ret_more, struct nos_err *err)
{
	NOS_AUTO(group) group = { 0 };

	nos_audit_begin(l->audit);
	if (nos_store_begin(l->store, err))
		return err->code;
	if (nos_groups_get(l->store, l->vault, g->numbers[g->at], &group, err) ||
	    work(g, l, &group, ret_more, err)) {
		nos_store_rollback(l->store);
		return err->code;
	}
	return nos_store_commit(l->store, err);
}

enum nos_code nos_gardener_step(struct nos_gardener *g, struct nos_life *l, struct nos_err *err)
{
	bool more = false;

	if (!g->at_work)
		return NOS_OK;
	if (step(g, l, &more, err)) {
		next_group(g);
		return err->code;
	}
	if (more)
		return NOS_OK;
	if (g->stage == NOS_GARDENER_CATCH_UP) {
		next_group(g);
		return NOS_OK;
	}
	g->stage++;
	if (g->stage == NOS_GARDENER_CATCH_UP && (find_stale(g, l, err) || !g->stale.count))
		next_group(g);
	return err->code;
}
