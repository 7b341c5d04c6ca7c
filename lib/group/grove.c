/* SPDX-License-Identifier: MIT */
#include "group/grove.h"

#include <string.h>

#include "crypto/random.h"
#include "group/grove_page.h"

/* The pages from a leaf up to the root. */
struct way {
	struct nos_grove_page pages[NOS_GROVE_PAGES_MAX];
	size_t count;
};

static void way_release(struct way *w)
{
	explicit_bzero(w, sizeof(*w));
}

static enum nos_code read_way(
    const struct nos_grove *v, uint32_t leaf, struct way *ret, struct nos_err *err)
{
	uint32_t number = nos_lkh_number(v->group->depth, leaf, 0);

	ret->count = 0;
	do {
		number = nos_grove_page_above(number);
		if (nos_grove_page_get(v, number, &ret->pages[ret->count], err))
			return err->code;
		ret->count++;
	} while (number > 1);
	return NOS_OK;
}

/* The page of a node on the way, or beside it. */
static struct nos_grove_page *page_of(struct way *w, uint32_t number)
{
	const uint32_t above = nos_grove_page_above(number);

	for (size_t i = 0; i < w->count; i++)
		if (w->pages[i].above == above)
			return &w->pages[i];
	return NULL;
}

/* NULL: there is none. */
static uint8_t *find_key(struct way *w, uint32_t number)
{
	struct nos_grove_page *p = page_of(w, number);
	const unsigned slot = nos_grove_page_slot(number);

	return p && p->has >> slot & 1 ? p->keys[slot] : NULL;
}

static void set_key(struct way *w, uint32_t number, const void *key)
{
	struct nos_grove_page *p = page_of(w, number);
	const unsigned slot = nos_grove_page_slot(number);

	p->has |= 1u << slot;
	memcpy(p->keys[slot], key, NOS_LKH_KEY_LEN);
}

static void drop_key(struct way *w, uint32_t number)
{
	struct nos_grove_page *p = page_of(w, number);
	const unsigned slot = nos_grove_page_slot(number);

	p->has &= ~(1u << slot);
	explicit_bzero(p->keys[slot], NOS_LKH_KEY_LEN);
}

static enum nos_code step_way(const struct nos_grove *v, struct way *w, struct nos_err *err)
{
	for (size_t i = 0; i < w->count; i++)
		if (nos_grove_page_step(v, &w->pages[i], err))
			return err->code;
	return NOS_OK;
}

/* ---- a member's path ---- */

/* Drawn where there was none: its page is to be put then. */
static enum nos_code take_key(
    struct way *w, uint32_t number, struct nos_secret *ret, struct nos_err *err)
{
	uint8_t fresh[NOS_LKH_KEY_LEN];
	const uint8_t *key = find_key(w, number);

	if (!key) {
		if (nos_random_bytes(fresh, sizeof(fresh), err))
			return err->code;
		set_key(w, number, fresh);
		explicit_bzero(fresh, sizeof(fresh));
		key = find_key(w, number);
		page_of(w, number)->changed = true;
	}
	nos_secret_put(ret, key, NOS_LKH_KEY_LEN);
	return NOS_OK;
}

static enum nos_code read_path(const struct nos_grove *v, struct way *w, uint32_t leaf,
    struct nos_lkh_path *ret, struct nos_err *err)
{
	const struct nos_group *g = v->group;

	*ret = (struct nos_lkh_path){
		.depth = g->depth, .group = g->number, .epoch = g->clock.epoch, .leaf = leaf
	};
	if (read_way(v, leaf, w, err) || step_way(v, w, err))
		return err->code;
	for (unsigned h = 1; h <= g->depth; h++) {
		const uint32_t number = nos_lkh_number(g->depth, leaf, h);

		if (take_key(w, number, &ret->keys[h], err))
			return err->code;
	}
	for (size_t i = 0; i < w->count; i++)
		if (w->pages[i].changed && nos_grove_page_put(v, &w->pages[i], err))
			return err->code;
	return NOS_OK;
}

enum nos_code nos_grove_path(
    const struct nos_grove *v, uint32_t leaf, struct nos_lkh_path *ret, struct nos_err *err)
{
	struct way w = { 0 };

	(void)!read_path(v, &w, leaf, ret, err);
	way_release(&w);
	return err->code;
}

enum nos_code nos_grove_plant(
    const struct nos_grove *v, uint32_t leaf, const struct nos_secret *key, struct nos_err *err)
{
	const uint32_t number = nos_lkh_number(v->group->depth, leaf, 0);
	struct way w = { .count = 1 };

	if (!nos_grove_page_get(v, nos_grove_page_above(number), &w.pages[0], err) &&
	    !step_way(v, &w, err)) {
		set_key(&w, number, key->bytes);
		(void)!nos_grove_page_put(v, &w.pages[0], err);
	}
	way_release(&w);
	return err->code;
}

/* ---- an eviction ---- */

/* A wrap for nobody is as good as any. */
static enum nos_code key_of(
    void *tree, uint32_t number, struct nos_secret *ret, struct nos_err *err)
{
	uint8_t any[NOS_LKH_KEY_LEN];
	const uint8_t *key = find_key(tree, number);

	if (!key && nos_random_bytes(any, sizeof(any), err))
		return err->code;
	nos_secret_put(ret, key ? key : any, NOS_LKH_KEY_LEN);
	return NOS_OK;
}

enum nos_code nos_grove_wrap(const struct nos_grove *v, const struct nos_lkh_turn *turn,
    const struct nos_lkh_climb *climb, uint32_t leaf,
    uint8_t ret[static NOS_LKH_DEPTH_MAX][NOS_LKH_KEY_LEN], struct nos_err *err)
{
	struct way w = { 0 };

	if (!read_way(v, leaf, &w, err) && !step_way(v, &w, err))
		(void)!nos_lkh_wrap(turn, climb, leaf, key_of, &w, ret, err);
	way_release(&w);
	return err->code;
}

/* All that is on its page and above the leaf is replaced with it, so that it can be done again. */
static enum nos_code turn_page(const struct nos_grove *v, struct way *w, size_t i,
    const struct nos_lkh_climb *climb, struct nos_err *err)
{
	const struct nos_group *g = v->group;
	struct nos_grove_page *p = &w->pages[i];

	if (p->epoch == g->clock.epoch && p->rev != NOS_STORE_NEW)
		return NOS_OK;
	if (nos_grove_page_step(v, p, err))
		return err->code;
	for (unsigned h = 0; h <= g->depth; h++) {
		const uint32_t number = nos_lkh_number(g->depth, g->leaf, h);

		if (page_of(w, number) != p)
			continue;
		if (h)
			set_key(w, number, climb->keys[h].bytes);
		else
			drop_key(w, number);
	}
	return nos_grove_page_put(v, p, err);
}

enum nos_code nos_grove_turn(const struct nos_grove *v, struct nos_err *err)
{
	const struct nos_group *g = v->group;
	const struct nos_lkh_turn turn = { g->depth, g->number, g->clock.epoch };
	NOS_AUTO(lkh_climb) climb = { 0 };
	struct way w = { 0 };

	if (g->how == NOS_GROUP_EVICTED && !nos_lkh_climb(&turn, 0, &g->secret, &climb, err) &&
	    !read_way(v, g->leaf, &w, err))
		for (size_t i = 0; i < w.count && !turn_page(v, &w, i, &climb, err); i++)
			;
	way_release(&w);
	return err->code;
}
