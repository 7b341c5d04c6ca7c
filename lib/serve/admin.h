/* SPDX-License-Identifier: MIT */
/* The admin listener: GET /healthz and GET /metrics, on a thread of its own. */
#ifndef NOS_SERVE_ADMIN_H
#define NOS_SERVE_ADMIN_H

#include "cluster/placement.h"
#include "node/limit.h"
#include "node/metric.h"
#include "store/store.h"

struct nos_admin; /* opaque */

struct nos_admin_config {
	const char *address;
	struct nos_store_where store; /* for tokens that come to it; only while it is made */
	const struct nos_limit *limits;
	struct nos_placement *placement; /* must outlive it, as what follows */
	bool has_broker;
	struct nos_metric *metric;
	const char *version;
};

/* When it returns NOS_OK it is served. What the listener and the store say. */
enum nos_code nos_admin_new(
    const struct nos_admin_config *config, struct nos_admin **ret, struct nos_err *err) NOS_CHECK;

/* As it is bound. */
const char *nos_admin_address(const struct nos_admin *a);

/* NULL is fine. */
void nos_admin_free(struct nos_admin *a);

#endif
