/* SPDX-License-Identifier: MIT */
/* Three NATS servers keep the contract of store.h, and what they alone are to withstand. */
#include "contract.h"
#include "servers.h"

static char url[200];
static const struct nos_store_where where = { .url = url };

static int start(void **state)
{
	(void)state;
	servers_start(3, "");
	servers_url(url, sizeof(url), "nats", "/nos");
	a = servers_store(&where);
	return a && !nos_store_open(&where, false, &b, &err) ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	nos_store_close(a);
	nos_store_close(b);
	return servers_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRACT,
	};
	return cmocka_run_group_tests(tests, start, stop);
}
