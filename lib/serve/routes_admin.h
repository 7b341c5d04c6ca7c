/* SPDX-License-Identifier: MIT */
/* The requests of the admin listener: GET /healthz and GET /metrics. The functions are those of
 * net/http_server.h, with a struct nos_routes_admin as state. */
#ifndef NOS_SERVE_ROUTES_ADMIN_H
#define NOS_SERVE_ROUTES_ADMIN_H

#include "cluster/placement.h"
#include "net/http_server.h"
#include "node/metric.h"

struct nos_routes_admin {
	struct nos_http_server *server;
	struct nos_store *store; /* its loop's own, for tokens that come to it */
	struct nos_placement *placement;
	bool has_broker;
	struct nos_metric *metric;
	const char *version;
};
nos_http_shown nos_routes_admin_shown;
nos_http_begin nos_routes_admin_begin;
nos_http_fail nos_routes_admin_fail;
nos_http_handle nos_routes_admin_handle;

#endif
