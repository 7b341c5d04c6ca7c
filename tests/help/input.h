/* SPDX-License-Identifier: MIT */
/* What a step of a test is given: stdin, or a file. *ret is made here, and the caller's. */
#ifndef NOS_HELP_INPUT_H
#define NOS_HELP_INPUT_H

#include <unistd.h>

#include "base/file.h"

#define INPUT_MAX (1u << 20) /* bytes */

static enum nos_code read_input(struct nos_buf *ret, struct nos_err *err)
{
	char part[4096];
	ssize_t n;

	nos_buf_init(ret, INPUT_MAX);
	while ((n = read(STDIN_FILENO, part, sizeof(part))) > 0)
		nos_buf_add(ret, part, (size_t)n);
	return nos_buf_check(ret, "input", err);
}

static enum nos_code read_file(const char *path, struct nos_buf *ret, struct nos_err *err)
{
	nos_buf_init(ret, INPUT_MAX);
	return nos_file_read(path, NOS_FILE_PLAIN, ret, err);
}

#endif
