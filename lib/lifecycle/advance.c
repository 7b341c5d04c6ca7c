/* SPDX-License-Identifier: MIT */
#include "lifecycle/advance.h"

#include <stdlib.h>
#include <string.h>

#include "json/encode.h"
#include "group/leaving.h"
#include "scheme/place.h"

#define ROW_MAX 512 /* bytes */
#define TRIES	8   /* against others who change the same group at once */

static struct nos_name present(const struct nos_group *g)
{
	const struct nos_group_key *k = nos_group_present(g);

	return k ? nos_group_name(g, k) : (struct nos_name){ 0 };
}

static bool is_young(const struct nos_advance *a, const struct nos_group *g, struct nos_time now)
{
	const struct nos_group_key *k = nos_group_present(g);

	return a->older_than_ms && k && now.ms - k->since.ms < (int64_t)a->older_than_ms;
}

/* What a key would be called. */
static void guess(const struct nos_advance *a, const struct nos_group *g, struct nos_name *ret)
{
	const bool turn = a->heal || !nos_group_has_clock(g);
	const struct nos_group_key next = { .epoch = g->clock.epoch + turn, .t = g->clock.t + 1 };

	*ret = nos_group_name(g, &next);
}

static enum nos_code move_on(struct nos_life *l, const struct nos_advance *a, struct nos_str name,
    struct nos_time now, struct nos_advance_done *ret, struct nos_err *err)
{
	struct nos_turn t = nos_life_turn(l, now, NULL, a->reason);
	NOS_AUTO(group) g = { 0 };

	*ret = (struct nos_advance_done){ 0 };
	if (nos_groups_find(l->store, l->vault, name, &g, err))
		return err->code;
	ret->number = g.number;
	nos_str_copy(nos_str_of(g.name), ret->name, sizeof(ret->name));
	ret->before = ret->now = present(&g);
	ret->unchanged = is_young(a, &g, now);
	if (ret->unchanged)
		return NOS_OK;
	if (a->dry_run) {
		guess(a, &g, &ret->now);
		return NOS_OK;
	}
	if (a->heal ? nos_turn_heal(&t, &g, err) : nos_turn_order(&t, &g, err))
		return err->code;
	ret->now = present(&g);
	l->destroyed |= t.destroyed;
	return NOS_OK;
}

/* Within a group of changes, again where another was quicker. */
typedef enum nos_code work(void *state, struct nos_err *err);

static enum nos_code in_group(struct nos_life *l, work *what, void *state, struct nos_err *err)
{
	for (int i = 0; i < TRIES; i++) {
		nos_err_clear(err);
		nos_audit_begin(l->audit);
		if (nos_store_begin(l->store, err))
			return err->code;
		if (!what(state, err))
			return nos_store_commit(l->store, err);
		nos_store_rollback(l->store);
		if (err->code != NOS_EXISTS)
			return err->code;
	}
	return nos_err_set(err, NOS_BUSY, "the group is being changed by others");
}

struct moving {
	struct nos_life *l;
	const struct nos_advance *a;
	struct nos_str name;
	struct nos_time now;
	struct nos_advance_done *ret;
};

static enum nos_code move(void *state, struct nos_err *err)
{
	const struct moving *m = state;

	return move_on(m->l, m->a, m->name, m->now, m->ret, err);
}

enum nos_code nos_advance_group(struct nos_life *l, const struct nos_advance *a,
    struct nos_str name, struct nos_time now, struct nos_advance_done *ret, struct nos_err *err)
{
	struct moving m = { l, a, name, now, ret };

	if (a->dry_run ? move(&m, err) : in_group(l, move, &m, err))
		return err->code == NOS_ABSENT ? err->code
					       : nos_err_within(err, "%.*s", NOS_STR_ARG(name));
	return NOS_OK;
}

static void member_name(struct nos_buf *b, const char *member, const struct nos_name *name)
{
	char kid[NOS_NAME_TEXT_MAX];

	if (!name->kind)
		return;
	nos_name_format(name, kid);
	nos_encode_member_text(b, member, nos_str_of(kid));
}

static void encode_row(
    struct nos_buf *b, const struct nos_advance *a, const struct nos_advance_done *done)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_text(b, "group", nos_str_of(done->name));
	member_name(b, "key", &done->now);
	if (!done->unchanged)
		member_name(b, "replaces", &done->before);
	nos_encode_member_text(b, "status",
	    done->unchanged ? NOS_STR("unchanged")
	    : a->dry_run    ? NOS_STR("pending")
			    : NOS_STR("confirmed"));
	if (a->dry_run)
		nos_encode_member_bool(b, "dry_run", true);
	nos_buf_add_char(b, '}');
}

/* ---- who has not followed ---- */

struct looking {
	const struct nos_group *group;
	struct nos_roster *ret;
};

static enum nos_code look_at(void *state, const struct nos_record *r, struct nos_err *err)
{
	const struct looking *l = state;
	struct nos_roster_item item = { 0 };

	if (r->a.revoked || r->group != l->group->number || nos_place_is_current(&r->a, l->group))
		return NOS_OK;
	nos_str_copy(nos_str_of(r->id), item.id, sizeof(item.id));
	return nos_roster_add(l->ret, &item, err);
}

static enum nos_code add_stragglers(
    struct nos_store *store, uint64_t number, struct nos_roster *ret, struct nos_err *err)
{
	NOS_AUTO(group) g = { 0 };
	struct looking l = { &g, ret };

	return nos_groups_get(store, NULL, number, &g, err)
		   ? err->code
		   : nos_registry_scan(store, look_at, &l, err);
}

/* ---- all of them ---- */

static enum nos_code advance(
    const struct nos_advance_run *run, struct nos_str name, struct nos_err *err)
{
	const struct nos_advance_calls *calls = &run->calls;
	struct nos_advance_done done = { 0 };
	NOS_AUTO(buf) row = { 0 };

	nos_buf_init(&row, ROW_MAX);
	if (calls->stop(calls->state))
		return NOS_OK;
	if (nos_advance_group(run->life, &run->order, name, nos_time_now(), &done, err)) {
		if (err->code != NOS_ABSENT)
			return err->code;
		calls->absent(calls->state, err);
		nos_err_clear(err);
		return NOS_OK;
	}
	encode_row(&row, &run->order, &done);
	if (calls->row(calls->state, &row, err) || !run->pending)
		return err->code;
	return add_stragglers(run->life->store, done.number, run->pending, err);
}

struct names {
	char (*list)[NOS_NAME_WORD_MAX + 1];
	size_t count;
};

static enum nos_code take_name(void *state, struct nos_group *g, struct nos_err *err)
{
	struct names *n = state;
	void *grown = reallocarray(n->list, n->count + 1, sizeof(*n->list));

	if (!grown)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	n->list = grown;
	memcpy(n->list[n->count++], g->name, sizeof(g->name));
	return NOS_OK;
}

enum nos_code nos_advance_all(const struct nos_advance_run *run, struct nos_err *err)
{
	struct names n = { 0 };

	if (!nos_groups_scan(run->life->store, NULL, take_name, &n, err))
		for (size_t i = 0; i < n.count && !advance(run, nos_str_of(n.list[i]), err); i++)
			;
	free(n.list);
	return err->code;
}

/* One step is one step. */
static bool is_named_before(char **names, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(names[i], names[at]) == 0)
			return true;
	return false;
}

enum nos_code nos_advance_named(
    const struct nos_advance_run *run, char **names, size_t count, struct nos_err *err)
{
	for (size_t i = 0; i < count; i++)
		if (!is_named_before(names, i) && advance(run, nos_str_of(names[i]), err))
			return err->code;
	return NOS_OK;
}

/* ---- who is to go ---- */

struct leaving {
	struct nos_turn turn;
	bool did;
};

static enum nos_code put_out(void *state, struct nos_err *err)
{
	struct leaving *l = state;

	return nos_leaving_step(&l->turn, &l->did, err);
}

enum nos_code nos_advance_put_out(struct nos_life *l, const struct nos_secret *sign,
    const char *reason, bool (*stop)(void *state), void *state, uint64_t *ret_count,
    struct nos_err *err)
{
	struct leaving leaving = { .did = true };

	for (*ret_count = 0; leaving.did && !stop(state); *ret_count += leaving.did) {
		leaving.turn = nos_life_turn(l, nos_time_now(), sign, reason);
		if (in_group(l, put_out, &leaving, err))
			return err->code;
		l->destroyed |= leaving.turn.destroyed;
	}
	return NOS_OK;
}
