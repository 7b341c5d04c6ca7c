/* SPDX-License-Identifier: MIT */
#include "serve/exposed.h"

#include "base/log.h"
#include "ingest/webhook.h"
#include "audit/audit.h"
#include "lifecycle/bearer.h"

static void end_here(struct nos_store *store, const struct nos_job *job)
{
	struct nos_audit audit;
	struct nos_err err = { 0 };

	nos_audit_init(&audit, store, "nos-serve", false);
	if (nos_bearer_end(&audit, nos_str_of(job->source), true, nos_time_now(), &err))
		nos_log_line(NOS_LOG_WARN,
		    "a bearer token came in plain, and is still taken: %s: %s", job->source,
		    err.text);
	else
		nos_log_line(NOS_LOG_WARN,
		    "bearer token %s came in plain: it is not taken any more", job->source);
}

/* Without waiting for the turn: there may be none any more. */
void nos_exposed_take(
    struct nos_placement *k, struct nos_store *store, struct nos_str authorization)
{
	struct nos_job *job = nos_webhook_expose(store, authorization);
	unsigned lane = 0;

	if (!job)
		return;
	while (lane < nos_placement_lanes(k) && !nos_placement_has(k, lane))
		lane++;
	if (lane < nos_placement_lanes(k)) {
		nos_placement_submit(k, lane, job, 1);
		return;
	}
	end_here(store, job);
	nos_job_free(job, NULL);
}
