/* SPDX-License-Identifier: MIT */
/*
 * A namespace shown in the order of its keys, which is none of the servers': all keys are gathered
 * first, with as many values as are held at once, and the rest is fetched when its turn comes, many
 * with one question. In memory are the keys, some 40 bytes beside each, the values that are held
 * and those that were fetched together. For the files of this room.
 */
#ifndef NOS_STORE_NATS_SCAN_H
#define NOS_STORE_NATS_SCAN_H

#include "store/nats_state.h"

#define NOS_NATS_SCAN_KEYS  (1u << 30)	/* bytes of all keys */
#define NOS_NATS_SCAN_BYTES (64u << 20) /* of values held from the beginning */
#define NOS_NATS_SCAN_FETCH                                                  \
	(4u << 20) /* of values fetched together, as large as they were; one \
		      alone may be larger */

/* As the function of engine.h. */
enum nos_code nos_nats_scan(struct nos_nats_values *v, const char *ns, struct nos_str prefix,
    nos_store_each *each, void *state, struct nos_err *err);

#endif
