/* SPDX-License-Identifier: MIT */
#include "user.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "stream/processed.h"

#define SEEN_MAX   2048
#define SOURCE_MAX 16

struct seen {
	char source[SOURCE_MAX]; /* its topics have one type */
	struct nos_processed_id id;
	uint64_t n, value;
};

static struct {
	struct seen all[SEEN_MAX];
	size_t count;
	uint64_t position; /* in the processed stream, of the last that was looked at */
} user;

void user_begin(void)
{
	user.count = 0;
	user.position = 0;
}

void user_store_went_back(bool said)
{
	user.position = 0;
	if (!said)
		user.count = 0;
}

static bool is_id(const struct seen *a, const struct seen *b)
{
	return a->id.pack == b->id.pack && a->id.index == b->id.index;
}

static bool is_n(const struct seen *a, const struct seen *b)
{
	return a->n == b->n && strcmp(a->source, b->source) == 0;
}

static void note(const struct seen *s)
{
	for (size_t i = 0; i < user.count; i++) {
		const struct seen *old = &user.all[i];

		if (!is_id(old, s) && !is_n(old, s))
			continue;
		if (old->value != s->value)
			world_wrong(is_id(old, s) ? "an id is given to another reading"
						  : "an n is given to another reading",
			    s->value);
		if (is_id(old, s) && is_n(old, s))
			return;
		world_wrong("a record has another id or n than it had", s->value);
	}
	if (user.count == SEEN_MAX)
		world_wrong("more records than a user remembers", user.count);
	user.all[user.count++] = *s;
}

static enum nos_code see(void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct nos_processed p;
	struct nos_str source;
	struct seen s;

	(void)state, (void)err;
	if (!nos_processed_decode(entry, &p) || !nos_processed_id_of(p.record, &s.id) ||
	    !nos_processed_n_of(p.record, &s.n) || !nos_processed_source(p.topic, &source) ||
	    !nos_str_copy(source, s.source, sizeof(s.source)))
		world_wrong("a record is damaged", position);
	s.value = check_value(p.record);
	user.position = position;
	note(&s);
	return NOS_OK;
}

void user_look(void)
{
	MUST(nos_store_read(
	    world.node.view, NOS_PROCESSED_STREAM, user.position, SIZE_MAX, see, NULL, &fault));
}
