/* SPDX-License-Identifier: MIT */
/* A tool that does one of several things, each by an option of its own: which it is, and whether
 * its operands fit. */
#ifndef NOS_CLI_CHOICE_H
#define NOS_CLI_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/opt.h"

struct nos_choice {
	const char *option; /* its long name; NULL ends the list */
	size_t at;	    /* of its flag, a bool, in the options */
	const char *least;  /* what to say where there is no operand; NULL: there need be none */
	const char *none;   /* what to say where there is one; NULL: there may be */
};

/* The one whose flag is set, by its index. NOS_USAGE: none is, or several are; operands do not fit.
 */
enum nos_code nos_choice_take(const struct nos_choice *list, const void *options, int operands,
    size_t *ret, struct nos_err *err) NOS_CHECK;

/* An option that makes sense with some of them alone. */
struct nos_choice_fit {
	const char *name; /* NULL ends the list */
	unsigned of;	  /* bit i: with that of index i */
};

/* NOS_USAGE: one stood on the command line that makes no sense with the one that is set. A setting
 * of elsewhere may be for another tool, and is passed over. */
enum nos_code nos_choice_fit(const struct nos_choice_fit *list, const struct nos_opt_tool *tool,
    const struct nos_opt_common *common, size_t choice, struct nos_err *err) NOS_CHECK;

#endif
