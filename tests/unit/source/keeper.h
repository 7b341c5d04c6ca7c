/* SPDX-License-Identifier: MIT */
/* A source before its node whose keeper polls when the test says so: set-up and tear-down. */
#ifndef NOS_TEST_KEEPER_H
#define NOS_TEST_KEEPER_H

#include "node.h"

static struct node n;
static struct source s;

static int begin(void **state)
{
	if (test_folder(state))
		return -1;
	source_begin(&s, &n);
	return 0;
}

static int end(void **state)
{
	source_die(&s);
	return test_folder_gone(state);
}

static enum nos_code poll(void)
{
	nos_err_clear(&s.err);
	(void)!nos_keeper_poll(&s.send.keeper, 0, &s.err);
	return s.err.code;
}

static uint64_t version_on_disk(void)
{
	struct nos_keyring k = source_on_disk();

	return nos_keyring_active(&k)->name.parts[0];
}

#endif
