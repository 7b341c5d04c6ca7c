/* SPDX-License-Identifier: MIT */
#include "lifecycle/recall.h"

#include "json/encode.h"

#define ROW_MAX 512 /* bytes */
#define TRIES	8   /* against others who change them at once */

static enum nos_code read_name(struct nos_str word, struct nos_name *ret, struct nos_err *err)
{
	if (nos_name_parse(word, ret) && ret->kind == NOS_POOL_KIND && ret->count <= 2)
		return NOS_OK;
	return nos_err_set(err, NOS_USAGE,
	    "'%.*s' is no global key, such as w.7.1: nos-keytable gt shows them",
	    NOS_STR_ARG(word));
}

static enum nos_code note(struct nos_life *l, const struct nos_name *name, const char *from,
    const char *to, const char *reason, struct nos_time now, struct nos_err *err)
{
	char kid[NOS_NAME_TEXT_MAX];
	const struct nos_audit_event e = {
		.what = NOS_AUDIT_KEY, .key = kid, .from = from, .to = to, .reason = reason
	};

	nos_name_format(name, kid);
	return nos_audit_append(l->audit, now, &e, err);
}

/* Within the group. */
static enum nos_code take_back(struct nos_life *l, const struct nos_self *self,
    const struct nos_name *name, const char *reason, struct nos_time now,
    struct nos_recall_done *ret, struct nos_err *err)
{
	const uint64_t domain = name->parts[0];
	const struct nos_pool_key *key;
	NOS_AUTO(globals) g = { 0 };

	if (nos_globals_get(l->store, l->vault, &g, err))
		return err->code;
	key = nos_pool_key(&g.pool, domain);
	if (!key || (name->count == 2 && (name->parts[1] > key->version || !name->parts[1])))
		return nos_err_set(err, NOS_ABSENT, "there is no such global key");
	ret->before = name->count == 2 ? *name : nos_pool_name(domain, key->version);
	ret->now = nos_pool_name(domain, key->version);
	ret->changed = ret->before.parts[1] == key->version;
	if (!ret->changed)
		return NOS_OK;
	if (nos_globals_take_back(&g, self, domain, now, err) ||
	    nos_globals_put(l->store, l->vault, &g, err))
		return err->code;
	ret->now = nos_pool_name(domain, key->version);
	if (note(l, &ret->before, "active", "compromised", reason, now, err))
		return err->code;
	return note(l, &ret->now, NULL, "active", reason, now, err);
}

enum nos_code nos_recall_one(struct nos_life *l, const struct nos_self *self, struct nos_str word,
    const char *reason, struct nos_time now, struct nos_recall_done *ret, struct nos_err *err)
{
	struct nos_name name;

	if (read_name(word, &name, err))
		return err->code;
	for (int i = 0; i < TRIES; i++) {
		nos_err_clear(err);
		nos_audit_begin(l->audit);
		if (nos_store_begin(l->store, err))
			return err->code;
		if (!take_back(l, self, &name, reason, now, ret, err))
			return nos_store_commit(l->store, err);
		nos_store_rollback(l->store);
		if (err->code != NOS_EXISTS)
			return nos_err_within(err, "%.*s", NOS_STR_ARG(word));
	}
	return nos_err_set(err, NOS_BUSY, "the global keys are being changed by others");
}

void nos_recall_row(struct nos_buf *b, const struct nos_recall_done *done)
{
	char before[NOS_NAME_TEXT_MAX], now[NOS_NAME_TEXT_MAX];

	nos_name_format(&done->before, before);
	nos_name_format(&done->now, now);
	nos_buf_add_char(b, '{');
	nos_encode_member_text(b, "key", nos_str_of(now));
	nos_encode_member_text(b, "replaces", nos_str_of(before));
	nos_encode_member_text(
	    b, "status", done->changed ? NOS_STR("invalidated") : NOS_STR("unchanged"));
	nos_buf_add_char(b, '}');
}

static enum nos_code print(
    struct nos_recall_run *run, const struct nos_recall_done *done, struct nos_err *err)
{
	NOS_AUTO(buf) row = { 0 };

	run->globals[run->global_count++] = nos_pool_global(&done->before);
	nos_buf_init(&row, ROW_MAX);
	nos_recall_row(&row, done);
	return run->row(run->state, &row, err);
}

enum nos_code nos_recall_named(
    struct nos_recall_run *run, char **words, size_t count, struct nos_err *err)
{
	for (size_t i = 0; i < count && !run->stop(run->state); i++) {
		struct nos_recall_done done;

		if (nos_recall_one(run->life, run->self, nos_str_of(words[i]), run->reason,
			nos_time_now(), &done, err)) {
			if (err->code != NOS_ABSENT && err->code != NOS_USAGE &&
			    err->code != NOS_BUSY)
				return err->code;
			run->fail(run->state, err);
			nos_err_clear(err);
			continue;
		}
		if (print(run, &done, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_recall_sign(struct nos_life *l, const struct nos_self *self, struct nos_err *err)
{
	NOS_AUTO(globals) g = { 0 };

	if (nos_globals_get(l->store, l->vault, &g, err) || !g.broadcast_len ||
	    nos_globals_sign(&g, self, err))
		return err->code;
	return nos_globals_put(l->store, l->vault, &g, err);
}

enum nos_code nos_recall_all(
    struct nos_life *l, uint64_t life, struct nos_time now, struct nos_err *err)
{
	NOS_AUTO(globals) g = { 0 };

	if (nos_globals_get(l->store, l->vault, &g, err) || !g.rev ||
	    nos_globals_renew(&g, life, now, err))
		return err->code;
	return nos_globals_put(l->store, l->vault, &g, err);
}
