/* SPDX-License-Identifier: MIT */
/* How a tool begins and how it ends: descriptors, the one line on stderr, the exit status. */
#ifndef NOS_CLI_START_H
#define NOS_CLI_START_H

#include "base/err.h"

/*
 * First thing in main: descriptors 0 to 2 are held, so that no file can become one of them; one
 * that was closed fails when it is used. SIGPIPE is ignored.
 */
void nos_start(const char *tool);

/* The sysexits(3) status of a code. */
int nos_start_status(enum nos_code code);

/* Print "TOOL: text" on stderr; returns the status of err->code. */
int nos_start_fail(const char *tool, const struct nos_err *err);

#endif
