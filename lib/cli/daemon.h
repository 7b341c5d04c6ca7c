/* SPDX-License-Identifier: MIT */
/* How a daemon tells that it serves and that it ends: by --ready-fd, and to the service manager. */
#ifndef NOS_CLI_DAEMON_H
#define NOS_CLI_DAEMON_H

#include <signal.h>

#include "base/buf.h"

/* Is --ready-fd, 0 where it was not given, open? NOS_USAGE: no. */
enum nos_code nos_daemon_check(uint64_t ready_fd, struct nos_err *err) NOS_CHECK;

/* Block SIGINT and SIGTERM, and SIGHUP where hup, in this thread and those that it makes from here
 * on, for sigwait. */
void nos_daemon_block(sigset_t *ret, bool hup);

/* It serves: write line to ready_fd and close it (0: none), and say so to the service manager
 * (sd_notify(3)). NOS_IO: the line could not be written. */
enum nos_code nos_daemon_ready(
    uint64_t ready_fd, const struct nos_buf *line, struct nos_err *err) NOS_CHECK;

/* It ends because of this signal: to the log and to the service manager. */
void nos_daemon_ending(int signal);

#endif
