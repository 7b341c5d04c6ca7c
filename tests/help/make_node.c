/* SPDX-License-Identifier: MIT */
/* make_node STORE KEYFILE NUMBER: what nos-serve --init makes. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/start.h"
#include "node/home.h"

int main(int argc, char **argv)
{
	NOS_AUTO(home) home = { 0 };
	struct nos_err err = { 0 };
	bool made;

	if (argc == 4 && !nos_home_locate(&home, argv[1], argv[2], &err))
		(void)!nos_home_make(&home, strtoul(argv[3], NULL, 10), &made, &err);
	return err.code ? nos_start_fail("make_node", &err) : 0;
}
