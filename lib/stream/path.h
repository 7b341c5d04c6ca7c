/* SPDX-License-Identifier: MIT */
/* The relays that a pack came through, from its source to the node; none where it came by itself.
 * Pure; thread-safe. */
#ifndef NOS_STREAM_PATH_H
#define NOS_STREAM_PATH_H

#include "base/buf.h"
#include "json/decode.h"
#include "key/hop.h"

#define NOS_PATH_ID_MAX 33 /* bytes of a relay's id */

struct nos_path {
	char ids[NOS_HOP_MAX][NOS_PATH_ID_MAX];
	size_t count;
};

/* Append the ids as elements of an array that is open. */
void nos_path_encode(struct nos_buf *b, const struct nos_path *p);

/* Member name of an object, an array; empty where it is not there. NOS_DATA: not such a list. */
enum nos_code nos_path_decode(const struct nos_decode *d, const char *name, struct nos_path *ret,
    struct nos_err *err) NOS_CHECK;

#endif
