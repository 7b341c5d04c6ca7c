/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "group.h"
#include "user.h"

static struct {
	bool torn;
	int64_t until_ms; /* of the key that both hold, as it was seen last; 0: not known */
	uint64_t stored;  /* position of the last pack that was looked at */
} check;

void check_begin(void)
{
	check.torn = false;
	check.until_ms = 0;
	check.stored = 0;
}

void check_torn(void)
{
	check.torn = true;
	check.stored = 0;
}

/* ---- what is stored ---- */

uint64_t check_value(struct nos_str text)
{
	const char *at = memmem(text.p, text.len, "\"value\":", 8);

	if (!at)
		world_wrong("a pack without a value", text.len);
	return strtoul(at + 8, NULL, 10) % VALUES_MAX;
}

static enum nos_code see_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	uint8_t *count = state;
	struct nos_raw raw;
	struct nos_str body;

	(void)position;
	if (nos_raw_decode(entry, &raw, &body, err))
		return err->code;
	count[check_value(body)]++;
	return NOS_OK;
}

void check_count(uint8_t count[static VALUES_MAX])
{
	memset(count, 0, VALUES_MAX);
	MUST(
	    nos_store_read(world.node.view, NOS_RAW_STREAM, 0, SIZE_MAX, see_entry, count, &fault));
}

void check_stored(bool at_end)
{
	uint8_t count[VALUES_MAX];
	uint64_t first, last;

	user_look();
	MUST(nos_store_bounds(world.node.view, NOS_RAW_STREAM, &first, &last, &fault));
	if (last == check.stored && !at_end)
		return;
	check.stored = last;
	check_count(count);
	for (uint64_t v = 0; v < device.next; v++) {
		if (count[v] > 1 && !device.may_double[v])
			world_wrong("a reading was stored twice", v);
		if (at_end && device.fate[v] == FATE_SETTLED && !count[v])
			world_wrong("a reading that was settled is lost", v);
	}
}

/* ---- both sides ---- */

/* As it is on disk, where it does not run. */
static void read_keyring(struct nos_keyring *ret)
{
	if (device.open)
		*ret = device.ring.k;
	else
		MUST(nos_ring_read(device.key, ret, &fault));
}

/* The node's key of the source's, where it opens what the source sends under it; NULL: none does.
 */
static const struct nos_assoc_key *find_common(
    struct nos_assoc *a, const struct nos_keyring *k, const struct nos_keyring_key *mine)
{
	const struct nos_assoc_key *theirs = nos_assoc_key(a, &mine->name);
	NOS_AUTO(secret) my_auth = { 0 };
	NOS_AUTO(secret) their_auth = { 0 };

	if (!theirs || theirs->state == NOS_STATE_DEACTIVATED)
		return NULL;
	MUST(nos_derive_static(&k->z_key, NOS_DERIVE_AUTH, &my_auth, &fault));
	MUST(nos_assoc_auth(a, theirs, &their_auth, &fault));
	return nos_secret_eq(&mine->value, &theirs->value) && nos_secret_eq(&my_auth, &their_auth)
		   ? theirs
		   : NULL;
}

void check_common(void)
{
	NOS_AUTO(record) r = { 0 };
	NOS_AUTO(keyring) k = { 0 };
	const struct nos_assoc_key *common;

	if (check.torn)
		return;
	read_keyring(&k);
	node_look(&world.node, SOURCE, &r);
	/* Where its own was taken back, or lost, there is the other; of a group's own no source
	 * can be sure. */
	common = r.group ? NULL : find_common(&r.a, &k, nos_keyring_active(&k));
	if (!common)
		common = find_common(&r.a, &k, nos_keyring_pairwise(&k));
	if (common)
		check.until_ms = common->until.ms;
	else if (check.until_ms && check.until_ms <= world.clock_ms)
		check.torn = true;
	else if (!k.ask.len)
		world_wrong("the node does not know the source's key", r.a.version);
}

/* The source's newest of a kind; NULL: none. */
static const struct nos_keyring_key *newest(const struct nos_keyring *k, char letter)
{
	for (size_t i = 0; i < k->key_count; i++)
		if (k->keys[i].name.kind == letter && k->keys[i].state == NOS_STATE_ACTIVE)
			return &k->keys[i];
	return NULL;
}

/* Do both have the same newest key of the scheme's own? */
static bool is_same(const struct nos_record *r)
{
	const char letter = nos_scheme_find(nos_str_of(world.scheme))->letter;
	const struct nos_keyring_key *k = newest(&device.ring.k, letter);
	const struct nos_assoc_key *at = nos_assoc_active(&r->a, letter);

	return k && at && nos_name_eq(&at->name, &k->name) && nos_secret_eq(&at->value, &k->value);
}

bool check_is_whole(void)
{
	NOS_AUTO(record) r = { 0 };

	node_look(&world.node, SOURCE, &r);
	return (r.group ? group_is_whole(&device.ring.k, &r) : is_same(&r)) &&
	       !device.spool.count && !nos_issuer_is_pending(&r.a, world.node.ledger.life.life);
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
