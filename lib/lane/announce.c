/* SPDX-License-Identifier: MIT */
#include "lane/announce.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "registry/globals.h"
#include "group/groups.h"

#define LOOK_US	  250000
#define TOPIC_MAX 96
#define NO_RECORD 0 /* no position of a record */

void nos_announce_init(struct nos_announce *a, struct nos_store *store, uint64_t node)
{
	*a = (struct nos_announce){ .store = store, .node = node };
}

void nos_announce_release(struct nos_announce *a)
{
	free(a->groups);
	a->groups = NULL;
	a->group_count = 0;
}

void nos_announce_forget(struct nos_announce *a)
{
	a->globals_rev = 0;
	a->group_count = 0;
	a->looked.us = 0;
}

/* False: it waits. */
static bool say(
    const struct nos_announce *a, struct nos_mqtt *mqtt, const char *name, struct nos_span message)
{
	char topic[TOPIC_MAX];
	struct nos_err err = { 0 };

	if (!nos_mqtt_room(mqtt))
		return false;
	snprintf(topic, sizeof(topic), "nos/%" PRIu64 "/keys/%s", a->node, name);
	if (!nos_mqtt_publish(mqtt, topic, message, true, NO_RECORD, &err))
		return true;
	nos_log_line(NOS_LOG_WARN, "%s: %s", topic, err.text);
	return false;
}

static void say_invalid(struct nos_announce *a, struct nos_mqtt *mqtt)
{
	NOS_AUTO(globals) g = { 0 };
	struct nos_err err = { 0 };
	uint64_t rev;

	if (nos_globals_rev(a->store, &rev, &err) || rev == a->globals_rev ||
	    nos_globals_get(a->store, NULL, &g, &err))
		return;
	if (!g.broadcast_len ||
	    say(a, mqtt, "invalid", (struct nos_span){ g.broadcast, g.broadcast_len }))
		a->globals_rev = rev;
}

/* ---- groups ---- */

/* Those that are to be said: numbers alone, since a scan must not wait for a broker. */
struct changed {
	struct nos_announce *a;
	struct nos_announce_group *list;
	size_t count;
};

static struct nos_announce_group *find(struct nos_announce *a, uint64_t number)
{
	for (size_t i = 0; i < a->group_count; i++)
		if (a->groups[i].number == number)
			return &a->groups[i];
	return NULL;
}

static enum nos_code see_group(void *state, uint64_t number, uint64_t rev, struct nos_err *err)
{
	struct changed *c = state;
	const struct nos_announce_group *known = find(c->a, number);
	void *grown;

	if (known && known->rev == rev)
		return NOS_OK;
	grown = reallocarray(c->list, c->count + 1, sizeof(*c->list));
	if (!grown)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	c->list = grown;
	c->list[c->count++] = (struct nos_announce_group){ number, rev };
	return NOS_OK;
}

static void note(struct nos_announce *a, const struct nos_announce_group *g)
{
	struct nos_announce_group *known = find(a, g->number);
	void *grown;

	if (known) {
		known->rev = g->rev;
		return;
	}
	grown = reallocarray(a->groups, a->group_count + 1, sizeof(*a->groups));
	if (!grown)
		return; /* it is said again */
	a->groups = grown;
	a->groups[a->group_count++] = *g;
}

/* The eviction first: who heard it can follow the order. */
static bool say_group(struct nos_announce *a, struct nos_mqtt *mqtt, uint64_t number)
{
	NOS_AUTO(group) g = { 0 };
	NOS_AUTO(buf) order = { 0 };
	struct nos_err err = { 0 };
	char name[32];

	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	if (nos_groups_get(a->store, NULL, number, &g, &err))
		return false;
	snprintf(name, sizeof(name), "evict-%" PRIu64, number);
	if (g.broadcast_len &&
	    !say(a, mqtt, name, (struct nos_span){ g.broadcast, g.broadcast_len }))
		return false;
	snprintf(name, sizeof(name), "%" PRIu64, number);
	return !nos_group_order(&g, &order) || say(a, mqtt, name, nos_buf_span(&order));
}

static void say_groups(struct nos_announce *a, struct nos_mqtt *mqtt)
{
	struct changed c = { .a = a };
	struct nos_err err = { 0 };

	if (!nos_groups_scan_revs(a->store, see_group, &c, &err))
		for (size_t i = 0; i < c.count && say_group(a, mqtt, c.list[i].number); i++)
			note(a, &c.list[i]);
	free(c.list);
}

void nos_announce_say(struct nos_announce *a, struct nos_mqtt *mqtt)
{
	if (nos_mono_now().us - a->looked.us < LOOK_US)
		return;
	a->looked = nos_mono_now();
	say_invalid(a, mqtt);
	say_groups(a, mqtt);
}
