/* SPDX-License-Identifier: MIT */
#include "node/commit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "node/commit_mark.h"
#include "node/track.h"

#define ENTRY_MAX     (NOS_STORE_ENTRY_MAX - 4096)
#define RECORDS_MAX   ((size_t)256 << 20) /* bytes of records of one group */
#define SAVE_IDLE     500		  /* tracks saved with a group when nothing comes */
#define TRIM_MOST     1000		  /* entries trimmed with a group */
#define TRIM_EVERY_US 1000000
#define IDLE_MS	      200 /* without a job: what changed is saved */
#define RECORDS_MS    5	  /* how long records wait for jobs to be committed with */
#define RETRY_MS      100 /* after a failed group, before records are tried again */

struct nos_commit {
	struct nos_commit_config config;
	pthread_t thread;
	bool started;

	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool waiting; /* guarded by lock, so also: */
	bool stop;
	struct nos_job *queue, **tail;
	size_t queued;
	struct nos_profile *new_profile;
	struct nos_err health;
	bool working; /* a group is in hand, or its records wait */

	atomic_uint_least64_t published, last_record;

	/* The thread's own. */
	struct nos_track_table *tracks;
	struct nos_profile *own_profile; /* NULL: the first one, which is another's */
	struct nos_analyse analyse;
	struct nos_analyse_records pending; /* of the group before, to be committed with this one */
	struct nos_commit_mark mark;	    /* as it is in the store */
	uint64_t last_raw;		    /* position of the newest entry of the raw stream */
	struct nos_scan scan;
	struct nos_mono trimmed;
	bool more_to_trim;
	bool idle; /* nothing came for IDLE_MS */
	bool failing;
	bool broken; /* only a restart helps */
};

/* ---- what another thread calls ---- */

void nos_commit_submit(struct nos_commit *c, struct nos_job *list, size_t count)
{
	struct nos_job *last = list;

	if (!list)
		return;
	while (last->link)
		last = last->link;
	pthread_mutex_lock(&c->lock);
	*c->tail = list;
	c->tail = &last->link;
	c->queued += count;
	if (c->waiting)
		pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

void nos_commit_profile(struct nos_commit *c, struct nos_profile *profile)
{
	struct nos_profile *before;

	pthread_mutex_lock(&c->lock);
	before = c->new_profile;
	c->new_profile = profile;
	pthread_mutex_unlock(&c->lock);
	nos_profile_free(before);
}

uint64_t nos_commit_last(const struct nos_commit *c)
{
	return atomic_load(&c->last_record);
}

void nos_commit_published(struct nos_commit *c, uint64_t position)
{
	atomic_store(&c->published, position);
}

uint64_t nos_commit_mark(const struct nos_commit *c)
{
	return atomic_load(&c->published);
}

enum nos_code nos_commit_health(struct nos_commit *c, struct nos_err *err)
{
	pthread_mutex_lock(&c->lock);
	*err = c->health;
	pthread_mutex_unlock(&c->lock);
	return err->code;
}

bool nos_commit_is_quiet(struct nos_commit *c)
{
	bool quiet;

	pthread_mutex_lock(&c->lock);
	quiet = !c->queue && (!c->working || c->health.code);
	pthread_mutex_unlock(&c->lock);
	return quiet;
}

static void set_health(struct nos_commit *c, const struct nos_err *err)
{
	pthread_mutex_lock(&c->lock);
	c->health = *err;
	pthread_mutex_unlock(&c->lock);
	if (err->code && !c->failing)
		nos_log_line(NOS_LOG_WARN, "nothing is stored: %s", err->text);
	if (!err->code && c->failing)
		nos_log_line(NOS_LOG_WARN, "storing again");
	c->failing = err->code != NOS_OK;
}

/* ---- a group ---- */

/* Records of the group before. */
static enum nos_code put_records(struct nos_commit *c, struct nos_err *err)
{
	struct nos_time now = nos_time_now();
	uint64_t position;

	for (size_t i = 0; i < c->pending.count; i++)
		if (nos_store_append(c->config.store, NOS_ANALYSE_STREAM, now,
			nos_analyse_record(&c->pending, i), &position, err))
			return err->code;
	return NOS_OK;
}

/* Tracks as they stand hold everything up to the group before. How many are saved: all that changed
 * where nothing comes; under load only what keeps a restart short and the table in its limit. */
static size_t how_many(const struct nos_commit *c, size_t jobs)
{
	uint64_t lag = c->last_raw - nos_track_saved_up_to(c->tracks, c->last_raw);

	if (c->idle)
		return SAVE_IDLE;
	if (lag > c->config.limits->of[NOS_LIMIT_REPLAY] || nos_track_crowded(c->tracks))
		return 2 * jobs;
	return 0;
}

static enum nos_code save(struct nos_commit *c, size_t jobs, struct nos_err *err)
{
	struct nos_commit_mark mark = c->mark;

	if (nos_track_save(c->tracks, c->config.store, how_many(c, jobs), err))
		return err->code;
	mark.saved = nos_track_saved_up_to(c->tracks, c->last_raw);
	mark.published = atomic_load(&c->published);
	mark.outbox = c->config.outbox;
	if (mark.outbox == c->mark.outbox && mark.saved == c->mark.saved &&
	    mark.published == c->mark.published)
		return NOS_OK;
	/* Under load it need not be exact: it says from where a restart begins. */
	if (!c->idle && mark.outbox == c->mark.outbox && mark.saved - c->mark.saved < 1000 &&
	    mark.published - c->mark.published < 1000)
		return NOS_OK;
	if (nos_commit_mark_put(c->config.store, &mark, err))
		return err->code;
	c->mark = mark;
	return NOS_OK;
}

static enum nos_code trim_one(struct nos_commit *c, const char *stream, uint64_t up_to,
    struct nos_time before, struct nos_err *err)
{
	struct nos_store_trim what = { .before = before, .up_to = up_to, .most = TRIM_MOST };
	size_t dropped;

	if (nos_store_trim(c->config.store, stream, &what, &dropped, err))
		return err->code;
	c->more_to_trim |= dropped == TRIM_MOST;
	return NOS_OK;
}

/* What is old enough goes; over the size the oldest go, whatever their age. What a restart or the
 * publisher still needs stays, and so does the newest entry of each stream. */
static enum nos_code trim(struct nos_commit *c, struct nos_err *err)
{
	const struct nos_commit_config *f = &c->config;
	uint64_t last = atomic_load(&c->last_record), used, spare;
	uint64_t records = f->outbox ? c->mark.published : last;
	struct nos_time before = { INT64_MIN };
	struct nos_mono now = nos_mono_now();

	if (!c->more_to_trim && now.us - c->trimmed.us < TRIM_EVERY_US)
		return NOS_OK;
	c->trimmed = now;
	c->more_to_trim = false;
	if (nos_store_space(f->store, &used, &spare, err))
		return err->code;
	nos_metric_set(f->metric, NOS_METRIC_STORE_BYTES, used);
	if (f->keep_ms)
		before.ms = nos_time_now().ms - (int64_t)f->keep_ms;
	if (f->keep_bytes && used > f->keep_bytes)
		before.ms = INT64_MAX;
	if (before.ms == INT64_MIN)
		return NOS_OK;
	if (last && records >= last)
		records = last - 1;
	if (trim_one(c, NOS_RAW_STREAM, c->mark.saved ? c->mark.saved - 1 : 0, before, err))
		return err->code;
	return trim_one(c, NOS_ANALYSE_STREAM, records, before, err);
}

static enum nos_code note_pack(struct nos_commit *c, struct nos_job *job, struct nos_track *track)
{
	const struct nos_raw *raw = &job->raw;

	job->before = track->window;
	job->position_before = track->position;
	if (!*raw->source) {
		job->noted = true;
		return NOS_OK;
	}
	job->verdict = nos_window_look(&track->window, raw->seq, raw->hash);
	job->next = (raw->seq > track->window.top ? raw->seq : track->window.top) + 1;
	if (job->verdict != NOS_WINDOW_FRESH)
		return NOS_OK;
	if (nos_member_check(c->config.members, c->config.store, job->member, &job->err))
		return job->err.code;
	nos_window_note(&track->window, raw->seq, raw->prev, raw->hash);
	nos_window_count(&track->window, &job->packs.seen, &job->packs.expected);
	job->noted = true;
	return NOS_OK;
}

/* What is this one job's fault is noted in it; the return is the group's. */
static enum nos_code put_job(
    struct nos_commit *c, struct nos_job *job, struct nos_buf *entry, struct nos_err *err)
{
	char id[NOS_TRACK_ID_MAX];
	struct nos_track *track;

	nos_analyse_track_id(&job->raw, id);
	if (nos_track_get(c->tracks, c->config.store, id, &track, err) ||
	    nos_analyse_admit(&c->analyse, &job->raw, track, &job->batch, err))
		return err->code;
	if (!job->batch.count) {
		nos_err_set(&job->err, NOS_DATA, "no reading is good");
		return NOS_OK;
	}
	if (note_pack(c, job, track)) {
		*err = job->err;
		if (err->code != NOS_TAG)
			return err->code;
		nos_err_clear(err);
		return NOS_OK;
	}
	if (job->verdict != NOS_WINDOW_FRESH)
		return NOS_OK;
	nos_buf_truncate(entry, 0);
	nos_raw_encode(entry, &job->raw, nos_buf_str(&job->body));
	if (nos_buf_check(entry, "pack", err) ||
	    nos_store_append(c->config.store, NOS_RAW_STREAM, job->raw.received,
		nos_buf_span(entry), &job->position, err))
		return err->code;
	nos_track_touch(c->tracks, track, job->position);
	return NOS_OK;
}

/* A full disk would also hinder trimming: a reserve is kept. */
static enum nos_code check_space(struct nos_commit *c, struct nos_err *err)
{
	uint64_t used, spare, reserve = c->config.limits->of[NOS_LIMIT_RESERVE];

	if (nos_store_space(c->config.store, &used, &spare, err))
		return err->code;
	return spare >= reserve ? NOS_OK
				: nos_err_set(err, NOS_IO,
				      "the disk of the store is full: under %llu bytes are free",
				      (unsigned long long)reserve);
}

static enum nos_code in_group(
    struct nos_commit *c, struct nos_job *list, size_t count, struct nos_err *err)
{
	NOS_AUTO(buf) entry = { 0 };
	bool changed;

	nos_buf_init_secret(&entry, ENTRY_MAX);
	if (nos_store_changed(c->config.store, &changed, err))
		return err->code;
	if (changed)
		nos_member_changed(c->config.members);
	if (put_records(c, err) || save(c, count, err) || trim(c, err))
		return err->code;
	for (struct nos_job *job = list; job; job = job->link)
		if (put_job(c, job, &entry, err))
			return err->code;
	return NOS_OK;
}

/* As if the group's jobs had never come. */
static void undo(struct nos_commit *c, struct nos_job *list)
{
	struct nos_job *reversed = NULL, *next;
	struct nos_err err = { 0 };
	struct nos_track *track;

	nos_track_unsave(c->tracks);
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
		if (!job->noted)
			continue;
		job->position = 0;
		nos_analyse_track_id(&job->raw, id);
		/* Changed, hence held in memory: this reads nothing. */
		if (!nos_track_get(c->tracks, c->config.store, id, &track, &err)) {
			track->window = job->before;
			track->position = job->position_before;
		}
	}
}

static void weigh(struct nos_commit *c, struct nos_job *list)
{
	struct nos_err err = { 0 };
	struct nos_track *track;

	for (struct nos_job *job = list; job; job = job->link) {
		char id[NOS_TRACK_ID_MAX];

		if (!job->position)
			continue;
		nos_analyse_track_id(&job->raw, id);
		if (nos_track_get(c->tracks, c->config.store, id, &track, &err) ||
		    nos_analyse_pack(&c->analyse, &job->raw, job->position, &job->batch, job->packs,
			track, &c->pending, &err)) {
			/* Stored and not weighed: a restart will, and until then nothing may
			 * follow. */
			nos_log_line(NOS_LOG_WARN, "cannot weigh what is stored: %s", err.text);
			c->broken = true;
			return;
		}
	}
}

static void records_are_in(struct nos_commit *c)
{
	uint64_t one = 1;
	size_t count = c->pending.count;

	nos_analyse_records_clear(&c->pending);
	if (!count)
		return;
	atomic_fetch_add(&c->last_record, count);
	nos_metric_add(c->config.metric, NOS_METRIC_STORED, count);
	if (c->config.wake_fd >= 0 && write(c->config.wake_fd, &one, sizeof(one)) < 0)
		return; /* the counter is full: the publisher is awake */
}

static void fail_all(struct nos_job *list, const struct nos_err *err)
{
	for (struct nos_job *job = list; job; job = job->link)
		if (!job->err.code)
			job->err = *err;
}

/* One transaction; then answers, then the weighing of what is in. */
static void group(struct nos_commit *c, struct nos_job *list, size_t count)
{
	struct nos_mono since = nos_mono_now();
	struct nos_err err = { 0 };
	uint64_t last = c->last_raw;

	if (c->broken)
		nos_err_set(&err, NOS_INTERNAL, "out of memory: start nos-serve again");
	else if (!check_space(c, &err) && !nos_store_begin(c->config.store, &err)) {
		if (in_group(c, list, count, &err))
			nos_store_rollback(c->config.store);
		else
			(void)!nos_store_commit(c->config.store, &err);
	}
	if (err.code) {
		undo(c, list);
		c->mark =
		    (struct nos_commit_mark){ 0 }; /* as it is there is not known: put it again */
		fail_all(list, &err);
	} else {
		records_are_in(c);
		for (struct nos_job *job = list; job; job = job->link)
			if (job->position > last)
				last = job->position;
		c->last_raw = last;
		nos_metric_time(c->config.metric, NOS_METRIC_TIME_COMMIT, since);
	}
	set_health(c, &err);
	if (list)
		c->config.answer(c->config.state, list);
	if (!err.code)
		weigh(c, list);
	while (list) {
		struct nos_job *next = list->link;

		nos_job_free(list, c->config.members);
		list = next;
	}
}

/* ---- the thread ---- */

static bool is_busy(const struct nos_commit *c)
{
	return c->queue || c->stop || c->new_profile;
}

/* What waits, up to the limits of a group. With the lock held. */
static struct nos_job *take(struct nos_commit *c, size_t *ret_count)
{
	const struct nos_limit *l = c->config.limits;
	struct nos_job *list = c->queue, **at = &c->queue;
	uint64_t bytes = 0, readings = 0;

	*ret_count = 0;
	while (*at && readings < l->of[NOS_LIMIT_GROUP] && bytes < l->of[NOS_LIMIT_GROUP_BYTES]) {
		bytes += (*at)->body.len;
		readings += (*at)->batch.count;
		at = &(*at)->link;
		++*ret_count;
	}
	if (!*ret_count)
		return NULL;
	c->queue = *at;
	*at = NULL;
	if (!c->queue)
		c->tail = &c->queue;
	c->queued -= *ret_count;
	return list;
}

static void wait_for_work(struct nos_commit *c, unsigned ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000)
		until.tv_sec++, until.tv_nsec -= 1000000000;
	c->waiting = true;
	while (!is_busy(c) && pthread_cond_timedwait(&c->wake, &c->lock, &until) == 0)
		;
	c->waiting = false;
}

static void use_profile(struct nos_commit *c, struct nos_profile *profile)
{
	if (!profile)
		return;
	nos_profile_free(c->own_profile);
	c->own_profile = profile;
	c->analyse.profile = profile;
}

/* Is there anything that a group without jobs would write? */
static bool is_unsaved(const struct nos_commit *c)
{
	return c->pending.count || nos_track_saved_up_to(c->tracks, c->last_raw) != c->mark.saved ||
	       atomic_load(&c->published) != c->mark.published || c->more_to_trim ||
	       nos_mono_now().us - c->trimmed.us >= TRIM_EVERY_US;
}

/* What comes next: jobs, or nothing for as long as there is something to wait for. */
static struct nos_job *next(struct nos_commit *c, size_t *ret_count, bool *ret_stop)
{
	struct nos_profile *profile;
	struct nos_job *list;

	pthread_mutex_lock(&c->lock);
	c->working = c->pending.count > 0;
	if (!is_busy(c))
		wait_for_work(c, c->failing ? RETRY_MS : c->pending.count ? RECORDS_MS : IDLE_MS);
	list = take(c, ret_count);
	c->working |= list != NULL;
	*ret_stop = c->stop && !c->queue;
	profile = c->new_profile;
	c->new_profile = NULL;
	nos_metric_set(c->config.metric, NOS_METRIC_QUEUE_COMMIT, c->queued);
	pthread_mutex_unlock(&c->lock);
	use_profile(c, profile);
	return list;
}

static void *run(void *state)
{
	struct nos_commit *c = state;
	bool stop = false;

	while (!stop || (!c->failing && (c->pending.count || nos_track_is_dirty(c->tracks)))) {
		size_t count;
		struct nos_job *list = next(c, &count, &stop);

		c->idle = !list && (!c->pending.count || stop);
		if (list || is_unsaved(c))
			group(c, list, count);
	}
	return NULL;
}

/* ---- a restart ---- */

struct replay {
	struct nos_commit *c;
	uint64_t done_pack; /* of the newest record: its pack's position, */
	uint64_t done_index;
	bool has_done;
	struct nos_batch batch;
	uint64_t at; /* position gone through last */
};

/* Records that are in the store already are not written again. */
static void drop_known(struct replay *r, uint64_t position, const struct nos_batch *batch,
    struct nos_analyse_records *made)
{
	size_t known = 0;

	if (!r->has_done || position > r->done_pack)
		return;
	while (known < batch->count &&
	       (position < r->done_pack || batch->items[known].index <= r->done_index))
		known++;
	if (!known)
		return;
	nos_buf_drop(&made->text, made->ends[known - 1]);
	for (size_t i = known; i < made->count; i++)
		made->ends[i - known] = made->ends[i] - made->ends[known - 1];
	made->count -= known;
}

static enum nos_code replay_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct replay *r = state;
	struct nos_commit *c = r->c;
	struct nos_analyse_packs packs = { 0 };
	struct nos_analyse_records made;
	char id[NOS_TRACK_ID_MAX];
	struct nos_track *track;
	struct nos_raw raw;
	struct nos_str body;
	enum nos_code code;

	r->at = position;
	if (nos_raw_decode(entry, &raw, &body, err))
		return nos_err_within(err, "entry %llu", (unsigned long long)position);
	nos_analyse_track_id(&raw, id);
	if (nos_track_get(c->tracks, c->config.store, id, &track, err))
		return err->code;
	if (position <= track->position)
		return NOS_OK;
	if (nos_batch_decode(&r->batch, raw.form, body, NOS_PACK_READINGS_MAX, &c->scan, err) ||
	    nos_analyse_admit(&c->analyse, &raw, track, &r->batch, err))
		return err->code;
	if (*raw.source && nos_window_look(&track->window, raw.seq, raw.hash) == NOS_WINDOW_FRESH) {
		nos_window_note(&track->window, raw.seq, raw.prev, raw.hash);
		nos_window_count(&track->window, &packs.seen, &packs.expected);
	}
	nos_analyse_records_init(&made, RECORDS_MAX);
	code = nos_analyse_pack(&c->analyse, &raw, position, &r->batch, packs, track, &made, err);
	if (!code) {
		drop_known(r, position, &r->batch, &made);
		for (size_t i = 0; i < made.count && !code; i++)
			code =
			    nos_analyse_records_add(&c->pending, nos_analyse_record(&made, i), err);
	}
	nos_analyse_records_release(&made);
	nos_track_touch(c->tracks, track, position);
	return code;
}

static enum nos_code read_newest(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct replay *r = state;
	struct nos_str topic, record, id, part;

	(void)position;
	/* {"id":"NODE-PACK-INDEX",… */
	if (!nos_analyse_split(entry, &topic, &record) || !nos_str_starts(record, "{\"id\":\""))
		return nos_err_set(err, NOS_IO, "store: the newest record is damaged");
	record.p += 7, record.len -= 7;
	if (!nos_str_cut(&record, '"', &id) || !nos_str_cut(&id, '-', &part) ||
	    !nos_str_cut(&id, '-', &part) || !nos_num_parse(part, 1, NOS_NUM_SAFE, &r->done_pack) ||
	    !nos_num_parse(id, 0, NOS_NUM_SAFE, &r->done_index))
		return nos_err_set(err, NOS_IO, "store: the newest record is damaged");
	r->has_done = true;
	return NOS_OK;
}

static enum nos_code replay_all(struct nos_commit *c, struct replay *r, struct nos_err *err)
{
	const size_t batch = 1000;
	uint64_t first, last, from;
	struct nos_store *store = c->config.store;

	if (nos_store_bounds(store, NOS_ANALYSE_STREAM, &first, &last, err))
		return err->code;
	atomic_store(&c->last_record, last);
	if (first <= last &&
	    nos_store_read(store, NOS_ANALYSE_STREAM, last - 1, 1, read_newest, r, err))
		return err->code;
	if (nos_store_bounds(store, NOS_RAW_STREAM, &first, &last, err) ||
	    nos_commit_mark_get(store, &c->mark, err))
		return err->code;
	/* A broker that is new begins at now. */
	atomic_store(
	    &c->published, c->mark.outbox ? c->mark.published : atomic_load(&c->last_record));
	from = c->mark.saved + 1 > first ? c->mark.saved : first - 1;
	r->at = from;
	while (r->at < last) {
		if (nos_store_read(store, NOS_RAW_STREAM, r->at, batch, replay_entry, r, err))
			return err->code;
		c->last_raw = r->at;
		group(c, NULL, 0);
		if (nos_commit_health(c, err))
			return err->code;
	}
	c->last_raw = last;
	if (last > from)
		nos_log_line(NOS_LOG_INFO, "gone through %llu packs again",
		    (unsigned long long)(last - from));
	return NOS_OK;
}

static enum nos_code prepare(
    struct nos_commit *c, const struct nos_profile *profile, struct nos_err *err)
{
	const struct nos_limit *l = c->config.limits;
	struct replay r = { .c = c };
	bool changed;
	enum nos_code code;

	c->idle = true;
	c->scan = (struct nos_scan){ .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
	c->analyse = (struct nos_analyse){
		.node = c->config.node, .profile = profile, .types = (size_t)l->of[NOS_LIMIT_TYPES]
	};
	nos_analyse_records_init(&c->pending, RECORDS_MAX);
	if (nos_store_changed(c->config.store, &changed, err) ||
	    nos_track_table_new((size_t)l->of[NOS_LIMIT_SOURCES], &c->tracks, err))
		return err->code;
	code = replay_all(c, &r, err);
	nos_batch_release(&r.batch);
	return code;
}

static void drop(struct nos_commit *c)
{
	nos_track_table_free(c->tracks);
	nos_analyse_records_release(&c->pending);
	nos_scan_release(&c->scan);
	nos_profile_free(c->own_profile);
	nos_profile_free(c->new_profile);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

enum nos_code nos_commit_new(const struct nos_commit_config *config,
    const struct nos_profile *profile, struct nos_commit **ret, struct nos_err *err)
{
	struct nos_commit *c = calloc(1, sizeof(*c));
	pthread_condattr_t attr;

	if (!c)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	c->config = *config;
	c->tail = &c->queue;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (prepare(c, profile, err)) {
		drop(c);
		return err->code;
	}
	if (pthread_create(&c->thread, NULL, run, c)) {
		drop(c);
		return nos_err_set(err, NOS_INTERNAL, "cannot start the committer");
	}
	pthread_setname_np(c->thread, "nos-commit");
	c->started = true;
	*ret = c;
	return NOS_OK;
}

void nos_commit_free(struct nos_commit *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	drop(c);
}
