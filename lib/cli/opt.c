/* SPDX-License-Identifier: MIT */
#include "cli/opt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/time.h"

#define VERSION "0.1.0"

/* Is value one of the words of "a|b|c"? */
static bool is_choice(const char *words, struct nos_str value)
{
	struct nos_str rest = nos_str_of(words), word;

	while (nos_str_cut(&rest, '|', &word))
		if (nos_str_eq(word, value))
			return true;
	return false;
}

static bool parse_time(struct nos_str s, struct nos_time *ret)
{
	double number;

	if (nos_num_parse_decimal(s, &number))
		return nos_time_from_number(number, ret);
	return nos_time_parse(s, NULL, ret);
}

static enum nos_code set_value(
    const struct nos_opt *o, void *opts, const char *text, struct nos_err *err)
{
	void *at = (char *)opts + o->at;
	struct nos_str s = nos_str_of(text);
	uint64_t max = o->max ? o->max : UINT64_MAX;

	switch (o->kind) {
	case NOS_OPT_FLAG:
		*(bool *)at = true;
		return NOS_OK;
	case NOS_OPT_UINT:
		if (nos_num_parse(s, o->min, max, at))
			return NOS_OK;
		break;
	case NOS_OPT_SIZE:
		if (nos_num_parse_size(s, at) && *(uint64_t *)at >= o->min &&
		    *(uint64_t *)at <= max)
			return NOS_OK;
		break;
	case NOS_OPT_TIME:
		if (parse_time(s, at))
			return NOS_OK;
		break;
	case NOS_OPT_CHOICE:
		if (is_choice(o->arg, s)) {
			*(const char **)at = text;
			return NOS_OK;
		}
		break;
	case NOS_OPT_PATH:
		*(const char **)at = text;
		return NOS_OK;
	}
	return nos_err_set(err, NOS_USAGE, "--%s: '%s' is not a %s", o->name, text, o->arg);
}

static const struct nos_opt *by_name(const struct nos_opt *table, struct nos_str name)
{
	for (; table->name; table++)
		if (nos_str_is(name, table->name))
			return table;
	return NULL;
}

static const struct nos_opt *by_letter(const struct nos_opt *table, char letter)
{
	for (; table->name; table++)
		if (table->letter && table->letter == letter)
			return table;
	return NULL;
}

static void print_help(const struct nos_opt_tool *tool)
{
	printf("usage: %s [options]%s%s\n%s\n\n", tool->name, *tool->usage ? " " : "", tool->usage,
	    tool->about);
	for (const struct nos_opt *o = tool->table; o->name; o++) {
		char left[60];

		snprintf(left, sizeof(left), "%c%c%c --%s%s%s", o->letter ? '-' : ' ',
		    o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name, o->arg ? " " : "",
		    o->arg ? o->arg : "");
		printf("  %-28s %s%s%s%s\n", left, o->help, o->dflt ? " (" : "",
		    o->dflt ? o->dflt : "", o->dflt ? ")" : "");
	}
	printf("  %-28s %s\n", "-h, --help", "print this and end");
	printf("  %-28s %s\n", "    --version", "print the version and end");
	printf("\nThe manual: man %s\n", tool->name);
}

/* --complete prints each long name with its argument's word: for the shell, and for the page's
 * check. */
static bool answer(const struct nos_opt_tool *tool, const char *arg)
{
	if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
		print_help(tool);
	} else if (strcmp(arg, "--version") == 0) {
		printf("%s (nos) %s\n", tool->name, VERSION);
	} else if (strcmp(arg, "--complete") == 0) {
		for (const struct nos_opt *o = tool->table; o->name; o++)
			printf("--%s%s%s\n", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		printf("--help\n--version\n");
	} else {
		return false;
	}
	return true;
}

static enum nos_code from_environment(
    const struct nos_opt_tool *tool, void *opts, struct nos_err *err)
{
	for (const struct nos_opt *o = tool->table; o->name; o++) {
		char name[64];
		const char *value;
		int len = snprintf(name, sizeof(name), "NOS_%s", o->name);

		for (int i = 0; i < len; i++)
			name[i] = name[i] == '-' ? '_' : (char)toupper((unsigned char)name[i]);
		value = getenv(name);
		if (o->kind == NOS_OPT_FLAG && value && strcmp(value, "1") != 0)
			return nos_err_set(err, NOS_USAGE, "%s: '%s' is not 1", name, value);
		if (value && set_value(o, opts, value, err))
			return nos_err_within(err, "%s", name);
	}
	return NOS_OK;
}

/* One option at argv[*i]; steps over its argument where that stands apart. */
static enum nos_code take(
    const struct nos_opt_tool *tool, char **argv, int *i, void *opts, struct nos_err *err)
{
	const char *arg = argv[*i], *value = NULL;
	const struct nos_opt *o;

	if (arg[1] == '-') {
		struct nos_str rest = nos_str_of(arg + 2), name = rest;

		nos_str_cut(&rest, '=', &name);
		o = by_name(tool->table, name);
		value = rest.p;
	} else {
		o = by_letter(tool->table, arg[1]);
		if (o && arg[2])
			value = arg + 2;
	}
	if (!o)
		return nos_err_set(
		    err, NOS_USAGE, "no option '%s', try '%s --help'", arg, tool->name);
	if (!o->arg) {
		if (value)
			return nos_err_set(err, NOS_USAGE, "--%s takes no argument", o->name);
	} else if (!value) {
		value = argv[*i + 1];
		if (!value)
			return nos_err_set(err, NOS_USAGE, "--%s needs a %s", o->name, o->arg);
		++*i;
	}
	return set_value(o, opts, value, err);
}

enum nos_code nos_opt_parse(const struct nos_opt_tool *tool, int argc, char **argv, void *opts,
    int *ret_operands, enum nos_opt_next *ret_next, struct nos_err *err)
{
	int i = 1;

	*ret_next = NOS_OPT_RUN;
	for (const struct nos_opt *o = tool->table; o->name; o++)
		if (o->dflt && set_value(o, opts, o->dflt, err))
			return err->code;
	if (from_environment(tool, opts, err))
		return err->code;
	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (answer(tool, argv[i])) {
			*ret_next = NOS_OPT_DONE;
			return NOS_OK;
		}
		if (take(tool, argv, &i, opts, err))
			return err->code;
	}
	*ret_operands = i;
	return NOS_OK;
}
