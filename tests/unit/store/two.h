/* SPDX-License-Identifier: MIT */
/* Both views are of a store on three NATS servers: set-up and tear-down of a group. */
#ifndef NOS_TEST_TWO_H
#define NOS_TEST_TWO_H

#include "servers.h"
#include "views.h"

static char url[200];
static const struct nos_store_where where = { .url = url };

static int two_start(void **state)
{
	(void)state;
	servers_start(3, "");
	servers_url(url, sizeof(url), "nats", "/nos");
	a = servers_store(&where);
	return a && !nos_store_open(&where, false, &b, &err) ? 0 : -1;
}

static int two_stop(void **state)
{
	(void)state;
	nos_store_close(a);
	nos_store_close(b);
	return servers_stop();
}

#endif
