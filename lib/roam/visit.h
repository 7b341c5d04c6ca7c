/* SPDX-License-Identifier: MIT */
/*
 * KT: the sources of other nodes that send here, and the keys by which (state roam/<id>), a key for
 * each day. What home said of them stands beside. Its keys are sealed as all at rest are. Belongs
 * to the thread whose store it is given.
 */
#ifndef NOS_ROAM_VISIT_H
#define NOS_ROAM_VISIT_H

#include "key/roam.h"
#include "registry/record.h"
#include "self/spaces.h"
#include "store/store.h"

#define NOS_VISIT_KEYS_MAX 3 /* days that are near at once */

struct nos_visit_key {
	uint64_t day;
	struct nos_secret value; /* K_roam; empty where nothing secret was read */
	struct nos_time expires;
};

/* Holds keys: release it. */
struct nos_visit {
	char id[NOS_RECORD_ID_MAX];
	uint64_t home; /* number of its node */
	char kind[NOS_NAME_WORD_MAX + 1];
	bool open; /* registered there without a token */
	struct nos_visit_key keys[NOS_VISIT_KEYS_MAX];
	size_t key_count;
	struct nos_time refused; /* when the operator put it out, roam/stay.h; 0: not */
	uint64_t rev;		 /* of the record; 0: new */
};

void nos_visit_release(struct nos_visit *v);

/* vault NULL: without the keys' values. NOS_ABSENT: no such visitor; NOS_DENIED: another node key;
 * NOS_CONFIG: written by a newer nos. *ret is to be released on NOS_OK. */
enum nos_code nos_visit_get(struct nos_store *store, const struct nos_vault *vault,
    struct nos_str id, struct nos_visit *ret, struct nos_err *err) NOS_CHECK;

/* Put it as it was read, or new, and set its rev; vault NULL: it has no keys. NOS_EXISTS: another
 * has changed it. */
enum nos_code nos_visit_put(struct nos_store *store, const struct nos_vault *vault,
    struct nos_visit *v, struct nos_err *err) NOS_CHECK;

/* Take a key in place of the one of its day, or of the oldest. */
void nos_visit_add(struct nos_visit *v, const struct nos_visit_key *key);

/* The key of a day; NULL: none. */
const struct nos_visit_key *nos_visit_key(const struct nos_visit *v, uint64_t day);

/* Drop a visitor and its keys. *ret_was: there was one. */
enum nos_code nos_visit_del(
    struct nos_store *store, struct nos_str id, bool *ret_was, struct nos_err *err) NOS_CHECK;

/* Drop all visitors but those that were refused, within the caller's group. */
enum nos_code nos_visit_clear(struct nos_store *store, struct nos_err *err) NOS_CHECK;

/* Each, without what is secret. */
typedef enum nos_code nos_visit_each(void *state, const struct nos_visit *v, struct nos_err *err);
enum nos_code nos_visit_scan(
    struct nos_store *store, nos_visit_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
