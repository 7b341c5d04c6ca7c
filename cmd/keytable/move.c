/* SPDX-License-Identifier: MIT */
#include "move.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/progress.h"
#include "cli/start.h"
#include "registry/export.h"
#include "registry/import.h"

#define EXPORT "export"
#define IMPORT "import"
#define LANES  4 /* of a store in servers, as nos-serve makes it */

bool move_is(const char *word)
{
	return strcmp(word, EXPORT) == 0 || strcmp(word, IMPORT) == 0;
}

/* ---- what goes with what ---- */

/* Those that are of no table stood on the command line, or they are settings for others. */
static enum nos_code only(const char *const *names, const char *what,
    const struct nos_opt_tool *tool, const struct nos_opt_common *common, struct nos_err *err)
{
	for (; *names; names++)
		if (nos_opt_is_typed(tool, common, *names))
			return nos_err_set(err, NOS_USAGE, "--%s is for %s", *names, what);
	return NOS_OK;
}

enum nos_code move_check(const char *word, const struct nos_opt_tool *tool,
    const struct nos_opt_common *common, const struct move *m, struct nos_err *err)
{
	static const char *const leaving[] = { "copy", "unpublished", "undo", NULL };
	static const char *const coming[] = { "lanes", NULL };
	static const char *const tables[] = { "keyring", "source", "state", "show-secrets", "since",
		"key", "verify", NULL };
	const bool in = word && strcmp(word, IMPORT) == 0, out = word && !in;

	if ((!out && only(leaving, EXPORT, tool, common, err)) ||
	    (!in && only(coming, IMPORT, tool, common, err)) ||
	    (word && only(tables, "tables", tool, common, err)))
		return err->code;
	if (out && m->undo && (m->copy || m->unpublished))
		return nos_err_set(err, NOS_USAGE, "--undo goes alone");
	if (out && !m->undo && isatty(STDOUT_FILENO))
		return nos_err_set(err, NOS_USAGE,
		    "output is a terminal: export is for a file, > FILE, or another tool");
	if (in && isatty(STDIN_FILENO))
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
	uint64_t node, life, entries;
	char text[96];

	if (nos_home_bare(home, err))
		return err->code;
	nos_progress_init(&progress, "entries", 0);
	(void)!nos_import_read(&i, &node, &life, &entries, err);
	nos_progress_done(&progress);
	if (err->code)
		return err->code;
	if (m->verbose)
		say(tool, "moved here", node, entries);
	if (life) {
		snprintf(
		    text, sizeof(text), "a copy: life %" PRIu64 " begins, see nos-rekey(1)", life);
		nos_start_warn(tool, text);
	}
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
