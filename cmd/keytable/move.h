/* SPDX-License-Identifier: MIT */
/* nos-keytable export and import: a node is moved to another store. */
#ifndef NOS_CMD_KEYTABLE_MOVE_H
#define NOS_CMD_KEYTABLE_MOVE_H

#include "cli/opt.h"
#include "store/store.h"

struct move {
	struct nos_store_where store;
	const char *node_key;
	bool copy, unpublished, undo, verbose;
	uint64_t lanes; /* 0: not said */
};

/* Is it one of the two words? */
bool move_is(const char *word);

/* NOS_USAGE: options that do not go with the word; NULL: a table is printed. */
enum nos_code move_check(const char *word, const struct nos_opt_tool *tool,
    const struct nos_opt_common *common, const struct move *m, struct nos_err *err) NOS_CHECK;

/* Also where a signal came: the error is filled then. */
enum nos_code move_run(
    const char *word, const char *tool, const struct move *m, struct nos_err *err) NOS_CHECK;

#endif
