/* SPDX-License-Identifier: MIT */
#include "serve/upkeep.h"

#include "base/log.h"
#include "lifecycle/bearer.h"
#include "registry/registry.h"
#include "lifecycle/token.h"

/* Whose keys are in use. */
struct use {
	const struct nos_self *self;
	struct nos_time now;
	uint64_t least;	 /* generation of the oldest set that is */
	uint64_t oldest; /* that there is: once it is met no more need be looked at */
};

static enum nos_code note(struct use *u, uint64_t generation, struct nos_err *err)
{
	if (generation < u->least)
		u->least = generation;
	return u->least > u->oldest ? NOS_OK : nos_err_set(err, NOS_EXISTS, "seen enough");
}

static enum nos_code each_source(void *state, const struct nos_record *r, struct nos_err *err)
{
	/* Who is known by a token never learned of any, and follows to none. */
	return r->a.revoked || nos_bearer_is_source(r) ? NOS_OK
						       : note(state, r->a.base.identity, err);
}

/* The set that was the present one then. */
static uint64_t generation_at(const struct nos_self *s, struct nos_time at)
{
	uint64_t generation = s->generation;

	for (size_t i = 0; i < s->old_count && at.ms <= s->old[i].until.ms; i++)
		generation = s->old[i].generation;
	return generation;
}

/* One that is used up counts as well: its source may send the same m1 again. */
static enum nos_code each_token(void *state, const struct nos_token *t, struct nos_err *err)
{
	struct use *u = state;

	switch (nos_token_state_of(t, u->now)) {
	case NOS_TOKEN_OPEN:
	case NOS_TOKEN_USED:
		return note(u, generation_at(u->self, t->made), err);
	case NOS_TOKEN_EXPIRED:
	case NOS_TOKEN_WITHDRAWN:
	case NOS_TOKEN_EXPOSED:
		break;
	}
	return NOS_OK;
}

static enum nos_code look(struct nos_store *store, struct use *u, struct nos_err *err)
{
	if ((nos_token_scan(store, each_token, u, err) ||
		nos_registry_scan(store, each_source, u, err)) &&
	    u->least <= u->oldest)
		nos_err_clear(err);
	return err->code;
}

static enum nos_code in_group(const struct nos_upkeep *u, struct nos_self *self,
    uint64_t generation, struct nos_time now, struct nos_err *err)
{
	const struct nos_audit_event event = {
		.what = NOS_AUDIT_IDENTITY, .to = "destroyed", .reason = "followed by all"
	};

	if (nos_self_retire(u->store, u->vault, self, generation, err))
		return err->code;
	return nos_audit_append(u->audit, now, &event, err);
}

static enum nos_code retire(
    const struct nos_upkeep *u, uint64_t generation, struct nos_time now, struct nos_err *err)
{
	NOS_AUTO(self) self = *nos_card_self(u->card);
	bool changed;

	nos_audit_begin(u->audit);
	if (nos_store_begin(u->store, err))
		return err->code;
	if (in_group(u, &self, generation, now, err)) {
		nos_store_rollback(u->store);
		return err->code;
	}
	if (nos_store_commit(u->store, err))
		return err->code;
	return nos_card_refresh(u->card, u->store, u->vault, &changed, err);
}

enum nos_code nos_upkeep_retire(
    const struct nos_upkeep *u, struct nos_time now, bool *ret_done, struct nos_err *err)
{
	struct use use = { .now = now };
	bool changed;

	*ret_done = false;
	if (nos_card_refresh(u->card, u->store, u->vault, &changed, err))
		return err->code;
	use.self = nos_card_self(u->card);
	if (!use.self->old_count)
		return NOS_OK;
	use.least = use.self->generation;
	use.oldest = use.self->old[use.self->old_count - 1].generation;
	if (look(u->store, &use, err) || use.least <= use.oldest)
		return err->code;
	if (!retire(u, use.least - 1, now, err))
		*ret_done = true;
	return err->code;
}

enum nos_code nos_upkeep_sign(const struct nos_upkeep *u, struct nos_time now,
    struct nos_audit_head *ret, struct nos_err *err)
{
	bool is_new;

	return nos_audit_sign(u->store, nos_card_self(u->card), now, ret, &is_new, err);
}

void nos_upkeep_tell(const struct nos_upkeep *u, struct nos_placement *placement)
{
	struct nos_audit_head head = { 0 };
	NOS_AUTO(buf) text = { 0 };
	struct nos_err err = { 0 };

	if (nos_upkeep_sign(u, nos_time_now(), &head, &err))
		nos_log_line(NOS_LOG_WARN, "the audit stream is not signed: %s", err.text);
	if (!head.n)
		return;
	nos_buf_init(&text, NOS_PUBLISH_HEAD_MAX);
	nos_audit_head_encode(&text, nos_card_self(u->card)->number, &head);
	nos_placement_head(placement, nos_buf_str(&text));
}
