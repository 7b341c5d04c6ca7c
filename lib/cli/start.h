/* SPDX-License-Identifier: MIT */
/* How a tool begins and how it ends: descriptors, the one line on stderr, the exit status. */
#ifndef NOS_CLI_START_H
#define NOS_CLI_START_H

#include <stdint.h>

#include "base/err.h"

/*
 * First thing in main: descriptors 0 to 2 are held, so that no file can become one of them; one
 * that was closed fails when it is used. SIGPIPE is ignored.
 */
void nos_start(const char *tool);

/*
 * For a tool that holds keys, behind nos_start: no core dump, no look from other processes of the
 * user (PR_SET_DUMPABLE), umask 077, and libraries that wipe what they free (crypto/crypto.h).
 */
void nos_start_secret(void);

/*
 * From here on the first SIGINT or SIGTERM only sets what nos_start_stopped shows, and makes a
 * system call that waits return EINTR; one that comes a second later or more ends the process. One
 * that is ignored stays ignored, as nohup(1) wants it.
 */
void nos_start_stop(void);

/* 0, or the signal that asks the tool to end: looked at by its loop (cli/ndjson.h). */
const volatile int *nos_start_stopped(void);

/* The exit status of a tool that ended in good order because of a signal: 128 + signal. */
int nos_start_signalled(int signal);

/* Print "TOOL: text" on stderr unless --quiet was given; the second form is for nos_opt_parse. */
void nos_start_warn(const char *tool, const char *text);
void nos_start_quiet(bool quiet);
bool nos_start_is_quiet(void);

/* Of a clock that is over a day behind what its store has seen, where an era began by it. */
void nos_start_warn_clock(const char *tool, uint64_t behind_ms);

/* The sysexits(3) status of a code. */
int nos_start_status(enum nos_code code);

/* Print "TOOL: text" on stderr; returns the status of err->code. */
int nos_start_fail(const char *tool, const struct nos_err *err);

#endif
