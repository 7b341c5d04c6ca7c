/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdlib.h>
#include <string.h>

/* The highest that was seen: two of the node, one of the source. */
static struct {
	uint64_t version, z, seq;
} top;

void check_begin(void)
{
	memset(&top, 0, sizeof(top));
}

/* ---- what is stored ---- */

static enum nos_code see_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	uint8_t *count = state;
	struct nos_raw raw;
	struct nos_str body;
	const char *at;

	if (nos_raw_decode(entry, &raw, &body, err))
		return err->code;
	at = memmem(body.p, body.len, "\"value\":", 8);
	if (!at)
		world_wrong("an entry without a value", position);
	count[strtoul(at + 8, NULL, 10) % VALUES_MAX]++;
	return NOS_OK;
}

void check_count(uint8_t count[static VALUES_MAX])
{
	memset(count, 0, VALUES_MAX);
	MUST(nos_store_read(
	    world.node.store, NOS_RAW_STREAM, 0, SIZE_MAX, see_entry, count, &fault));
}

void check_stored(bool at_end)
{
	uint8_t count[VALUES_MAX];

	check_count(count);
	for (uint64_t v = 0; v < device.next; v++) {
		if (count[v] > 1)
			world_wrong("a reading was stored twice", v);
		if (at_end && device.fate[v] == FATE_SETTLED && !count[v])
			world_wrong("a reading that was settled is lost", v);
	}
}

/* ---- counters ---- */

void check_counters(void)
{
	NOS_AUTO(record) r = { 0 };

	node_look(&world.node, SOURCE, &r);
	if (r.a.version < top.version || r.a.base.z < top.z)
		world_wrong("a name or a generation fell at the node", r.a.version);
	top.version = r.a.version;
	top.z = r.a.base.z;
	if (!device.open)
		return;
	if (device.ring.next < top.seq)
		world_wrong("a number fell at the source", device.ring.next);
	top.seq = device.ring.next;
}

void check_store_went_back(void)
{
	top.version = top.z = 0;
}

void check_keyring_went_back(void)
{
	top.seq = 0;
}

void check_anew(void)
{
	top.version = top.seq = 0;
}

/* ---- both sides ---- */

bool check_is_whole(void)
{
	const struct nos_keyring_key *k = nos_keyring_active(&device.ring.k);
	NOS_AUTO(record) r = { 0 };
	const struct nos_assoc_key *at;

	node_look(&world.node, SOURCE, &r);
	at = nos_assoc_active(&r.a, 'p');
	return k && at && at->name.parts[0] == k->name.parts[0] &&
	       nos_secret_eq(&at->value, &k->value) && !device.spool.count &&
	       !nos_issuer_is_pending(&r.a, world.node.ledger.life.life);
}

bool check_is_lost(void)
{
	const struct nos_keyring *k = &device.ring.k;
	NOS_AUTO(secret) mine = { 0 };
	NOS_AUTO(secret) theirs = { 0 };
	NOS_AUTO(record) r = { 0 };
	bool same;

	node_look(&world.node, SOURCE, &r);
	MUST(nos_derive_static(&r.a.base.z_key, NOS_DERIVE_RESYNC, &theirs, &fault));
	MUST(nos_derive_static(&k->z_key, NOS_DERIVE_RESYNC, &mine, &fault));
	same = k->z == r.a.base.z && nos_secret_eq(&mine, &theirs);
	for (size_t i = 0; i < k->older_count; i++)
		same |= k->older[i].z == r.a.base.z && nos_secret_eq(&k->older[i].resync, &theirs);
	return !same;
}
