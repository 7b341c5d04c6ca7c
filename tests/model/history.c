/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <stdio.h>
#include <string.h>

#include "json/decode.h"
#include "world.h"

#define KEYS_MAX 512

struct key {
	char name[NOS_NAME_TEXT_MAX];
	unsigned made;
	enum nos_state as; /* it was made */
	unsigned steps[NOS_STATE_COUNT][NOS_STATE_COUNT];
	unsigned count; /* of all its steps */
};

static struct {
	uint64_t position; /* of the last entry that was read */
	struct key keys[KEYS_MAX];
	size_t key_count;
	unsigned revoked; /* entries that say so of the source */
} history;

void history_begin(void)
{
	memset(&history, 0, sizeof(history));
}

static struct key *key_of(struct nos_str name)
{
	struct key *k;

	for (size_t i = 0; i < history.key_count; i++)
		if (nos_str_is(name, history.keys[i].name))
			return &history.keys[i];
	if (history.key_count == KEYS_MAX)
		world_wrong("too many keys", KEYS_MAX);
	k = &history.keys[history.key_count++];
	nos_str_copy(name, k->name, sizeof(k->name));
	return k;
}

static struct nos_str member(const struct nos_decode *d, const char *name)
{
	const struct nos_scan_value *v = nos_scan_get(d->scan, d->object, name);

	return v ? v->raw : NOS_STR("");
}

static void note_step(const struct nos_decode *d)
{
	struct key *k = key_of(member(d, "key"));
	const struct nos_str was = member(d, "from");
	enum nos_state from = NOS_STATE_COUNT, to = NOS_STATE_COUNT;

	if (!nos_state_parse(member(d, "to"), &to) || (was.len && !nos_state_parse(was, &from)))
		world_wrong("an audit entry names no state", history.position);
	if (!was.len) {
		k->made++;
		k->as = to;
		return;
	}
	k->count++;
	k->steps[from][to]++;
}

static enum nos_code take(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	const struct nos_str text = { (const char *)entry.p, entry.len };
	struct nos_scan *scan = state;
	struct nos_decode d;

	history.position = position;
	if (nos_decode_object(scan, text, "audit entry", &d, err))
		return err->code;
	if (!nos_str_is(member(&d, "source"), SOURCE))
		return NOS_OK;
	if (nos_str_is(member(&d, "what"), "key"))
		note_step(&d);
	else if (nos_str_is(member(&d, "what"), "source"))
		history.revoked += nos_str_is(member(&d, "to"), "compromised");
	return NOS_OK;
}

static void read_on(void)
{
	struct nos_scan scan = { 0 };

	MUST(nos_store_read(
	    world.node.view, NOS_AUDIT_STREAM, history.position, SIZE_MAX, take, &scan, &fault));
	nos_scan_release(&scan);
}

/* Where its steps lead, each of which it took once; in which order they stand there is left to who
 * was at work at once. */
static enum nos_state end_of(const struct key *k)
{
	enum nos_state at = k->as;
	unsigned steps = 0;

	if (k->made != 1) {
		world_trace(k->name, k->made);
		world_wrong("a key was not made once, as the trail has it", k->made);
	}
	for (int to = 0; to < NOS_STATE_COUNT; to++) {
		if (!k->steps[at][to])
			continue;
		steps += k->steps[at][to];
		at = (enum nos_state)to;
		to = -1;
	}
	if (steps != k->count || steps >= NOS_STATE_COUNT) {
		world_trace(k->name, k->count);
		world_wrong("the trail of a key has gaps, or a step twice", k->count);
	}
	return at;
}

static void compare(struct nos_record *r, const struct key *k)
{
	const enum nos_state end = end_of(k);
	const struct nos_assoc_key *have = NULL;
	struct nos_name name;

	if (nos_name_parse(nos_str_of(k->name), &name))
		have = nos_assoc_key(&r->a, &name);
	if (have ? end == have->state : end >= NOS_STATE_COMPROMISED)
		return;
	world_trace(k->name, end);
	world_wrong("a key is in another state than the trail says", end);
}

static void look_for(const struct nos_name *name)
{
	char text[NOS_NAME_TEXT_MAX];

	nos_name_format(name, text);
	for (size_t i = 0; i < history.key_count; i++)
		if (strcmp(history.keys[i].name, text) == 0)
			return;
	world_trace(text, 0);
	world_wrong("the trail does not know a key", history.key_count);
}

void history_check(void)
{
	NOS_AUTO(record) r = { 0 };

	read_on();
	node_look(&world.node, SOURCE, &r);
	for (size_t i = 0; i < r.a.key_count; i++)
		look_for(&r.a.keys[i].name);
	for (size_t i = 0; i < history.key_count; i++)
		compare(&r, &history.keys[i]);
	if (history.revoked != r.a.revoked)
		world_wrong(
		    "the trail does not say once that the source was revoked", history.revoked);
}

void history_verify(void)
{
	struct nos_audit_verdict verdict;

	MUST(nos_audit_verify(world.node.view, 1, NULL, 0, &verdict, &fault));
}
