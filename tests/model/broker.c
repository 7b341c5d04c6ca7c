/* SPDX-License-Identifier: MIT */
#include "broker.h"

#include <string.h>

#include "device.h"
#include "key/eviction.h"
#include "key/session.h"
#include "world.h"

#define HEARD_MAX 16

struct message {
	size_t len;
	uint8_t bytes[NOS_EVICTION_MAX];
};

static struct {
	struct message heard[HEARD_MAX];
	size_t count; /* that ever were heard */
} broker;

void broker_begin(void)
{
	broker.count = 0;
}

void broker_hear(struct nos_span message)
{
	struct message *m = &broker.heard[broker.count++ % HEARD_MAX];

	m->len = message.len;
	memcpy(m->bytes, message.p, message.len);
}

/* The newest or, back of it, an older one; NULL: there is none. */
static const struct message *pick(uint64_t back)
{
	const size_t held = broker.count < HEARD_MAX ? broker.count : HEARD_MAX;

	return back < held ? &broker.heard[(broker.count - 1 - back) % HEARD_MAX] : NULL;
}

static void flip_a_bit(struct message *m)
{
	m->bytes[world_below(m->len)] ^= (uint8_t)(1 << world_below(8));
}

/* In one of its fields: g, e, t, h. */
static void bend(struct message *m)
{
	const struct nos_span was = { m->bytes, m->len };
	NOS_AUTO(buf) b = { 0 };
	struct nos_session_order o;
	struct nos_err err = { 0 };

	if (!nos_session_order_is(was) || nos_session_order_decode(was, &o, &err)) {
		flip_a_bit(m);
		return;
	}
	switch (world_below(6)) {
	case 0:
		o.group++;
		break;
	case 1:
		o.epoch++;
		break;
	case 2:
	case 3: /* what leads a clock past the beginning of an epoch */
		o.epoch -= o.epoch > 0;
		break;
	case 4:
		o.token.t += 1 + world_below(100);
		break;
	default:
		o.token.h[world_below(sizeof(o.token.h))] ^= 1;
	}
	nos_buf_init(&b, NOS_SESSION_ORDER_MAX);
	nos_session_order_encode(&b, &o);
	m->len = b.len;
	memcpy(m->bytes, b.p, b.len);
}

static void bring(const struct message *m)
{
	world_trace("a broker brings, of kind:", m->bytes[0]);
	device_overhear((struct nos_span){ m->bytes, m->len });
}

void broker_bring(void)
{
	const struct message *m = pick(world_chance(0.7) ? world_below(2) : world_below(HEARD_MAX));
	struct message bent;

	if (!m)
		return;
	bent = *m;
	if (world_chance(0.4))
		bend(&bent);
	bring(&bent);
	if (world_chance(0.2))
		bring(m);
}

void broker_forge(void)
{
	for (uint64_t i = 0; i < 3; i++) {
		struct message bent;

		if (!pick(i))
			break;
		bent = *pick(i);
		bend(&bent);
		bring(&bent);
	}
}
