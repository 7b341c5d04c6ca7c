/* SPDX-License-Identifier: MIT */
/* Pages of a tree that slept through an epoch, for group/grove.h. */
#include <stdlib.h>

#include "group/grove_page.h"

#define FIRST 64

void nos_grove_stale_release(struct nos_grove_stale *s)
{
	free(s->above);
	*s = (struct nos_grove_stale){ 0 };
}

struct finding {
	uint64_t epoch;
	struct nos_grove_stale *ret;
};

static enum nos_code see_page(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	const struct finding *f = state;
	struct nos_grove_stale *s = f->ret;
	uint32_t above;
	uint64_t epoch;

	(void)rev;
	if (nos_grove_page_look(key, value, &above, &epoch, err) || epoch >= f->epoch)
		return err->code;
	if (s->count == s->cap) {
		const size_t cap = s->cap ? 2 * s->cap : FIRST;
		void *grown = reallocarray(s->above, cap, sizeof(*s->above));

		if (!grown)
			return nos_err_set(err, NOS_INTERNAL, "out of memory");
		s->above = grown;
		s->cap = cap;
	}
	s->above[s->count++] = above;
	return NOS_OK;
}

enum nos_code nos_grove_stale_find(
    const struct nos_grove *v, struct nos_grove_stale *ret, struct nos_err *err)
{
	struct finding f = { v->group->clock.epoch, ret };
	char space[NOS_GROVE_PAGE_KEY_MAX];

	ret->count = 0;
	return nos_store_scan(v->store, NOS_GROVE_TREES_NS, nos_grove_page_prefix(v->group, space),
	    see_page, &f, err);
}

static enum nos_code catch_up(const struct nos_grove *v, uint32_t above, struct nos_err *err)
{
	NOS_AUTO(grove_page) p = { 0 };

	if (nos_grove_page_get(v, above, &p, err) || p.rev == NOS_STORE_NEW ||
	    p.epoch >= v->group->clock.epoch)
		return err->code;
	if (nos_grove_page_step(v, &p, err))
		return err->code;
	return nos_grove_page_put(v, &p, err);
}

enum nos_code nos_grove_stale_catch_up(const struct nos_grove *v, const struct nos_grove_stale *s,
    size_t from, size_t to, struct nos_err *err)
{
	if (v->group->turning)
		return NOS_OK;
	for (size_t i = from; i < to && i < s->count; i++) {
		if (catch_up(v, s->above[i], err) && err->code != NOS_EXISTS)
			return err->code;
		nos_err_clear(err);
	}
	return NOS_OK;
}
