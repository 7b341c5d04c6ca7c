/* SPDX-License-Identifier: MIT */
/* The contract of store.h asks no more than a replicated engine can keep. */
#include "cluster.h"
#include "contract_append.h"
#include "contract_stream.h"

static int start_cluster(void **state)
{
	(void)state;
	return nos_store_open_engine(&cluster_engine, "", true, &a, &err) ||
		       nos_store_open_engine(&cluster_engine, "", true, &b, &err)
		   ? -1
		   : 0;
}

static int stop_cluster(void **state)
{
	(void)state;
	nos_store_close(a);
	nos_store_close(b);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { CONTRACT, CONTRACT_APPEND, CONTRACT_STREAM };

	return cmocka_run_group_tests(tests, start_cluster, stop_cluster);
}
