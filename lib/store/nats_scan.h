/* SPDX-License-Identifier: MIT */
/* A namespace shown in the order of its keys. For the files of this room. */
#ifndef NOS_STORE_NATS_SCAN_H
#define NOS_STORE_NATS_SCAN_H

#include "store/nats_state.h"

#define NOS_NATS_SCAN_BYTES (64u << 20) /* of values held at once; more are fetched one by one */

/* As the function of engine.h. */
enum nos_code nos_nats_scan(struct nos_nats_values *v, const char *ns, struct nos_str prefix,
    nos_store_each *each, void *state, struct nos_err *err);

#endif
