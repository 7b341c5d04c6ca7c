/* SPDX-License-Identifier: MIT */
#include "cli/conf.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"

#define SYSTEM_PATH "/etc/nos/nos.conf"
#define VALUE_MAX   8192

/* Every option of every tool, so that one file serves them all; tests/tool/options.bats compares it
 * with the tools. */
static const char common[] = "verbose quiet";
static const char command_line[] = "config help version"; /* common too, but no settings */
static const struct {
	const char *tool, *options;
} known[] = {
	{ "nos-serve",
	    "init check node lanes listen listen-tls tls-cert tls-key tls-proxy url cluster-url "
	    "admin mqtt mqtt-password ca print ready-fd register anonymous rules map-dir peers "
	    "records-bearer pool overlap keep keep-size limit store store-creds store-ca node-key" },
	{ "nos-token",
	    "format store store-creds store-ca node-key count uses kind scheme group depth shared "
	    "expires url replace open bearer" },
	{ "nos-register", "keyring keyring-dir name mode type replace ca url via wait" },
	{ "nos-send",
	    "keyring anonymous url via roam give-up kind csv map batch linger spool spool-max wait follow mqtt "
	    "mqtt-password ca max-line" },
	{ "nos-relay", "keyring listen via url ca wait ready-fd" },
	{ "nos-keytable",
	    "format store store-creds store-ca node-key keyring source state show-secrets since "
	    "key verify copy unpublished undo lanes" },
	{ "nos-rekey",
	    "format store store-creds store-ca node-key all source group heal renew revoke "
	    "invalidate compromised identity after-restore older-than overlap dry-run wait since reason" },
	{ "nos-score", "rules records csv map state now as-taken only explain format max-line" },
	{ "nos-bench",
	    "scheme profile sources runs rtt rate packs idle polls store store-creds store-ca seed quick plot "
	    "report format" },
};

#define KNOWN_COUNT (sizeof(known) / sizeof(known[0]))

/* Is name one of these words? */
static bool is_among(const char *words, const char *name)
{
	struct nos_str rest = nos_str_of(words), word;

	while (nos_str_cut(&rest, ' ', &word))
		if (nos_str_is(word, name))
			return true;
	return false;
}

/* Does the tool, or any tool where it is empty, have the option? */
static bool has(struct nos_str tool, const char *name)
{
	bool is_tool = !tool.len, found = is_among(common, name);

	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		if (tool.len && !nos_str_is(tool, known[i].tool))
			continue;
		is_tool = true;
		found |= is_among(known[i].options, name);
	}
	return is_tool && found;
}

struct conf {
	const char *tool;
	nos_conf_each *each;
	void *state;
};

static enum nos_code one_setting(
    const struct conf *c, const char *key, const char *value, struct nos_err *err)
{
	const char *dot = strchr(key, '.'), *name = dot ? dot + 1 : key;
	struct nos_str tool = { key, dot ? (size_t)(dot - key) : 0 };

	if (is_among(command_line, name))
		return nos_err_set(err, NOS_CONFIG, "'%s' is for the command line alone", name);
	if (dot && (!tool.len || !has(tool, name)))
		return nos_err_set(
		    err, NOS_CONFIG, "there is no '%.*s' that has '%s'", NOS_STR_ARG(tool), name);
	if (!has(tool, name))
		return nos_err_set(err, NOS_CONFIG, "no tool has '%s'", name);
	if (dot && !nos_str_is(tool, c->tool))
		return NOS_OK;
	return c->each(c->state, name, dot != NULL, value, err);
}

/* Where the comment of a line begins, or its end. */
static size_t comment_at(struct nos_str line)
{
	size_t i = 0;

	while (i < line.len &&
	       (line.p[i] != '#' || (i && line.p[i - 1] != ' ' && line.p[i - 1] != '\t')))
		i++;
	return i;
}

static enum nos_code one_line(const struct conf *c, struct nos_str line, struct nos_err *err)
{
	char key[128], value[VALUE_MAX];
	struct nos_str name;

	line.len = comment_at(line);
	line = nos_str_trim(line);
	if (!line.len)
		return NOS_OK;
	nos_str_cut(&line, '=', &name);
	if (!line.p || !nos_str_trim(name).len)
		return nos_err_set(err, NOS_CONFIG, "not of the form 'key = value'");
	if (!nos_str_copy(nos_str_trim(name), key, sizeof(key)) ||
	    !nos_str_copy(nos_str_trim(line), value, sizeof(value)))
		return nos_err_set(err, NOS_CONFIG, "too long, or with a NUL byte in it");
	return one_setting(c, key, value, err);
}

static enum nos_code all_lines(
    const struct conf *c, const char *path, struct nos_str rest, struct nos_err *err)
{
	struct nos_str line;

	if (nos_str_starts(rest, "\xef\xbb\xbf"))
		rest.p += 3, rest.len -= 3;
	for (unsigned number = 1; nos_str_cut(&rest, '\n', &line); number++) {
		if (!one_line(c, line, err))
			continue;
		nos_err_within(err, "%s: line %u", path, number);
		return err->code = NOS_CONFIG;
	}
	return NOS_OK;
}

/* The user's own file: false if there is no place for it. */
static bool user_path(char *out, size_t size)
{
	const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (folder && *folder)
		return snprintf(out, size, "%s/nos/nos.conf", folder) < (int)size;
	return home && *home && snprintf(out, size, "%s/.config/nos/nos.conf", home) < (int)size;
}

/* The first of the places where there is one; *ret_path is NULL if there is none. */
static enum nos_code read_first(
    char *space, size_t size, const char **ret_path, struct nos_buf *ret, struct nos_err *err)
{
	const char *const places[] = { user_path(space, size) ? space : NULL, SYSTEM_PATH };
	struct stat st;

	*ret_path = NULL;
	for (size_t i = 0; i < 2; i++) {
		struct nos_err why = { 0 };

		if (!places[i])
			continue;
		if (!nos_file_read(places[i], NOS_FILE_REGULAR, ret, &why)) {
			*ret_path = places[i];
			return NOS_OK;
		}
		if (why.code == NOS_ABSENT && lstat(places[i], &st) < 0)
			continue;
		/* A link to nothing was put there by someone who thinks that it is read. */
		if (why.code == NOS_ABSENT)
			nos_err_set(&why, NOS_ABSENT, "'%s' links to no file", places[i]);
		*err = why;
		return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_conf_read(
    const char *path, const char *tool, nos_conf_each *each, void *state, struct nos_err *err)
{
	const struct conf c = { tool, each, state };
	NOS_AUTO(buf) text = { 0 };
	char space[PATH_MAX];

	nos_buf_init(&text, NOS_CONF_MAX);
	if (path ? nos_file_read(path, NOS_FILE_PLAIN, &text, err)
		 : read_first(space, sizeof(space), &path, &text, err))
		return err->code == NOS_LARGE ? (err->code = NOS_CONFIG) : err->code;
	return path ? all_lines(&c, path, nos_buf_str(&text), err) : NOS_OK;
}
