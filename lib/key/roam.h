/* SPDX-License-Identifier: MIT */
/*
 * The key by which a source sends to a node that is not its home (nos-schemes(7), "Roaming"): one
 * for each such node and each day, made of Z, so that the other node learns nothing else. Pure;
 * thread-safe.
 */
#ifndef NOS_KEY_ROAM_H
#define NOS_KEY_ROAM_H

#include "base/secret.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "key/name.h"

#define NOS_ROAM_KEY_LEN 32
#define NOS_ROAM_HOLDERS 3 /* the source, its home, the node that it visits */

/* The day of a moment: whole days since 1970, UTC. */
uint64_t nos_roam_day(struct nos_time now);

/* Is it today, or a day beside it? Clocks differ, and midnight passes. */
bool nos_roam_is_near(uint64_t day, struct nos_time now);

/* When a day's key begins, and when it has had its time: with the end of the next day. */
struct nos_time nos_roam_since(uint64_t day);
struct nos_time nos_roam_until(uint64_t day);

/* "r.<home>.<day>"; false: a name of another form. */
struct nos_name nos_roam_name(uint64_t home, uint64_t day);
bool nos_roam_is(const struct nos_name *name, uint64_t *ret_home, uint64_t *ret_day);

/* K_roam = K(Z,"roam", thumbprint of the node's key, day). NOS_INTERNAL alone. */
enum nos_code nos_roam_key(const struct nos_secret *z,
    const uint8_t thumbprint[static NOS_HASH_LEN], uint64_t day, struct nos_secret *ret,
    struct nos_err *err) NOS_CHECK;

#endif
