/* SPDX-License-Identifier: MIT */
#include "roam/stay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/registry.h"
#include "stream/track.h"

#define GROUP 200 /* visits that are ended in one transaction */
#define TRIES 8

/* ---- the audit stream ---- */

/* The newest of its keys names the visit. */
static const struct nos_visit_key *newest(const struct nos_visit *v)
{
	const struct nos_visit_key *key = &v->keys[0];

	for (size_t i = 1; i < v->key_count; i++)
		if (v->keys[i].day > key->day)
			key = &v->keys[i];
	return key;
}

static enum nos_code note(struct nos_audit *audit, const struct nos_visit *v, const char *from,
    const char *to, const char *reason, struct nos_time now, struct nos_err *err)
{
	const struct nos_name name = nos_roam_name(v->home, newest(v)->day);
	char kid[NOS_NAME_TEXT_MAX];
	const struct nos_audit_event event = { .what = NOS_AUDIT_KEY,
		.source = v->id,
		.key = kid,
		.from = from,
		.to = to,
		.reason = reason };

	nos_name_format(&name, kid);
	return nos_audit_append(audit, now, &event, err);
}

static enum nos_code note_begun(
    struct nos_audit *audit, const struct nos_visit *v, struct nos_time now, struct nos_err *err)
{
	char reason[64];

	snprintf(reason, sizeof(reason), "given by node %" PRIu64 ", its home", v->home);
	return note(audit, v, NULL, "active", reason, now, err);
}

static enum nos_code note_ended(struct nos_audit *audit, const struct nos_visit *v,
    const char *reason, struct nos_time now, struct nos_err *err)
{
	return v->key_count ? note(audit, v, "active", "destroyed", reason, now, err) : NOS_OK;
}

/* ---- groups ---- */

static enum nos_code begin(const struct nos_stay *s, struct nos_err *err)
{
	nos_audit_begin(s->audit);
	return nos_store_begin(s->store, err);
}

static enum nos_code end(const struct nos_stay *s, struct nos_err *err)
{
	if (!err->code)
		return nos_store_commit(s->store, err);
	nos_store_rollback(s->store);
	return err->code;
}

static void tell(const struct nos_stay *s, const char *id)
{
	if (s->gone)
		s->gone(s->state, id);
}

/* ---- one ---- */

static enum nos_code keep(const struct nos_stay *s, struct nos_visit *v,
    const struct nos_visit_key *key, struct nos_time now, struct nos_err *err)
{
	const bool begins = !v->key_count;

	nos_visit_add(v, key);
	if (begin(s, err))
		return err->code;
	if (!nos_visit_put(s->store, s->vault, v, err) && begins)
		(void)!note_begun(s->audit, v, now, err);
	return end(s, err);
}

enum nos_code nos_stay_keep(const struct nos_stay *s, const struct nos_stay_guest *g,
    const struct nos_visit_key *key, struct nos_time now, struct nos_err *err)
{
	NOS_AUTO(visit) v = { 0 };

	if (nos_visit_get(s->store, s->vault, nos_str_of(g->id), &v, err) &&
	    err->code != NOS_ABSENT)
		return err->code;
	nos_err_clear(err);
	if (v.refused.ms)
		return nos_err_set(err, NOS_TAG, "does not verify");
	snprintf(v.id, sizeof(v.id), "%s", g->id);
	snprintf(v.kind, sizeof(v.kind), "%s", g->kind);
	if (v.home != g->home)
		v.key_count = 0;
	v.home = g->home;
	v.open = g->open;
	return keep(s, &v, key, now, err);
}

/* As it was read, without what is secret. */
static enum nos_code del(const struct nos_stay *s, const struct nos_visit *v, const char *reason,
    struct nos_time now, struct nos_err *err)
{
	if (begin(s, err))
		return err->code;
	if (!nos_store_del(s->store, NOS_VISIT_NS, nos_str_of(v->id), v->rev, err))
		(void)!note_ended(s->audit, v, reason, now, err);
	return end(s, err);
}

enum nos_code nos_stay_end(const struct nos_stay *s, const char *id, uint64_t home,
    const char *reason, struct nos_time now, bool *ret_was, struct nos_err *err)
{
	struct nos_visit v;

	*ret_was = false;
	for (int i = 0; !*ret_was && i < TRIES; i++) {
		nos_err_clear(err);
		if (nos_visit_get(s->store, NULL, nos_str_of(id), &v, err) || v.home != home ||
		    v.refused.ms)
			break;
		*ret_was = !del(s, &v, reason, now, err);
		if (err->code != NOS_EXISTS)
			break;
	}
	if (err->code == NOS_ABSENT)
		nos_err_clear(err);
	if (*ret_was)
		tell(s, id);
	return err->code;
}

/* ---- all of them ---- */

/* Those that are to go: a scan must not change what it goes through. */
struct found {
	struct nos_time now;
	nos_stay_stays *stays;
	void *state;
	char (*ids)[NOS_RECORD_ID_MAX];
	size_t count;
};

static enum nos_code add(struct found *f, const struct nos_visit *v, struct nos_err *err)
{
	void *grown = reallocarray(f->ids, f->count + 1, sizeof(*f->ids));

	if (!grown)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	f->ids = grown;
	memcpy(f->ids[f->count++], v->id, sizeof(v->id));
	return NOS_OK;
}

static enum nos_code find_over(void *state, const struct nos_visit *v, struct nos_err *err)
{
	struct found *f = state;
	bool due = false;

	for (size_t i = 0; i < v->key_count; i++)
		due |= v->keys[i].expires.ms <= f->now.ms;
	return due ? add(f, v, err) : NOS_OK;
}

static enum nos_code sweep_one(
    const struct nos_stay *s, struct nos_time now, const char *id, struct nos_err *err)
{
	NOS_AUTO(visit) v = { 0 };
	size_t left = 0;

	if (nos_visit_get(s->store, s->vault, nos_str_of(id), &v, err))
		return err->code;
	for (size_t i = 0; i < v.key_count; i++)
		left += v.keys[i].expires.ms > now.ms;
	if (!left)
		return del(s, &v, NOS_STAY_OVER, now, err);
	left = 0;
	for (size_t i = 0; i < v.key_count; i++)
		if (v.keys[i].expires.ms > now.ms)
			v.keys[left++] = v.keys[i];
	v.key_count = left;
	return nos_visit_put(s->store, s->vault, &v, err);
}

enum nos_code nos_stay_sweep(const struct nos_stay *s, struct nos_time now, struct nos_err *err)
{
	struct found f = { .now = now };

	(void)!nos_visit_scan(s->store, find_over, &f, err);
	for (size_t i = 0; !err->code && i < f.count; i++) {
		/* Another was quicker: the next sweep finds what is left. */
		if (sweep_one(s, now, f.ids[i], err) == NOS_EXISTS || err->code == NOS_ABSENT)
			nos_err_clear(err);
		if (!err->code)
			tell(s, f.ids[i]);
	}
	free(f.ids);
	return err->code;
}

static enum nos_code find_leaving(void *state, const struct nos_visit *v, struct nos_err *err)
{
	struct found *f = state;

	return v->refused.ms || (f->stays && f->stays(f->state, v)) ? NOS_OK : add(f, v, err);
}

static enum nos_code drop_one(const struct nos_stay *s, const char *id, const char *reason,
    struct nos_time now, struct nos_err *err)
{
	struct nos_visit v;

	if (nos_visit_get(s->store, NULL, nos_str_of(id), &v, err) == NOS_ABSENT)
		nos_err_clear(err);
	else if (!err->code && !v.refused.ms &&
		 !nos_store_del(s->store, NOS_VISIT_NS, nos_str_of(id), v.rev, err))
		(void)!note_ended(s->audit, &v, reason, now, err);
	return err->code;
}

static enum nos_code drop_some(const struct nos_stay *s, const struct found *f, size_t from,
    size_t to, const char *reason, struct nos_err *err)
{
	if (begin(s, err))
		return err->code;
	for (size_t i = from; !err->code && i < to; i++)
		(void)!drop_one(s, f->ids[i], reason, f->now, err);
	return end(s, err);
}

/* Another may change one of them meanwhile: then all of the group are looked at anew. */
static enum nos_code drop_group(const struct nos_stay *s, const struct found *f, size_t from,
    size_t to, const char *reason, struct nos_err *err)
{
	for (int i = 0; i < TRIES; i++) {
		nos_err_clear(err);
		if (drop_some(s, f, from, to, reason, err) != NOS_EXISTS)
			break;
	}
	for (; !err->code && from < to; from++)
		tell(s, f->ids[from]);
	return err->code;
}

enum nos_code nos_stay_drop(const struct nos_stay *s, nos_stay_stays *stays, void *stays_state,
    const char *reason, struct nos_time now, struct nos_err *err)
{
	struct found f = { .now = now, .stays = stays, .state = stays_state };

	(void)!nos_visit_scan(s->store, find_leaving, &f, err);
	for (size_t i = 0; !err->code && i < f.count; i += GROUP)
		(void)!drop_group(s, &f, i, f.count - i > GROUP ? i + GROUP : f.count, reason, err);
	free(f.ids);
	return err->code;
}

/* ---- the operator's word ---- */

/* Who has left is known by what it sent: by the keys that this was sealed under. */
static enum nos_code home_of_track(
    struct nos_store *store, const char *id, uint64_t *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_track track = { 0 };
	uint64_t rev, day;

	*ret = 0;
	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (nos_store_get(store, NOS_TRACK_NS, nos_str_of(id), &text, &rev, err))
		return err->code;
	if (nos_track_decode(nos_buf_str(&text), &track, err))
		return nos_store_damaged(err);
	for (size_t i = 0; !*ret && i < track.key_count; i++)
		(void)nos_roam_is(&track.keys[i].name, ret, &day);
	nos_track_release(&track);
	return *ret ? NOS_OK : nos_err_set(err, NOS_ABSENT, "no visitor '%s'", id);
}

/* Who is here, or was. */
static enum nos_code find(
    struct nos_store *store, const char *id, struct nos_visit *ret, struct nos_err *err)
{
	if (nos_visit_get(store, NULL, nos_str_of(id), ret, err) != NOS_ABSENT)
		return err->code;
	nos_err_clear(err);
	*ret = (struct nos_visit){ 0 };
	snprintf(ret->id, sizeof(ret->id), "%s", id);
	return home_of_track(store, id, &ret->home, err);
}

enum nos_code nos_stay_resolve(struct nos_store *store, struct nos_str word,
    char ret[static NOS_RECORD_ID_MAX], struct nos_err *err)
{
	struct nos_err why = { 0 };
	struct nos_visit v;

	if (nos_registry_resolve(store, word, ret, err) != NOS_ABSENT ||
	    !nos_str_starts(word, "s-") || !nos_str_copy(word, ret, NOS_RECORD_ID_MAX))
		return err->code;
	if (find(store, ret, &v, &why) != NOS_ABSENT)
		*err = why;
	return err->code;
}

enum nos_code nos_stay_refuse(struct nos_store *store, struct nos_audit *audit, const char *id,
    const char *reason, struct nos_time now, bool *ret_changed, struct nos_err *err)
{
	const struct nos_audit_event event = { .what = NOS_AUDIT_SOURCE,
		.source = id,
		.from = "active",
		.to = "compromised",
		.reason = reason };
	struct nos_visit v;

	*ret_changed = false;
	if (find(store, id, &v, err) || v.refused.ms || note_ended(audit, &v, reason, now, err))
		return err->code;
	v.key_count = 0;
	v.refused = now;
	*ret_changed = !nos_visit_put(store, NULL, &v, err);
	return *ret_changed ? nos_audit_append(audit, now, &event, err) : err->code;
}
