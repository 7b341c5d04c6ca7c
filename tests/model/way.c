/* SPDX-License-Identifier: MIT */
#include "way.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "ear.h"

#define LATE_MAX 16
#define BODY_MAX (1u << 20)

/* A request that somebody on the way has kept. */
struct late {
	char path[128];
	char media[64];
	uint8_t *body;
	size_t len;
};

static struct {
	double loss, twice, stale; /* shares of messages */
	struct late late[LATE_MAX];
	size_t late_count;
	struct node_answer old; /* an answer of before */
} way;

void way_begin(void)
{
	if (!way.old.body.max)
		nos_buf_init(&way.old.body, BODY_MAX);
	nos_buf_truncate(&way.old.body, 0);
	way.late_count = 0;
	way.loss = (double)world_below(10) / 10;
	way.twice = world_chance(0.5) ? 0.2 : 0;
	way.stale = world_chance(0.3) ? 0.1 : 0;
}

void way_mend(void)
{
	way.loss = way.twice = way.stale = 0;
}

static void keep_late(const struct nos_carrier_request *r)
{
	struct late *l = &way.late[way.late_count % LATE_MAX];

	if (!r->body)
		return;
	free(l->body);
	snprintf(l->path, sizeof(l->path), "%s", r->path);
	snprintf(l->media, sizeof(l->media), "%s", r->media);
	l->body = malloc(r->body->len + 1);
	memcpy(l->body, r->body->p, r->body->len);
	l->len = r->body->len;
	way.late_count++;
}

void way_bring_late(void)
{
	const size_t held = way.late_count < LATE_MAX ? way.late_count : LATE_MAX;
	const struct late *l = held ? &way.late[world_below(held)] : NULL;
	struct node_answer ignored = { 0 };
	struct nos_span body;
	struct nos_carrier_request r = { .url = NODE_URL, .body = &body };

	if (!l || !world.node.up)
		return;
	world_trace(l->path, l->len);
	body = (struct nos_span){ l->body, l->len };
	r.path = l->path;
	r.media = l->media;
	nos_buf_init(&ignored.body, BODY_MAX);
	if (!node_take(&world.node, &r, &ignored))
		node_up(&world.node);
	nos_buf_release(&ignored.body);
}

static void keep_old(const struct node_answer *a)
{
	way.old.status = a->status;
	memcpy(way.old.receipt, a->receipt, sizeof(a->receipt));
	nos_buf_truncate(&way.old.body, 0);
	nos_buf_add_str(&way.old.body, nos_buf_str(&a->body));
}

static enum nos_code away(struct nos_err *err)
{
	return nos_err_set(err, NOS_AWAY, "no answer");
}

static enum nos_code give(
    const struct node_answer *a, struct nos_http_answer *ret, struct nos_err *err)
{
	ret->status = a->status;
	snprintf(ret->receipt, sizeof(ret->receipt), "%s", a->receipt);
	nos_buf_truncate(&ret->body, 0);
	nos_buf_add_str(&ret->body, nos_buf_str(&a->body));
	return nos_buf_check(&ret->body, "answer", err);
}

/* To the node, and back where it lives and nothing is lost. */
static enum nos_code reach(
    const struct nos_carrier_request *r, struct nos_http_answer *ret, struct nos_err *err)
{
	struct node_answer a = { 0 };
	enum nos_code code;
	bool alive;

	nos_buf_init(&a.body, BODY_MAX);
	alive = node_take(&world.node, r, &a);
	if (alive && world_chance(way.twice))
		alive = node_take(&world.node, r, &a);
	world_trace("  answer", a.status);
	if (!alive) {
		world_trace("the node died", 0);
		world.tally.deaths++;
	}
	if (world_chance(0.2))
		keep_old(&a);
	code = alive && !world_chance(way.loss) ? give(&a, ret, err) : away(err);
	nos_buf_release(&a.body);
	return code;
}

static enum nos_code carry(void *state, const struct nos_carrier_request *r,
    struct nos_http_answer *ret, struct nos_err *err)
{
	enum nos_code code;

	(void)state;
	device_step();
	world_trace(r->path, r->body ? r->body->len : 0);
	world.tally.asks += strstr(r->path, "/resync") != NULL;
	ear_hear(r);
	ret->sent = true;
	world.clock_ms += (int64_t)world_below(50);
	if (world_chance(0.2))
		keep_late(r);
	if (world_chance(way.loss))
		return away(err);
	if (way.stale > 0 && way.old.body.len && world_chance(way.stale))
		return give(&way.old, ret, err);
	if (!world.node.up)
		return away(err);
	code = reach(r, ret, err);
	device_step();
	return code;
}

const struct nos_carrier way_carrier = { .carry = carry };
