/* SPDX-License-Identifier: MIT */
#include "lifecycle/withdraw.h"

#include "lifecycle/bearer.h"
#include "registry/registry.h"

static enum nos_code note(struct nos_audit *audit, const char *source, const char *from,
    const char *reason, struct nos_err *err)
{
	const struct nos_audit_event event = { .what = NOS_AUDIT_TOKEN,
		.source = source,
		.from = from,
		.to = nos_token_state_text(NOS_TOKEN_WITHDRAWN),
		.reason = reason };

	return nos_audit_append(audit, nos_time_now(), &event, err);
}

enum nos_code nos_withdraw_token(
    struct nos_audit *audit, const struct nos_vault *vault, struct nos_str id, struct nos_err *err)
{
	NOS_AUTO(token) t = { 0 };
	enum nos_token_state from;

	if (nos_token_get(audit->store, vault, id, &t, err) == NOS_ABSENT) {
		nos_err_clear(err);
		return nos_bearer_end(audit, id, false, nos_time_now(), err);
	}
	if (err->code)
		return err->code;
	from = nos_token_state_of(&t, nos_time_now());
	if (from == NOS_TOKEN_WITHDRAWN || nos_token_withdraw(audit->store, vault, id, err))
		return err->code;
	return note(
	    audit, *t.replaces ? t.replaces : NULL, nos_token_state_text(from), "withdraw", err);
}

static enum nos_code del_bearer(struct nos_audit *audit, const char *id, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };
	struct nos_bearer t;

	if (nos_bearer_get(audit->store, nos_str_of(id), &t, err) ||
	    nos_registry_get(audit->store, NULL, nos_str_of(t.source), &r, err) ||
	    nos_registry_del(audit->store, &r, err))
		return err->code;
	return nos_bearer_del(audit->store, id, err);
}

enum nos_code nos_withdraw_unseen(struct nos_audit *audit, const char *id, struct nos_err *err)
{
	uint64_t rev;

	if (nos_store_get(audit->store, NOS_TOKEN_NS, nos_str_of(id), NULL, &rev, err) ==
	    NOS_ABSENT) {
		nos_err_clear(err);
		(void)!del_bearer(audit, id, err);
	} else if (!err->code) {
		(void)!nos_store_del(audit->store, NOS_TOKEN_NS, nos_str_of(id), rev, err);
	}
	return err->code ? err->code : note(audit, NULL, "open", "not printed", err);
}

void nos_withdraw_unprinted(
    struct nos_audit *audit, const struct nos_buf *ids, size_t first, bool source_stays)
{
	struct nos_err err = { 0 };
	const char *id;

	nos_audit_begin(audit);
	if (nos_store_begin(audit->store, &err))
		return;
	for (size_t at = first * NOS_TOKEN_ID_MAX; at < ids->len; at += NOS_TOKEN_ID_MAX) {
		id = ids->p + at;
		if (source_stays
			? nos_bearer_end(audit, nos_str_of(id), false, nos_time_now(), &err)
			: nos_withdraw_unseen(audit, id, &err)) {
			nos_store_rollback(audit->store);
			return;
		}
	}
	(void)!nos_store_commit(audit->store, &err);
}
