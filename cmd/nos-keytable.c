/* SPDX-License-Identifier: MIT */
/* nos-keytable(1): the sources, keys and enrolments of a node's store, or the keys of a keyring. */
#include <inttypes.h>
#include <stdio.h>

#include "base/file.h"
#include "cli/opt.h"
#include "cli/start.h"
#include "cli/table.h"
#include "registry/home.h"
#include "registry/keytable.h"
#include "registry/registry.h"

struct keytable_opts {
	struct nos_opt_common common;
	const char *store, *node_key, *keyring, *source;
	struct nos_opt_list states;
};

#define AT(field) offsetof(struct keytable_opts, field)
static const struct nos_opt opts[] = {
	{ "store", 0, NOS_OPT_TEXT, AT(store), "url", "the node's store" },
	{ "node-key", 0, NOS_OPT_PATH, AT(node_key), "file",
	    "the node's key file; no table needs it so far" },
	{ "keyring", 0, NOS_OPT_PATH, AT(keyring), "file", "show a source's keys, not a node's" },
	{ "source", 0, NOS_OPT_TEXT, AT(source), "source", "this source alone, by id or name" },
	{ "state", 0, NOS_OPT_LIST, AT(states), "states", "these states alone" },
	{ 0 },
};

static const struct nos_opt_tool tool = { "nos-keytable", "[sources|ct|tokens]",
	"Show the sources, the keys (ct) or the enrolments of a node, a row each.", opts,
	offsetof(struct keytable_opts, common), .rows = true };

static const struct nos_table_column sources_columns[] = {
	{ "source", NOS_TABLE_TEXT },
	{ "name", NOS_TABLE_TEXT },
	{ "kind", NOS_TABLE_TEXT },
	{ "mode", NOS_TABLE_TEXT },
	{ "scheme", NOS_TABLE_TEXT },
	{ "key", NOS_TABLE_TEXT },
	{ "state", NOS_TABLE_TEXT },
	{ "registered", NOS_TABLE_TIME },
	{ "last_seen", NOS_TABLE_TIME },
	{ "seq", NOS_TABLE_TEXT },
	{ "readings", NOS_TABLE_TEXT },
	{ "via", NOS_TABLE_TEXT },
	{ 0 },
};
static const struct nos_table_column ct_columns[] = {
	{ "source", NOS_TABLE_TEXT },
	{ "key", NOS_TABLE_TEXT },
	{ "scheme", NOS_TABLE_TEXT },
	{ "state", NOS_TABLE_TEXT },
	{ "generation", NOS_TABLE_TEXT },
	{ "bits", NOS_TABLE_TEXT },
	{ "age", NOS_TABLE_SPAN },
	{ "uses", NOS_TABLE_TEXT },
	{ "confirmed", NOS_TABLE_TIME },
	{ "next", NOS_TABLE_TEXT },
	{ "path", NOS_TABLE_TEXT },
	{ 0 },
};
static const struct nos_table_column tokens_columns[] = {
	{ "id", NOS_TABLE_TEXT },
	{ "state", NOS_TABLE_TEXT },
	{ "kind", NOS_TABLE_TEXT },
	{ "scheme", NOS_TABLE_TEXT },
	{ "group", NOS_TABLE_TEXT },
	{ "expires", NOS_TABLE_TIME },
	{ "source", NOS_TABLE_TEXT },
	{ 0 },
};
static const struct nos_table_column *const columns[] = {
	[NOS_KEYTABLE_SOURCES] = sources_columns,
	[NOS_KEYTABLE_CT] = ct_columns,
	[NOS_KEYTABLE_TOKENS] = tokens_columns,
};

struct printer {
	struct nos_table table;
	uint64_t rows;
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

static enum nos_code print_keyring(const struct keytable_opts *o, const struct nos_keytable *t,
    struct printer *p, struct nos_err *err)
{
	NOS_AUTO(keyring) keyring = { 0 };
	NOS_AUTO(buf) text = { 0 };

	if (t->which != NOS_KEYTABLE_CT)
		return nos_err_set(err, NOS_USAGE, "a keyring has the table ct alone");
	if (o->source)
		return nos_err_set(
		    err, NOS_USAGE, "--keyring and --source: a keyring has one source");
	nos_buf_init_secret(&text, NOS_KEYRING_TEXT_MAX);
	if (nos_file_read(o->keyring, NOS_FILE_SECRET, &text, err))
		return err->code;
	if (nos_keyring_decode(nos_buf_str(&text), &keyring, err))
		return nos_err_within(err, "%s", o->keyring);
	return nos_keytable_keyring(t, &keyring, print_row, p, err);
}

static enum nos_code print_store(
    const struct keytable_opts *o, struct nos_keytable *t, struct printer *p, struct nos_err *err)
{
	NOS_AUTO(home) home = { 0 };
	char id[NOS_REGISTRY_ID_MAX];

	if (nos_home_locate(&home, o->store, o->node_key, err) || nos_home_look(&home, err))
		return err->code;
	t->node = home.self.number;
	if (o->source) {
		if (nos_registry_resolve(home.store, nos_str_of(o->source), id, err))
			return err->code;
		t->source = id;
	}
	return nos_keytable_scan(t, home.store, print_row, p, err);
}

static enum nos_code choose(const struct keytable_opts *o, char **operands, int count,
    struct nos_keytable *ret, struct nos_err *err)
{
	*ret = (struct nos_keytable){ .which = NOS_KEYTABLE_CT, .now = nos_time_now() };
	if (count > 1)
		return nos_err_set(err, NOS_USAGE, "one table at a time: '%s'", operands[1]);
	if (count && !nos_keytable_parse(nos_str_of(operands[0]), &ret->which))
		return nos_err_set(
		    err, NOS_USAGE, "no table '%s', take sources, ct or tokens", operands[0]);
	for (size_t i = 0; i < o->states.count; i++)
		if (!nos_keytable_state(ret->which, nos_str_of(o->states.items[i]), &ret->states))
			return nos_err_set(err, NOS_USAGE, "--state: no state '%s' in this table",
			    o->states.items[i]);
	return NOS_OK;
}

static enum nos_code print(
    const struct keytable_opts *o, struct nos_keytable *t, struct printer *p, struct nos_err *err)
{
	enum nos_code code;

	nos_table_init(&p->table, columns[t->which], o->common.format, stdout);
	code = o->keyring ? print_keyring(o, t, p, err) : print_store(o, t, p, err);
	if (code && (*nos_start_stopped() || p->table.fail)) {
		nos_err_clear(err);
		code = NOS_OK;
	}
	if (!code)
		code = nos_table_finish(&p->table, err);
	nos_table_release(&p->table);
	return code;
}

int main(int argc, char **argv)
{
	struct keytable_opts o = { 0 };
	struct printer printer = { 0 };
	struct nos_keytable t;
	struct nos_err err = { 0 };
	enum nos_opt_next next;
	int operands;

	nos_start(tool.name);
	nos_start_secret();
	if (nos_opt_parse(&tool, argc, argv, &o, &operands, &next, &err))
		return nos_start_fail(tool.name, &err);
	if (next == NOS_OPT_DONE)
		return fflush(stdout) ? nos_start_status(NOS_IO) : 0;
	nos_start_stop();
	if (choose(&o, argv + operands, argc - operands, &t, &err) || print(&o, &t, &printer, &err))
		return nos_start_fail(tool.name, &err);
	if (o.common.verbose) {
		char text[40];

		snprintf(text, sizeof(text), "%" PRIu64 " rows", printer.rows);
		nos_start_warn(tool.name, text);
	}
	return *nos_start_stopped() ? nos_start_signalled(*nos_start_stopped()) : 0;
}
