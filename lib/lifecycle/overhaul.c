/* SPDX-License-Identifier: MIT */
#include "lifecycle/overhaul.h"

#include "json/encode.h"
#include "self/era.h"
#include "group/groups.h"
#include "lifecycle/recall.h"
#include "roam/roaming.h"
#include "roam/visit.h"

#define GROUPS_MAX 4096 /* that are made anew at once */

/* What is done within the group; the row's members are appended. */
typedef enum nos_code work(
    struct nos_life *l, struct nos_time now, struct nos_buf *row, struct nos_err *err);

static enum nos_code renew(
    struct nos_life *l, struct nos_time now, struct nos_buf *row, struct nos_err *err)
{
	NOS_AUTO(self) self = { 0 };

	/* Keys of visitors are bound to the keys that were. */
	if (nos_self_open(l->store, l->vault, &self, err) ||
	    nos_self_renew(l->store, l->vault, &self, now, err) || nos_recall_sign(l, &self, err) ||
	    nos_visit_clear(l->store, err))
		return err->code;
	nos_encode_member_uint(row, "identity", self.generation);
	nos_encode_member_text(row, "pin", nos_str_of(self.pin));
	nos_encode_member_text(row, "status", NOS_STR("pending"));
	return NOS_OK;
}

/* ---- groups ---- */

struct renewing {
	uint64_t numbers[GROUPS_MAX];
	size_t count;
};

static enum nos_code see_group(void *state, uint64_t number, uint64_t rev, struct nos_err *err)
{
	struct renewing *r = state;

	(void)rev;
	if (r->count == GROUPS_MAX)
		return nos_err_set(err, NOS_LARGE, "over %d groups", GROUPS_MAX);
	r->numbers[r->count++] = number;
	return NOS_OK;
}

/* Clock, tokens and tree of each anew: who was put out since the backup is in none of them. */
static enum nos_code renew_groups(
    struct nos_life *l, uint64_t life, struct nos_time now, struct nos_err *err)
{
	struct renewing r = { 0 };

	if (nos_groups_scan_revs(l->store, see_group, &r, err))
		return err->code;
	for (size_t i = 0; i < r.count; i++) {
		NOS_AUTO(group) g = { 0 };

		if (nos_groups_get(l->store, l->vault, r.numbers[i], &g, err) ||
		    nos_groups_renew(l->store, &g, life, now, err) ||
		    nos_groups_put(l->store, l->vault, &g, err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code next_life(
    struct nos_life *l, struct nos_time now, struct nos_buf *row, struct nos_err *err)
{
	uint64_t life, era;

	/* Some of the visitors may have been revoked at home since the backup; and to whom keys of
	 * its own sources were given since then this node does not know. */
	if (nos_era_begin(l->store, now, &era, err) || nos_self_next_life(l->store, &life, err) ||
	    nos_recall_all(l, life, now, err) || renew_groups(l, life, now, err) ||
	    nos_visit_clear(l->store, err) || nos_roaming_recall_all(l->store, now, err))
		return err->code;
	nos_encode_member_uint(row, "life", life);
	nos_encode_member_text(row, "status", NOS_STR("confirmed"));
	return NOS_OK;
}

static enum nos_code in_group(struct nos_life *l, work *what, const struct nos_audit_event *event,
    struct nos_time now, struct nos_buf *row, struct nos_err *err)
{
	nos_buf_add_char(row, '{');
	nos_audit_begin(l->audit);
	if (nos_store_begin(l->store, err))
		return err->code;
	if (what(l, now, row, err) || nos_audit_append(l->audit, now, event, err)) {
		nos_store_rollback(l->store);
		return err->code;
	}
	nos_buf_add_char(row, '}');
	return nos_store_commit(l->store, err);
}

enum nos_code nos_overhaul_identity(struct nos_life *l, const char *reason, struct nos_time now,
    struct nos_buf *ret, struct nos_err *err)
{
	const struct nos_audit_event event = {
		.what = NOS_AUDIT_IDENTITY, .to = "active", .reason = reason
	};

	return in_group(l, renew, &event, now, ret, err);
}

enum nos_code nos_overhaul_restore(struct nos_life *l, const char *reason, struct nos_time now,
    struct nos_buf *ret, struct nos_err *err)
{
	const struct nos_audit_event event = { .what = NOS_AUDIT_RESTORE, .reason = reason };

	return in_group(l, next_life, &event, now, ret, err);
}
