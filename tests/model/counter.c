/* SPDX-License-Identifier: MIT */
#include "counter.h"

#include <string.h>

#include "device.h"
#include "sealing.h"

#define NAMES_MAX 1024

/* A name that stood for a key. */
struct name {
	struct nos_name name;
	struct nos_secret value;
};

static struct {
	uint64_t version, z; /* of the node */
	uint64_t seq;	     /* of the source: the first number that it has not given to a pack */
	struct nos_chain node_down, node_up, source_down, source_up;
	uint64_t life; /* the highest */
	bool amnesia; /* the node has been in the same life before: what it says it may have said */
	struct name names[NAMES_MAX];
	size_t name_count;
} top;

void counter_begin(void)
{
	explicit_bzero(&top, sizeof(top));
	top.life = 1;
}

void counter_store_went_back(uint64_t life)
{
	top.version = top.z = 0;
	top.node_down.key.len = top.node_up.key.len = 0;
	top.amnesia = life <= top.life;
	if (top.amnesia)
		sealing_excuse(false);
	else
		top.life = life;
}

void counter_keyring_went_back(void)
{
	top.seq = 0;
	top.source_down.key.len = top.source_up.key.len = 0;
	sealing_excuse(true);
}

void counter_anew(void)
{
	top.version = 0;
	counter_keyring_went_back();
}

/* A chain that is another than that of before begins anew. */
static void check_chain(const char *what, struct nos_chain *before, const struct nos_chain *now)
{
	struct nos_chain later = *now;

	if (before->key.len && now->key.len && now->ctr < before->ctr) {
		MUST(nos_chain_advance(&later, before->ctr, &fault));
		if (nos_secret_eq(&later.key, &before->key))
			world_wrong(what, now->ctr);
	}
	*before = *now;
}

static void note_name(const struct nos_assoc_key *k)
{
	size_t i = 0;

	while (i < top.name_count && !nos_name_eq(&top.names[i].name, &k->name))
		i++;
	if (i == NAMES_MAX)
		world_wrong("too many names", i);
	if (i == top.name_count)
		top.name_count++;
	else if (!top.amnesia && !nos_secret_eq(&top.names[i].value, &k->value))
		world_wrong("a name stands for two keys", nos_name_rank(&k->name));
	top.names[i] = (struct name){ k->name, k->value };
}

static void check_node(void)
{
	NOS_AUTO(record) r = { 0 };

	node_look(&world.node, SOURCE, &r);
	if (r.a.version < top.version || r.a.base.z < top.z)
		world_wrong("a name or a generation fell at the node", r.a.version);
	top.version = r.a.version;
	top.z = r.a.base.z;
	check_chain("a counter down fell at the node", &top.node_down, &r.a.base.down);
	check_chain("a counter up fell at the node", &top.node_up, &r.a.base.up);
	for (size_t i = 0; i < r.a.key_count; i++)
		note_name(&r.a.keys[i]);
	if (r.a.offer.is)
		note_name(&r.a.offer.key);
}

void counter_check_source(void)
{
	const struct nos_keyring *k = &device.ring.k;

	check_chain("a counter down fell at the source", &top.source_down, &k->down);
	check_chain("a counter up fell at the source", &top.source_up, &k->up);
}

void counter_check(void)
{
	check_node();
	if (device.open)
		counter_check_source();
}

/* ---- numbers of packs, as they are given ---- */

enum nos_code __real_nos_ring_take(struct nos_ring *r, uint64_t *ret_seq, struct nos_err *err);
enum nos_code __wrap_nos_ring_take(struct nos_ring *r, uint64_t *ret_seq, struct nos_err *err);
void __real_nos_ring_back(struct nos_ring *r, uint64_t seq);
void __wrap_nos_ring_back(struct nos_ring *r, uint64_t seq);

enum nos_code __wrap_nos_ring_take(struct nos_ring *r, uint64_t *ret_seq, struct nos_err *err)
{
	if (__real_nos_ring_take(r, ret_seq, err))
		return err->code;
	if (*ret_seq < top.seq)
		world_wrong("a number was given twice", *ret_seq);
	top.seq = *ret_seq + 1;
	return NOS_OK;
}

void __wrap_nos_ring_back(struct nos_ring *r, uint64_t seq)
{
	__real_nos_ring_back(r, seq);
	top.seq = r->next;
}
