/* SPDX-License-Identifier: MIT */
/* One message after the other from a stream's leader: for a few of them less than a consumer costs.
 * For the files of this room. */
#ifndef NOS_STORE_NATS_FEW_H
#define NOS_STORE_NATS_FEW_H

#include "store/nats_link.h"

/*
 * The first message at a position or behind it whose subject the filter takes: *ret is the caller's
 * to destroy, and has what of its headers a value needs. NOS_ABSENT: there is none, or no stream.
 */
enum nos_code nos_nats_few_next(const struct nos_nats_link *l, const char *stream,
    const char *filter, uint64_t from, natsMsg **ret, uint64_t *ret_position,
    struct nos_err *err) NOS_CHECK;

#endif
