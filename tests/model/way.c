/* SPDX-License-Identifier: MIT */
#include "way.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "counter.h"
#include "device.h"
#include "ear.h"
#include "key/chain.h"

#define LATE_MAX 16
#define BODY_MAX (1u << 20)

/* A request that somebody on the way has kept. */
struct late {
	char path[128];
	char media[64];
	uint8_t *body;
	size_t len;
};

/* The newest of them. */
struct kept {
	struct late late[LATE_MAX];
	size_t count; /* that ever were */
};

static struct {
	double loss, twice, stale; /* shares of messages */
	struct kept packs, words;  /* words are of keys: asks and acknowledgements */
	struct node_answer old;	   /* an answer of before */
	struct node *to;	   /* whom it leads to */
} way;

void way_lead(struct node *n)
{
	way.to = n;
}

void way_begin(void)
{
	way.to = &world.node;
	if (!way.old.body.max)
		nos_buf_init(&way.old.body, BODY_MAX);
	nos_buf_truncate(&way.old.body, 0);
	way.packs.count = way.words.count = 0;
	way.loss = (double)world_below(world.races ? 3 : 10) / 10;
	way.twice = world_chance(0.5) ? 0.2 : 0;
	way.stale = world_chance(0.3) ? 0.1 : 0;
}

void way_mend(void)
{
	way.loss = way.twice = way.stale = 0;
}

static bool is_pack(const char *path)
{
	return strcmp(path, "/v1/data") == 0;
}

static void keep_late(const struct nos_carrier_request *r)
{
	struct kept *k = is_pack(r->path) ? &way.packs : &way.words;
	struct late *l = &k->late[k->count % LATE_MAX];

	if (!r->body)
		return;
	free(l->body);
	snprintf(l->path, sizeof(l->path), "%s", r->path);
	snprintf(l->media, sizeof(l->media), "%s", r->media);
	l->body = malloc(r->body->len + 1);
	memcpy(l->body, r->body->p, r->body->len);
	l->len = r->body->len;
	k->count++;
}

/* Whoever brings it, it is heard. False: the node died of it. */
static bool take(struct node *n, const struct nos_carrier_request *r, struct node_answer *ret)
{
	const bool alive = node_take(n, r, ret);

	if (alive)
		ear_hear_answer(r, ret);
	return alive;
}

static const struct late *pick(const struct kept *k)
{
	const size_t held = k->count < LATE_MAX ? k->count : LATE_MAX;

	return held ? &k->late[world_below(held)] : NULL;
}

/* Bring a body to where another went; its status, 0: the node died of it. */
static unsigned bring(struct node *n, const struct late *l, struct nos_span body)
{
	const struct nos_carrier_request r = {
		.url = NODE_URL, .path = l->path, .media = l->media, .body = &body
	};
	struct node_answer a = { 0 };
	unsigned status;

	world_trace(l->path, body.len);
	nos_buf_init(&a.body, BODY_MAX);
	if (take(n, &r, &a))
		status = a.status;
	else
		status = (node_up(n), 0);
	nos_buf_release(&a.body);
	return status;
}

static void bring_late(struct node *n, const struct late *l)
{
	NOS_AUTO(buf) body = { 0 };
	struct late own;

	if (!l || !n->up)
		return;
	/* While it is taken another may come into its place. */
	own = *l;
	nos_buf_init(&body, BODY_MAX);
	nos_buf_add(&body, l->body, l->len);
	(void)bring(n, &own, nos_buf_span(&body));
}

void way_bring_late(void)
{
	bring_late(way.to, pick(world_chance(0.5) ? &way.packs : &way.words));
}

void way_bring_word(struct node *n)
{
	const struct kept *k = &way.words;

	/* The newest, most often: it may be on its way to another at this moment. */
	bring_late(
	    n, k->count && world_chance(0.7) ? &k->late[(k->count - 1) % LATE_MAX] : pick(k));
}

/* ---- what is forged ---- */

/* The same acknowledgement under a counter far ahead. */
static void put_ahead(struct nos_span ack, struct nos_buf *ret)
{
	struct nos_span rest = { ack.p + 1, ack.len - 1 };
	uint64_t ctr;

	if (!nos_enc_leb128_decode(&rest, &ctr))
		world_wrong("an acknowledgement without a counter", ack.len);
	nos_buf_add_char(ret, (char)*ack.p);
	nos_enc_add_leb128(ret, ctr + 1 + world_below(NOS_CHAIN_CTR_MAX - ctr));
	nos_buf_add(ret, rest.p, rest.len);
}

static void flip_a_bit(struct nos_span body, struct nos_buf *ret)
{
	nos_buf_add(ret, body.p, body.len);
	ret->p[world_below(body.len)] ^= (char)(1 << world_below(8));
}

void way_bring_forged(void)
{
	const struct late *l = pick(&way.words);
	NOS_AUTO(buf) body = { 0 };
	struct nos_span was;
	unsigned status;

	if (!l || !way.to->up)
		return;
	was = (struct nos_span){ l->body, l->len };
	nos_buf_init(&body, BODY_MAX);
	if (strstr(l->path, "/acks") && world_chance(0.5))
		put_ahead(was, &body);
	else
		flip_a_bit(was, &body);
	world_trace("forged", l->len);
	status = bring(way.to, l, nos_buf_span(&body));
	if (status && status < 400)
		world_wrong("what was forged was taken", status);
}

/* ---- there and back ---- */

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

/* A refusal has no receipt, so whoever is on the way may bend the order in it. */
static void bend_order(const struct nos_buf *body)
{
	static const char member[] = "\"order\":\"";
	char *order = memmem(body->p, body->len, member, sizeof(member) - 1);

	if (!order)
		return;
	order += sizeof(member) - 1 + world_below(24);
	*order = *order == 'A' ? 'B' : 'A';
}

static enum nos_code give(
    const struct node_answer *a, struct nos_http_answer *ret, struct nos_err *err)
{
	ret->status = a->status;
	snprintf(ret->receipt, sizeof(ret->receipt), "%s", a->receipt);
	nos_buf_truncate(&ret->body, 0);
	nos_buf_add_str(&ret->body, nos_buf_str(&a->body));
	world.refusals += a->status == 401;
	if (a->status == 401 && way.stale > 0 && world_chance(0.2))
		bend_order(&ret->body);
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
	alive = take(way.to, r, &a);
	if (alive && world_chance(way.twice))
		alive = take(way.to, r, &a);
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
	counter_check_source();
	ret->sent = true;
	world.clock_ms += (int64_t)world_below(50);
	if (world_chance(is_pack(r->path) ? 0.2 : world.races ? 1 : 0.5))
		keep_late(r);
	if (world_chance(way.loss))
		return away(err);
	if (way.stale > 0 && way.old.body.len && world_chance(way.stale))
		return give(&way.old, ret, err);
	if (!way.to->up)
		return away(err);
	code = reach(r, ret, err);
	if (way.twice > 0 && world_chance(way.twice))
		way_bring_late();
	device_step();
	return code;
}

const struct nos_carrier way_carrier = { .carry = carry };
