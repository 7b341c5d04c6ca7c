/* SPDX-License-Identifier: MIT */
/*
 * The loop of every filter: a line in, a line out. It owns the line cap, CRLF, a byte order mark,
 * blank lines, the error object, and flushing before it would block, so that a tool is quick on
 * files and prompt behind tail -f.
 */
#ifndef NOS_CLI_NDJSON_H
#define NOS_CLI_NDJSON_H

#include "base/buf.h"

#define NOS_NDJSON_OUT_MAX (64u << 20) /* bytes of output held before it is written */

struct nos_ndjson {
	int in, out;		  /* descriptors */
	uint64_t max_line;	  /* bytes; a longer one is one error line */
	const volatile int *stop; /* not 0: end behind the line in hand; NULL: never */
	const bool *over; /* set by a line behind which none can be good; NULL: there is none */
};

/*
 * Answer one line, numbered from 1 by physical lines, by appending to *out. An error is written by
 * the loop as {"line":…,"error":…} and reading goes on; NOS_IO and NOS_INTERNAL end it.
 */
typedef enum nos_code nos_ndjson_line(
    void *state, uint64_t number, struct nos_str line, struct nos_buf *out, struct nos_err *err);

/*
 * Run to the end of input, or until *stop is set by a handler of SIGINT or SIGTERM (cli/start.h):
 * what was answered is written then, and NOS_OK returned. *ret_failed counts lines that failed.
 * NOS_IO: reading or writing failed; *ret_closed is set where the reader of the output has gone,
 * which ends a filter quietly.
 */
enum nos_code nos_ndjson_run(const struct nos_ndjson *io, nos_ndjson_line *each, void *state,
    uint64_t *ret_failed, bool *ret_closed, struct nos_err *err) NOS_CHECK;

#endif
