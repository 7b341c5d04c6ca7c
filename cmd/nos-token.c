/* SPDX-License-Identifier: MIT */
/* nos-token(1): enrolments, by which sources register; their list; taking them back; and forgetting
 * sources. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/confirm.h"
#include "cli/opt.h"
#include "cli/progress.h"
#include "cli/start.h"
#include "cli/table.h"
#include "json/encode.h"
#include "key/keyring.h"
#include "net/url.h"
#include "registry/audit.h"
#include "registry/charter.h"
#include "registry/advance.h"
#include "registry/forget.h"
#include "registry/home.h"
#include "registry/keytable.h"
#include "registry/self_url.h"
#include "registry/token.h"

#define COUNT_MAX     100000
#define PROGRESS_MIN  1000 /* enrolments under which none is shown */
#define LINE_MAX      1024 /* bytes */
#define PURGE_WAIT_MS 5000

struct token_opts {
	struct nos_opt_common common;
	const char *store, *node_key, *kind, *scheme, *group, *url, *replace;
	uint64_t count, uses, expires_ms, depth;
	bool open, shared;
};

#define AT(field) offsetof(struct token_opts, field)
static const struct nos_opt opts[] = {
	{ "store", 0, NOS_OPT_TEXT, AT(store), "url", "the node's store" },
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
	{ "open", 0, NOS_OPT_FLAG, AT(open), NULL, "new: without a token, for whoever has the id" },
	{ 0 },
};

static const struct nos_opt_tool tool = { "nos-token", "new | list | withdraw ID… | forget SOURCE…",
	"Make enrolments for sources (a line each), list them, take them back; forget sources.",
	opts, offsetof(struct token_opts, common), .rows = true };

/* An event of the audit stream, within the group that it is of. */
static enum nos_code note(struct nos_audit *audit, const struct nos_token *t, const char *from,
    const char *to, const char *reason, struct nos_err *err)
{
	const struct nos_audit_event event = { .what = NOS_AUDIT_TOKEN,
		.source = t && *t->replaces ? t->replaces : NULL,
		.from = from,
		.to = to,
		.reason = reason };

	return nos_audit_append(audit, nos_time_now(), &event, err);
}

static enum nos_code begin(struct nos_audit *audit, struct nos_err *err)
{
	nos_audit_begin(audit);
	return nos_store_begin(audit->store, err);
}

/* ---- new ---- */

#define IS_TYPED(o, name) nos_opt_is_typed(&tool, &(o)->common, name)

/* What was said of a group, and of the scheme: settings are for new sources that are in none. */
static struct nos_charter charter_of(const struct token_opts *o)
{
	return (struct nos_charter){ .name = o->group,
		.scheme = IS_TYPED(o, "scheme") || !(o->group || o->replace) ? o->scheme : NULL,
		.depth = IS_TYPED(o, "depth") ? (unsigned)o->depth : 0,
		.shared = o->shared && IS_TYPED(o, "shared") };
}

static enum nos_code check_new(const struct token_opts *o, struct nos_err *err)
{
	const struct nos_charter charter = charter_of(o);

	if (!nos_name_is_kind(nos_str_of(o->kind)))
		return nos_err_set(err, NOS_USAGE, "--kind: '%s' cannot be a kind", o->kind);
	if (nos_charter_check(&charter, err))
		return err->code;
	if (o->replace && (o->count != 1 || o->uses != 1 || o->open))
		return nos_err_set(
		    err, NOS_USAGE, "--replace is for one enrolment, of one use, with a token");
	if (o->url && nos_url_check(o->url, err))
		return nos_err_within(err, "--url");
	return NOS_OK;
}

/* What each of the enrolments says, and of which group it is. One in a source's place has its kind
 * and scheme where these were not typed. */
static enum nos_code describe(const struct token_opts *o, const struct nos_home *home,
    struct nos_audit *audit, struct nos_token *ret, struct nos_group *ret_group,
    struct nos_err *err)
{
	const struct nos_charter c = charter_of(o);
	const struct nos_time made = nos_time_now();

	*ret = (struct nos_token){ .open = o->open,
		.most = o->uses,
		.made = made,
		.expires = { made.ms + (int64_t)o->expires_ms } };
	if (!o->replace || IS_TYPED(o, "kind"))
		snprintf(ret->kind, sizeof(ret->kind), "%s", o->kind);
	if (c.name && nos_charter_group(&c, audit, &home->vault, made, ret_group, err))
		return err->code;
	snprintf(ret->scheme, sizeof(ret->scheme), "%s",
	    c.name     ? ret_group->scheme
	    : c.scheme ? c.scheme
		       : "");
	ret->group = ret_group->number;
	if (o->replace && nos_token_replace(home->store, nos_str_of(o->replace), ret, err))
		return err->code;
	return ret->group ? nos_groups_get(home->store, NULL, ret->group, ret_group, err) : NOS_OK;
}

/* Within a group; the lines go to *lines. */
static enum nos_code make_tokens(const struct token_opts *o, const struct nos_home *home,
    struct nos_audit *audit, const char *url, struct nos_buf *lines, struct nos_buf *ids,
    struct nos_err *err)
{
	struct nos_progress progress = { 0 };
	struct nos_group group = { 0 }; /* without what is secret */
	struct nos_token like;

	if (describe(o, home, audit, &like, &group, err))
		return err->code;
	if (o->count > PROGRESS_MIN)
		nos_progress_init(&progress, "enrolments", o->count);
	for (uint64_t i = 0; !err->code && i < o->count; i++) {
		NOS_AUTO(token) t = like;
		NOS_AUTO(secret) token = { 0 };

		nos_progress_set(&progress, i);
		if (*nos_start_stopped())
			nos_err_set(err, NOS_BUSY, "stopped, nothing was made");
		else if (!nos_token_make(home->store, &home->vault, &t, &token, err) &&
			 !note(audit, &t, NULL, "open", o->replace ? "replace" : "new", err))
			nos_token_line(lines, &t, &token, &group, &home->self, url);
		nos_buf_add(ids, t.id, sizeof(t.id));
	}
	nos_progress_done(&progress);
	return err->code || nos_buf_check(lines, "enrolments", err)
		   ? err->code
		   : nos_buf_check(ids, "enrolments", err);
}

/* Enrolments from the one at first on, which nobody can have got, are taken back; what failed stays
 * the error. */
static void unmake_tokens(struct nos_audit *audit, const struct nos_buf *ids, size_t first)
{
	struct nos_store *store = audit->store;
	struct nos_err err = { 0 };

	if (begin(audit, &err))
		return;
	for (size_t at = first * NOS_TOKEN_ID_MAX; at < ids->len; at += NOS_TOKEN_ID_MAX)
		if (nos_store_del(
			store, NOS_TOKEN_NS, nos_str_of(ids->p + at), NOS_STORE_ANY, &err) ||
		    note(audit, NULL, "open", "withdrawn", "not printed", &err)) {
			nos_store_rollback(store);
			return;
		}
	(void)!nos_store_commit(store, &err);
}

/* What --verbose adds. */
static void report(const struct token_opts *o)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, 128);
	nos_buf_addf(&text, "made %" PRIu64 ", each for %" PRIu64 " source%s, for ", o->count,
	    o->uses, o->uses == 1 ? "" : "s");
	nos_time_format_span(&text, o->expires_ms);
	nos_start_warn(tool.name, text.p);
}

/* At once, so that no token stays in a buffer of stdio. A reader that has gone is no fault;
 * *ret_whole is how many lines got out. */
static enum nos_code print_lines(
    const struct nos_buf *lines, size_t *ret_whole, struct nos_err *err)
{
	struct stat st;
	size_t written;

	if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (S_IRGRP | S_IROTH)))
		nos_start_warn(tool.name, "the enrolments go into a file that others can read");
	setvbuf(stdout, NULL, _IONBF, 0);
	written = fwrite(lines->p, 1, lines->len, stdout);
	for (size_t i = 0; i < written; i++)
		*ret_whole += lines->p[i] == '\n';
	if (written == lines->len || errno == EPIPE)
		return NOS_OK;
	return nos_err_set_errno(err, NOS_IO, errno, "output");
}

static enum nos_code make_new(
    const struct token_opts *o, struct nos_home *home, struct nos_err *err)
{
	NOS_AUTO(buf) lines = { 0 };
	NOS_AUTO(buf) ids = { 0 };
	char url[NOS_KEYRING_URL_MAX];
	struct nos_audit audit;
	size_t whole = 0;

	nos_buf_init_secret(&lines, o->count * LINE_MAX);
	nos_buf_init(&ids, o->count * NOS_TOKEN_ID_MAX);
	if (o->url)
		snprintf(url, sizeof(url), "%s", o->url);
	else if (nos_self_url_get(home->store, url, sizeof(url), err))
		return err->code;
	nos_audit_init(&audit, home->store, tool.name, true);
	if (begin(&audit, err))
		return err->code;
	if (make_tokens(o, home, &audit, url, &lines, &ids, err)) {
		nos_store_rollback(home->store);
		return err->code;
	}
	if (nos_store_commit(home->store, err))
		return err->code;
	if (!print_lines(&lines, &whole, err) && o->common.verbose)
		report(o);
	if (whole < o->count)
		unmake_tokens(&audit, &ids, whole);
	return err->code;
}

static enum nos_code run_new(
    const struct token_opts *o, char **operands, int count, struct nos_err *err)
{
	NOS_AUTO(home) home = { 0 };

	if (count)
		return nos_err_set(err, NOS_USAGE, "new takes no operand: '%s'", operands[0]);
	if (check_new(o, err) || nos_home_locate(&home, o->store, o->node_key, err) ||
	    nos_home_open(&home, err))
		return err->code;
	return make_new(o, &home, err);
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
	if (nos_home_locate(&home, o->store, o->node_key, err) || nos_home_look(&home, err) ||
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

/* Within a group: one that is withdrawn already stays as it is, and is no event. */
static enum nos_code withdraw_now(
    const struct nos_home *home, struct nos_audit *audit, struct nos_str id, struct nos_err *err)
{
	NOS_AUTO(token) t = { 0 };
	enum nos_token_state from;

	if (nos_token_get(home->store, &home->vault, id, &t, err))
		return err->code;
	from = nos_token_state_of(&t, nos_time_now());
	if (from == NOS_TOKEN_WITHDRAWN || nos_token_withdraw(home->store, &home->vault, id, err))
		return err->code;
	return note(audit, &t, nos_token_state_text(from), "withdrawn", "withdraw", err);
}

static enum nos_code withdraw(struct work *w, const char *id, struct nos_err *err)
{
	char row[64 + NOS_TOKEN_ID_MAX];

	if (begin(&w->audit, err))
		return err->code;
	if (withdraw_now(w->home, &w->audit, nos_str_of(id), err))
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

	if (nos_home_locate(h, o->store, o->node_key, err) || nos_home_open(h, err))
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
	enum nos_opt_next next;
	int at;

	nos_start(tool.name);
	nos_start_secret();
	if (nos_opt_parse(&tool, argc, argv, &o, &at, &next, &err))
		return nos_start_fail(tool.name, &err);
	if (next == NOS_OPT_DONE)
		return fflush(stdout) ? nos_start_status(NOS_IO) : 0;
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
