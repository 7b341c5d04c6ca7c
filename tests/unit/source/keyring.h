/* SPDX-License-Identifier: MIT */
/* A keyring of a source that was never at a node, and a folder of the test's own. */
#ifndef NOS_TEST_KEYRING_H
#define NOS_TEST_KEYRING_H

#include <stdio.h>
#include <unistd.h>

#include "../test.h"

#include "key/keyring.h"

#define TEST_SOURCE "s-7f3a09c2e1"

static inline struct nos_keyring test_keyring(void)
{
	struct nos_keyring k = { .source = TEST_SOURCE,
		.kind = "k",
		.mode = "push",
		.node = 1,
		.urls = { "http://127.0.0.1:1" },
		.url_count = 1,
		.scheme = "pairwise",
		.next = 5,
		.z = 1,
		.key_count = 1 };

	memset(k.z_key.bytes, 1, k.z_key.len = 32);
	memset(k.down.key.bytes, 2, k.down.key.len = 32);
	memset(k.up.key.bytes, 3, k.up.key.len = 32);
	k.keys[0].name = (struct nos_name){ .kind = 'p', .count = 1, .parts = { 1 } };
	k.keys[0].state = NOS_STATE_ACTIVE;
	memset(k.keys[0].value.bytes, 4, k.keys[0].value.len = 32);
	return k;
}

/* Setup of a test: a folder to be in, empty. */
static inline int test_folder(void **state)
{
	static char folder[] = "/tmp/nos-source-XXXXXX";

	(void)state;
	snprintf(folder, sizeof(folder), "%s", "/tmp/nos-source-XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

/* Its teardown; every name in it is one of nos's. */
static inline int test_folder_gone(void **state)
{
	char folder[64];

	(void)state;
	if (!getcwd(folder, sizeof(folder)) || strncmp(folder, "/tmp/nos-source-", 16) != 0)
		return -1;
	if (system("rm -rf -- ./*") != 0 || chdir("/") != 0)
		return -1;
	return rmdir(folder);
}

#endif
