/* SPDX-License-Identifier: MIT */
/* Lines with secrets in them, handed to who asked for them on standard output. */
#ifndef NOS_CLI_HANDOUT_H
#define NOS_CLI_HANDOUT_H

#include "base/buf.h"

/* At once, so that no secret stays in a buffer of stdio; with a warning, where what, as tool says
 * it, goes into a file that others can read. A reader that has gone is no fault; *ret_whole is how
 * many lines got out. NOS_IO. */
enum nos_code nos_handout_write(const char *tool, const char *what, const struct nos_buf *lines,
    size_t *ret_whole, struct nos_err *err) NOS_CHECK;

#endif
