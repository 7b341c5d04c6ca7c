/* SPDX-License-Identifier: MIT */
/*
 * Which request goes where: the paths of sources (nos-wire(7), "HTTP"), and those of
 * the admin listener. The functions are those of net/http_server.h, with a struct nos_routes as
 * state.
 */
#ifndef NOS_NODE_ROUTES_H
#define NOS_NODE_ROUTES_H

#include "node/commit.h"
#include "node/control.h"
#include "node/ingest.h"
#include "node/publish.h"
#include "node/records.h"

/* Of one loop: touched by its thread alone. */
struct nos_routes_loop {
	struct nos_ingest_loop ingest;
	struct nos_job *jobs, **tail; /* taken in this turn */
	size_t count;
};

struct nos_routes {
	struct nos_http_server *server; /* set by nos_http_server_new before a loop runs */
	struct nos_ingest ingest;
	struct nos_commit *commit;
	struct nos_control *control;
	struct nos_records records;
	struct nos_metric *metric;
	const struct nos_card *card; /* whose document GET /v1/node shows */
	bool closed;		     /* no source registers */
	struct nos_routes_loop *loops;
	size_t loop_count;
};

nos_http_shown nos_routes_shown;
nos_http_begin nos_routes_begin;
nos_http_fail nos_routes_fail;
nos_http_handle nos_routes_handle;
nos_http_turn nos_routes_turn;

/* The committer's and the control thread's way back; state is the struct nos_routes. */
nos_commit_answer nos_routes_committed;
nos_control_answer nos_routes_controlled;

/* The admin listener: /healthz and /metrics. */
struct nos_routes_admin {
	struct nos_http_server *server;
	struct nos_store *store; /* its loop's own, for tokens that come to it */
	struct nos_commit *commit;
	struct nos_publish *publish;
	bool has_broker;
	struct nos_metric *metric;
	const char *version;
};
nos_http_shown nos_routes_admin_shown;
nos_http_begin nos_routes_admin_begin;
nos_http_fail nos_routes_admin_fail;
nos_http_handle nos_routes_admin_handle;

#endif
