/* SPDX-License-Identifier: MIT */
#include "lane/change.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "key/hop.h"
#include "lane/amend.h"
#include "lifecycle/bearer.h"
#include "self/era.h"
#include "group/leaving.h"
#include "stream/seen.h"
#include "scheme/link.h"

#define SWEEP_MOST     100 /* sources in one group */
#define LEAVE_MOST     16  /* halves of evictions in one group */
#define SWEEP_EVERY_US 1000000
#define FOLLOW_MOST    1000 /* audit entries in one group */

/* ---- the world ---- */

/* Their tracks are in memory, and records of the group before, whatever was deleted of them. */
static enum nos_code take_forgotten(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct nos_ledger *l = state;
	void *grown = reallocarray(l->forgotten, l->forgotten_count + 1, sizeof(*l->forgotten));
	char away[NOS_TRACK_ID_MAX];

	(void)value, (void)rev;
	if (!grown)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	l->forgotten = grown;
	if (!nos_str_copy(key, l->forgotten[l->forgotten_count], NOS_RECORD_ID_MAX))
		return NOS_OK;
	nos_track_forget(l->tracks, l->forgotten[l->forgotten_count]);
	if (nos_seen_track(l->lanes, l->forgotten[l->forgotten_count],
		nos_store_lane(l->config.store), away, err))
		return err->code;
	nos_track_forget(l->tracks, away);
	nos_member_forget(l->config.members, l->forgotten[l->forgotten_count]);
	l->forgotten_count++;
	return NOS_OK;
}

static enum nos_code look_for_forgotten(struct nos_ledger *l, struct nos_err *err)
{
	l->forgotten_count = 0;
	return nos_store_scan(
	    l->config.store, NOS_FORGOTTEN_NS, NOS_STR(""), take_forgotten, l, err);
}

bool nos_change_is_gone(const struct nos_ledger *l, struct nos_str source)
{
	for (size_t i = 0; i < l->forgotten_count; i++)
		if (nos_str_is(source, l->forgotten[i]))
			return true;
	return false;
}

bool nos_change_is_forgotten(const struct nos_ledger *l, struct nos_str topic)
{
	struct nos_str source;

	return l->forgotten_count && nos_processed_source(topic, &source) &&
	       nos_change_is_gone(l, source);
}

static enum nos_code look(struct nos_ledger *l, struct nos_err *err)
{
	const struct nos_ledger_config *f = &l->config;
	NOS_AUTO(life) life = l->life;
	uint64_t era;
	bool changed;

	if (nos_card_refresh(f->card, f->store, f->vault, &changed, err) ||
	    nos_life_open(&life, f->store, f->vault, &l->audit, nos_card_self(f->card), err) ||
	    nos_era_get(f->store, &era, err))
		return err->code;
	life.noted = nos_metric_noted;
	life.noted_state = f->metric;
	l->life = life;
	l->era = era;
	return look_for_forgotten(l, err) ? err->code : nos_amend_look(l, err);
}

static void drop_member(void *state, struct nos_str source)
{
	struct nos_ledger *l = state;
	char id[NOS_RECORD_ID_MAX];

	/* The last that is noted of it is that nothing is left of it. */
	l->erased |= nos_change_is_gone(l, source);
	if (nos_str_copy(source, id, sizeof(id)))
		nos_member_forget(l->config.members, id);
}

/* Whose keys another has changed: what was destroyed leaves the memory as well, also where its
 * source never comes again. */
static enum nos_code follow(struct nos_ledger *l, struct nos_err *err)
{
	return nos_follower_run(&l->follower, l->config.store, FOLLOW_MOST, drop_member, l, err);
}

void nos_change_look(struct nos_ledger *l)
{
	struct nos_err err = { 0 };
	bool good = !look(l, &err);

	/* Before those are dropped whose keys were changed, so that none comes back that was being
	 * read meanwhile. */
	nos_member_changed(l->config.members,
	    (struct nos_member_world){
		.life = l->life.life, .identity = l->life.identity, .pool = l->life.pool_rev });
	if (good && !follow(l, &err)) {
		l->stale = l->blind = false;
		return;
	}
	if (!l->blind)
		nos_log_line(NOS_LOG_WARN, "the node's own keys: %s", err.text);
	l->blind = true;
}

/* ---- a source's word ---- */

/* Is it the source's own fault, or the store's? */
static enum nos_code whose(struct nos_err *fault, struct nos_err *err)
{
	if (err->code == NOS_IO || err->code == NOS_INTERNAL)
		return err->code;
	*fault = *err;
	if (fault->code == NOS_ABSENT || fault->code == NOS_DENIED)
		nos_err_set(fault, NOS_TAG, "does not verify");
	nos_err_clear(err);
	return NOS_OK;
}

/* Who used or acknowledged a key has its keyring, and needs the answer to its registration no more.
 */
static enum nos_code use(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	const struct nos_name *key = state;

	if (nos_issuer_used(&r->a, w, key, ret_changed, err))
		return err->code;
	if (*ret_changed)
		r->m2[0] = '\0';
	return NOS_OK;
}

static enum nos_code acknowledge(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	const struct nos_job *job = state;

	if (nos_issuer_acked(&r->a, w, nos_buf_span(&job->body), ret_changed, err))
		return err->code;
	if (*ret_changed)
		r->m2[0] = '\0';
	return NOS_OK;
}

struct asking {
	const struct nos_job *job;
	uint64_t next; /* above every number that was seen */
};

static enum nos_code answer(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	const struct asking *a = state;
	struct nos_issuer world = *w;

	/* The set of the node's own keys that the ask was made for. */
	world.identity = a->job->identity;
	*ret_changed = true;
	return nos_offer_make(&r->a, &world, &a->job->asked, &a->job->shared, a->next, err);
}

static enum nos_code change(struct nos_ledger *l, struct nos_job *job, nos_life_step *step,
    void *state, struct nos_record *ret, struct nos_err *err)
{
	if (nos_life_change(
		&l->life, nos_str_of(job->source), nos_time_now(), step, state, ret, err))
		return whose(&job->err, err);
	job->news.changed = true;
	return NOS_OK;
}

static enum nos_code take_ask(struct nos_ledger *l, struct nos_job *job, struct nos_err *err)
{
	struct asking asking = { .job = job };
	NOS_AUTO(record) r = { 0 };
	struct nos_track *track;
	uint64_t top;
	bool any;

	if (nos_track_get(l->tracks, l->config.store, job->source, &track, err) ||
	    nos_seen_away(l->config.store, l->lanes, job->source, &any, &top, err))
		return err->code;
	asking.next = (track->window.top > top ? track->window.top : top) + 1;
	if (change(l, job, answer, &asking, &r, err) || job->err.code)
		return err->code;
	nos_buf_truncate(&job->body, 0);
	nos_buf_add(&job->body, r.a.offer.answer, r.a.offer.len);
	return nos_buf_check(&job->body, "answer", err);
}

/* What was weighed before stands in the group in hand already, and its series says where. */
static enum nos_code find_newest(struct nos_ledger *l, struct nos_job *job, struct nos_err *err)
{
	struct nos_job_newest *newest = job->newest;
	const struct nos_str type = { newest->type, newest->type_len };
	struct nos_track *track;

	if (nos_track_get(l->tracks, l->config.store, newest->track, &track, err))
		return err->code;
	for (size_t i = 0; !track->gone && i < track->count; i++) {
		const struct nos_track_series *s = &track->series[i];

		if (nos_track_claimed(s).len || !nos_str_eq(nos_track_type(s), type) || !s->n)
			continue;
		newest->n = s->n;
		newest->position = s->links.before;
		return NOS_OK;
	}
	nos_err_set(&job->err, NOS_ABSENT, "no record is on this topic");
	return NOS_OK;
}

/* Its source is silent from now on: who runs the node is to hear of it. */
static void tell_exposed(struct nos_ledger *l, const struct nos_bearer *t)
{
	nos_log_line(NOS_LOG_WARN,
	    "bearer token %s of source %s came in plain: it is not taken any more", t->id,
	    t->source);
	nos_metric_add(l->config.metric, NOS_METRIC_EXPOSED, 1);
}

/* Whatever became of it, to who showed it the token does not verify. */
static enum nos_code take_exposed(struct nos_ledger *l, struct nos_job *job, struct nos_err *err)
{
	const struct nos_str id = nos_str_of(job->source);
	struct nos_bearer t;

	if (nos_bearer_get(l->config.store, id, &t, err) ||
	    nos_bearer_end(&l->audit, id, true, nos_time_now(), err)) {
		if (whose(&job->err, err))
			return err->code;
	} else if (!t.exposed) {
		tell_exposed(l, &t);
	}
	nos_err_set(&job->err, NOS_TAG, "does not verify");
	return NOS_OK;
}

enum nos_code nos_change_take(struct nos_ledger *l, struct nos_job *job, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };

	switch (job->kind) {
	case NOS_JOB_ACK:
		return change(l, job, acknowledge, job, &r, err);
	case NOS_JOB_ASK:
		return take_ask(l, job, err);
	case NOS_JOB_NEWEST:
		return find_newest(l, job, err);
	case NOS_JOB_EXPOSED:
		return take_exposed(l, job, err);
	case NOS_JOB_PACK:
		break;
	}
	return nos_err_set(err, NOS_INTERNAL, "no word on keys");
}

/* ---- packs ---- */

/* It sends under p. though it has a key of its scheme, or should have. */
static enum nos_code restore(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	const bool lost = nos_issuer_lost(&r->a, w);

	(void)state;
	if (nos_issuer_fill(&r->a, w, ret_changed, err))
		return err->code;
	*ret_changed |= lost;
	return NOS_OK;
}

/* The node has global keys that it has not been given. */
static enum nos_code fill(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	(void)state;
	return nos_issuer_fill(&r->a, w, ret_changed, err);
}

/* What its source is told is what stands now. */
static enum nos_code tell(struct nos_ledger *l, const struct nos_record *r,
    struct nos_job_news *news, struct nos_err *err)
{
	NOS_AUTO(globals) globals = { 0 };

	news->changed = true;
	news->resync = nos_issuer_wants_ask(&r->a, l->life.life);
	nos_buf_release(&news->keys);
	nos_buf_init(&news->keys, NOS_MEMBER_OUTSTANDING_MAX);
	if (nos_globals_for(l->config.store, nos_str_of(r->scheme), &globals, err))
		return err->code;
	nos_member_outstanding(&r->a, l->life.life, &globals, &news->keys);
	return nos_buf_check(&news->keys, "key messages", err);
}

static enum nos_code seen(struct nos_ledger *l, const char *source, nos_life_step *step,
    void *state, struct nos_job_news *news, struct nos_err *fault, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };

	if (nos_life_change(&l->life, nos_str_of(source), nos_time_now(), step, state, &r, err))
		return whose(fault, err);
	return tell(l, &r, news, err);
}

enum nos_code nos_change_seen(struct nos_ledger *l, const struct nos_member *m,
    const struct nos_member_key *key, struct nos_job_news *news, struct nos_err *fault,
    struct nos_err *err)
{
	struct nos_name name = key->name;

	if (key->state == NOS_STATE_PRE_ACTIVE || key->unused)
		return seen(l, nos_member_id(m), use, &name, news, fault, err);
	if (key->state == NOS_STATE_ACTIVE && key->name.kind == 'p' && m->has_own)
		return seen(l, nos_member_id(m), restore, NULL, news, fault, err);
	return m->lacks ? seen(l, nos_member_id(m), fill, NULL, news, fault, err) : NOS_OK;
}

/* ---- links ---- */

struct linking {
	struct nos_str relay;
	struct nos_secret key; /* A_M */
	bool issued;	       /* out */
};

static enum nos_code link_to(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *err)
{
	struct linking *k = state;

	(void)!nos_link_issue(&r->a, w, k->relay, &k->key, ret_changed, err);
	k->issued = *ret_changed;
	return err->code;
}

static enum nos_code relay_key(
    const struct nos_ledger *l, struct nos_str relay, struct nos_secret *ret, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };

	if (nos_registry_get(l->config.store, l->config.vault, relay, &r, err))
		return err->code;
	return nos_hop_relay_key(&r.a.base.z_key, ret, err);
}

enum nos_code nos_change_link(struct nos_ledger *l, const char *source, const char *relay,
    struct nos_job_news *news, struct nos_err *err)
{
	struct linking k = { .relay = nos_str_of(relay) };
	struct nos_err fault = { 0 };
	NOS_AUTO(record) r = { 0 };

	if (relay_key(l, k.relay, &k.key, err) ||
	    nos_life_change(&l->life, nos_str_of(source), nos_time_now(), link_to, &k, &r, err)) {
		nos_secret_release(&k.key);
		return whose(&fault, err);
	}
	nos_secret_release(&k.key);
	return k.issued ? tell(l, &r, news, err) : NOS_OK;
}

/* ---- the end of keys ---- */

static void swept(void *state, const char *id)
{
	const struct nos_ledger *l = state;

	nos_member_forget(l->config.members, id);
}

/* One ledger of the store sees to what is of no lane. */
bool nos_change_is_due(const struct nos_ledger *l)
{
	if (nos_store_lane(l->config.store))
		return false;
	return l->more_to_sweep || nos_mono_now().us - l->swept.us >= SWEEP_EVERY_US;
}

/* Who has left a group is put out, by whoever comes first. */
static enum nos_code put_out(struct nos_ledger *l, struct nos_err *err)
{
	struct nos_turn t = nos_life_turn(
	    &l->life, nos_time_now(), &nos_card_self(l->config.card)->sign, "left the group");
	bool did = true;

	for (int i = 0; did && i < LEAVE_MOST; i++) {
		if (nos_leaving_step(&t, &did, err))
			break;
		l->turned |= did;
	}
	l->more_to_sweep |= did;
	l->life.destroyed |= t.destroyed;
	/* Another is at it. */
	return err->code == NOS_EXISTS ? (nos_err_clear(err), NOS_OK) : err->code;
}

enum nos_code nos_change_sweep(struct nos_ledger *l, struct nos_err *err)
{
	if (!nos_change_is_due(l))
		return NOS_OK;
	l->swept = nos_mono_now();
	if (nos_life_sweep(&l->life, nos_time_now(), SWEEP_MOST, swept, l, &l->more_to_sweep, err))
		return err->code;
	return put_out(l, err);
}

/* What the loops hold of the members of a group that was moved on is looked at again. */
static void tell_members(struct nos_ledger *l)
{
	if (l->turned)
		nos_member_changed(
		    l->config.members, (struct nos_member_world){ .life = l->life.life,
					   .identity = l->life.identity,
					   .pool = l->life.pool_rev });
	l->turned = false;
}

void nos_change_forget(struct nos_ledger *l, const struct nos_job *list)
{
	tell_members(l);
	for (; list; list = list->link) {
		for (size_t i = 0; i < list->relay_count; i++)
			if (list->relays[i].news.changed)
				nos_member_forget(l->config.members, list->relays[i].via.source);
		if (list->news.changed)
			nos_member_forget(l->config.members,
			    list->member ? nos_member_id(list->member) : list->source);
	}
}
