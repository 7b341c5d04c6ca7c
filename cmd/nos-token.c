/* SPDX-License-Identifier: MIT */
/* nos-token(1): enrolments, by which sources register; their list; taking them back; and forgetting
 * sources. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/confirm.h"
#include "cli/handout.h"
#include "cli/opt.h"
#include "cli/progress.h"
#include "cli/start.h"
#include "cli/table.h"
#include "json/encode.h"
#include "key/keyring.h"
#include "net/url.h"
#include "registry/advance.h"
#include "registry/audit.h"
#include "registry/bearer.h"
#include "registry/charter.h"
#include "registry/forget.h"
#include "registry/home.h"
#include "registry/keytable.h"
#include "registry/self_url.h"
#include "registry/token.h"
#include "registry/withdraw.h"

#define COUNT_MAX     100000
#define PROGRESS_MIN  1000 /* enrolments under which none is shown */
#define LINE_MAX      1024 /* bytes */
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
	if (o->bearer && (o->uses != 1 || o->open || o->group || charter.depth || charter.shared ||
			     IS_TYPED(o, "scheme") || (o->replace && IS_TYPED(o, "kind"))))
		return nos_err_set(err, NOS_USAGE,
		    "--bearer goes with --expires, --url, and --kind and --count or --replace alone");
	if (o->replace && (o->count != 1 || o->uses != 1 || o->open))
		return nos_err_set(
		    err, NOS_USAGE, "--replace is for one enrolment, of one use, with a token");
	if (o->url && nos_url_check(o->url, err))
		return nos_err_within(err, "--url");
	if (o->bearer && o->url && !nos_url_is_secure(o->url))
		return nos_err_set(err, NOS_USAGE,
		    "--url: a bearer token that goes in plain is exposed: take https://..., of a "
		    "proxy where one speaks TLS");
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
	if (o->replace && !o->bearer &&
	    nos_token_replace(home->store, nos_str_of(o->replace), ret, err))
		return err->code;
	return ret->group ? nos_groups_get(home->store, NULL, ret->group, ret_group, err) : NOS_OK;
}

/* All that is made at once, within a group. */
struct making {
	const struct token_opts *o;
	const struct nos_home *home;
	struct nos_audit *audit;
	const char *url;
	struct nos_token like;
	struct nos_group group; /* without what is secret */
	struct nos_life life;	/* for bearers */
	struct nos_buf lines, ids;
};

static enum nos_code make_enrolment(struct making *m, struct nos_err *err)
{
	const struct nos_home *home = m->home;
	const struct nos_audit_event event = { .what = NOS_AUDIT_TOKEN,
		.source = *m->like.replaces ? m->like.replaces : NULL,
		.to = "open",
		.reason = m->o->replace ? "replace" : "new" };
	NOS_AUTO(token) t = m->like;
	NOS_AUTO(secret) token = { 0 };

	if (nos_token_make(home->store, &home->vault, &t, &token, err) ||
	    nos_audit_append(m->audit, nos_time_now(), &event, err))
		return err->code;
	nos_token_line(&m->lines, &t, &token, &m->group, &home->self, m->url);
	nos_buf_add(&m->ids, t.id, sizeof(t.id));
	return NOS_OK;
}

/* One without an end unless it was given one: nobody is there who would renew it. */
static enum nos_code make_bearer(struct making *m, struct nos_err *err)
{
	struct nos_bearer t = { .made = m->like.made };
	NOS_AUTO(secret) token = { 0 };

	snprintf(t.kind, sizeof(t.kind), "%s", m->o->kind);
	if (IS_TYPED(m->o, "expires"))
		t.expires = m->like.expires;
	if (m->o->replace ? nos_bearer_replace(&m->life, nos_str_of(m->o->replace), &t, &token, err)
			  : nos_bearer_make(&m->life, &t, &token, err))
		return err->code;
	nos_bearer_line(&m->lines, &t, &token, &m->home->self, m->url);
	nos_buf_add(&m->ids, t.id, sizeof(t.id));
	return NOS_OK;
}

static enum nos_code make_tokens(struct making *m, struct nos_err *err)
{
	const uint64_t count = m->o->count;
	struct nos_progress progress = { 0 };

	if (describe(m->o, m->home, m->audit, &m->like, &m->group, err) ||
	    (m->o->bearer && nos_life_open(&m->life, m->home->store, &m->home->vault, m->audit,
				 &m->home->self, err)))
		return err->code;
	if (count > PROGRESS_MIN)
		nos_progress_init(&progress, "enrolments", count);
	for (uint64_t i = 0; !err->code && i < count; i++) {
		nos_progress_set(&progress, i);
		if (*nos_start_stopped())
			nos_err_set(err, NOS_BUSY, "stopped, nothing was made");
		else
			(void)!(m->o->bearer ? make_bearer(m, err) : make_enrolment(m, err));
	}
	nos_progress_done(&progress);
	return err->code || nos_buf_check(&m->lines, "enrolments", err)
		   ? err->code
		   : nos_buf_check(&m->ids, "enrolments", err);
}

static void drop(struct making *m)
{
	nos_buf_release(&m->lines);
	nos_buf_release(&m->ids);
	nos_life_release(&m->life);
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

static enum nos_code hand_out(struct making *m, struct nos_err *err)
{
	size_t whole = 0;

	if (begin(m->audit, err))
		return err->code;
	if (make_tokens(m, err)) {
		nos_store_rollback(m->home->store);
		return err->code;
	}
	if (nos_store_commit(m->home->store, err))
		return err->code;
	if (!nos_handout_write(tool.name, "enrolments", &m->lines, &whole, err) &&
	    m->o->common.verbose)
		report(m->o);
	/* Nobody can have got them; what failed stays the error. */
	if (whole < m->o->count)
		nos_withdraw_unprinted(m->audit, &m->ids, whole, m->o->bearer && m->o->replace);
	return err->code;
}

static enum nos_code make_new(
    const struct token_opts *o, struct nos_home *home, struct nos_err *err)
{
	char url[NOS_KEYRING_URL_MAX];
	struct nos_audit audit;
	struct making m = { .o = o, .home = home, .audit = &audit, .url = url };

	if (o->url)
		snprintf(url, sizeof(url), "%s", o->url);
	else if (nos_self_url_get(home->store, o->bearer, url, sizeof(url), err))
		return err->code;
	nos_buf_init_secret(&m.lines, o->count * LINE_MAX);
	nos_buf_init(&m.ids, o->count * NOS_TOKEN_ID_MAX);
	nos_audit_init(&audit, home->store, tool.name, true);
	(void)!hand_out(&m, err);
	drop(&m);
	return err->code;
}

static enum nos_code run_new(
    const struct token_opts *o, char **operands, int count, struct nos_err *err)
{
	NOS_AUTO(home) home = { 0 };

	if (count)
		return nos_err_set(err, NOS_USAGE, "new takes no operand: '%s'", operands[0]);
	if (check_new(o, err) || nos_home_locate(&home, &o->store, o->node_key, err) ||
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

	if (begin(&w->audit, err))
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
