/* SPDX-License-Identifier: MIT */
/*
 * Which request goes where: the paths of sources (nos-wire(7), "HTTP"). The functions are those of
 * net/http_server.h, with a struct nos_routes as state.
 */
#ifndef NOS_SERVE_ROUTES_H
#define NOS_SERVE_ROUTES_H

#include "cluster/forward.h"
#include "cluster/placement.h"
#include "ingest/ingest.h"
#include "serve/control.h"
#include "serve/loop.h"
#include "serve/records.h"

struct nos_routes {
	struct nos_http_server *server; /* set by nos_http_server_new before a loop runs */
	struct nos_ingest ingest;
	struct nos_placement *placement;
	unsigned lanes;
	struct nos_forward *forward; /* NULL: all lanes are here */
	struct nos_control *control;
	struct nos_records records;
	struct nos_metric *metric;
	const struct nos_card *card; /* whose document GET /v1/node shows */
	bool closed;		     /* no source registers */
	struct nos_loop *loops;
	size_t loop_count;
};

nos_http_shown nos_routes_shown;
nos_http_begin nos_routes_begin;
nos_http_fail nos_routes_fail;
nos_http_handle nos_routes_handle;
nos_http_turn nos_routes_turn;

/* The way back of the committer, of the control thread and of forwarding; state is the struct
 * nos_routes. */
nos_commit_answer nos_routes_committed;
nos_control_answer nos_routes_controlled;
nos_visits_opened nos_routes_visited;
nos_forward_answer nos_routes_forwarded;

#endif
