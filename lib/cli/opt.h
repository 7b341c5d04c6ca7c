/* SPDX-License-Identifier: MIT */
/*
 * Options from one table: parsing with ranges, the environment, nos.conf, --help, and the names
 * that the manual page is checked against. Long names whole, never abbreviated; operands may stand
 * among them; "--" ends them. The rows that all tools have in common are not written in a tool's
 * table.
 */
#ifndef NOS_CLI_OPT_H
#define NOS_CLI_OPT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"

#define NOS_OPT_LIST_MAX  64	/* items of one list */
#define NOS_OPT_SPACE_MAX 16384 /* bytes of texts kept from nos.conf and of lists */

enum nos_opt_kind {
	NOS_OPT_FLAG,	/* bool; in the environment 1, in nos.conf yes or no */
	NOS_OPT_UINT,	/* uint64_t */
	NOS_OPT_SIZE,	/* uint64_t, bytes: 64K 1M */
	NOS_OPT_TIME,	/* struct nos_time: RFC 3339 or epoch seconds */
	NOS_OPT_CHOICE, /* const char *, one of the words of arg, parted by '|' */
	NOS_OPT_PATH,	/* const char *, not empty */
	NOS_OPT_TEXT,	/* const char * */
	NOS_OPT_SPAN,	/* uint64_t, milliseconds: 200ms 90s 15m 24h 7d */
	NOS_OPT_SECRET, /* const char *: where a secret is, for nos_opt_secret_read; never itself */
	NOS_OPT_AGAIN,	/* struct nos_opt_list: each occurrence an item; elsewhere as LIST */
	NOS_OPT_LIST,	/* struct nos_opt_list: parted by commas, no empty item; the last one counts
			 */
};

/* Items point into argv, the environment or the tool's struct nos_opt_common. */
struct nos_opt_list {
	const char *items[NOS_OPT_LIST_MAX];
	size_t count;
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
	uint64_t min, max; /* UINT, SIZE and SPAN; max 0: no limit */
};

/* What every tool takes; a member of the tool's own struct, which must not move while it is used.
 */
struct nos_opt_common {
	const char *config; /* NULL: not named */
	bool verbose, quiet;
	const char *format; /* table, json or csv; NULL: not given, as nos_table_init takes it */
	uint64_t typed;	    /* bit i: row i of the tool's table stood on the command line */
	size_t used;	    /* of space */
	char space[NOS_OPT_SPACE_MAX];
};

/* A tool: what its help and its errors say. */
struct nos_opt_tool {
	const char *name;
	const char *usage; /* what stands behind the options, "" if nothing */
	const char *about; /* one line */
	const struct nos_opt *table;
	size_t common; /* offset of the struct nos_opt_common in the tool's own struct */
	bool rows;     /* it prints rows, and takes --format */
};

enum nos_opt_next {
	NOS_OPT_RUN,  /* go on */
	NOS_OPT_DONE, /* --help, --version or --complete was answered: end with 0 */
};

/*
 * Fill *opts from argv, then NOS_<NAME> of the environment, then nos.conf (cli/conf.h), then the
 * defaults: what is set stays, but what is bad is refused wherever it stands. Tells start that
 * --quiet was given. Operands go behind the options in argv, and the index of the first of them
 * to *ret_operands. NOS_USAGE: unknown option, argument missing or out of range; NOS_LARGE: texts
 * over NOS_OPT_SPACE_MAX; and what nos_conf_read returns.
 */
enum nos_code nos_opt_parse(const struct nos_opt_tool *tool, int argc, char **argv, void *opts,
    int *ret_operands, enum nos_opt_next *ret_next, struct nos_err *err) NOS_CHECK;

/* As above for main, right behind nos_start. False: end with *ret_status; what is wrong was said.
 */
bool nos_opt_begin(const struct nos_opt_tool *tool, int argc, char **argv, void *opts,
    int *ret_operands, int *ret_status);

/* Stood this option of the tool's table on the command line? For who refuses what makes no sense
 * there, but cannot refuse a setting that is for other tools as well. */
bool nos_opt_is_typed(
    const struct nos_opt_tool *tool, const struct nos_opt_common *common, const char *name);

/*
 * Read the secret that a NOS_OPT_SECRET names: a file that its owner alone may read, fd:N to its
 * end (closed then, if it is none of 0 to 2), or cred:NAME of systemd's $CREDENTIALS_DIRECTORY. One
 * newline at its end is cut. NOS_USAGE: no such form; NOS_LARGE: over NOS_SECRET_MAX bytes;
 * NOS_DATA: empty; NOS_CONFIG: no $CREDENTIALS_DIRECTORY; NOS_IO; and what nos_file_read returns.
 */
enum nos_code nos_opt_secret_read(
    const char *spec, struct nos_secret *ret, struct nos_err *err) NOS_CHECK;

/* As above for one that is longer: append all of it, as it is, to a secret buffer. NOS_LARGE: over
 * what that takes. */
enum nos_code nos_opt_secret_text(
    const char *spec, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* Is spec of a form that nos_opt_secret_read takes? Opens nothing. */
bool nos_opt_secret_is(const char *spec);

#endif
