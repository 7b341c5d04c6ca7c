/* SPDX-License-Identifier: MIT */
/*
 * Options from one table: parsing with ranges, the environment, --help, and the names that the
 * manual page is checked against. Long names whole, never abbreviated; "--" ends them.
 */
#ifndef NOS_CLI_OPT_H
#define NOS_CLI_OPT_H

#include "base/err.h"
#include "base/str.h"

enum nos_opt_kind {
	NOS_OPT_FLAG,	/* bool */
	NOS_OPT_UINT,	/* uint64_t */
	NOS_OPT_SIZE,	/* uint64_t, bytes: 64K 1M */
	NOS_OPT_TIME,	/* struct nos_time: RFC 3339 or epoch seconds */
	NOS_OPT_CHOICE, /* const char *, one of the words of arg, parted by '|' */
	NOS_OPT_PATH,	/* const char *, a file's name */
};

/* A row. A table ends with a row of zeros. */
struct nos_opt {
	const char *name;
	char letter; /* 0: none */
	enum nos_opt_kind kind;
	size_t at;	   /* offset of the value in the tool's own struct */
	const char *arg;   /* its word in the help; NULL: none */
	const char *help;  /* one line */
	const char *dflt;  /* as typed; NULL: the struct as it is */
	uint64_t min, max; /* UINT and SIZE; max 0: no limit */
};

/* A tool: what its help and its errors say. */
struct nos_opt_tool {
	const char *name;
	const char *usage; /* what stands behind the options, "" if nothing */
	const char *about; /* one line */
	const struct nos_opt *table;
};

enum nos_opt_next {
	NOS_OPT_RUN,  /* go on */
	NOS_OPT_DONE, /* --help, --version or --complete was answered: end with 0 */
};

/*
 * Fill *opts from the defaults, then NOS_<NAME> of the environment, then argv. *ret_operands is the
 * index of the first operand. NOS_USAGE: unknown option, argument missing or out of range.
 */
enum nos_code nos_opt_parse(const struct nos_opt_tool *tool, int argc, char **argv, void *opts,
    int *ret_operands, enum nos_opt_next *ret_next, struct nos_err *err) NOS_CHECK;

#endif
