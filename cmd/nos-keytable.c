/* SPDX-License-Identifier: MIT */
/* nos-keytable(1): the sources, keys and enrolments of a node's store, and what was done to them;
 * or the keys of a keyring; and how a node is moved to another store. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/confirm.h"
#include "cli/opt_time.h"
#include "cli/start.h"
#include "cli/table.h"
#include "keytable/columns.h"
#include "keytable/move.h"
#include "self/home.h"
#include "keytable/keytable.h"
#include "registry/registry.h"
#include "roam/stay.h"
#include "keytable/taint.h"
#include "audit/verdict.h"

#define NO_TIME NOS_TAINT_EVER /* where --since is not given */

struct keytable_opts {
	struct nos_opt_common common;
	struct nos_store_where store;
	const char *node_key, *keyring, *source;
	struct nos_opt_list states;
	struct nos_time since;
	bool verify, show_secrets;
	const char *key;
	struct move move;
};

#define AT(field) offsetof(struct keytable_opts, field)
static const struct nos_opt opts[] = {
	{ "store", 0, NOS_OPT_TEXT, AT(store.url), "url", "the node's store" },
	{ "store-creds", 0, NOS_OPT_PATH, AT(store.creds), "file",
	    "who it is to a store of servers" },
	{ "store-ca", 0, NOS_OPT_PATH, AT(store.ca), "file", "the authorities for tls://" },
	{ "node-key", 0, NOS_OPT_PATH, AT(node_key), "file",
	    "the node's key file, for --show-secrets and --verify" },
	{ "keyring", 0, NOS_OPT_PATH, AT(keyring), "file", "show a source's keys, not a node's" },
	{ "source", 0, NOS_OPT_TEXT, AT(source), "source", "this source alone, by id or name" },
	{ "state", 0, NOS_OPT_LIST, AT(states), "states", "these states alone" },
	{ "show-secrets", 0, NOS_OPT_FLAG, AT(show_secrets), NULL,
	    "ct, gt, kt, groups: with the values of the keys" },
	{ "since", 0, NOS_OPT_TIME, AT(since), "time", "audit, taint: from then on" },
	{ "key", 0, NOS_OPT_TEXT, AT(key), "key", "taint: the records that this key protected" },
	{ "verify", 0, NOS_OPT_FLAG, AT(verify), NULL, "audit: is it whole, as it was written?" },
	{ "copy", 0, NOS_OPT_FLAG, AT(move.copy), NULL, "export: the node goes on where it is" },
	{ "unpublished", 0, NOS_OPT_FLAG, AT(move.unpublished), NULL,
	    "export: leave what the broker does not have yet" },
	{ "undo", 0, NOS_OPT_FLAG, AT(move.undo), NULL,
	    "export: the node goes on where it was, after all" },
	{ "lanes", 0, NOS_OPT_UINT, AT(move.lanes), "number",
	    "import: into which sources are shared out", .min = 1, .max = NOS_STORE_LANES_MAX },
	{ 0 },
};

static const struct nos_opt_tool tool = { "nos-keytable",
	"[sources|ct|gt|kt|visitors|groups|tokens|audit|taint|export|import]",
	"Show the sources, keys (ct), global keys (gt), visitors' keys (kt), visitors, groups, enrolments, audit entries or what a key protected; "
	"move a node.",
	opts, offsetof(struct keytable_opts, common), .rows = true };

struct printer {
	struct nos_table table;
	uint64_t rows;
	struct columns columns;
};

/* NOS_BUSY without a text: nobody reads on, or a signal came; what there is will be printed. */
static enum nos_code print_row(void *state, struct nos_str row, struct nos_err *err)
{
	struct printer *p = state;

	if (*nos_start_stopped() || p->table.fail)
		return nos_err_set(err, NOS_BUSY, "stopped");
	p->rows++;
	return nos_table_add(&p->table, row, err);
}

/* ---- keys, sources, enrolments ---- */

static enum nos_code count_row(void *state, struct nos_str row, struct nos_err *err)
{
	uint64_t *count = state;

	(void)row, (void)err;
	++*count;
	return NOS_OK;
}

static enum nos_code ask(uint64_t count, struct nos_err *err)
{
	char question[64];

	snprintf(question, sizeof(question), "show the values of %" PRIu64 " key%s?", count,
	    count == 1 ? "" : "s");
	return nos_confirm_ask(question, "no value was shown", err);
}

/* In the store before anything is shown. */
static enum nos_code note_shown(
    const struct nos_keytable *t, struct nos_store *store, struct nos_err *err)
{
	const struct nos_audit_event event = { .what = NOS_AUDIT_SECRETS_SHOWN,
		.source = t->source,
		.reason = nos_keytable_text(t->which) };
	struct nos_audit audit;

	nos_audit_init(&audit, store, tool.name, true);
	if (nos_store_begin(store, err))
		return err->code;
	nos_audit_begin(&audit);
	if (nos_audit_append(&audit, nos_time_now(), &event, err)) {
		nos_store_rollback(store);
		return err->code;
	}
	return nos_store_commit(store, err);
}

static enum nos_code read_keyring(const char *path, struct nos_keyring *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&text, NOS_KEYRING_TEXT_MAX);
	if (nos_file_read(path, NOS_FILE_SECRET, &text, err))
		return err->code;
	return nos_keyring_decode(nos_buf_str(&text), ret, err) ? nos_err_within(err, "%s", path)
								: NOS_OK;
}

static enum nos_code print_keyring(const struct keytable_opts *o, const struct nos_keytable *t,
    struct printer *p, struct nos_err *err)
{
	NOS_AUTO(keyring) keyring = { 0 };
	struct nos_keytable shown = *t;
	uint64_t count = 0;

	if (read_keyring(o->keyring, &keyring, err))
		return err->code;
	if (o->show_secrets && nos_confirm_is_asked() &&
	    (nos_keytable_keyring(t, &keyring, count_row, &count, err) || ask(count, err)))
		return err->code;
	shown.values = o->show_secrets;
	return nos_keytable_keyring(&shown, &keyring, print_row, p, err);
}

/* Asked where there is whom to ask, and noted: the values of these rows may be shown. */
static enum nos_code allow(
    const struct nos_keytable *t, struct nos_store *store, struct nos_err *err)
{
	uint64_t count = 0;

	if (nos_confirm_is_asked() &&
	    (nos_keytable_scan(t, store, count_row, &count, err) || ask(count, err)))
		return err->code;
	return note_shown(t, store, err);
}

/* Who visits has no name here, and is in no other table. */
static enum nos_code find_source(struct nos_store *store, const struct nos_keytable *t,
    const char *word, char ret[static NOS_RECORD_ID_MAX], struct nos_err *err)
{
	if (t->which != NOS_KEYTABLE_KT && t->which != NOS_KEYTABLE_VISITORS)
		return nos_registry_resolve(store, nos_str_of(word), ret, err);
	return nos_str_copy(nos_str_of(word), ret, NOS_RECORD_ID_MAX)
		   ? NOS_OK
		   : nos_err_set(err, NOS_ABSENT, "no visitor '%s'", word);
}

static enum nos_code print_store(const struct keytable_opts *o, const struct nos_keytable *t,
    struct printer *p, struct nos_err *err)
{
	NOS_AUTO(home) home = { 0 };
	struct nos_keytable shown = *t;
	char id[NOS_RECORD_ID_MAX];

	if (nos_home_locate(&home, &o->store, o->node_key, err) ||
	    (o->show_secrets ? nos_home_open(&home, err) : nos_home_look(&home, err)))
		return err->code;
	shown.node = home.self.number;
	if (o->source && find_source(home.store, t, o->source, id, err))
		return err->code;
	shown.source = o->source ? id : NULL;
	if (o->show_secrets) {
		if (allow(&shown, home.store, err))
			return err->code;
		shown.values = true;
		shown.vault = &home.vault;
	}
	return nos_keytable_scan(&shown, home.store, print_row, p, err);
}

/* ---- audit ---- */

static enum nos_code print_audit(
    const struct keytable_opts *o, struct printer *p, struct nos_err *err)
{
	NOS_AUTO(home) home = { 0 };
	char id[NOS_RECORD_ID_MAX];
	const char *source = o->source;

	if (nos_home_locate(&home, &o->store, o->node_key, err) || nos_home_look(&home, err))
		return err->code;
	/* What was done to a source outlives it: an id need not be known any more. */
	if (source && !nos_str_starts(nos_str_of(source), "s-")) {
		if (nos_registry_resolve(home.store, nos_str_of(source), id, err))
			return err->code;
		source = id;
	}
	return nos_audit_scan(home.store, o->since, source, print_row, p, err);
}

static enum nos_code print_verdict(
    const struct keytable_opts *o, struct printer *p, struct nos_err *err)
{
	NOS_AUTO(home) home = { 0 };
	NOS_AUTO(buf) row = { 0 };
	bool is_signed;

	nos_buf_init(&row, 256);
	if (nos_home_locate(&home, &o->store, o->node_key, err))
		return err->code;
	home.away_too = true;
	if (nos_home_open(&home, err) || nos_verdict_row(&home, &row, &is_signed, err))
		return err->code;
	if (!is_signed)
		nos_start_warn(tool.name, "nothing was signed yet");
	return print_row(p, nos_buf_str(&row), err);
}

/* ---- taint ---- */

static enum nos_code print_taint(
    const struct keytable_opts *o, struct printer *p, struct nos_err *err)
{
	struct nos_taint t = { .since = o->since };
	NOS_AUTO(home) home = { 0 };
	char id[NOS_RECORD_ID_MAX];

	if (o->key && !nos_name_parse(nos_str_of(o->key), &t.key))
		return nos_err_set(
		    err, NOS_USAGE, "--key: '%s' is no key's name, such as d.1.7", o->key);
	if (nos_home_locate(&home, &o->store, o->node_key, err) || nos_home_look(&home, err) ||
	    (o->source && nos_stay_resolve(home.store, nos_str_of(o->source), id, err)))
		return err->code;
	t.store = home.store;
	t.source = o->source ? id : NULL;
	return nos_taint_scan(&t, print_row, p, err);
}

/* ---- what is asked for ---- */

/* Which options go with which table. */
static enum nos_code check(const struct keytable_opts *o, const struct nos_keytable *t,
    enum stream stream, struct nos_err *err)
{
	const bool since = o->since.ms != NO_TIME;
	const bool shared =
	    !stream && (t->which == NOS_KEYTABLE_GT || t->which == NOS_KEYTABLE_GROUPS);
	const bool visits = !stream && t->which == NOS_KEYTABLE_KT;
	const bool keys = shared || visits || (!stream && t->which == NOS_KEYTABLE_CT);

	if (o->keyring && (!keys || visits))
		return nos_err_set(
		    err, NOS_USAGE, "a keyring has the tables ct, gt and groups alone");
	if (o->keyring && o->source)
		return nos_err_set(
		    err, NOS_USAGE, "--keyring and --source: a keyring has one source");
	if (o->source && shared)
		return nos_err_set(err, NOS_USAGE, "--source: %s are no source's own",
		    t->which == NOS_KEYTABLE_GT ? "global keys" : "groups");
	if (o->show_secrets && !keys)
		return nos_err_set(err, NOS_USAGE,
		    "--show-secrets: the tables ct, gt, kt and groups alone have values");
	if (o->verify && stream != STREAM_AUDIT)
		return nos_err_set(err, NOS_USAGE, "--verify is for the table audit");
	if (since && !stream)
		return nos_err_set(err, NOS_USAGE, "--since is for the tables audit and taint");
	if (stream == STREAM_TAINT && !o->key && !o->source)
		return nos_err_set(err, NOS_USAGE,
		    "taint: name a key with --key, a source with --source, or both");
	if (stream == STREAM_TAINT && since && nos_opt_time_past("since", o->since, err))
		return err->code;
	if (stream != STREAM_TAINT && nos_opt_is_typed(&tool, &o->common, "key"))
		return nos_err_set(err, NOS_USAGE, "--key is for the table taint");
	if (o->verify && (since || o->source))
		return nos_err_set(err, NOS_USAGE, "--verify is of all entries: no --%s",
		    since ? "since" : "source");
	return NOS_OK;
}

static enum nos_code choose(const struct keytable_opts *o, char **operands, int count,
    struct nos_keytable *ret, enum stream *ret_stream, struct nos_err *err)
{
	const char *word = count ? operands[0] : "";

	*ret = (struct nos_keytable){ .which = NOS_KEYTABLE_CT, .now = nos_time_now() };
	*ret_stream = strcmp(word, "audit") == 0   ? STREAM_AUDIT
		      : strcmp(word, "taint") == 0 ? STREAM_TAINT
						   : STREAM_NONE;
	if (count > 1)
		return nos_err_set(err, NOS_USAGE, "one table at a time: '%s'", operands[1]);
	if (count && !*ret_stream && !nos_keytable_parse(nos_str_of(word), &ret->which))
		return nos_err_set(err, NOS_USAGE,
		    "no table '%s', take sources, ct, gt, kt, visitors, groups, tokens, audit or taint",
		    word);
	if (*ret_stream && o->states.count)
		return nos_err_set(err, NOS_USAGE, "--state: the table %s has no states", word);
	for (size_t i = 0; i < o->states.count; i++)
		if (!nos_keytable_state(ret->which, nos_str_of(o->states.items[i]), &ret->states))
			return nos_err_set(err, NOS_USAGE, "--state: no state '%s' in this table",
			    o->states.items[i]);
	return check(o, ret, *ret_stream, err);
}

static enum nos_code print_rows(const struct keytable_opts *o, const struct nos_keytable *t,
    enum stream stream, struct printer *p, struct nos_err *err)
{
	if (stream == STREAM_TAINT)
		return print_taint(o, p, err);
	if (stream == STREAM_AUDIT)
		return o->verify ? print_verdict(o, p, err) : print_audit(o, p, err);
	return o->keyring ? print_keyring(o, t, p, err) : print_store(o, t, p, err);
}

static enum nos_code print(const struct keytable_opts *o, const struct nos_keytable *t,
    enum stream stream, struct printer *p, struct nos_err *err)
{
	enum nos_code code;

	nos_table_init(&p->table,
	    columns_of(&p->columns, t->which, stream, o->keyring, o->verify, o->show_secrets),
	    o->common.format, stdout);
	if (o->show_secrets)
		nos_table_secret(&p->table);
	code = print_rows(o, t, stream, p, err);
	if (code && (*nos_start_stopped() || p->table.fail)) {
		nos_err_clear(err);
		code = NOS_OK;
	}
	if (!code)
		code = nos_table_finish(&p->table, err);
	nos_table_release(&p->table);
	return code;
}

static int end(void)
{
	return *nos_start_stopped() ? nos_start_signalled(*nos_start_stopped()) : 0;
}

/* Where a node is moved, no table is printed. */
static int move(struct keytable_opts *o, char **operands, int count, struct nos_err *err)
{
	o->move.store = o->store;
	o->move.node_key = o->node_key;
	o->move.verbose = o->common.verbose;
	if (count > 1)
		nos_err_set(err, NOS_USAGE, "%s goes alone: '%s'", operands[0], operands[1]);
	else if (!move_check(operands[0], &tool, &o->common, &o->move, err))
		(void)!move_run(operands[0], tool.name, &o->move, err);
	if (err->code && !*nos_start_stopped())
		return nos_start_fail(tool.name, err);
	return end();
}

int main(int argc, char **argv)
{
	struct keytable_opts o = { .since = { NO_TIME } };
	struct printer printer = { 0 };
	struct nos_keytable t;
	struct nos_err err = { 0 };
	enum stream stream;
	int operands, status;

	nos_start(tool.name);
	nos_start_secret();
	if (!nos_opt_begin(&tool, argc, argv, &o, &operands, &status))
		return status;
	nos_start_stop();
	if (operands < argc && move_is(argv[operands]))
		return move(&o, argv + operands, argc - operands, &err);
	if (move_check(NULL, &tool, &o.common, &o.move, &err) ||
	    choose(&o, argv + operands, argc - operands, &t, &stream, &err) ||
	    print(&o, &t, stream, &printer, &err))
		return nos_start_fail(tool.name, &err);
	if (o.common.verbose) {
		char text[40];

		snprintf(text, sizeof(text), "%" PRIu64 " rows", printer.rows);
		nos_start_warn(tool.name, text);
	}
	return end();
}
