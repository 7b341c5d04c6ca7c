/* SPDX-License-Identifier: MIT */
#include "race.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "counter.h"
#include "ear.h"
#include "enrol.h"
#include "fiber.h"
#include "group.h"
#include "history.h"
#include "operator.h"
#include "rekey.h"
#include "sealing.h"
#include "shared.h"
#include "user.h"
#include "way.h"

#define AGAIN 20 /* times that who was told to come again does */
#define LATER 60 /* turns */
#define CLEAN 3	 /* contacts behind which both are to be whole */

static struct {
	struct node node;	     /* beside the world's */
	struct node *first, *second; /* who has the lane, and who had it or is to have it */
	bool revoked;
} race;

/* Nobody begins just when the others do. */
static void come_later(void)
{
	for (uint64_t i = world_below(LATER); i > 0; i--)
		fiber_yield();
}

static void order(void *state)
{
	const enum rekey *what = state;

	come_later();
	world_trace("nos-rekey", *what);
	for (int i = 0; i < AGAIN; i++) {
		struct nos_err err = { 0 };

		if (!rekey_run(*what, &err)) {
			race.revoked |= *what == REKEY_REVOKE;
			return;
		}
		world_trace("  nos-rekey is to come again", err.code);
		if (err.code != NOS_BUSY && err.code != NOS_EXISTS)
			world_failed("nos-rekey", &err);
	}
	world_wrong("nos-rekey does not get through", AGAIN);
}

/* ---- the source and the two ---- */

static void contact(void *state)
{
	(void)state;
	if (world_chance(0.1))
		device_poll();
	else
		device_deliver();
}

static void other(void *state)
{
	(void)state;
	for (uint64_t i = world_below(5); i > 0; i--) {
		come_later();
		if (world_chance(0.8))
			way_bring_word(race.second);
		else
			node_tick(race.second);
	}
}

/* ---- a race ---- */

static enum rekey draw_order(void)
{
	const uint64_t n = world_below(100);

	if (n < 50)
		return REKEY_SOURCE;
	if (n < 70)
		return REKEY_GROUP;
	if (n < 75)
		return REKEY_HEAL;
	if (n < 80)
		return REKEY_INVALIDATE;
	return n < 98 ? REKEY_RENEW : REKEY_REVOKE;
}

static void check_race(void)
{
	NOS_AUTO(record) r = { 0 };

	node_look(&world.node, SOURCE, &r);
	if (r.a.revoked != race.revoked)
		world_wrong("a source that was revoked is not", r.a.revoked);
	check_stored(false);
	if (!race.revoked)
		check_common();
	counter_check();
	history_check();
}

/* The lane, and with it the packs: as after a restart. */
static void hand_over(void)
{
	struct node *next = race.second;

	world_trace("the lane goes over", 0);
	race.second = race.first;
	race.first = next;
	node_down(next);
	node_up(next);
	way_lead(next);
}

static void one(void)
{
	enum rekey orders[] = { draw_order(), draw_order() };
	const struct fiber_work works[] = {
		{ contact, NULL },
		{ other, NULL },
		{ order, &orders[0] },
		{ order, &orders[1] },
	};

	world.clock_ms += (int64_t)world_below(world_chance(0.2) ? 5 * HOUR_MS : 10000);
	if (world_chance(0.2))
		hand_over();
	fiber_run(works, 2 + world_below(3), 1 + (unsigned)world_below(3));
	check_race();
}

/* ---- from its head to its end ---- */

static void begin(uint64_t n)
{
	struct nos_self_policy policy = { .overlap_ms = HOUR_MS, .key_period_ms = 24 * HOUR_MS };
	NOS_AUTO(group) g = { 0 };

	world.schedule = n;
	world_begin();
	world.scheme = world_scheme(world.first_seed + n);
	world.overlap_ms = policy.overlap_ms;
	device_begin();
	way_begin();
	ear_begin();
	user_begin();
	sealing_begin();
	check_begin();
	counter_begin();
	operator_begin("");
	group_begin();
	history_begin();
	race.revoked = false;
	shared_begin(world.blind);
	node_init(&world.node, &policy);
	enrol_source(SOURCE, group_take(world.scheme, &g) ? &g : NULL, false, device.key);
	node_join(&race.node, &world.node);
	race.first = &world.node;
	race.second = &race.node;
}

static void contacts(void)
{
	for (int i = 0; i < CLEAN; i++) {
		world.clock_ms += 2 * HOUR_MS;
		node_tick(race.first);
		device_deliver();
	}
}

static void settle(void)
{
	way_mend();
	contacts();
	if (nos_scheme_find(nos_str_of(world.scheme))->grouped) {
		group_move_on();
		contacts();
	}
	if (!race.revoked && !check_is_whole())
		world_wrong("not the same key behind races", device.next);
	check_race();
	check_stored(!race.revoked);
	history_verify();
	world.tally.whole++;
}

void race_run(uint64_t n)
{
	begin(n);
	for (int i = 0; i < RACES; i++)
		one();
	settle();
	device_close();
	node_leave(&race.node);
	node_free(&world.node);
}
