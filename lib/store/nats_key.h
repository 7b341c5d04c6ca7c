/* SPDX-License-Identifier: MIT */
/*
 * A key of a namespace as the subject of a message: '/' is the border of tokens, other bytes but
 * letters, digits, '_' and '-' are '=' and two hex digits, and a token without bytes is '=' alone.
 * For the files of this room.
 */
#ifndef NOS_STORE_NATS_KEY_H
#define NOS_STORE_NATS_KEY_H

#include "store/nats_make.h"

#define NOS_NATS_KEY_MAX (NOS_NATS_NAME_MAX + 3 * NOS_STORE_KEY_MAX + 8)

/* "$KV.BUCKET.KEY", which fits; of a prefix, with ".>" behind it; of none, all of the bucket. */
void nos_nats_key_subject(const struct nos_nats_link *l, const char *ns, struct nos_str key,
    char ret[static NOS_NATS_KEY_MAX]);
void nos_nats_key_filter(const struct nos_nats_link *l, const char *ns, struct nos_str prefix,
    char ret[static NOS_NATS_KEY_MAX]);

/* Append the key that a subject of the bucket stands for; false (nothing appended): none of ours.
 */
bool nos_nats_key_decode(const char *subject, struct nos_buf *ret);

#endif
