/* SPDX-License-Identifier: MIT */
#include "cli/opt.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/time.h"
#include "base/version.h"
#include "cli/conf.h"
#include "cli/opt_number.h"
#include "cli/opt_time.h"
#include "cli/start.h"

#define VERSION	 "0.1.0"
#define ROWS_MAX 64

#define AT(field) offsetof(struct nos_opt_common, field)
static const struct nos_opt format_row = { "format", 0, NOS_OPT_CHOICE, AT(format),
	"table|json|csv", "how rows are printed: a table on a terminal, else json" };
static const struct nos_opt common_rows[] = {
	{ "config", 0, NOS_OPT_PATH, AT(config), "file", "settings, instead of nos.conf" },
	{ "verbose", 'v', NOS_OPT_FLAG, AT(verbose), NULL, "say more on stderr" },
	{ "quiet", 'q', NOS_OPT_FLAG, AT(quiet), NULL, "say nothing on stderr but errors" },
	{ 0 },
};

/* Where a value is from; it goes before what is from above it in this list. */
enum from {
	FROM_NOTHING,
	FROM_DEFAULT,
	FROM_CONF,
	FROM_CONF_OWN, /* TOOL.option */
	FROM_ENVIRONMENT,
	FROM_ARGV,
};

struct row {
	const struct nos_opt *o;
	void *at;
	enum from from;
};

struct parse {
	const struct nos_opt_tool *tool;
	struct nos_opt_common *common;
	struct row rows[ROWS_MAX];
	size_t count;
};

static void add_row(struct parse *p, const struct nos_opt *o, void *base)
{
	assert(p->count < ROWS_MAX);
	p->rows[p->count++] = (struct row){ .o = o, .at = (char *)base + o->at };
}

static void add_rows(struct parse *p, const struct nos_opt *table, void *base)
{
	for (; table->name; table++)
		add_row(p, table, base);
}

/* Is value one of the words of "a|b|c"? */
static bool is_choice(const char *words, struct nos_str value)
{
	struct nos_str rest = nos_str_of(words), word;

	while (nos_str_cut(&rest, '|', &word))
		if (nos_str_eq(word, value))
			return true;
	return false;
}

static bool parse_flag(const char *text, enum from from, bool *ret)
{
	*ret = from == FROM_ARGV || strcmp(text, from == FROM_ENVIRONMENT ? "1" : "yes") == 0;
	return *ret || (from < FROM_ENVIRONMENT && strcmp(text, "no") == 0);
}

/* A copy that lives as long as the tool's struct; NULL: no room. */
static const char *keep(struct nos_opt_common *common, struct nos_str s)
{
	char *at = common->space + common->used;

	if (!nos_str_copy(s, at, sizeof(common->space) - common->used))
		return NULL;
	common->used += s.len + 1;
	return at;
}

static enum nos_code no_room(const struct nos_opt *o, struct nos_err *err)
{
	return nos_err_set(err, NOS_LARGE, "--%s: the texts of all options are over %d bytes",
	    o->name, NOS_OPT_SPACE_MAX);
}

/* What goes before the argument's word, so that it can be read. */
static const char *article_of(const struct nos_opt *o)
{
	if (o->kind == NOS_OPT_FLAG || o->kind == NOS_OPT_LIST)
		return "";
	if (o->kind == NOS_OPT_CHOICE)
		return "one of ";
	return strchr("aeio", *o->arg) ? "an " : "a ";
}

static enum nos_code bad_value(
    const struct nos_opt *o, enum from from, const char *text, struct nos_err *err)
{
	const char *what = o->arg, *article = article_of(o);

	if (o->kind == NOS_OPT_FLAG)
		what = from == FROM_ENVIRONMENT ? "1" : "yes or no";
	else if (o->kind == NOS_OPT_SECRET)
		what = "file, fd:N or cred:NAME";
	return nos_err_set(err, NOS_USAGE, "--%s: '%s' is not %s%s", o->name, text, article, what);
}

static enum nos_code add_item(
    const struct nos_opt *o, const char *item, struct nos_opt_list *list, struct nos_err *err)
{
	if (!item)
		return no_room(o, err);
	if (list->count == NOS_OPT_LIST_MAX)
		return nos_err_set(
		    err, NOS_USAGE, "--%s: over %d items", o->name, NOS_OPT_LIST_MAX);
	list->items[list->count++] = item;
	return NOS_OK;
}

/* An empty text is an empty list; an empty item is a slip. */
static enum nos_code add_items(struct parse *p, const struct nos_opt *o, const char *text,
    struct nos_opt_list *list, struct nos_err *err)
{
	struct nos_str rest = nos_str_trim(nos_str_of(text)), item;

	while (rest.len && nos_str_cut(&rest, ',', &item)) {
		item = nos_str_trim(item);
		if (!item.len || (rest.p && !rest.len))
			return nos_err_set(
			    err, NOS_USAGE, "--%s: '%s' has an empty item", o->name, text);
		if (add_item(o, keep(p->common, item), list, err))
			return err->code;
	}
	return NOS_OK;
}

/* Texts of argv, the environment and the table stay where they are; those of nos.conf do not. */
static enum nos_code set_text(struct parse *p, const struct nos_opt *o, enum from from,
    const char *text, const char **at, struct nos_err *err)
{
	bool passing = from == FROM_CONF || from == FROM_CONF_OWN;
	const char *kept = passing ? keep(p->common, nos_str_of(text)) : text;

	if (!kept)
		return no_room(o, err);
	*at = kept;
	return NOS_OK;
}

static enum nos_code set_at(struct parse *p, const struct nos_opt *o, enum from from,
    const char *text, void *at, struct nos_err *err)
{
	struct nos_str s = nos_str_of(text);
	struct nos_opt_list *list = at;
	bool good = true;

	switch (o->kind) {
	case NOS_OPT_FLAG:
		return parse_flag(text, from, at) ? NOS_OK : bad_value(o, from, text, err);
	case NOS_OPT_UINT:
	case NOS_OPT_SIZE:
	case NOS_OPT_SPAN:
		return nos_opt_number_set(o, text, at, err);
	case NOS_OPT_TIME:
		return nos_opt_time_set(o, text, at, err);
	case NOS_OPT_CHOICE:
		good = is_choice(o->arg, s);
		break;
	case NOS_OPT_PATH:
		good = s.len > 0;
		break;
	case NOS_OPT_SECRET:
		good = nos_opt_secret_is(text);
		break;
	case NOS_OPT_TEXT:
		break;
	case NOS_OPT_AGAIN:
		if (from == FROM_ARGV)
			return add_item(o, text, list, err);
		return add_items(p, o, text, list, err);
	case NOS_OPT_LIST:
		list->count = 0;
		return add_items(p, o, text, list, err);
	}
	return good ? set_text(p, o, from, text, at, err) : bad_value(o, from, text, err);
}

/* Set the row's value, or only look at it where something that goes before has set it. */
static enum nos_code set(
    struct parse *p, struct row *row, enum from from, const char *text, struct nos_err *err)
{
	union {
		bool flag;
		uint64_t number;
		struct nos_time time;
		const char *text;
		struct nos_opt_list list;
	} unused = { .list = { .count = 0 } };
	size_t used = p->common->used;

	if (from < row->from) {
		enum nos_code code = set_at(p, row->o, from, text, &unused, err);

		p->common->used = used;
		return code;
	}
	if (from > row->from && row->o->kind == NOS_OPT_AGAIN)
		((struct nos_opt_list *)row->at)->count = 0;
	row->from = from;
	return set_at(p, row->o, from, text, row->at, err);
}

static struct row *by_name(struct parse *p, struct nos_str name)
{
	for (size_t i = 0; i < p->count; i++)
		if (nos_str_is(name, p->rows[i].o->name))
			return &p->rows[i];
	return NULL;
}

static struct row *by_letter(struct parse *p, char letter)
{
	for (size_t i = 0; i < p->count; i++)
		if (letter && p->rows[i].o->letter == letter)
			return &p->rows[i];
	return NULL;
}

static void print_help(const struct parse *p)
{
	const struct nos_opt_tool *tool = p->tool;

	printf("usage: %s [options]%s%s\n%s\n\n", tool->name, *tool->usage ? " " : "", tool->usage,
	    tool->about);
	for (size_t i = 0; i < p->count; i++) {
		const struct nos_opt *o = p->rows[i].o;
		const char *again = o->kind == NOS_OPT_AGAIN ? "…" : "";
		char left[60];

		snprintf(left, sizeof(left), "%c%c%c --%s%s%s%s", o->letter ? '-' : ' ',
		    o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name, o->arg ? " " : "",
		    o->arg ? o->arg : "", again);
		/* The ellipsis is one column of three bytes. */
		printf("  %-*s %s%s%s%s\n", *again ? 30 : 28, left, o->help, o->dflt ? " (" : "",
		    o->dflt ? o->dflt : "", o->dflt ? ")" : "");
	}
	printf("  %-28s %s\n", "-h, --help", "print this and end");
	printf("  %-28s %s\n", "    --version", "print the version and end");
	printf("\nThe manual: man %s\n", tool->name);
}

/* --complete prints each long name with its argument's word: for the shell, and for the page's
 * check. */
static bool answer(const struct parse *p, const char *arg)
{
	if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
		print_help(p);
	} else if (strcmp(arg, "--version") == 0) {
		printf("%s (nos) %s\n", p->tool->name, NOS_VERSION);
	} else if (strcmp(arg, "--complete") == 0) {
		for (size_t i = 0; i < p->count; i++) {
			const struct nos_opt *o = p->rows[i].o;

			printf("--%s%s%s\n", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		}
		printf("--help\n--version\n");
	} else {
		return false;
	}
	return true;
}

static enum nos_code from_environment(struct parse *p, struct nos_err *err)
{
	for (size_t i = 0; i < p->count; i++) {
		char name[64];
		const char *value;
		int len = snprintf(name, sizeof(name), "NOS_%s", p->rows[i].o->name);

		for (int c = 0; c < len; c++)
			name[c] = name[c] == '-' ? '_' : (char)toupper((unsigned char)name[c]);
		value = getenv(name);
		if (value && set(p, &p->rows[i], FROM_ENVIRONMENT, value, err))
			return nos_err_within(err, "%s", name);
	}
	return NOS_OK;
}

static enum nos_code from_conf(
    void *state, const char *name, bool own, const char *value, struct nos_err *err)
{
	struct parse *p = state;
	struct row *row = by_name(p, nos_str_of(name));

	return row ? set(p, row, own ? FROM_CONF_OWN : FROM_CONF, value, err) : NOS_OK;
}

static enum nos_code from_defaults(struct parse *p, struct nos_err *err)
{
	for (size_t i = 0; i < p->count; i++) {
		const char *value = p->rows[i].o->dflt;

		if (value && set(p, &p->rows[i], FROM_DEFAULT, value, err))
			return err->code;
	}
	return NOS_OK;
}

/* One option at argv[*i]; steps over its argument where that stands apart. */
static enum nos_code take(struct parse *p, char **argv, int *i, struct nos_err *err)
{
	const char *arg = argv[*i], *value = NULL;
	struct row *row;

	if (arg[1] == '-') {
		struct nos_str rest = nos_str_of(arg + 2), name = rest;

		nos_str_cut(&rest, '=', &name);
		row = by_name(p, name);
		value = rest.p;
	} else {
		row = by_letter(p, arg[1]);
		if (row && arg[2])
			value = arg + 2;
	}
	if (!row)
		return nos_err_set(
		    err, NOS_USAGE, "no option '%s', try '%s --help'", arg, p->tool->name);
	if (!row->o->arg) {
		if (value)
			return nos_err_set(err, NOS_USAGE, "--%s takes no argument", row->o->name);
	} else if (!value) {
		value = argv[*i + 1];
		if (!value)
			return nos_err_set(err, NOS_USAGE, "--%s needs %s%s", row->o->name,
			    article_of(row->o), row->o->arg);
		++*i;
	}
	p->common->typed |= UINT64_C(1) << (row - p->rows);
	return set(p, row, FROM_ARGV, value, err);
}

/* Move argv[from] … argv[to - 1] before the count operands that stand there. */
static void move_forward(char **argv, int from, int to, int count)
{
	for (; count && from < to; from++) {
		char *arg = argv[from];

		memmove(
		    argv + from - count + 1, argv + from - count, (size_t)count * sizeof(*argv));
		argv[from - count] = arg;
	}
}

/* Options may stand behind operands: these go to the end, in their order, and the index of the
 * first one to *ret. What is answered ends the tool. */
static enum nos_code from_argv(struct parse *p, int argc, char **argv, int *ret,
    enum nos_opt_next *ret_next, struct nos_err *err)
{
	int count = 0;

	for (int i = 1; i < argc; i++) {
		int from = i;

		if (argv[i][0] != '-' || !argv[i][1]) {
			count++;
			continue;
		}
		if (strcmp(argv[i], "--") == 0) {
			move_forward(argv, from, i + 1, count);
			*ret = i + 1 - count;
			return NOS_OK;
		}
		if (answer(p, argv[i])) {
			*ret_next = NOS_OPT_DONE;
			return NOS_OK;
		}
		if (take(p, argv, &i, err))
			return err->code;
		move_forward(argv, from, i + 1, count);
	}
	*ret = argc - count;
	return NOS_OK;
}

/* The tool's own rows stand first. */
bool nos_opt_is_typed(
    const struct nos_opt_tool *tool, const struct nos_opt_common *common, const char *name)
{
	for (size_t i = 0; tool->table[i].name; i++)
		if (strcmp(tool->table[i].name, name) == 0)
			return common->typed >> i & 1;
	assert(!"an option of the tool");
	return false;
}

enum nos_code nos_opt_parse(const struct nos_opt_tool *tool, int argc, char **argv, void *opts,
    int *ret_operands, enum nos_opt_next *ret_next, struct nos_err *err)
{
	struct nos_opt_common *common = (void *)((char *)opts + tool->common);
	struct parse p = { .tool = tool, .common = common };

	*ret_next = NOS_OPT_RUN;
	add_rows(&p, tool->table, opts);
	if (tool->rows)
		add_row(&p, &format_row, common);
	add_rows(&p, common_rows, common);
	if (from_argv(&p, argc, argv, ret_operands, ret_next, err))
		return err->code;
	if (*ret_next == NOS_OPT_DONE)
		return NOS_OK;
	if (from_environment(&p, err) ||
	    nos_conf_read(common->config, tool->name, from_conf, &p, err) || from_defaults(&p, err))
		return err->code;
	nos_start_quiet(common->quiet);
	return NOS_OK;
}

bool nos_opt_begin(const struct nos_opt_tool *tool, int argc, char **argv, void *opts,
    int *ret_operands, int *ret_status)
{
	struct nos_err err = { 0 };
	enum nos_opt_next next;

	if (nos_opt_parse(tool, argc, argv, opts, ret_operands, &next, &err))
		*ret_status = nos_start_fail(tool->name, &err);
	else if (next == NOS_OPT_DONE)
		*ret_status = fflush(stdout) ? nos_start_status(NOS_IO) : 0;
	else
		return true;
	return false;
}
