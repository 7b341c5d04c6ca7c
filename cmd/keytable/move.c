/* SPDX-License-Identifier: MIT */
#include "move.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/choice.h"
#include "cli/progress.h"
#include "cli/start.h"
#include "move/export.h"
#include "move/import.h"

#define EXPORT "export"
#define IMPORT "import"
#define LANES  4 /* of a store in servers, as nos-serve makes it */

bool move_is(const char *word)
{
	return strcmp(word, EXPORT) == 0 || strcmp(word, IMPORT) == 0;
}

/* ---- what goes with what ---- */

enum doing { TABLE, LEAVE, BACK, COME };

static enum doing doing_of(const char *word, const struct move *m)
{
	if (!word)
		return TABLE;
	return strcmp(word, IMPORT) == 0 ? COME : m->undo ? BACK : LEAVE;
}

enum nos_code move_check(const char *word, const struct nos_opt_tool *tool,
    const struct nos_opt_common *common, const struct move *m, struct nos_err *err)
{
	static const struct nos_choice_fit fits[] = {
		{ "copy", 1 << LEAVE },
		{ "unpublished", 1 << LEAVE },
		{ "undo", 1 << BACK },
		{ "lanes", 1 << COME },
		{ "keyring", 1 << TABLE },
		{ "source", 1 << TABLE },
		{ "state", 1 << TABLE },
		{ "show-secrets", 1 << TABLE },
		{ "since", 1 << TABLE },
		{ "key", 1 << TABLE },
		{ "verify", 1 << TABLE },
		{ 0 },
	};
	const enum doing doing = doing_of(word, m);

	if (nos_choice_fit(fits, tool, common, doing, err))
		return err->code;
	if (doing == LEAVE && isatty(STDOUT_FILENO))
		return nos_err_set(err, NOS_USAGE,
		    "output is a terminal: export is for a file, > FILE, or another tool");
	if (doing == COME && isatty(STDIN_FILENO))
		return nos_err_set(
		    err, NOS_USAGE, "input is a terminal: import what export wrote, < FILE");
	return NOS_OK;
}

/* ---- what is said ---- */

static void show(void *state, uint64_t entries)
{
	nos_progress_set(state, entries);
}

/* Sealed as it is, whoever has the node key as well has the node. */
static void warn_of_mode(const char *tool)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_mode & (S_IRGRP | S_IROTH))
		nos_start_warn(tool, "the node goes into a file that others can read");
}

static void say(const char *tool, const char *did, uint64_t node, uint64_t entries)
{
	char text[96];

	snprintf(
	    text, sizeof(text), "node %" PRIu64 " was %s, %" PRIu64 " entries", node, did, entries);
	nos_start_warn(tool, text);
}

/* ---- the work ---- */

static enum nos_code leave(
    const char *tool, const struct move *m, struct nos_home *home, struct nos_err *err)
{
	struct nos_progress progress;
	const struct nos_export x = { .home = home,
		.fd = STDOUT_FILENO,
		.copy = m->copy,
		.unpublished = m->unpublished,
		.stop = nos_start_stopped(),
		.progress = show,
		.state = &progress };
	uint64_t entries;

	home->away_too = true;
	if (nos_home_open(home, err))
		return err->code;
	if (m->undo)
		return nos_export_undo(home, err);
	warn_of_mode(tool);
	nos_progress_init(&progress, "entries", 0);
	(void)!nos_export_write(&x, &entries, err);
	nos_progress_done(&progress);
	if (!err->code && m->verbose)
		say(tool, m->copy ? "copied" : "moved away", home->self.number, entries);
	return err->code;
}

static enum nos_code come(
    const char *tool, const struct move *m, struct nos_home *home, struct nos_err *err)
{
	const bool is_file = nos_str_starts(nos_str_of(home->url), "sqlite:");
	struct nos_progress progress;
	const struct nos_import i = { .home = home,
		.fd = STDIN_FILENO,
		.lanes = m->lanes  ? (unsigned)m->lanes
			 : is_file ? 1
				   : LANES,
		.tool = tool,
		.stop = nos_start_stopped(),
		.progress = show,
		.state = &progress };
	struct nos_imported came;
	char text[96];

	if (nos_home_bare(home, err))
		return err->code;
	nos_progress_init(&progress, "entries", 0);
	(void)!nos_import_read(&i, &came, err);
	nos_progress_done(&progress);
	if (err->code)
		return err->code;
	if (m->verbose)
		say(tool, "moved here", came.node, came.entries);
	if (came.life) {
		snprintf(text, sizeof(text), "a copy: life %" PRIu64 " begins, see nos-rekey(1)",
		    came.life);
		nos_start_warn(tool, text);
	}
	nos_start_warn_clock(tool, came.behind_ms);
	return NOS_OK;
}

enum nos_code move_run(
    const char *word, const char *tool, const struct move *m, struct nos_err *err)
{
	NOS_AUTO(home) home = { 0 };

	if (nos_home_locate(&home, &m->store, m->node_key, err))
		return err->code;
	return strcmp(word, EXPORT) == 0 ? leave(tool, m, &home, err) : come(tool, m, &home, err);
}
