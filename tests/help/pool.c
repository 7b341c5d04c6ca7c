/* SPDX-License-Identifier: MIT */
/*
 * pool STORE NODEKEY P K: the node of this store has P global keys, and each source a ring of K;
 * also beside a node that runs. A failure is one line on stderr, and status 1.
 */
#include <stdio.h>

#include "base/num.h"
#include "crypto/jose.h"
#include "registry/globals.h"
#include "registry/home.h"

static enum nos_code run(int argc, char **argv, struct nos_home *home, struct nos_err *err)
{
	uint64_t size, ring;
	bool changed;

	if (argc != 5 || !nos_num_parse(nos_str_of(argv[3]), 1, NOS_POOL_MAX, &size) ||
	    !nos_num_parse(nos_str_of(argv[4]), 1, NOS_POOL_RING_MAX, &ring) || ring > size)
		return nos_err_set(err, NOS_USAGE, "pool STORE NODEKEY P K");
	if (nos_home_locate(home, argv[1], argv[2], err) || nos_home_open(home, err))
		return err->code;
	return nos_globals_resize(home->store, &home->vault, (unsigned)size, (unsigned)ring,
	    nos_time_now(), &changed, err);
}

int main(int argc, char **argv)
{
	NOS_AUTO(home) home = { 0 };
	struct nos_err err = { 0 };

	nos_jose_start();
	if (!run(argc, argv, &home, &err))
		return 0;
	fprintf(stderr, "pool: %s\n", err.text);
	return 1;
}
