/* SPDX-License-Identifier: MIT */
/* Messages about keys, each made by the node for a source that is in need of it. */
#include <stdio.h>

#include "overhead.h"
#include "lifecycle/recall.h"
#include "scheme/holder.h"

#define U_HOW "with its head, counter and tag"

static const char *kind_text(enum nos_message_kind kind)
{
	static const char *const texts[] = {
		[NOS_MESSAGE_STATE] = "message state",
		[NOS_MESSAGE_INSTALL] = "message install",
		[NOS_MESSAGE_GLOBAL] = "message global",
		[NOS_MESSAGE_EVICT] = "message evict",
		[NOS_MESSAGE_HEAL] = "message heal",
		[NOS_MESSAGE_JOIN] = "message join",
		[NOS_MESSAGE_LINK] = "message link",
		[NOS_MESSAGE_PAIR] = "message pair",
		[NOS_MESSAGE_ACK] = "message ack",
		[NOS_MESSAGE_PATH] = "message path",
	};

	return texts[kind];
}

static struct party_source *source(const struct overhead *o, unsigned i)
{
	return &o->place->sources[o->scheme][i];
}

static enum nos_code say(
    const struct overhead *o, const char *what, size_t len, const char *how, struct nos_err *err)
{
	return overhead_row(o, what, "B", 0, (double)len, how, err);
}

/* What waits for a source, each kind once. */
static enum nos_code say_waiting(
    struct overhead *o, const struct party_source *s, struct nos_err *err)
{
	struct nos_span list[NOS_ASSOC_OUT_MAX];
	struct nos_message_head head;
	NOS_AUTO(record) r = { 0 };
	size_t count;

	if (party_look(&o->place->party, s, &r, err))
		return err->code;
	count = party_list(&o->place->party, &r, list);
	for (size_t i = 0; i < count; i++) {
		if (nos_message_head_read(list[i], &head, err))
			return err->code;
		if (o->said & 1u << head.kind)
			continue;
		o->said |= 1u << head.kind;
		if (say(o, kind_text(head.kind), list[i].len, U_HOW, err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code say_ack(
    const struct overhead *o, const struct party_source *s, struct nos_err *err)
{
	return say(o, kind_text(NOS_MESSAGE_ACK), s->keyring.ack_len,
	    "it names all keys that are held", err);
}

/* ---- of one source ---- */

static enum nos_code say_replaced(struct overhead *o, struct nos_err *err)
{
	struct nos_span list[NOS_ASSOC_OUT_MAX];
	struct party *p = &o->place->party;
	NOS_AUTO(record) r = { 0 };
	size_t count;

	if (party_replace(p, source(o, 0), err) || say_waiting(o, source(o, 0), err) ||
	    party_look(p, source(o, 0), &r, err))
		return err->code;
	count = party_list(p, &r, list);
	if (!count)
		return nos_err_set(err, NOS_INTERNAL, "no message replaces the key");
	if (say(o, "message replace", list[count - 1].len, U_HOW, err) ||
	    party_settle(p, source(o, 0), err))
		return err->code;
	return say_ack(o, source(o, 0), err);
}

/* The broadcast that takes one global key back, and what follows from it. */
static enum nos_code say_recalled(struct overhead *o, struct nos_err *err)
{
	const struct nos_keyring *k = &source(o, 0)->keyring;
	struct party *p = &o->place->party;
	struct nos_recall_done done;
	struct nos_globals g = { 0 };
	char word[32];

	snprintf(word, sizeof(word), "w.%llu", (unsigned long long)k->globals[0].domain);
	if (!nos_recall_one(
		&p->life, &p->self, nos_str_of(word), "measured", nos_time_now(), &done, err) &&
	    !nos_globals_get(p->store, &p->vault, &g, err))
		(void)!say(o, "message broadcast", g.broadcast_len,
		    "it takes one global key back, signed", err);
	nos_globals_release(&g);
	return err->code;
}

/* ---- of a group ---- */

static enum nos_code say_order(struct overhead *o, struct nos_err *err)
{
	NOS_AUTO(buf) order = { 0 };

	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	if (nos_groups_order(
		o->place->party.store, source(o, 0)->keyring.group.number, &order, err))
		return err->code;
	return order.len ? say(o, "message order", order.len, "the same for all members", err)
			 : NOS_OK;
}

static enum nos_code settle_all(struct overhead *o, unsigned count, struct nos_err *err)
{
	for (unsigned i = 0; i < count; i++)
		if (party_settle(&o->place->party, source(o, i), err))
			return err->code;
	return NOS_OK;
}

/* What a member does that hears it, and not pulls it. */
static enum nos_code say_overheard(
    const struct overhead *o, struct nos_span broadcast, struct nos_err *err)
{
	NOS_AUTO(keyring) k = source(o, 0)->keyring;
	struct counted c;
	bool took;

	counted_begin();
	if (nos_holder_overhear(&k, broadcast, nos_time_now(), &took, err))
		return err->code;
	c = counted_end();
	if (!took)
		return nos_err_set(err, NOS_INTERNAL, "a member did not take an eviction");
	return overhead_operations(
	    o, "evict source", &c, "for the broadcast of one eviction that is heard", err);
}

/* The last source is put out, and the others follow. */
static enum nos_code say_evicted(struct overhead *o, struct nos_err *err)
{
	struct party *p = &o->place->party;
	NOS_AUTO(group) g = { 0 };
	struct counted c;

	counted_begin();
	if (party_revoke(p, source(o, KEYING_SOURCES - 1), err))
		return err->code;
	c = counted_end();
	if (overhead_operations(o, "evict node", &c,
		"for one member revoked and put out, with what the store seals and writes down",
		err) ||
	    nos_groups_find(p->store, NULL, nos_str_of(bench_scheme_text(o->scheme)), &g, err) ||
	    say_overheard(o, (struct nos_span){ g.broadcast, g.broadcast_len }, err) ||
	    say_waiting(o, source(o, 0), err) || settle_all(o, KEYING_SOURCES - 1, err))
		return err->code;
	return say(o, "message broadcast", g.broadcast_len,
	    "it puts one member out of a tree of 2^20 leaves, signed", err);
}

/* fresh has its place, and is given its key with the next session or epoch. */
static enum nos_code say_group(struct overhead *o, struct party_source *fresh, struct nos_err *err)
{
	const char *name = bench_scheme_text(o->scheme);
	struct party *p = &o->place->party;

	if (party_advance(p, name, false, err) || say_order(o, err) || say_waiting(o, fresh, err) ||
	    party_settle(p, fresh, err) || say_ack(o, fresh, err) ||
	    settle_all(o, KEYING_SOURCES, err) || party_advance(p, name, true, err) ||
	    say_waiting(o, source(o, 0), err) || settle_all(o, KEYING_SOURCES, err))
		return err->code;
	return say_evicted(o, err);
}

/* ---- the whole ---- */

enum nos_code overhead_messages(struct overhead *o, struct nos_err *err)
{
	struct party_source fresh;

	if (bench_is_stopped())
		return NOS_OK;
	if (say(o, "message m1", source(o, 0)->m1, "a registration, a JWE to the node's key",
		err) ||
	    say(o, "message m2", source(o, 0)->m2, "its answer, a JWE, with the keys it brings",
		err) ||
	    party_enrol(&o->place->party, bench_scheme_text(o->scheme), &fresh, err) ||
	    say_waiting(o, &fresh, err) || party_settle(&o->place->party, &fresh, err))
		return err->code;
	if (source(o, 0)->keyring.group.number)
		return say_group(o, &fresh, err);
	if (say_replaced(o, err))
		return err->code;
	return o->scheme == BENCH_DINI ? say_recalled(o, err) : NOS_OK;
}

enum nos_code overhead_printed(const struct overhead *o, const struct keying *k, unsigned sources,
    bool first, struct nos_err *err)
{
	const bool dini = o->scheme == BENCH_DINI;

	if (overhead_row(o,
		first  ? "message install"
		: dini ? "message replace"
		       : "message order",
		"B", sources, (double)k->down, "in clear but for its blocks, without a tag", err))
		return err->code;
	return dini && !first ? overhead_row(o, "message ack", "B", sources, (double)k->up,
				    "one byte that says nothing of who sent it", err)
			      : NOS_OK;
}
