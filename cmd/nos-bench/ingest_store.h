/* SPDX-License-Identifier: MIT */
/*
 * A store that a node of nos-bench ingest is measured on: SQLite in the folder of the site, or what
 * is made on NATS servers, where it stays.
 */
#ifndef BENCH_INGEST_STORE_H
#define BENCH_INGEST_STORE_H

#include <limits.h>

#include "store/store.h"

#define INGEST_STORES_MAX 4

struct ingest_store {
	const char *name;			     /* as it was asked for; NULL: it was not */
	char url[PATH_MAX + 32], key[PATH_MAX + 32]; /* as nos-serve is given them */
	const char *creds, *ca;			     /* as in nos_store_where; the caller's */
	uint64_t after[NOS_STORE_LANES_MAX];	     /* where the processed streams ended */
};

/* Is it on servers? */
bool ingest_store_is_away(const struct ingest_store *s);

/* For who opens it: good as long as s is. */
struct nos_store_where ingest_store_where(const struct ingest_store *s);

/* The store of a name, "sqlite" (NULL as well) or a URL of servers, and the key of its node, which
 * is in the folder under a number of its own. NOS_USAGE: no such store. */
enum nos_code ingest_store_name(struct ingest_store *ret, const char *name, const char *folder,
    size_t number, struct nos_err *err) NOS_CHECK;

/* There is no node yet. NOS_EXISTS: there is; and what nos_store_open gives. */
enum nos_code ingest_store_check(const struct ingest_store *s, struct nos_err *err) NOS_CHECK;

#endif
