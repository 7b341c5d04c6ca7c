/* SPDX-License-Identifier: MIT */
/*
 * Physical lines of a descriptor, each when it is there, and never waiting past a moment that the
 * caller names: what is held back is sent then. Owns the line cap, CRLF, a byte order mark and
 * blank lines, as cli/ndjson.h does for filters. Not thread-safe.
 */
#ifndef NOS_SOURCE_LINES_H
#define NOS_SOURCE_LINES_H

#include "base/buf.h"
#include "base/time.h"

struct nos_lines {
	int fd;
	int wake;		  /* a further descriptor that ends a wait; -1: none */
	uint64_t max;		  /* bytes of a line */
	const volatile int *stop; /* set by a handler of SIGINT or SIGTERM (cli/start.h) */
	struct nos_buf in;
	size_t done; /* bytes of in that were given out */
	uint64_t number;
	bool skipping; /* the rest of a line that was too long */
	bool end;
};

enum nos_lines_event {
	NOS_LINES_LINE, /* a line that is not blank */
	NOS_LINES_LONG, /* one over max; its number counts */
	NOS_LINES_WAIT, /* the moment has come, and no line is there */
	NOS_LINES_WAKE, /* wake can be read, which is its owner's; it goes before the input */
	NOS_LINES_END,
	NOS_LINES_STOP,
};

/* Nothing is read yet; wake is -1. */
void nos_lines_init(struct nos_lines *l, int fd, uint64_t max, const volatile int *stop);
void nos_lines_release(struct nos_lines *l);

/*
 * The next event; until NULL: wait as long as it takes. A line is good until the next call.
 * l->number is its number, from 1. NOS_IO: reading failed; NOS_INTERNAL: out of memory.
 */
enum nos_code nos_lines_next(struct nos_lines *l, const struct nos_mono *until,
    enum nos_lines_event *ret, struct nos_str *ret_line, struct nos_err *err) NOS_CHECK;

#endif
