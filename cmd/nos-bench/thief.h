/* SPDX-License-Identifier: MIT */
/*
 * Who attacks: what passed, and the secrets that were named. It goes on with them as a source
 * would, by lib's own code, and besides does what no source does: runs a clock without the secret
 * of its epoch, and opens an eviction with whatever keys of the tree it has. Holds secrets: release
 * it. Every function may give NOS_INTERNAL; nothing else is ever its error.
 */
#ifndef BENCH_THIEF_H
#define BENCH_THIEF_H

#include "scene.h"

#define THIEF_KEYS   512
#define THIEF_AUTHS  8
#define THIEF_CLOCKS 32
#define THIEF_PATHS  8

struct thief {
	struct nos_keyring ring; /* as far as it was stolen */
	struct nos_scheme_key keys[THIEF_KEYS];
	size_t key_count;
	struct nos_secret auths[THIEF_AUTHS]; /* K_S, and none at all */
	size_t auth_count;
	struct nos_session clocks[THIEF_CLOCKS];
	size_t clock_count;
	struct nos_lkh_path paths[THIEF_PATHS];
	size_t path_count;
};

#define THIEF_AUTO __attribute__((cleanup(thief_release))) struct thief

/* What anybody has: who node and source are. */
void thief_begin(struct thief *t, const struct nos_keyring *whose);
void thief_release(struct thief *t);

void thief_add_key(struct thief *t, const struct nos_name *name, const struct nos_secret *value);
void thief_add_auth(struct thief *t, const struct nos_secret *k_s);
void thief_add_clock(struct thief *t, const struct nos_session *clock);
void thief_add_path(struct thief *t, const struct nos_lkh_path *path);

/* Whatever stands in t->ring. */
enum nos_code thief_learn(struct thief *t, struct nos_err *err) NOS_CHECK;

/* All that passed from the message of this number on is followed with t->ring, and learnt from. */
enum nos_code thief_listen(
    struct thief *t, const struct scene *s, size_t from, struct nos_err *err) NOS_CHECK;

/* What clocks and paths give beside that. */
enum nos_code thief_work(struct thief *t, const struct scene *s, struct nos_err *err) NOS_CHECK;

/* Is this the value of the key of that name? */
bool thief_has(const struct thief *t, const struct nos_name *name, const struct nos_secret *value);

/* Does it read this pack? */
bool thief_opens(const struct thief *t, const struct scene_message *pack);

/* How many of the packs from one message up to another it reads; *ret_all: there are. */
uint64_t thief_count(
    const struct thief *t, const struct scene *s, size_t from, size_t to, uint64_t *ret_all);

#endif
