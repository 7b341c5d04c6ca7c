/* SPDX-License-Identifier: MIT */
#include "errand.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/progress.h"
#include "cli/start.h"
#include "cli/table.h"
#include "json/encode.h"
#include "lifecycle/advance.h"
#include "lifecycle/campaign.h"
#include "lifecycle/overhaul.h"
#include "lifecycle/recall.h"
#include "self/home.h"
#include "self/idle.h"

#define LOCK_WAIT_MS  10000
#define PURGE_WAIT_MS 5000
#define ROW_MAX	      512 /* bytes */

#define TEXT NOS_TABLE_TEXT
static const struct nos_table_column source_columns[] = { { "source", TEXT }, { "key", TEXT },
	{ "replaces", TEXT }, { "status", TEXT }, { "dry_run", TEXT }, { 0 } };
static const struct nos_table_column all_columns[] = { { "source", TEXT }, { "group", TEXT },
	{ "key", TEXT }, { "replaces", TEXT }, { "status", TEXT }, { "dry_run", TEXT }, { 0 } };
static const struct nos_table_column identity_columns[] = { { "identity", TEXT }, { "pin", TEXT },
	{ "status", TEXT }, { 0 } };
static const struct nos_table_column life_columns[] = { { "life", TEXT }, { "status", TEXT },
	{ 0 } };

struct run {
	const struct errand *e;
	struct nos_home home;
	struct nos_audit audit;
	struct nos_life life;
	struct nos_campaign campaign;
	struct nos_table table;
	struct nos_progress progress;
	struct nos_assoc_global *globals; /* that were taken back */
	size_t global_count;
	int status; /* of the first failure that was said */
};

static void drop(struct run *r)
{
	nos_table_release(&r->table);
	nos_campaign_release(&r->campaign);
	nos_life_release(&r->life);
	nos_home_release(&r->home);
	free(r->globals);
}

/* ---- what is said ---- */

/* Of several failures each is said, and the first one's status is the tool's. */
static void say(void *state, const struct nos_err *err)
{
	struct run *r = state;
	int status;

	nos_progress_done(&r->progress);
	status = nos_start_fail(r->e->tool, err);
	if (!r->status)
		r->status = status;
}

static void show(void *state, uint64_t count)
{
	struct run *r = state;

	nos_progress_set(&r->progress, count);
}

static enum nos_code print(void *state, const struct nos_buf *row, struct nos_err *err)
{
	struct run *r = state;

	if (nos_buf_check(row, "row", err))
		return err->code;
	if (isatty(STDOUT_FILENO))
		nos_progress_done(&r->progress);
	return nos_table_add(&r->table, nos_buf_str(row), err);
}

static enum nos_code print_done(void *state, const struct nos_order_done *done, struct nos_err *err)
{
	struct run *r = state;
	NOS_AUTO(buf) row = { 0 };

	nos_buf_init(&row, ROW_MAX);
	nos_order_row(&row, &r->campaign.order, done, r->home.self.number);
	return print(r, &row, err);
}

/* A signal came, or nobody reads on; but what is to be revoked is revoked, whoever reads. */
static bool is_stopped(void *state)
{
	const struct run *r = state;

	return *nos_start_stopped() || (r->table.fail && r->e->mode != MODE_REVOKE);
}

/* In one line, which is longer than an error's text. */
static void name_stragglers(struct run *r)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, NOS_CAMPAIGN_NAMES_MAX);
	nos_campaign_names(&r->campaign, &text);
	fprintf(stderr, "%s: %s\n", r->e->tool, text.p);
	if (!r->status)
		r->status = nos_start_status(NOS_BUSY);
}

/* ---- sources ---- */

static enum nos_code open_life(struct run *r, struct nos_err *err)
{
	return nos_life_open(
	    &r->life, r->home.store, &r->home.vault, &r->audit, &r->home.self, err);
}

static enum nos_code give(struct run *r, struct nos_err *err)
{
	struct nos_campaign *c = &r->campaign;

	nos_progress_init(&r->progress, "sources", c->sources.count);
	(void)!nos_campaign_give(c, err);
	nos_progress_done(&r->progress);
	return err->code;
}

static enum nos_code wait(struct run *r, struct nos_err *err)
{
	struct nos_campaign *c = &r->campaign;

	if (!c->pending.count)
		return NOS_OK;
	nos_progress_init(&r->progress, "sources have confirmed", c->ordered);
	(void)!nos_campaign_wait(c, r->e->wait_ms, err);
	nos_progress_done(&r->progress);
	if (err->code || nos_campaign_tell(c, err))
		return err->code;
	if (c->pending.count && !is_stopped(r))
		name_stragglers(r);
	return NOS_OK;
}

static void fill(struct run *r, int operands)
{
	const struct errand *e = r->e;
	struct nos_campaign *c = &r->campaign;

	c->life = &r->life;
	c->calls = (struct nos_campaign_calls){ print_done, say, show, is_stopped, r };
	c->named = operands > 0;
	c->order.what = NOS_ORDER_REPLACE;
	c->order.reason = e->reason;
	if (r->e->mode & MODES_REPLACE) {
		c->order.older_than_ms = e->older_than_ms;
		c->order.dry_run = r->life.dry = e->dry_run;
		if (e->overlap_ms != ERRAND_NOT_GIVEN)
			r->life.overlap_ms = e->overlap_ms;
	} else if (r->e->mode == MODE_RENEW) {
		c->order.what = NOS_ORDER_RENEW;
	} else if (r->e->mode == MODE_COMPROMISED) {
		c->order.what = NOS_ORDER_COMPROMISED;
	} else if (r->e->mode == MODE_INVALIDATE) {
		c->order.what = NOS_ORDER_INVALIDATE;
		c->named = false;
	} else {
		c->order.what = NOS_ORDER_REVOKE;
		c->group = 1; /* so that it waits for no other's group but one */
	}
	c->order.compromised = e->known;
	c->order.since = e->since;
	c->order.globals = r->globals;
	c->order.global_count = r->global_count;
	c->waits = r->e->mode != MODE_REVOKE && !e->dry_run && e->wait_ms != ERRAND_NOT_GIVEN;
}

static enum nos_code order(struct run *r, char **operands, int count, struct nos_err *err)
{
	struct nos_roster *sources = &r->campaign.sources;
	int fd = -1;

	fill(r, count);
	if (!(r->e->mode & (MODE_REVOKE | MODE_COMPROMISED)) && !r->e->dry_run &&
	    nos_home_lock(&r->home, "rekey", LOCK_WAIT_MS, &fd, err))
		return err->code;
	if (!(count ? nos_campaign_name(&r->campaign, operands, (size_t)count, err)
		    : nos_roster_collect(sources, r->home.store, err)))
		(void)!give(r, err);
	if (fd >= 0)
		close(fd);
	if (!err->code)
		return wait(r, err);
	(void)!nos_campaign_tell(&r->campaign, &(struct nos_err){ 0 });
	return err->code;
}

/* ---- global keys ---- */

/* The keys first, from which on nothing that was made of them opens anything; then source by source
 * what is to stand in its place. A run that broke off is finished by the next. */
static enum nos_code invalidate(struct run *r, char **operands, int count, struct nos_err *err)
{
	struct nos_recall_run run = { .life = &r->life,
		.self = &r->home.self,
		.reason = r->e->reason,
		.globals = calloc((size_t)count, sizeof(*run.globals)),
		.row = print,
		.fail = say,
		.stop = is_stopped,
		.state = r };

	r->globals = run.globals;
	if (!r->globals)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (nos_recall_named(&run, operands, (size_t)count, err) || open_life(r, err))
		return err->code;
	r->global_count = run.global_count;
	return order(r, NULL, 0, err);
}

/* ---- groups ---- */

static struct nos_advance_run advance(struct run *r)
{
	return (struct nos_advance_run){
		.life = &r->life,
		.order = { .heal = r->e->mode == MODE_HEAL,
		    .older_than_ms = r->e->older_than_ms,
		    .dry_run = r->e->dry_run,
		    .reason = r->e->reason },
		.pending = r->campaign.waits ? &r->campaign.pending : NULL,
		.calls = { print, say, is_stopped, r },
	};
}

static enum nos_code advance_named(struct run *r, char **operands, int count, struct nos_err *err)
{
	struct nos_advance_run run;

	fill(r, count);
	r->campaign.order.what = NOS_ORDER_FOLLOW;
	run = advance(r);
	if (nos_advance_named(&run, operands, (size_t)count, err))
		return err->code;
	r->campaign.ordered = r->campaign.pending.count;
	return wait(r, err);
}

/* What is each source's own first, then what is a group's. */
static enum nos_code replace_all(struct run *r, struct nos_err *err)
{
	struct nos_advance_run run;

	if (order(r, NULL, 0, err) || is_stopped(r))
		return err->code;
	r->campaign.waits = false;
	run = advance(r);
	return nos_advance_all(&run, err);
}

/* Who was revoked is put out of its group, and so is whoever else has left one. */
static enum nos_code take_back(struct run *r, char **operands, int count, struct nos_err *err)
{
	struct nos_err first = { 0 };
	uint64_t done;

	(void)!order(r, operands, count, &first);
	(void)!nos_advance_put_out(
	    &r->life, &r->home.self.sign, r->e->reason, is_stopped, r, &done, err);
	if (first.code)
		*err = first;
	return err->code;
}

/* ---- the node itself ---- */

/* A nos-serve that runs may have open what stood there before, and would go on with that. */
static enum nos_code restore(struct run *r, struct nos_buf *row, struct nos_err *err)
{
	struct nos_idle idle;
	struct nos_time now;
	uint64_t behind;

	if (!nos_idle_hold(&idle, &r->home, nos_start_stopped(), err)) {
		now = nos_time_now();
		if (!nos_audit_ahead(r->home.store, now, &behind, err) &&
		    !nos_overhaul_restore(&r->life, r->e->reason, now, row, err))
			nos_start_warn_clock(r->e->tool, behind);
	}
	nos_idle_release(&idle);
	return err->code;
}

static enum nos_code change_self(struct run *r, struct nos_err *err)
{
	NOS_AUTO(buf) row = { 0 };

	nos_buf_init(&row, ROW_MAX);
	if (r->e->mode == MODE_IDENTITY
		? nos_overhaul_identity(&r->life, r->e->reason, nos_time_now(), &row, err)
		: restore(r, &row, err))
		return err->code;
	return print(r, &row, err);
}

static const struct nos_table_column *columns_of(const struct run *r)
{
	if (r->e->mode & (MODE_IDENTITY | MODE_RESTORE))
		return r->e->mode == MODE_IDENTITY ? identity_columns : life_columns;
	return r->e->mode & (MODE_ALL | MODES_GROUP) ? all_columns : source_columns;
}

/* What was destroyed leaves the store's files, also what a run before this one has left. */
static void purge(struct run *r)
{
	struct nos_err err = { 0 };

	if ((r->life.destroyed || r->e->mode & (MODE_REVOKE | MODE_INVALIDATE | MODE_RESTORE)) &&
	    nos_home_purge(&r->home, PURGE_WAIT_MS, &err))
		nos_start_warn(r->e->tool, err.text);
}

static enum nos_code work(struct run *r, char **operands, int count, struct nos_err *err)
{
	if (r->e->mode == MODE_ALL)
		return replace_all(r, err);
	if (r->e->mode & MODES_GROUP)
		return advance_named(r, operands, count, err);
	if (r->e->mode == MODE_REVOKE)
		return take_back(r, operands, count, err);
	if (r->e->mode == MODE_INVALIDATE)
		return invalidate(r, operands, count, err);
	if (r->e->mode & (MODE_IDENTITY | MODE_RESTORE))
		return change_self(r, err);
	return order(r, operands, count, err);
}

static enum nos_code run(struct run *r, char **operands, int count, struct nos_err *err)
{
	const struct errand *e = r->e;
	struct nos_err late = { 0 };

	if (nos_home_locate(&r->home, &e->store, e->node_key, err) || nos_home_open(&r->home, err))
		return err->code;
	nos_audit_init(&r->audit, r->home.store, r->e->tool, true);
	if (open_life(r, err))
		return err->code;
	nos_table_init(&r->table, columns_of(r), e->format, stdout);
	(void)!work(r, operands, count, err);
	purge(r);
	/* The rows of what was done are printed whatever happened then. */
	if (nos_table_finish(&r->table, &late) && !err->code)
		*err = late;
	return err->code;
}

int errand_run(const struct errand *e, char **operands, int count)
{
	struct run r = { .e = e };
	struct nos_err err = { 0 };

	nos_campaign_init(&r.campaign);
	if (run(&r, operands, count, &err))
		say(&r, &err);
	drop(&r);
	return r.status;
}
