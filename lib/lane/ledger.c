/* SPDX-License-Identifier: MIT */
#include "lane/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "lane/amend.h"
#include "lane/carry.h"
#include "lane/change.h"
#include "self/era.h"
#include "self/lanes.h"

#define ENTRY_MAX    (NOS_STORE_ENTRY_MAX - 4096)
#define RECORDS_MAX  ((size_t)256 << 20)   /* bytes of records of one group */
#define FRESH_BEHIND 10000		   /* records that wait for the broker */
#define SAVE_IDLE    500		   /* tracks saved with a group when nothing comes */
#define CALM_JOBS    2			   /* a group of no more: the node may have time */
#define CALM_SAVE    32			   /* tracks saved with one then, */
#define CALM_US	     20000		   /* and so long after it with none */
#define CALM_LAG     (20000 * NOS_LAG_ONE) /* packs of one reading */

enum nos_code nos_ledger_init(struct nos_ledger *l, const struct nos_ledger_config *config,
    const struct nos_profile *profile, struct nos_err *err)
{
	bool changed;

	/* The card was made before this store was asked for news. */
	*l = (struct nos_ledger){ .config = *config, .idle = true, .stale = true };
	nos_lag_init(&l->lag, config->limits->of[NOS_LIMIT_REPLAY] * NOS_LAG_ONE);
	l->analyse = (struct nos_analyse){ .node = config->node,
		.lane = nos_store_lane(config->store),
		.profile = profile,
		.types = (size_t)config->limits->of[NOS_LIMIT_TYPES] };
	l->retain = (struct nos_retain){ .store = config->store,
		.metric = config->metric,
		.keep_ms = config->keep_ms,
		.keep_bytes = config->keep_bytes };
	nos_lap_init(&l->lap, config->metric, NOS_METRIC_STAGE_COMMIT);
	nos_weighed_init(&l->pending, RECORDS_MAX);
	nos_audit_init(&l->audit, config->store, "nos-serve", false);
	/* What was changed before is no news. Under another era ids would be given again. */
	if (nos_lanes_get(config->store, &l->lanes, err) ||
	    nos_era_get(config->store, &l->era, err) ||
	    nos_store_changed(config->store, &changed, err) ||
	    nos_follower_init(&l->follower, config->store, err))
		return err->code;
	/* A nos-serve may have all lanes. */
	if (nos_track_table_new(
		(size_t)(config->limits->of[NOS_LIMIT_SOURCES] + l->lanes - 1) / l->lanes,
		&l->tracks, err))
		return err->code;
	nos_change_look(l);
	return NOS_OK;
}

void nos_ledger_release(struct nos_ledger *l)
{
	nos_track_table_free(l->tracks);
	nos_weighed_release(&l->pending);
	free(l->forgotten);
	l->tracks = NULL;
	l->forgotten = NULL;
	nos_amend_release(l);
}

/* An entry stands elsewhere than behind the last that is known: there are some that were not gone
 * through. */
static enum nos_code strange(struct nos_err *err)
{
	return nos_err_set(err, NOS_EXISTS, "another writes this part of the store");
}

/* Records of the group before. */
static enum nos_code put_records(struct nos_ledger *l, struct nos_err *err)
{
	struct nos_time now = nos_time_now();
	NOS_AUTO(buf) entry = { 0 };
	struct nos_fresh *fresh = l->config.fresh;

	nos_buf_init(&entry, ENTRY_MAX);
	l->put = 0;
	if (l->forgotten_count)
		nos_fresh_forget(l->config.fresh);
	/* A publisher that is far behind will not find them there. */
	if (l->last_record - l->published > FRESH_BEHIND)
		fresh = NULL;
	for (size_t i = 0; i < l->pending.count; i++) {
		const struct nos_processed r = nos_weighed_at(&l->pending, i);

		if (nos_change_is_forgotten(l, r.topic))
			continue;
		if (nos_weighed_put(
			&l->pending, i, l->config.store, now, &entry, &l->last_put, err))
			return err->code;
		if (l->last_put != l->last_record + ++l->put)
			return strange(err);
		nos_fresh_add(fresh, l->last_put, &r);
	}
	return NOS_OK;
}

enum nos_code nos_ledger_ours(const struct nos_ledger *l, struct nos_err *err)
{
	const atomic_uint_least64_t *until_us = l->config.until_us;

	return !until_us || nos_mono_now().us < atomic_load(until_us)
		   ? NOS_OK
		   : nos_err_set(err, NOS_AWAY, "this nos-serve has lost this part of the store");
}

/* Tracks as they stand hold everything up to the group before. How many are saved: all that changed
 * where nothing comes. A row of a source costs more than its pack, so under load only what keeps a
 * restart in its limit, the table in its own, and what is to be trimmed free; by small groups, now
 * and then, what keeps a restart, and who reads the store beside the node, from having much to go
 * through. */
static size_t how_many(struct nos_ledger *l, size_t jobs)
{
	/* A round takes a quarter as many packs as it has tracks: so it ends within the limit. */
	const uint64_t most = l->config.limits->of[NOS_LIMIT_REPLAY] * NOS_LAG_ONE / 5 * 4;
	const uint64_t lag = nos_lag_behind(&l->lag, nos_track_saved_up_to(l->tracks, l->last_raw));
	const struct nos_mono now = nos_mono_now();

	if (l->idle)
		return SAVE_IDLE;
	if (lag > most || l->retain.held || nos_track_crowded(l->tracks))
		return 4 * jobs;
	/* Where others have the processor groups are small as well. */
	if (lag <= CALM_LAG || jobs > CALM_JOBS || now.us - l->calmed.us < CALM_US)
		return 0;
	l->calmed = now;
	return CALM_SAVE;
}

static enum nos_code save(struct nos_ledger *l, size_t jobs, struct nos_err *err)
{
	const size_t tracks = nos_track_is_dirty(l->tracks) ? how_many(l, jobs) : 0;
	struct nos_mark mark = l->mark;

	/* The streams keep another's entries from being mixed with these; nothing else does. What
	 * says that a record was made is there no sooner than the record. */
	if (nos_ledger_ours(l, err) || (tracks && nos_store_settle(l->config.store, err)) ||
	    nos_track_save(l->tracks, l->config.store, tracks, err))
		return err->code;
	mark.saved = nos_track_saved_up_to(l->tracks, l->last_raw);
	mark.published = l->published;
	mark.outbox = l->config.outbox;
	if (mark.outbox == l->mark.outbox && mark.saved == l->mark.saved &&
	    mark.published == l->mark.published)
		return NOS_OK;
	/* Under load it need not be exact how far the broker has come. */
	if (!l->idle && mark.outbox == l->mark.outbox && mark.saved == l->mark.saved &&
	    mark.published - l->mark.published < 1000)
		return NOS_OK;
	/* What was saved with earlier groups is there. */
	if ((tracks && nos_store_settle(l->config.store, err)) ||
	    nos_mark_put(l->config.store, &mark, err))
		return err->code;
	l->mark = mark;
	return NOS_OK;
}

/* What a restart or the publisher still needs stays. */
static enum nos_code trim(struct nos_ledger *l, struct nos_err *err)
{
	struct nos_retain_spare spare = { .raw = l->mark.saved,
		.records = l->config.outbox ? l->mark.published : l->last_record,
		.came = l->put };

	if (!nos_retain_is_due(&l->retain))
		return NOS_OK;
	/* A restart asks the newest record how far the weighing came, unless all of it is saved. */
	if (l->mark.saved != l->last_raw && spare.records >= l->last_weighed)
		spare.records = l->last_weighed ? l->last_weighed - 1 : 0;
	return nos_retain_run(&l->retain, &spare, err);
}

/* What was revoked, or moved on, before this group is refused, also as a duplicate. */
static enum nos_code check_key(struct nos_ledger *l, struct nos_job *job)
{
	const struct nos_ledger_config *f = &l->config;
	const struct nos_name key = job->key ? job->key->name : (struct nos_name){ 0 };

	if (nos_member_check(f->members, f->store, f->vault, &job->member, &job->key, &job->err) ==
	    NOS_TAG)
		nos_job_note_order(job, f->store, &key);
	return job->err.code;
}

/* Without a key there is the source alone, which may have been revoked before this group. */
static enum nos_code check_source(struct nos_ledger *l, struct nos_job *job)
{
	const struct nos_ledger_config *f = &l->config;

	return nos_member_again(f->members, f->store, f->vault, &job->member, &job->err);
}

static enum nos_code note_pack(struct nos_ledger *l, struct nos_job *job, struct nos_track *track)
{
	struct nos_raw *raw = &job->raw;

	job->before = track->window;
	job->position_before = track->position;
	if (!raw->seq) {
		/* It has no number; through a relay, the relay's tells whether it was seen. */
		if (job->relay_count)
			job->verdict = job->relays[job->relay_count - 1].verdict;
		if (job->member && check_source(l, job))
			return job->err.code;
		job->noted = true;
		return NOS_OK;
	}
	job->verdict = nos_window_look(&track->window, raw->seq, raw->hash);
	job->next = (raw->seq > track->window.top ? raw->seq : track->window.top) + 1;
	if (check_key(l, job))
		return job->err.code;
	if (job->verdict != NOS_WINDOW_FRESH)
		return NOS_OK;
	nos_window_note(&track->window, raw->seq, raw->prev, raw->hash);
	job->noted = true;
	/* What is missing here of who roams may be elsewhere. */
	return raw->roams ? NOS_OK : nos_carry_count(l, raw, track, &job->packs, &job->err);
}

/* What is this one job's fault is noted in it; the return is the group's. */
static enum nos_code put_pack(
    struct nos_ledger *l, struct nos_job *job, struct nos_buf *entry, struct nos_err *err)
{
	char id[NOS_TRACK_ID_MAX];
	struct nos_track *track;

	nos_analyse_track_id(&job->raw, id);
	if (nos_track_get(l->tracks, l->config.store, id, &track, err) ||
	    nos_analyse_admit(&l->analyse, &job->raw, track, &job->batch, err))
		return err->code;
	if (!job->batch.count) {
		nos_err_set(&job->err, NOS_DATA, "no reading is good");
		return NOS_OK;
	}
	if (note_pack(l, job, track)) {
		*err = job->err;
		if (err->code != NOS_TAG)
			return err->code;
		nos_err_clear(err);
		return NOS_OK;
	}
	if (job->key && nos_change_seen(l, job->member, job->key, &job->news, &job->err, err))
		return err->code;
	if (job->verdict != NOS_WINDOW_FRESH)
		return NOS_OK;
	job->raw.era = l->era;
	nos_buf_truncate(entry, 0);
	nos_raw_encode(entry, &job->raw, nos_buf_str(&job->body));
	if (nos_buf_check(entry, "pack", err) ||
	    nos_store_append(l->config.store, NOS_RAW_STREAM, job->raw.received,
		nos_buf_span(entry), &job->position, err))
		return err->code;
	if (job->position != l->next_raw++)
		return strange(err);
	nos_track_touch(l->tracks, track, job->position);
	return NOS_OK;
}

static enum nos_code put_job(
    struct nos_ledger *l, struct nos_job *job, struct nos_buf *entry, struct nos_err *err)
{
	if (job->kind != NOS_JOB_PACK)
		return nos_change_take(l, job, err);
	if (nos_carry_look(l, job, err))
		return err->code;
	if (job->reached == job->relay_count && !job->err.code && put_pack(l, job, entry, err))
		return err->code;
	return nos_carry_note(l, job, err);
}

enum nos_code nos_ledger_space(struct nos_ledger *l, struct nos_err *err)
{
	uint64_t used, spare, reserve = l->config.limits->of[NOS_LIMIT_RESERVE];

	if (nos_store_space(l->config.store, &used, &spare, err))
		return err->code;
	return spare >= reserve
		   ? NOS_OK
		   : nos_err_set(err, NOS_IO,
			 "the disk of the store is full, under %llu bytes are free: make room, "
			 "or keep less (--keep, --keep-size, --limit reserve)",
			 (unsigned long long)reserve);
}

static enum nos_code in_group(
    struct nos_ledger *l, struct nos_job *list, size_t count, struct nos_err *err)
{
	NOS_AUTO(buf) entry = { 0 };
	bool changed;

	nos_buf_init_secret(&entry, ENTRY_MAX);
	if (nos_store_changed(l->config.store, &changed, err))
		return err->code;
	l->stale |= changed;
	if (l->stale || l->follower.more)
		nos_change_look(l);
	nos_audit_begin(&l->audit);
	l->next_raw = l->last_raw + 1;
	if (put_records(l, err) || nos_amend_step(l, err) || save(l, count, err) || trim(l, err) ||
	    nos_change_sweep(l, err))
		return err->code;
	for (struct nos_job *job = list; job; job = job->link)
		if (put_job(l, job, &entry, err))
			return err->code;
	return NOS_OK;
}

/* As if the group's jobs had never come. */
static void undo(struct nos_ledger *l, struct nos_job *list)
{
	struct nos_job *reversed = NULL, *next;
	struct nos_err err = { 0 };
	struct nos_track *track;

	nos_track_unsave(l->tracks);
	nos_amend_undo(l);
	nos_weighed_undo(&l->pending);
	for (struct nos_job *job = list; job; job = next) {
		next = job->link;
		job->link = reversed;
		reversed = job;
	}
	/* The last first, so that the first one's view of a track is what remains. */
	for (struct nos_job *job = reversed, *behind = NULL; job; behind = job, job = next) {
		char id[NOS_TRACK_ID_MAX];

		next = job->link;
		job->link = behind;
		nos_carry_undo(l, job);
		if (!job->noted)
			continue;
		job->position = 0;
		nos_analyse_track_id(&job->raw, id);
		/* Changed, hence held in memory: this reads nothing. */
		if (!nos_track_get(l->tracks, l->config.store, id, &track, &err)) {
			track->window = job->before;
			track->position = job->position_before;
		}
	}
}

void nos_ledger_weigh(struct nos_ledger *l, struct nos_job *list)
{
	struct nos_err err = { 0 };
	struct nos_track *track;

	for (struct nos_job *job = list; job; job = job->link) {
		char id[NOS_TRACK_ID_MAX];

		if (!job->position)
			continue;
		l->analyse.lap = nos_lap_pack(&l->lap) ? &l->lap : NULL;
		nos_analyse_track_id(&job->raw, id);
		if (nos_track_get(l->tracks, l->config.store, id, &track, &err) ||
		    nos_analyse_pack(&l->analyse, &job->raw, job->position, &job->batch, 0,
			job->packs, track, &l->pending, &err) ||
		    nos_carry_weigh(l, &job->raw, &err)) {
			/* Stored and not weighed: a restart will, and until then nothing may
			 * follow. */
			nos_log_line(NOS_LOG_WARN, "cannot weigh what is stored: %s", err.text);
			l->broken = true;
			return;
		}
	}
	l->analyse.lap = NULL;
}

static void fail_all(struct nos_job *list, const struct nos_err *err)
{
	for (struct nos_job *job = list; job; job = job->link)
		nos_carry_fail(job, err);
}

static enum nos_code transact(
    struct nos_ledger *l, struct nos_job *list, size_t count, struct nos_err *err)
{
	if (l->broken)
		return nos_err_set(err, NOS_INTERNAL, "out of memory: start nos-serve again");
	/* What brings nothing may make room: for that a reserve is kept. */
	if (nos_ledger_ours(l, err) || (list && nos_ledger_space(l, err)) ||
	    nos_store_begin(l->config.store, err))
		return err->code;
	l->begun = true;
	if (!in_group(l, list, count, err))
		return nos_store_commit(l->config.store, err);
	nos_store_rollback(l->config.store);
	return err->code;
}

/* What of the raw stream is new. */
static void note_raw(struct nos_ledger *l, const struct nos_job *list)
{
	uint64_t packs = 0, readings = 0;

	for (const struct nos_job *job = list; job; job = job->link) {
		if (!job->position)
			continue;
		if (job->position > l->last_raw)
			l->last_raw = job->position;
		packs++;
		readings += job->batch.count;
	}
	if (packs)
		nos_lag_note(&l->lag, l->last_raw, packs, readings);
}

enum nos_code nos_ledger_commit(struct nos_ledger *l, struct nos_job *list, struct nos_err *err)
{
	size_t count = 0;

	for (struct nos_job *job = list; job; job = job->link)
		count++;
	l->begun = false;
	l->amend.stepped = false;
	l->amend.count = l->amend.was_count = 0;
	if (transact(l, list, count, err)) {
		nos_fresh_rollback(l->config.fresh);
		/* Another was quicker, which is no fault of who sent it: it is to come again. */
		if (err->code == NOS_EXISTS)
			err->code = NOS_BUSY;
		nos_change_forget(l, list);
		l->life.destroyed = false;
		undo(l, list);
		/* As it is in the store is not known now: it is put again. */
		l->mark = (struct nos_mark){ 0 };
		fail_all(list, err);
		return err->code;
	}
	nos_change_forget(l, list);
	l->purge |= l->life.destroyed;
	l->life.destroyed = false;
	if (l->put)
		l->last_record = l->last_weighed = l->last_put;
	if (l->amend.count)
		l->last_record = l->amend.last;
	nos_metric_add(l->config.metric, NOS_METRIC_STORED, l->put);
	nos_metric_add(l->config.metric, NOS_METRIC_CORRECTED, l->amend.count);
	nos_fresh_commit(l->config.fresh);
	nos_weighed_clear(&l->pending);
	note_raw(l, list);
	return NOS_OK;
}

bool nos_ledger_is_due(const struct nos_ledger *l)
{
	return nos_change_is_due(l) || nos_amend_is_due(l) || l->follower.more ||
	       l->pending.count || l->published != l->mark.published ||
	       nos_track_saved_up_to(l->tracks, l->last_raw) != l->mark.saved ||
	       nos_retain_is_due(&l->retain);
}
