/* SPDX-License-Identifier: MIT */
/*
 * nos.conf: one file of settings for all tools, "key = value" a line; '#' at the start of a line or
 * behind a blank begins a comment. A key is the long name of an option, or TOOL.option for one tool
 * alone. A key that no tool has is refused, so that a slip is not taken for a setting.
 */
#ifndef NOS_CLI_CONF_H
#define NOS_CLI_CONF_H

#include "base/err.h"

#define NOS_CONF_MAX (64u << 10) /* bytes of the file */

/* A setting that may be the tool's; own: it is for this tool alone. The texts do not outlive the
 * call. */
typedef enum nos_code nos_conf_each(
    void *state, const char *name, bool own, const char *value, struct nos_err *err);

/*
 * Read the file at path; NULL: $XDG_CONFIG_HOME/nos/nos.conf, or $HOME/.config/nos/nos.conf where
 * that is not set, or else /etc/nos/nos.conf; none of them is fine. A file at these places must be
 * a regular one, or a link to one; path may be a pipe. NOS_ABSENT: path is not there, or a file of
 * these places is a link to nothing; NOS_CONFIG: over NOS_CONF_MAX, a bad line, or *each failed
 * ("PATH: line 3: …"); and what else nos_file_read returns.
 */
enum nos_code nos_conf_read(const char *path, const char *tool, nos_conf_each *each, void *state,
    struct nos_err *err) NOS_CHECK;

#endif
