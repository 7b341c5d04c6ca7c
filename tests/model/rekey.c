/* SPDX-License-Identifier: MIT */
#include "rekey.h"

#include "lifecycle/advance.h"
#include "lifecycle/campaign.h"
#include "lifecycle/recall.h"
#include "shared.h"
#include "world.h"

/* ---- what it tells ---- */

static enum nos_code done(void *state, const struct nos_order_done *d, struct nos_err *err)
{
	(void)state, (void)err;
	world_trace("  ordered, status", d->status);
	return NOS_OK;
}

static void absent(void *state, const struct nos_err *err)
{
	(void)state;
	world_failed("the source has gone", err);
}

static void progress(void *state, uint64_t count)
{
	(void)state, (void)count;
}

static bool stop(void *state)
{
	(void)state;
	return false;
}

/* ---- one order ---- */

static enum nos_code give(struct nos_life *l, enum nos_order_what what,
    const struct nos_assoc_global *global, struct nos_err *err)
{
	char id[] = SOURCE, *words[] = { id };
	struct nos_campaign c;

	nos_campaign_init(&c);
	c.life = l;
	c.order = (struct nos_order){
		.what = what, .reason = "ordered", .globals = global, .global_count = global != NULL
	};
	c.named = true;
	c.calls = (struct nos_campaign_calls){ done, absent, progress, stop, NULL };
	if (!nos_campaign_name(&c, words, 1, err))
		(void)!nos_campaign_give(&c, err);
	nos_campaign_release(&c);
	return err->code;
}

static enum nos_code take_back(struct nos_life *l, const struct nos_self *self, struct nos_err *err)
{
	const struct nos_name name = { NOS_POOL_KIND, 1, { node_domain() } };
	struct nos_assoc_global global;
	char word[NOS_NAME_TEXT_MAX];
	struct nos_recall_done one;

	nos_name_format(&name, word);
	if (nos_recall_one(l, self, nos_str_of(word), "stolen", nos_time_now(), &one, err) ||
	    nos_life_open(l, l->store, l->vault, l->audit, self, err))
		return err->code;
	global = nos_pool_global(&one.before);
	return give(l, NOS_ORDER_INVALIDATE, &global, err);
}

/* Who was revoked is put out of its group. */
static enum nos_code revoke(struct nos_life *l, const struct nos_self *self, struct nos_err *err)
{
	uint64_t count;

	if (give(l, NOS_ORDER_REVOKE, NULL, err))
		return err->code;
	return nos_advance_put_out(l, &self->sign, "revoked", stop, NULL, &count, err);
}

static enum nos_code move_on(struct nos_life *l, bool heal, struct nos_err *err)
{
	const struct nos_advance a = { .heal = heal, .reason = "ordered" };
	struct nos_advance_done one;

	if (!nos_scheme_find(nos_str_of(world.scheme))->grouped)
		return give(l, NOS_ORDER_REPLACE, NULL, err);
	return nos_advance_group(l, &a, nos_str_of(world.scheme), nos_time_now(), &one, err);
}

static enum nos_code run(
    enum rekey what, struct nos_life *l, const struct nos_self *self, struct nos_err *err)
{
	switch (what) {
	case REKEY_SOURCE:
		return give(l, NOS_ORDER_REPLACE, NULL, err);
	case REKEY_RENEW:
		return give(l, NOS_ORDER_RENEW, NULL, err);
	case REKEY_REVOKE:
		return revoke(l, self, err);
	case REKEY_INVALIDATE:
		return take_back(l, self, err);
	case REKEY_GROUP:
	case REKEY_HEAL:
		break;
	}
	return move_on(l, what == REKEY_HEAL, err);
}

enum nos_code rekey_run(enum rekey what, struct nos_err *err)
{
	const struct nos_vault *vault = &world.node.home.vault;
	struct nos_store *store;
	struct nos_audit audit;
	NOS_AUTO(self) self = { 0 };
	NOS_AUTO(life) l = { 0 };

	MUST(nos_store_open_engine(&shared_engine, "", false, &store, &fault));
	nos_audit_init(&audit, store, "nos-rekey", false);
	if (!nos_self_open(store, vault, &self, err) &&
	    !nos_life_open(&l, store, vault, &audit, &self, err))
		(void)!run(what, &l, &self, err);
	nos_store_close(store);
	return err->code;
}
