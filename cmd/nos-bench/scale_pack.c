/* SPDX-License-Identifier: MIT */
#include "scale_pack.h"

#include <stdio.h>

#include "stream/raw.h"

#define TABLE  16 /* sources held, of which none is known yet */
#define ANSWER NOS_STR("{\"accepted\":1}")

void nos_scale_heard_release(struct nos_scale_heard *h)
{
	nos_member_table_free(h->members);
	nos_track_table_free(h->tracks);
	*h = (struct nos_scale_heard){ 0 };
}

enum nos_code scale_pack_unheard(struct nos_scale_heard *h, struct nos_err *err)
{
	nos_scale_heard_release(h);
	return nos_member_table_new(TABLE, &h->members, err)
		   ? err->code
		   : nos_track_table_new(TABLE, &h->tracks, err);
}

/* The pack in hand, opened. */
struct opened {
	const struct scale_pack *p;
	struct nos_scale_heard *h;
	struct nos_member *m;
	const struct nos_member_key *key;
	struct nos_buf text;
};

static enum nos_code use(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	return nos_issuer_used(&r->a, w, state, ret_changed, err);
}

static enum nos_code note_use(struct scale_node *n, struct opened *o, struct nos_err *err)
{
	struct nos_name name = o->key->name;
	NOS_AUTO(record) record = { 0 };

	if (o->key->state != NOS_STATE_PRE_ACTIVE && !o->key->unused)
		return NOS_OK;
	return nos_life_change(
	    &n->life, nos_str_of(o->p->id), nos_time_now(), use, &name, &record, err);
}

static enum nos_code append(struct scale_node *n, struct opened *o, struct nos_err *err)
{
	struct nos_raw raw = { .seq = o->p->seq,
		.prev = o->p->seq - 1,
		.kind = "meter",
		.form = NOS_BATCH_JSON,
		.received = nos_time_now(),
		.security = { .bits = NOS_PACK_BITS,
		    .tag = NOS_PACK_BITS,
		    .holders = o->key->holders,
		    .fresh = true } };
	NOS_AUTO(buf) entry = { 0 };
	uint64_t position;

	nos_buf_init(&entry, SCALE_PACK_MAX);
	snprintf(raw.source, sizeof(raw.source), "%s", o->p->id);
	nos_name_format(&o->key->name, raw.kid);
	nos_raw_encode(&entry, &raw, nos_buf_str(&o->text));
	if (nos_buf_check(&entry, "pack", err))
		return err->code;
	return nos_store_append(
	    n->store, NOS_RAW_STREAM, raw.received, nos_buf_span(&entry), &position, err);
}

static enum nos_code store_pack(struct scale_node *n, void *state, struct nos_err *err)
{
	struct opened *o = state;
	struct nos_track *track;

	if (nos_track_get(o->h->tracks, n->store, o->p->id, &track, err) ||
	    nos_member_check(o->h->members, n->store, &n->vault, &o->m, &o->key, err) ||
	    note_use(n, o, err))
		return err->code;
	return append(n, o, err);
}

static enum nos_code receive(struct scale_node *n, struct opened *o, struct nos_err *err)
{
	char receipt[NOS_PACK_RECEIPT_LEN];

	o->key = nos_member_key(o->m, o->p->kid);
	if (!o->key)
		return nos_err_set(err, NOS_TAG, "no such key");
	if (nos_pack_open(&o->key->keys, o->p->text, &o->text, err) ||
	    scale_node_change(n, store_pack, o, err) || scale_node_purge(n, err))
		return err->code;
	return nos_pack_receipt(
	    &o->key->keys, nos_str_bytes(o->p->text), nos_str_bytes(ANSWER), receipt, err);
}

enum nos_code scale_pack_take(struct scale_node *n, struct nos_scale_heard *h,
    const struct scale_pack *p, struct nos_err *err)
{
	struct opened o = { .p = p, .h = h };

	if (nos_member_get(h->members, n->store, &n->vault, p->id, &o.m, err))
		return err->code;
	nos_buf_init_secret(&o.text, SCALE_PACK_MAX);
	(void)!receive(n, &o, err);
	nos_buf_release(&o.text);
	nos_member_drop(h->members, o.m);
	return err->code;
}
