/* SPDX-License-Identifier: MIT */
/* Namespaces as buckets of NATS servers, and what changes in them. For the files of this room. */
#ifndef NOS_STORE_NATS_STATE_H
#define NOS_STORE_NATS_STATE_H

#include "store/nats_flight.h"

struct nos_nats_values {
	const struct nos_nats_link *link;
	struct nos_nats_made *made;
	struct nos_nats_flight *flight;
	bool *group;		   /* within one */
	natsSubscription *changes; /* in all buckets */
	natsSubscription *leaders; /* that were chosen: what the one before had to tell is lost */
	uint64_t found; /* connections that were found again, when changed was asked last */
};

enum nos_code nos_nats_state_open(struct nos_nats_values *v, struct nos_err *err) NOS_CHECK;
void nos_nats_state_close(struct nos_nats_values *v);

/* As the functions of engine.h. */
enum nos_code nos_nats_state_changed(struct nos_nats_values *v, bool *ret, struct nos_err *err);
enum nos_code nos_nats_state_get(struct nos_nats_values *v, const char *ns, struct nos_str key,
    struct nos_buf *ret, uint64_t *ret_rev, struct nos_err *err);
enum nos_code nos_nats_state_put(struct nos_nats_values *v, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err);

#endif
