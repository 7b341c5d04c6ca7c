/* SPDX-License-Identifier: MIT */
/*
 * Where a node's store and key are, and opening both: what nos-serve and the tools beside it have
 * in common. Default: sqlite:$STATE/node.db and $STATE/node.key, where $STATE is $STATE_DIRECTORY,
 * else /var/lib/nos for root, else $XDG_STATE_HOME/nos, else $HOME/.local/state/nos.
 */
#ifndef NOS_SELF_HOME_H
#define NOS_SELF_HOME_H

#include "self/self.h"
#include "self/vault.h"
#include "store/store.h"

#define NOS_HOME_PATH_MAX 4096

/* Holds the node's secrets: release it. */
struct nos_home {
	char url[NOS_HOME_PATH_MAX]; /* of the store */
	const char *creds, *ca;	     /* as in nos_store_where; what was given must outlive this */
	char key[NOS_HOME_PATH_MAX]; /* path of the node key file */
	bool away_too; /* set once it is located: one whose node was moved away is fine, too */
	struct nos_store *store; /* of the thread that opened it */
	struct nos_vault vault;
	struct nos_self self;
};

void nos_home_release(struct nos_home *h);

/* Fill where the store and its key are; a url or key that is NULL: the default. NOS_CONFIG: no
 * default can be found. NOS_ABSENT: no such file of credentials or authorities. NOS_USAGE: too
 * long. */
enum nos_code nos_home_locate(struct nos_home *h, const struct nos_store_where *store,
    const char *key, struct nos_err *err) NOS_CHECK;

/* The store, for a thread that opens it for itself: good as long as h is. */
struct nos_store_where nos_home_where(const struct nos_home *h);

/* Open all three; a store whose node is not to run (self/moved.h) is NOS_CONFIG here and where
 * one is made. NOS_ABSENT: nothing there yet ("… run nos-serve --init"); NOS_DENIED: another
 * user's, open to others, or another node's key; and what nos_store_open returns. */
enum nos_code nos_home_open(struct nos_home *h, struct nos_err *err) NOS_CHECK;

/*
 * Would a start do with what is there? Nothing is made; what is not there yet a start would make.
 * Errors as nos_home_make, with the store open or not.
 */
enum nos_code nos_home_check(struct nos_home *h, uint64_t number, struct nos_err *err) NOS_CHECK;

/* Open the store alone, for who reads what is not sealed; of self the number is filled. Errors as
 * above, but for those of the key. */
enum nos_code nos_home_look(struct nos_home *h, struct nos_err *err) NOS_CHECK;

/* Open store and key alone, for who makes a node of what is not there yet: the store is made where
 * it is not there, the key is not. */
enum nos_code nos_home_bare(struct nos_home *h, struct nos_err *err) NOS_CHECK;

/* One at a time, for who is the only one of its kind: a lock on a file beside the store, which ends
 * with .tail, for some wait_ms; *ret is to be closed. A store that is no file is left to its
 * engine: -1. NOS_BUSY; NOS_IO. */
enum nos_code nos_home_lock(const struct nos_home *h, const char *tail, uint64_t wait_ms, int *ret,
    struct nos_err *err) NOS_CHECK;

/* nos_store_purge, tried again while others hinder it, for some wait_ms. NOS_BUSY: they did so to
 * the end, and all is whole; NOS_IO. */
enum nos_code nos_home_purge(struct nos_home *h, uint64_t wait_ms, struct nos_err *err) NOS_CHECK;

/*
 * Make what is missing of store, key and identity, then open. *ret_made tells what was.
 * NOS_CONFIG: the store has an identity and the key file is not there: it cannot be made anew; or
 * the store is another node's (number is not 0 and not its own).
 */
enum nos_home_made {
	NOS_HOME_MADE_NOTHING,
	NOS_HOME_MADE_NODE, /* under a key file that was there */
	NOS_HOME_MADE_ALL,
};
enum nos_code nos_home_make(struct nos_home *h, uint64_t number, enum nos_home_made *ret_made,
    struct nos_err *err) NOS_CHECK;

#endif
