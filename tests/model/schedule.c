/* SPDX-License-Identifier: MIT */
#include "schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "counter.h"
#include "ear.h"
#include "enrol.h"
#include "group.h"
#include "operator.h"
#include "sealing.h"
#include "user.h"
#include "way.h"

#define STEPS	    40
#define GROUP_STEPS 26 /* each costs more, and some come of themselves */
#define CLEAN	    2  /* contacts within which all must be whole */

static char dir[64], backup[PATH_SIZE];

void schedule_open(void)
{
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(dir, sizeof(dir), "%s/nos-model-XXXXXX", tmp);
	if (!mkdtemp(dir)) {
		perror("model: mkdtemp");
		exit(1);
	}
	snprintf(device.key, sizeof(device.key), "%s/key", dir);
	snprintf(device.spool_dir, sizeof(device.spool_dir), "%s/spool", dir);
	snprintf(backup, sizeof(backup), "%s/backup", dir);
}

void schedule_close(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command))
		perror("model: rm");
}

/* ---- what may happen ---- */

static void pass_time(void)
{
	static const int64_t spans[] = { 1000, 10000, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS,
		5 * HOUR_MS, 24 * HOUR_MS, 10 * 24 * HOUR_MS };

	world.clock_ms += (int64_t)world_below((uint64_t)spans[world_below(8)]);
	node_tick(&world.node);
	if (!world.node.up)
		node_up(&world.node);
}

/* A contact, in which either side may die. */
static void deliver(void)
{
	if (world_chance(0.15))
		device.die = (int)world_below(12);
	if (world_chance(0.1))
		memory_fail((int)world_below(4));
	device_deliver();
	device.die = -1;
	memory_fail(-1);
	if (!world.node.up)
		node_up(&world.node);
}

static void restart_source(void)
{
	world_trace("the source ends and begins", 0);
	device_close();
}

static void kill_node(void)
{
	world_trace("the node is killed", 0);
	node_down(&world.node);
	node_up(&world.node);
}

static bool is_grouped(void)
{
	return nos_scheme_find(nos_str_of(world.scheme))->grouped;
}

static void restore_store(void)
{
	operator_restore_store(world_chance(0.5));
}

struct act {
	unsigned share; /* of 100 */
	void (*what)(void);
};

static const struct act own_acts[] = {
	{ 43, deliver },
	{ 12, operator_replace },
	{ 1, operator_invalidate },
	{ 3, operator_renew },
	{ 12, pass_time },
	{ 5, restart_source },
	{ 5, kill_node },
	{ 5, way_bring_late },
	{ 1, way_bring_forged },
	{ 1, device_poll },
	{ 1, operator_switch },
	{ 3, operator_backup_keyring },
	{ 2, operator_restore_keyring },
	{ 3, operator_backup_store },
	{ 3, restore_store },
};

static const struct act group_acts[] = {
	{ 32, deliver },
	{ 4, operator_replace },
	{ 3, operator_renew },
	{ 9, pass_time },
	{ 3, restart_source },
	{ 3, kill_node },
	{ 3, way_bring_late },
	{ 1, way_bring_forged },
	{ 2, device_poll },
	{ 2, operator_switch },
	{ 3, operator_backup_keyring },
	{ 2, operator_restore_keyring },
	{ 3, operator_backup_store },
	{ 3, restore_store },
	{ 10, group_order },
	{ 3, group_heal },
	{ 4, group_revoke_other },
	{ 3, group_enrol_other },
	{ 2, group_put_out },
	{ 5, group_broker },
};

static void act(void)
{
	const struct act *a = is_grouped() ? group_acts : own_acts;
	uint64_t n = world_below(100);

	for (; n >= a->share; a++)
		n -= a->share;
	a->what();
}

/* ---- from its head to its end ---- */

static void begin(uint64_t n)
{
	static const uint64_t overlaps_ms[] = { 0, HOUR_MS, 24 * HOUR_MS };
	static const uint64_t periods_ms[] = { 24 * HOUR_MS, 7 * 24 * HOUR_MS };
	struct nos_self_policy policy;
	NOS_AUTO(group) g = { 0 };

	world.schedule = n;
	world_begin();
	world.scheme = world_scheme(world.first_seed + n);
	device_begin();
	way_begin();
	ear_begin();
	user_begin();
	sealing_begin();
	check_begin();
	counter_begin();
	operator_begin(backup);
	group_begin();
	policy.overlap_ms = world.overlap_ms = overlaps_ms[world_below(3)];
	policy.key_period_ms = periods_ms[world_below(2)];
	node_init(&world.node, &policy);
	enrol_source(SOURCE, group_take(world.scheme, &g) ? &g : NULL, false, device.key);
}

static void contacts(void)
{
	for (int i = 0; i < CLEAN; i++) {
		world.clock_ms += 2 * HOUR_MS;
		node_tick(&world.node);
		device_deliver();
	}
}

/* Contacts whose messages all arrive, apart from each other. Who was placed in a group meanwhile
 * has its key once the group has moved on. */
static bool heal(void)
{
	way_mend();
	device.die = -1;
	memory_fail(-1);
	contacts();
	if (is_grouped()) {
		group_move_on();
		contacts();
	}
	return check_is_whole();
}

/* What is forged makes no source ask, and the next contact mends what it bent: under the key
 * before, or under the one that the refusal of that leads to. */
static void forge(void)
{
	const uint64_t asks = world.tally.asks, refusals = world.refusals;

	if (!group_forge())
		return;
	device_deliver();
	if (world.tally.asks != asks)
		world_wrong("a forged order makes the source ask", asks);
	if (!check_is_whole())
		world_wrong("not the same key behind a forged order", device.next);
	if (world.overlap_ms && world.refusals != refusals)
		world_wrong("a key of the overlap is refused", world.overlap_ms);
	if (group_leads_on() && device.send.name.kind == 'p')
		world_wrong("an order that leads on was not told", device.next);
}

/* It is refused for ever, with what it has on the way among it: no reading is stored any more. */
static void revoke_it(void)
{
	uint8_t before[VALUES_MAX], after[VALUES_MAX];

	check_count(before);
	operator_revoke();
	for (int i = 0; i < CLEAN; i++) {
		device_deliver();
		way_bring_late();
		world.clock_ms += 2 * HOUR_MS;
		node_tick(&world.node);
	}
	check_count(after);
	if (memcmp(before, after, sizeof(before)) != 0)
		world_wrong("a reading of a source that was revoked is stored", device.next);
}

static void finish(void)
{
	if (!heal()) {
		if (!operator_put_keyring_back() || !check_is_lost())
			world_wrong("not the same key within two contacts", device.next);
		operator_enrol_again();
		if (!heal())
			world_wrong("not the same key after it was enrolled again", device.next);
	}
	world.tally.whole++;
	check_stored(true);
	counter_check();
	if (is_grouped())
		forge();
	if (world_chance(0.2))
		revoke_it();
	group_check_leaves();
	device_close();
	node_free(&world.node);
}

void schedule_run(uint64_t n)
{
	begin(n);
	for (int i = 0; i < (is_grouped() ? GROUP_STEPS : STEPS); i++) {
		act();
		check_stored(false);
		check_common();
		counter_check();
	}
	finish();
}
