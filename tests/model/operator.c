/* SPDX-License-Identifier: MIT */
#include "operator.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "counter.h"
#include "ear.h"
#include "enrol.h"
#include "group.h"
#include "scheme/holder.h"
#include "user.h"

static struct {
	const char *path; /* of the keyring's backup */
	bool has_keyring, keyring_back;
	struct memory_copy *store;
	bool stored_then[VALUES_MAX]; /* in that of the store */
} backup;

void operator_begin(const char *path)
{
	memory_drop(backup.store);
	memset(&backup, 0, sizeof(backup));
	backup.path = path;
}

/* ---- keys ---- */

static void change(nos_life_step *what)
{
	NOS_AUTO(record) r = { 0 };

	node_change(&world.node, SOURCE, what, NULL, &r);
}

static enum nos_code replace(void *state, struct nos_record *r, const struct nos_issuer *issuer,
    bool *ret_changed, struct nos_err *err)
{
	enum nos_issuer_did did;

	(void)state;
	if (nos_issuer_replace(&r->a, issuer, &did, err))
		return err->code;
	*ret_changed = did != NOS_ISSUER_NOTHING;
	return NOS_OK;
}

void operator_replace(void)
{
	world_trace("re-key", 0);
	change(replace);
}

static enum nos_code renew(void *state, struct nos_record *r, const struct nos_issuer *issuer,
    bool *ret_changed, struct nos_err *err)
{
	(void)state, (void)issuer, (void)err;
	*ret_changed = nos_issuer_renew(&r->a);
	return NOS_OK;
}

void operator_renew(void)
{
	world_trace("renew", 0);
	change(renew);
}

static enum nos_code look(void *state, struct nos_record *r, const struct nos_issuer *issuer,
    bool *ret_changed, struct nos_err *err)
{
	(void)state;
	return nos_issuer_fill(&r->a, issuer, ret_changed, err);
}

void operator_invalidate(void)
{
	const uint64_t domain = node_domain();

	world_trace("a global key is taken back", domain);
	node_invalidate(&world.node, domain);
	if (world_chance(0.5))
		change(look);
}

static enum nos_code revoke(void *state, struct nos_record *r, const struct nos_issuer *issuer,
    bool *ret_changed, struct nos_err *err)
{
	(void)state, (void)issuer;
	return nos_issuer_revoke(&r->a, "stolen", ret_changed, err);
}

void operator_revoke(void)
{
	world_trace("revoke", 0);
	change(revoke);
	ear_revoked();
}

/* ---- backups ---- */

static void copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	int c;

	if (!in || !out)
		world_wrong("a keyring cannot be copied", (uint64_t)errno);
	fchmod(fileno(out), 0600);
	while ((c = getc(in)) != EOF)
		putc(c, out);
	fclose(in);
	fclose(out);
}

void operator_backup_keyring(void)
{
	world_trace("backup of the keyring", 0);
	copy_file(device.key, backup.path);
	backup.has_keyring = true;
}

/* What waits is sealed under a Z that only the lost keyring had. */
static void excuse_spooled(void)
{
	NOS_AUTO(keyring) now = { 0 };
	NOS_AUTO(keyring) then = { 0 };
	uint8_t count[VALUES_MAX];

	MUST(nos_ring_read(device.key, &now, &fault));
	MUST(nos_ring_read(backup.path, &then, &fault));
	check_count(count);
	for (uint64_t v = 0; now.z > then.z && v < device.next; v++)
		if (!count[v])
			device.fate[v] = FATE_EXCUSED;
}

void operator_restore_keyring(void)
{
	world_trace("the keyring is put back", 0);
	if (!backup.has_keyring)
		return;
	if (device.open)
		device_gone();
	excuse_spooled();
	copy_file(backup.path, device.key);
	backup.keyring_back = true;
	check_torn();
	counter_keyring_went_back();
}

bool operator_put_keyring_back(void)
{
	return backup.keyring_back;
}

void operator_backup_store(void)
{
	uint8_t count[VALUES_MAX];

	world_trace("backup of the store", 0);
	memory_drop(backup.store);
	backup.store = memory_backup();
	check_count(count);
	for (size_t v = 0; v < VALUES_MAX; v++)
		backup.stored_then[v] = count[v] != 0;
}

void operator_restore_store(bool said)
{
	uint64_t life = 0;
	uint8_t count[VALUES_MAX];

	world_trace("the store is put back; with notice:", said);
	if (!backup.store)
		return;
	user_look();
	check_count(count);
	for (uint64_t v = 0; v < device.next; v++)
		if (count[v] && !backup.stored_then[v])
			device.fate[v] = FATE_EXCUSED; /* it went with the disk */
	node_down(&world.node);
	memory_restore(backup.store);
	/* Before the node starts on it, as nos-rekey(1) has it. */
	if (said)
		life = node_next_life(&world.node);
	else
		group_store_went_back();
	check_torn();
	ear_store_went_back();
	user_store_went_back(said);
	device_store_went_back();
	counter_store_went_back(life);
	node_up(&world.node);
}

/* ---- registration ---- */

/* In its own place: what its spool holds is sealed under a Z that is gone from its new keyring,
 * unless it is taken over. */
static void enrol_again(void)
{
	NOS_AUTO(keyring) before = { 0 };
	NOS_AUTO(keyring) after = { 0 };
	NOS_AUTO(group) g = { 0 };

	device_close();
	MUST(nos_ring_read(device.key, &before, &fault));
	enrol_source(SOURCE, group_take(world.scheme, &g) ? &g : NULL, true, device.key);
	MUST(nos_ring_read(device.key, &after, &fault));
	MUST(nos_holder_inherit(&after, &before, &fault));
	MUST(nos_ring_write(device.key, &after, true, &fault));
	counter_anew();
	world.tally.anew++;
	backup.keyring_back = false;
	/* Of a registration that is no more. */
	backup.has_keyring = false;
	memory_drop(backup.store);
	backup.store = NULL;
}

void operator_enrol_again(void)
{
	world_trace("enrolled again", 0);
	enrol_again();
}

void operator_switch(void)
{
	world_trace("enrolled again, of another scheme", 0);
	world.scheme = world_scheme(world_below(1000));
	enrol_again();
}
