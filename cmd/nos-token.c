/* SPDX-License-Identifier: MIT */
/* nos-token(1): enrolments, by which sources register; their list; taking them back; and forgetting
 * sources. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/confirm.h"
#include "cli/opt.h"
#include "cli/progress.h"
#include "cli/start.h"
#include "cli/table.h"
#include "lifecycle/advance.h"
#include "audit/audit.h"
#include "lifecycle/forget.h"
#include "self/home.h"
#include "keytable/keytable.h"
#include "lifecycle/token.h"
#include "lifecycle/withdraw.h"
#include "token/batch.h"

#define COUNT_MAX     100000
#define PURGE_WAIT_MS 5000

struct token_opts {
	struct nos_opt_common common;
	struct nos_store_where store;
	const char *node_key, *kind, *scheme, *group, *url, *replace;
	uint64_t count, uses, expires_ms, depth;
	bool open, shared, bearer;
};

#define AT(field) offsetof(struct token_opts, field)
static const struct nos_opt opts[] = {
	{ "store", 0, NOS_OPT_TEXT, AT(store.url), "url", "the node's store" },
	{ "store-creds", 0, NOS_OPT_PATH, AT(store.creds), "file",
	    "who it is to a store of servers" },
	{ "store-ca", 0, NOS_OPT_PATH, AT(store.ca), "file", "the authorities for tls://" },
	{ "node-key", 0, NOS_OPT_PATH, AT(node_key), "file", "the key that seals the store" },
	{ "count", 0, NOS_OPT_UINT, AT(count), "count", "new: how many", .dflt = "1", .min = 1,
	    .max = COUNT_MAX },
	{ "uses", 0, NOS_OPT_UINT, AT(uses), "count", "new: sources that one enrols", .dflt = "1",
	    .min = 1, .max = NOS_TOKEN_USES_MAX },
	{ "kind", 0, NOS_OPT_TEXT, AT(kind), "kind", "new: kind of the sources",
	    .dflt = NOS_TOKEN_KIND },
	{ "scheme", 0, NOS_OPT_TEXT, AT(scheme), "scheme", "new: how their keys are managed",
	    .dflt = "pairwise" },
	{ "group", 0, NOS_OPT_TEXT, AT(group), "name", "new: whose keys are those of this group" },
	{ "depth", 0, NOS_OPT_UINT, AT(depth), "depth", "new: of the tree of a group made by it",
	    .dflt = "20", .min = 1, .max = NOS_LKH_DEPTH_MAX },
	{ "shared", 0, NOS_OPT_FLAG, AT(shared), NULL, "new: its members may read one another" },
	{ "expires", 0, NOS_OPT_SPAN, AT(expires_ms), "time", "new: how long they hold",
	    .dflt = "24h", .min = 1000, .max = UINT64_C(365) * 24 * 3600 * 1000 },
	{ "url", 0, NOS_OPT_TEXT, AT(url), "url", "new: the node's, where its sources find it" },
	{ "replace", 0, NOS_OPT_TEXT, AT(replace), "source",
	    "new: gives this source new keys, and its place" },
	{ "bearer", 0, NOS_OPT_FLAG, AT(bearer), NULL, "new: a webhook's token, and its source" },
	{ "open", 0, NOS_OPT_FLAG, AT(open), NULL, "new: without a token, for whoever has the id" },
	{ 0 },
};

static const struct nos_opt_tool tool = { "nos-token", "new | list | withdraw ID… | forget SOURCE…",
	"Make enrolments for sources (a line each), list them, take them back; forget sources.",
	opts, offsetof(struct token_opts, common), .rows = true };

/* ---- new ---- */

#define IS_TYPED(o, name) nos_opt_is_typed(&tool, &(o)->common, name)

/* What was said of a group, and of the scheme: settings are for new sources that are in none. */
static struct batch batch_of(const struct token_opts *o)
{
	const bool scheme_said = IS_TYPED(o, "scheme");

	return (struct batch){ .tool = tool.name,
		.charter = { .name = o->group,
		    .scheme = scheme_said || !(o->group || o->replace) ? o->scheme : NULL,
		    .depth = IS_TYPED(o, "depth") ? (unsigned)o->depth : 0,
		    .shared = o->shared && IS_TYPED(o, "shared") },
		.kind = o->kind,
		.url = o->url,
		.replace = o->replace,
		.count = o->count,
		.uses = o->uses,
		.expires_ms = o->expires_ms,
		.open = o->open,
		.bearer = o->bearer,
		.verbose = o->common.verbose,
		.kind_said = IS_TYPED(o, "kind"),
		.scheme_said = scheme_said,
		.expires_said = IS_TYPED(o, "expires") };
}

static enum nos_code run_new(
    const struct token_opts *o, char **operands, int count, struct nos_err *err)
{
	const struct batch batch = batch_of(o);
	NOS_AUTO(home) home = { 0 };

	if (count)
		return nos_err_set(err, NOS_USAGE, "new takes no operand: '%s'", operands[0]);
	if (batch_check(&batch, err) || nos_home_locate(&home, &o->store, o->node_key, err) ||
	    nos_home_open(&home, err))
		return err->code;
	return batch_run(&batch, &home, err);
}

/* ---- list ---- */

static const struct nos_table_column columns[] = {
	{ "id", NOS_TABLE_TEXT },
	{ "state", NOS_TABLE_TEXT },
	{ "kind", NOS_TABLE_TEXT },
	{ "scheme", NOS_TABLE_TEXT },
	{ "group", NOS_TABLE_TEXT },
	{ "expires", NOS_TABLE_TIME },
	{ "source", NOS_TABLE_TEXT },
	{ "replaces", NOS_TABLE_TEXT },
	{ 0 },
};

static enum nos_code print_row(void *table, struct nos_str row, struct nos_err *err)
{
	return nos_table_add(table, row, err);
}

static enum nos_code run_list(
    const struct token_opts *o, char **operands, int count, struct nos_err *err)
{
	const struct nos_keytable t = { .which = NOS_KEYTABLE_TOKENS, .now = nos_time_now() };
	NOS_AUTO(table) table = { 0 };
	NOS_AUTO(home) home = { 0 };

	if (count)
		return nos_err_set(err, NOS_USAGE, "list takes no operand: '%s'", operands[0]);
	nos_table_init(&table, columns, o->common.format, stdout);
	if (nos_home_locate(&home, &o->store, o->node_key, err) || nos_home_look(&home, err) ||
	    nos_keytable_scan(&t, home.store, print_row, &table, err))
		return err->code;
	return nos_table_finish(&table, err);
}

/* ---- withdraw, forget ---- */

/* A word's work on each of its operands. */
struct work {
	struct nos_home *home;
	struct nos_audit audit;
	struct nos_life life;
	struct nos_progress progress;
	struct nos_table table;
};

static enum nos_code withdraw(struct work *w, const char *id, struct nos_err *err)
{
	char row[64 + NOS_TOKEN_ID_MAX];

	nos_audit_begin(&w->audit);
	if (nos_store_begin(w->home->store, err))
		return err->code;
	if (nos_withdraw_token(&w->audit, &w->home->vault, nos_str_of(id), err))
		nos_store_rollback(w->home->store);
	if (err->code || nos_store_commit(w->home->store, err))
		return err->code;
	snprintf(row, sizeof(row), "{\"id\":\"%s\",\"state\":\"withdrawn\"}", id);
	return nos_table_add(&w->table, nos_str_of(row), err);
}

static void show(void *state, uint64_t done, uint64_t total)
{
	struct nos_progress *progress = state;

	progress->total = total;
	nos_progress_set(progress, done);
}

static enum nos_code forget(struct work *w, const char *word, struct nos_err *err)
{
	const struct nos_forget f = { &w->life, nos_start_stopped(), show, &w->progress };
	char id[NOS_RECORD_ID_MAX], row[96];
	uint64_t entries;

	if (nos_forget_resolve(w->home->store, nos_str_of(word), id, err))
		return err->code;
	nos_progress_init(&w->progress, "entries", 0);
	(void)!nos_forget_source(&f, id, nos_str_of(word), nos_time_now(), &entries, err);
	nos_progress_done(&w->progress);
	if (err->code)
		return err->code;
	snprintf(row, sizeof(row),
	    "{\"source\":\"%s\",\"entries\":%" PRIu64 ",\"status\":\"forgotten\"}", id, entries);
	return nos_table_add(&w->table, nos_str_of(row), err);
}

static enum nos_code open_work(const struct token_opts *o, struct work *w, struct nos_err *err)
{
	struct nos_home *h = w->home;

	if (nos_home_locate(h, &o->store, o->node_key, err) || nos_home_open(h, err))
		return err->code;
	nos_audit_init(&w->audit, h->store, tool.name, true);
	return nos_life_open(&w->life, h->store, &h->vault, &w->audit, &h->self, err);
}

/* Of several failures each is said, the last one by main, and the first one's code is the tool's.
 */
static enum nos_code do_each(struct work *w,
    enum nos_code (*one)(struct work *w, const char *operand, struct nos_err *err), char **operands,
    int count, struct nos_err *err)
{
	struct nos_err failed = { 0 };

	for (int i = 0; i < count && !*nos_start_stopped(); i++) {
		nos_err_clear(&failed);
		if (!one(w, operands[i], &failed))
			continue;
		if (err->code) {
			nos_start_fail(tool.name, err);
			failed.code = err->code;
		}
		*err = failed;
	}
	nos_err_clear(&failed);
	if (nos_table_finish(&w->table, &failed) && !err->code)
		*err = failed;
	nos_table_release(&w->table);
	return err->code;
}

static enum nos_code run_withdraw(
    const struct token_opts *o, char **operands, int count, struct nos_err *err)
{
	static const struct nos_table_column short_columns[] = { { "id", NOS_TABLE_TEXT },
		{ "state", NOS_TABLE_TEXT }, { 0 } };
	NOS_AUTO(home) home = { 0 };
	struct work w = { .home = &home };

	if (!count)
		return nos_err_set(err, NOS_USAGE, "withdraw: name the enrolments by their ids");
	if (open_work(o, &w, err))
		return err->code;
	nos_table_init(&w.table, short_columns, o->common.format, stdout);
	return do_each(&w, withdraw, operands, count, err);
}

static bool is_stopped(void *state)
{
	(void)state;
	return *nos_start_stopped() != 0;
}

static enum nos_code run_forget(
    const struct token_opts *o, char **operands, int count, struct nos_err *err)
{
	static const struct nos_table_column forget_columns[] = { { "source", NOS_TABLE_TEXT },
		{ "entries", NOS_TABLE_TEXT }, { "status", NOS_TABLE_TEXT }, { 0 } };
	static const char question[] = "forget these sources, and all that came of them?";
	NOS_AUTO(home) home = { 0 };
	struct work w = { .home = &home };
	struct nos_err left = { 0 };
	uint64_t halves;

	if (!count)
		return nos_err_set(err, NOS_USAGE, "forget: name the sources by ids or names");
	if (open_work(o, &w, err) || nos_confirm_ask(question, "nothing was forgotten", err))
		return err->code;
	nos_table_init(&w.table, forget_columns, o->common.format, stdout);
	(void)!do_each(&w, forget, operands, count, err);
	/* Of their groups as well; what is left of that nos-serve sees to. */
	if (nos_advance_put_out(
		&w.life, &home.self.sign, "forgotten", is_stopped, NULL, &halves, &left))
		nos_start_warn(tool.name, left.text);
	nos_err_clear(&left);
	if (nos_home_purge(&home, PURGE_WAIT_MS, &left))
		nos_start_warn(tool.name, left.text);
	return err->code;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *word;
		enum nos_code (*run)(
		    const struct token_opts *o, char **operands, int count, struct nos_err *err);
	} words[] = { { "new", run_new }, { "list", run_list }, { "withdraw", run_withdraw },
		{ "forget", run_forget } };
	struct token_opts o = { 0 };
	struct nos_err err = { 0 };
	int at, status;

	nos_start(tool.name);
	nos_start_secret();
	if (!nos_opt_begin(&tool, argc, argv, &o, &at, &status))
		return status;
	/* As settings they are those of other tools, and mean other things. */
	if (!IS_TYPED(&o, "replace"))
		o.replace = NULL;
	if (!IS_TYPED(&o, "group"))
		o.group = NULL;
	nos_start_stop();
	for (size_t i = 0; at < argc && i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(argv[at], words[i].word) != 0)
			continue;
		if (words[i].run(&o, argv + at + 1, argc - at - 1, &err) &&
		    !(*nos_start_stopped() && err.code == NOS_BUSY))
			return nos_start_fail(tool.name, &err);
		return *nos_start_stopped() ? nos_start_signalled(*nos_start_stopped()) : 0;
	}
	nos_err_set(&err, NOS_USAGE, "%s%s%s, take new, list, withdraw or forget",
	    at < argc ? "no '" : "nothing to do", at < argc ? argv[at] : "", at < argc ? "'" : "");
	return nos_start_fail(tool.name, &err);
}
