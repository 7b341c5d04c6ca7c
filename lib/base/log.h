/* SPDX-License-Identifier: MIT */
/*
 * What a daemon says on stderr: one line a thing, "TOOL: what: why", written in one piece. No line
 * ever holds a key, a token or a reading. Thread-safe once started.
 */
#ifndef NOS_BASE_LOG_H
#define NOS_BASE_LOG_H

#include "base/err.h"

enum nos_log_level {
	NOS_LOG_WARN,  /* something is wrong, or was and is well again */
	NOS_LOG_INFO,  /* what an operator expects: ready, reading rules again, ending */
	NOS_LOG_DEBUG, /* each thing that happens */
};

/* tool is a literal. Before it nothing is written. Lines above most are not written. */
void nos_log_start(const char *tool, enum nos_log_level most);

void nos_log_line(enum nos_log_level level, const char *fmt, ...) NOS_PRINTF(2, 3);

#endif
