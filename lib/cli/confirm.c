/* SPDX-License-Identifier: MIT */
#include "cli/confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool nos_confirm_is_asked(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

enum nos_code nos_confirm_ask(const char *question, const char *nothing, struct nos_err *err)
{
	char answer[8];

	if (!nos_confirm_is_asked())
		return NOS_OK;
	fprintf(stderr, "%s (yes/no) ", question);
	return fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0
		   ? NOS_OK
		   : nos_err_set(err, NOS_DENIED, "not confirmed, %s", nothing);
}
