/* SPDX-License-Identifier: MIT */
#include "serve/control.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "cluster/aim.h"
#include "node/refuse.h"
#include "lifecycle/enrol.h"
#include "serve/census.h"
#include "serve/control_queue.h"
#include "serve/gardener.h"
#include "serve/polls.h"
#include "serve/records.h"
#include "serve/upkeep.h"
#include "serve/word.h"

#define LOOK_US	      100000 /* how often the store is asked for news while polls are held */
#define UPKEEP_US     UINT64_C(3600000000)
#define GARDEN_US     (12 * UPKEEP_US)
#define GARDEN_GAP_US 2000 /* between two steps: others write */

struct nos_control {
	struct nos_control_config config;
	pthread_t thread;
	struct nos_control_queue queue;

	/* The thread's own. */
	struct nos_audit audit;
	struct nos_life life; /* as of the last look at the store */
	bool known;	      /* life was read */
	bool stale;	      /* the store has changed since */
	bool blind;	      /* the last look failed */
	struct nos_polls held;
	bool news;		      /* the store has changed since the held ones were looked at */
	bool all;		      /* the node's life or identity has */
	struct nos_mono looked, kept; /* at them; and after the node itself */
	struct nos_mono gardened;     /* when the trees of its groups were looked after */
	struct nos_gardener gardener;
	bool due; /* the node itself is, whenever it was looked after */
	struct nos_census census;
};

/* ---- the store ---- */

static enum nos_code read_life(struct nos_control *c, struct nos_err *err)
{
	const struct nos_control_config *f = &c->config;
	NOS_AUTO(life) life = c->life;
	bool changed;

	if (nos_card_refresh(f->card, f->store, f->vault, &changed, err) ||
	    nos_life_open(&life, f->store, f->vault, &c->audit, nos_card_self(f->card), err))
		return err->code;
	c->all |= life.life != c->life.life || life.identity != c->life.identity;
	c->life = life;
	c->life.noted = nos_metric_noted;
	c->life.noted_state = f->metric;
	c->known = true;
	return NOS_OK;
}

/* The node as the store has it now. What cannot be read stays as it was, and is tried again; an
 * error says that nothing was ever read. */
static enum nos_code look(struct nos_control *c, struct nos_err *err)
{
	bool changed;

	if (nos_store_changed(c->config.store, &changed, err))
		return err->code;
	c->news |= changed;
	c->census.news |= changed;
	c->stale |= changed || !c->known;
	if (!c->stale)
		return NOS_OK;
	c->stale = read_life(c, err) != NOS_OK;
	if (c->stale && !c->blind)
		nos_log_line(NOS_LOG_WARN, "the node's own keys: %s", err->text);
	c->blind = c->stale;
	if (c->known)
		nos_err_clear(err);
	return err->code;
}

/* ---- requests ---- */

static void send_answer(struct nos_control *c, struct nos_http_request *r)
{
	c->config.answer(c->config.state, r);
}

static void send_poll(void *state, struct nos_http_request *r)
{
	struct nos_control *c = state;

	nos_control_queue_answered(&c->queue);
	send_answer(c, r);
}

static void register_source(struct nos_control *c, struct nos_http_request *r)
{
	struct nos_str m1 = { (const char *)r->body.p, r->body.len };
	struct nos_metric *metric = c->config.metric;
	char id[NOS_RECORD_ID_MAX];
	struct nos_err err = { 0 };
	bool made = false;

	(void)!nos_enrol_answer(
	    &c->life, nos_card_self(c->config.card), m1, nos_time_now(), &r->out, &made, id, &err);
	c->census.news |= made;
	atomic_fetch_add_explicit(&metric->registrations[err.code], 1, memory_order_relaxed);
	if (err.code) {
		nos_log_line(NOS_LOG_DEBUG, "registration refused: %s", err.text);
		nos_buf_truncate(&r->out, 0);
		nos_refuse_request(c->config.card, r, &err);
	} else {
		nos_member_forget(c->config.members, id);
		c->news = true; /* its own changes no store tells of */
		r->status = 201;
		r->type = "application/jose";
	}
	send_answer(c, r);
}

static void ask(struct nos_control *c, struct nos_http_request *r)
{
	struct nos_exchange e = { 0 };
	struct nos_job *job = NULL;
	struct nos_err err = { 0 };

	if (nos_exchange_parse(r->path, &e))
		job = nos_word_take_ask(c->config.card, &c->life, e.id, r);
	if (!job) {
		send_answer(c, r);
		return;
	}
	/* One that is not here any more is refused there. */
	(void)!nos_aim(c->config.placement, job, nos_str_of(e.id), &err);
	nos_placement_submit(c->config.placement, job->lane, job, 1);
}

static void handle(struct nos_control *c, struct nos_http_request *r)
{
	const enum nos_control_kind kind = nos_control_queue_kind(r);
	struct nos_err err = { 0 };

	if (kind == NOS_CONTROL_RECORDS) {
		nos_records_answer(c->config.store, r);
		send_answer(c, r);
		return;
	}
	/* What waited behind one that waits for servers is not to wait as long again. */
	if (nos_placement_check(c->config.placement, nos_control_queue_is_work(kind), &err) ||
	    look(c, &err)) {
		nos_refuse_request(c->config.card, r, &err);
		if (kind == NOS_CONTROL_POLL)
			send_poll(c, r);
		else
			send_answer(c, r);
		return;
	}
	switch (kind) {
	case NOS_CONTROL_REGISTRATION:
		register_source(c, r);
		break;
	case NOS_CONTROL_ASK:
		ask(c, r);
		break;
	case NOS_CONTROL_POLL:
		nos_polls_take(&c->held, &c->life, r);
		break;
	case NOS_CONTROL_PEER:
		nos_abroad_answer(c->config.abroad, &c->life, r);
		c->news = true; /* as above */
		send_answer(c, r);
		break;
	case NOS_CONTROL_RECORDS:
		break;
	}
}

/* ---- what is to be done between requests ---- */

static void look_after_polls(struct nos_control *c, bool drain)
{
	struct nos_mono now = nos_mono_now();
	struct nos_err err = { 0 };

	if (drain)
		nos_polls_close(&c->held);
	if ((c->held.count || c->config.looks) && now.us - c->looked.us >= LOOK_US) {
		c->looked = now;
		if (!nos_placement_check(c->config.placement, false, &err) && !look(c, &err) &&
		    (c->news || c->all) && nos_polls_look(&c->held, &c->life, c->all))
			c->news = c->all = false;
		nos_polls_expire(&c->held, now);
	}
	nos_metric_set(c->config.metric, NOS_METRIC_LONG_POLLS, c->held.count);
}

static void look_after_census(struct nos_control *c)
{
	struct nos_err err = { 0 };

	if (nos_mono_now().us >= c->census.due.us && !look(c, &err))
		nos_census_say(&c->census, c->config.store, c->config.metric);
}

static struct nos_upkeep upkeep_of(struct nos_control *c)
{
	const struct nos_control_config *f = &c->config;

	return (struct nos_upkeep){
		.store = f->store, .vault = f->vault, .card = f->card, .audit = &c->audit
	};
}

/* A step at a time: readings and requests go before trees. */
static void garden(struct nos_control *c)
{
	struct nos_gardener *g = &c->gardener;
	struct nos_err err = { 0 };

	if (!g->at_work || !nos_placement_has(c->config.placement, 0))
		return;
	if (nos_gardener_step(g, &c->life, &err) && err.code != NOS_EXISTS)
		nos_log_line(NOS_LOG_WARN, "the trees of a group stay as they are: %s", err.text);
	if (!g->at_work && g->destroyed)
		nos_placement_purge(c->config.placement);
}

static void begin_to_garden(struct nos_control *c)
{
	struct nos_err err = { 0 };

	c->gardened = nos_mono_now();
	if (look(c, &err) || nos_gardener_begin(&c->gardener, c->config.store, &err))
		nos_log_line(NOS_LOG_WARN, "the trees of groups stay as they are: %s", err.text);
}

/* Each by itself: what hinders one hinders not the other. */
static void keep_up(struct nos_control *c)
{
	const struct nos_upkeep u = upkeep_of(c);
	struct nos_err err = { 0 };
	bool retired;

	c->kept = nos_mono_now();
	if (c->due)
		c->gardened.us = 0;
	c->due = false;
	if (!nos_placement_has(c->config.placement, 0))
		return;
	if (nos_upkeep_retire(&u, nos_time_now(), &retired, &err))
		nos_log_line(NOS_LOG_WARN, "the node's old keys stay: %s", err.text);
	if (retired)
		nos_placement_purge(c->config.placement);
	nos_upkeep_tell(&u, c->config.placement);
	if (!c->gardened.us || nos_mono_now().us - c->gardened.us >= GARDEN_US)
		begin_to_garden(c);
}

/* ---- the thread ---- */

/* When something else than a request is to be done. */
static struct nos_mono wake_at(const struct nos_control *c)
{
	const uint64_t due = c->kept.us + UPKEEP_US;
	uint64_t until = c->looked.us + LOOK_US;

	if (!(c->held.count || c->config.looks))
		until = c->census.due.us;
	if (until > due)
		until = due;
	if (c->gardener.at_work && nos_placement_has(c->config.placement, 0))
		until = nos_mono_now().us + GARDEN_GAP_US;
	return (struct nos_mono){ until };
}

/* The next request; NULL: there is none, and something else is to be done. */
static struct nos_http_request *next(struct nos_control *c, bool *ret_drain, bool *ret_stop)
{
	struct nos_control_told told;
	struct nos_http_request *r =
	    nos_control_queue_next(&c->queue, wake_at(c), !c->held.closed, &told);

	c->due |= told.keep;
	*ret_drain = told.drain;
	*ret_stop = told.stop;
	return r;
}

static void *run(void *state)
{
	struct nos_control *c = state;
	const struct nos_upkeep u = upkeep_of(c);
	bool drain = false, stop = false;

	nos_census_say(&c->census, c->config.store, c->config.metric);
	keep_up(c);
	while (!stop) {
		struct nos_http_request *r = next(c, &drain, &stop);

		if (r)
			handle(c, r);
		look_after_polls(c, drain);
		if (!drain) {
			look_after_census(c);
			garden(c);
		}
		if (c->life.destroyed)
			nos_placement_purge(c->config.placement);
		c->life.destroyed = false;
		if (c->due || nos_mono_now().us - c->kept.us >= UPKEEP_US)
			keep_up(c);
	}
	nos_polls_close(&c->held);
	if (nos_placement_has(c->config.placement, 0))
		nos_upkeep_tell(&u, c->config.placement);
	return NULL;
}

/* ---- what another thread calls ---- */

static void drop(struct nos_control *c)
{
	nos_control_queue_release(&c->queue);
	nos_gardener_release(&c->gardener);
	free(c);
}

enum nos_code nos_control_new(
    const struct nos_control_config *config, struct nos_control **ret, struct nos_err *err)
{
	struct nos_control *c = calloc(1, sizeof(*c));

	if (!c)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	c->config = *config;
	nos_audit_init(&c->audit, config->store, "nos-serve", false);
	c->held = (struct nos_polls){ .card = config->card, .state = c, .answer = send_poll };
	nos_control_queue_init(&c->queue, config->works, config->polls, config->metric);
	if (pthread_create(&c->thread, NULL, run, c)) {
		drop(c);
		return nos_err_set(err, NOS_INTERNAL, "cannot start the control thread");
	}
	pthread_setname_np(c->thread, "nos-control");
	*ret = c;
	return NOS_OK;
}

bool nos_control_submit(
    struct nos_control *c, struct nos_http_request *r, enum nos_control_kind kind)
{
	return nos_control_queue_submit(&c->queue, r, kind);
}

void nos_control_keep_up(struct nos_control *c)
{
	nos_control_queue_tell(&c->queue, (struct nos_control_told){ .keep = true });
}

void nos_control_drain(struct nos_control *c)
{
	nos_control_queue_tell(&c->queue, (struct nos_control_told){ .drain = true });
}

void nos_control_free(struct nos_control *c)
{
	if (!c)
		return;
	nos_control_queue_tell(&c->queue, (struct nos_control_told){ .stop = true });
	pthread_join(c->thread, NULL);
	drop(c);
}
