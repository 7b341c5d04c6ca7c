/* SPDX-License-Identifier: MIT */
/* nos-rekey(1): replaces and revokes the keys of sources, and the node's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/choice.h"
#include "cli/opt_time.h"
#include "cli/progress.h"
#include "cli/start.h"
#include "cli/table.h"
#include "json/encode.h"
#include "registry/advance.h"
#include "registry/campaign.h"
#include "registry/home.h"
#include "registry/overhaul.h"
#include "registry/recall.h"

#define LOCK_WAIT_MS  10000
#define PURGE_WAIT_MS 5000
#define ROW_MAX	      512 /* bytes */
#define NOT_GIVEN     UINT64_MAX
#define SPAN_MAX_MS   (UINT64_C(3650) * 24 * 3600 * 1000)

struct rekey_opts {
	struct nos_opt_common common;
	struct nos_store_where store;
	const char *node_key, *reason;
	bool all, source, group, heal, renew, revoke, invalidate, compromised, identity,
	    after_restore, dry_run;
	uint64_t older_than_ms, overlap_ms, wait_ms;
	struct nos_time since;
};

#define AT(field) offsetof(struct rekey_opts, field)
static const struct nos_opt opts[] = {
	{ "all", 0, NOS_OPT_FLAG, AT(all), NULL, "replace the key of every source" },
	{ "source", 0, NOS_OPT_FLAG, AT(source), NULL, "replace the keys of these sources" },
	{ "group", 0, NOS_OPT_FLAG, AT(group), NULL, "replace the keys of these groups" },
	{ "heal", 0, NOS_OPT_FLAG, AT(heal), NULL,
	    "replace them so that no copy of what a member had follows" },
	{ "renew", 0, NOS_OPT_FLAG, AT(renew), NULL,
	    "make all keys of these sources, or of all, anew" },
	{ "revoke", 0, NOS_OPT_FLAG, AT(revoke), NULL, "take the keys of these sources back" },
	{ "invalidate", 0, NOS_OPT_FLAG, AT(invalidate), NULL,
	    "take these global keys back, and replace what was made of them" },
	{ "compromised", 0, NOS_OPT_FLAG, AT(compromised), NULL,
	    "others may have known keys that these sources had before" },
	{ "identity", 0, NOS_OPT_FLAG, AT(identity), NULL, "replace the node's own keys" },
	{ "after-restore", 0, NOS_OPT_FLAG, AT(after_restore), NULL,
	    "a backup of the store was put back" },
	{ "older-than", 0, NOS_OPT_SPAN, AT(older_than_ms), "time", "only keys that are older",
	    .max = SPAN_MAX_MS },
	{ "overlap", 0, NOS_OPT_SPAN, AT(overlap_ms), "time",
	    "how long a replaced key still serves", .max = SPAN_MAX_MS },
	{ "dry-run", 0, NOS_OPT_FLAG, AT(dry_run), NULL, "say what would be done, and do nothing" },
	{ "wait", 0, NOS_OPT_SPAN, AT(wait_ms), "time", "wait for the sources to confirm",
	    .max = SPAN_MAX_MS },
	{ "since", 0, NOS_OPT_TIME, AT(since), "time",
	    "others may have known them from then on: correct what came" },
	{ "reason", 0, NOS_OPT_TEXT, AT(reason), "text", "why, for the audit stream" },
	{ "store", 0, NOS_OPT_TEXT, AT(store.url), "url", "the node's store" },
	{ "store-creds", 0, NOS_OPT_PATH, AT(store.creds), "file",
	    "who it is to a store of servers" },
	{ "store-ca", 0, NOS_OPT_PATH, AT(store.ca), "file", "the authorities for tls://" },
	{ "node-key", 0, NOS_OPT_PATH, AT(node_key), "file", "the key that seals the store" },
	{ 0 },
};

static const struct nos_opt_tool tool = { "nos-rekey",
	"--all | --source SOURCE… | --group GROUP… | --heal GROUP… | --renew [SOURCE…] | --revoke SOURCE… | "
	"--invalidate GLOBALKEY… | --compromised SOURCE… | --identity | --after-restore",
	"Replace the keys of sources, or the node's own, or take them back.", opts,
	offsetof(struct rekey_opts, common), .rows = true };

enum mode {
	MODE_ALL = 1,
	MODE_SOURCE = 2,
	MODE_GROUP = 4,
	MODE_HEAL = 8,
	MODE_RENEW = 16,
	MODE_REVOKE = 32,
	MODE_INVALIDATE = 64,
	MODE_COMPROMISED = 128,
	MODE_IDENTITY = 256,
	MODE_RESTORE = 512
};
#define MODES_GROUP   (MODE_GROUP | MODE_HEAL)
#define MODES_KNOWN   (MODE_REVOKE | MODE_INVALIDATE | MODE_COMPROMISED)
#define MODES_REPLACE (MODE_ALL | MODE_SOURCE | MODES_GROUP)

#define SOURCES "name the sources by their ids or names"
#define GROUPS	"name the groups, as nos-keytable groups shows them"
#define ITSELF	"name no source: this is for the node itself"

/* In the order of the modes; with the reason that is written down where none is given. */
static const struct nos_choice choices[] = {
	{ "all", AT(all), NULL, "name no source: this is for all of them" },
	{ "source", AT(source), SOURCES, NULL },
	{ "group", AT(group), GROUPS, NULL },
	{ "heal", AT(heal), GROUPS, NULL },
	{ "renew", AT(renew), NULL, NULL },
	{ "revoke", AT(revoke), SOURCES, NULL },
	{ "invalidate", AT(invalidate), "name the global keys, as nos-keytable gt shows them",
	    NULL },
	{ "compromised", AT(compromised), SOURCES, NULL },
	{ "identity", AT(identity), NULL, ITSELF },
	{ "after-restore", AT(after_restore), NULL, ITSELF },
	{ 0 },
};
static const char *const reasons[] = { "ordered", "ordered", "ordered", "healed", "renewed",
	"revoked", "its global key was taken back", NULL, "renewed", "a backup was put back" };

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
	const struct rekey_opts *o;
	enum mode mode;
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
	status = nos_start_fail(tool.name, err);
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

	return *nos_start_stopped() || (r->table.fail && r->mode != MODE_REVOKE);
}

/* In one line, which is longer than an error's text. */
static void name_stragglers(struct run *r)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, NOS_CAMPAIGN_NAMES_MAX);
	nos_campaign_names(&r->campaign, &text);
	fprintf(stderr, "%s: %s\n", tool.name, text.p);
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
	(void)!nos_campaign_wait(c, r->o->wait_ms, err);
	nos_progress_done(&r->progress);
	if (err->code || nos_campaign_tell(c, err))
		return err->code;
	if (c->pending.count && !is_stopped(r))
		name_stragglers(r);
	return NOS_OK;
}

static void fill(struct run *r, int operands)
{
	const struct rekey_opts *o = r->o;
	struct nos_campaign *c = &r->campaign;

	c->life = &r->life;
	c->calls = (struct nos_campaign_calls){ print_done, say, show, is_stopped, r };
	c->named = operands > 0;
	c->order.what = NOS_ORDER_REPLACE;
	c->order.reason = o->reason;
	if (r->mode & MODES_REPLACE) {
		c->order.older_than_ms = o->older_than_ms;
		c->order.dry_run = r->life.dry = o->dry_run;
		if (o->overlap_ms != NOT_GIVEN)
			r->life.overlap_ms = o->overlap_ms;
	} else if (r->mode == MODE_RENEW) {
		c->order.what = NOS_ORDER_RENEW;
	} else if (r->mode == MODE_COMPROMISED) {
		c->order.what = NOS_ORDER_COMPROMISED;
	} else if (r->mode == MODE_INVALIDATE) {
		c->order.what = NOS_ORDER_INVALIDATE;
		c->named = false;
	} else {
		c->order.what = NOS_ORDER_REVOKE;
		c->group = 1; /* so that it waits for no other's group but one */
	}
	/* A setting may be for another tool: nothing is corrected by it. */
	c->order.compromised = nos_opt_is_typed(&tool, &o->common, "since");
	c->order.since = o->since;
	c->order.globals = r->globals;
	c->order.global_count = r->global_count;
	c->waits = r->mode != MODE_REVOKE && !o->dry_run && o->wait_ms != NOT_GIVEN;
}

static enum nos_code order(struct run *r, char **operands, int count, struct nos_err *err)
{
	struct nos_roster *sources = &r->campaign.sources;
	int fd = -1;

	fill(r, count);
	if (!(r->mode & (MODE_REVOKE | MODE_COMPROMISED)) && !r->o->dry_run &&
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
		.reason = r->o->reason,
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
		.order = { .heal = r->mode == MODE_HEAL,
		    .older_than_ms = r->o->older_than_ms,
		    .dry_run = r->o->dry_run,
		    .reason = r->o->reason },
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
	    &r->life, &r->home.self.sign, r->o->reason, is_stopped, r, &done, err);
	if (first.code)
		*err = first;
	return err->code;
}

/* ---- the node itself ---- */

static enum nos_code change_self(struct run *r, struct nos_err *err)
{
	NOS_AUTO(buf) row = { 0 };

	nos_buf_init(&row, ROW_MAX);
	if (r->mode == MODE_IDENTITY
		? nos_overhaul_identity(&r->life, r->o->reason, nos_time_now(), &row, err)
		: nos_overhaul_restore(&r->life, r->o->reason, nos_time_now(), &row, err))
		return err->code;
	return print(r, &row, err);
}

/* ---- what is asked for ---- */

/* Settings of nos.conf and the environment may be for other tools, and are passed over where they
 * make no sense; but who has set a dry run must not be given a wet one. */
static enum nos_code check(const struct rekey_opts *o, size_t choice, struct nos_err *err)
{
	static const struct nos_choice_fit fits[] = {
		{ "older-than", MODES_REPLACE },
		{ "overlap", MODES_REPLACE },
		{ "dry-run", MODES_REPLACE },
		{ "wait", MODES_REPLACE | MODE_RENEW | MODE_INVALIDATE },
		{ "reason", MODES_GROUP | MODE_RENEW | MODE_REVOKE | MODE_INVALIDATE |
				MODE_IDENTITY | MODE_RESTORE },
		{ "since", MODES_KNOWN },
		{ 0 },
	};
	const bool since = nos_opt_is_typed(&tool, &o->common, "since");

	if (nos_choice_fit(fits, &tool, &o->common, choice, err))
		return err->code;
	if (o->compromised && !since)
		return nos_err_set(err, NOS_USAGE, "--compromised: say --since when");
	if (since && nos_opt_time_past("since", o->since, err))
		return err->code;
	if (o->dry_run && !(MODES_REPLACE >> choice & 1))
		return nos_err_set(err, NOS_USAGE, "--dry-run makes no sense here");
	if (o->dry_run && nos_opt_is_typed(&tool, &o->common, "wait"))
		return nos_err_set(err, NOS_USAGE, "--wait: a dry run has nothing to wait for");
	if (o->reason && (!*o->reason || strlen(o->reason) > NOS_ORDER_REASON_MAX))
		return nos_err_set(err, NOS_USAGE, "--reason: 1 to %d bytes", NOS_ORDER_REASON_MAX);
	return NOS_OK;
}

static const struct nos_table_column *columns_of(const struct run *r)
{
	if (r->mode & (MODE_IDENTITY | MODE_RESTORE))
		return r->mode == MODE_IDENTITY ? identity_columns : life_columns;
	return r->mode & (MODE_ALL | MODES_GROUP) ? all_columns : source_columns;
}

/* What was destroyed leaves the store's files, also what a run before this one has left. */
static void purge(struct run *r)
{
	struct nos_err err = { 0 };

	if ((r->life.destroyed || r->mode & (MODE_REVOKE | MODE_INVALIDATE | MODE_RESTORE)) &&
	    nos_home_purge(&r->home, PURGE_WAIT_MS, &err))
		nos_start_warn(tool.name, err.text);
}

static enum nos_code work(struct run *r, char **operands, int count, struct nos_err *err)
{
	if (r->mode == MODE_ALL)
		return replace_all(r, err);
	if (r->mode & MODES_GROUP)
		return advance_named(r, operands, count, err);
	if (r->mode == MODE_REVOKE)
		return take_back(r, operands, count, err);
	if (r->mode == MODE_INVALIDATE)
		return invalidate(r, operands, count, err);
	if (r->mode & (MODE_IDENTITY | MODE_RESTORE))
		return change_self(r, err);
	return order(r, operands, count, err);
}

static enum nos_code run(struct run *r, char **operands, int count, struct nos_err *err)
{
	const struct rekey_opts *o = r->o;
	struct nos_err late = { 0 };

	if (nos_home_locate(&r->home, &o->store, o->node_key, err) || nos_home_open(&r->home, err))
		return err->code;
	nos_audit_init(&r->audit, r->home.store, tool.name, true);
	if (open_life(r, err))
		return err->code;
	nos_table_init(&r->table, columns_of(r), o->common.format, stdout);
	(void)!work(r, operands, count, err);
	purge(r);
	/* The rows of what was done are printed whatever happened then. */
	if (nos_table_finish(&r->table, &late) && !err->code)
		*err = late;
	return err->code;
}

int main(int argc, char **argv)
{
	struct rekey_opts o = { .overlap_ms = NOT_GIVEN, .wait_ms = NOT_GIVEN };
	struct run r = { .o = &o };
	struct nos_err err = { 0 };
	enum nos_opt_next next;
	size_t choice;
	int at;

	nos_start(tool.name);
	nos_start_secret();
	if (nos_opt_parse(&tool, argc, argv, &o, &at, &next, &err))
		return nos_start_fail(tool.name, &err);
	if (next == NOS_OPT_DONE)
		return fflush(stdout) ? nos_start_status(NOS_IO) : 0;
	if (nos_choice_take(choices, &o, argc - at, &choice, &err) || check(&o, choice, &err))
		return nos_start_fail(tool.name, &err);
	r.mode = (enum mode)(1u << choice);
	if (!o.reason)
		o.reason = reasons[choice];
	nos_start_stop();
	nos_campaign_init(&r.campaign);
	if (run(&r, argv + at, argc - at, &err))
		say(&r, &err);
	drop(&r);
	if (r.status || !*nos_start_stopped())
		return r.status;
	return nos_start_signalled(*nos_start_stopped());
}
