/* SPDX-License-Identifier: MIT */
#include "cli/handout.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/start.h"

enum nos_code nos_handout_write(const char *tool, const char *what, const struct nos_buf *lines,
    size_t *ret_whole, struct nos_err *err)
{
	char text[128];
	struct stat st;
	size_t written;

	if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (S_IRGRP | S_IROTH))) {
		snprintf(text, sizeof(text), "the %s go into a file that others can read", what);
		nos_start_warn(tool, text);
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	written = fwrite(lines->p, 1, lines->len, stdout);
	*ret_whole = 0;
	for (size_t i = 0; i < written; i++)
		*ret_whole += lines->p[i] == '\n';
	if (written == lines->len || errno == EPIPE)
		return NOS_OK;
	return nos_err_set_errno(err, NOS_IO, errno, "output");
}
