/* SPDX-License-Identifier: MIT */
/*
 * Connections to a node that are kept and not used. Each has carried one POST, since a node keeps
 * more of one that was used: a pack that it does not know, and so stores nothing of.
 */
#ifndef BENCH_INGEST_IDLE_H
#define BENCH_INGEST_IDLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* All-zero is valid. To be closed. */
struct ingest_idle {
	int *fds;
	size_t count;
};

/* NOS_BUSY: stopped; NOS_AWAY: the node keeps none of them, or does not answer; NOS_INTERNAL. */
enum nos_code ingest_idle_open(
    struct ingest_idle *i, uint16_t port, size_t count, struct nos_err *err) NOS_CHECK;
void ingest_idle_close(struct ingest_idle *i);

/* A connection to 127.0.0.1, or -1 and errno. */
int ingest_idle_dial(uint16_t port);

/* Let this process, and those it starts, have as many files open as it may. NOS_USAGE: not as many
 * as count. */
enum nos_code ingest_idle_files(size_t count, struct nos_err *err) NOS_CHECK;

#endif
