/* SPDX-License-Identifier: MIT */
#include "move/cargo.h"

#include <string.h>

#include "self/moved.h"
#include "roam/roaming.h"
#include "self/self.h"
#include "self/spaces.h"
#include "roam/visit.h"

#define STAYS(name)
#define MOVES(name)	   NOS_##name##_NS,
#define X(name, text, way) way(name)
const char *const nos_cargo_spaces[] = { NOS_SPACES_MAP(X) NULL };
#undef X

bool nos_cargo_stays(const char *ns, struct nos_str key)
{
	static const char *const own[] = { "mark", "lanes", NOS_MOVED_KEY };

	for (size_t i = 0; strcmp(ns, NOS_SELF_NS) == 0 && i < sizeof(own) / sizeof(own[0]); i++)
		if (nos_str_is(key, own[i]))
			return true;
	return false;
}

void nos_cargo_lift(struct nos_track *t)
{
	t->position = 0;
	for (size_t i = 0; i < t->key_count; i++)
		t->keys[i].first = 0;
	for (size_t i = 0; i < t->count; i++)
		t->series[i].links = (struct nos_processed_links){ 0 };
}

enum nos_code nos_cargo_join(
    struct nos_track *t, const struct nos_track *other, struct nos_err *err)
{
	nos_window_join(&t->window, &other->window);
	t->readings += other->readings;
	if (other->last_seen.ms > t->last_seen.ms)
		t->last_seen = other->last_seen;
	for (size_t i = 0; i < other->key_count; i++)
		if (nos_track_join(t, &other->keys[i], err))
			return err->code;
	return NOS_OK;
}
