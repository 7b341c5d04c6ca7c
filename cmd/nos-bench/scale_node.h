/* SPDX-License-Identifier: MIT */
/*
 * A node's store in a folder of its own, filled with as many sources as are asked for, whose
 * records are counted as they are read and written. What stands in it was made by the library, but
 * no source was heard: nobody holds the other half of the keys. One at a time, in one thread.
 */
#ifndef BENCH_SCALE_NODE_H
#define BENCH_SCALE_NODE_H

#include "folder.h"
#include "group/groups.h"
#include "lifecycle/life.h"

#define SCALE_NODE_GROUP "bench" /* of schemes that have groups */

/* Records that went over the counter: values and entries of streams alike. */
struct scale_node_count {
	uint64_t read, written;
};

/* Holds secrets and a folder: close it, also after an error. */
struct scale_node {
	char folder[FOLDER_SIZE], path[FOLDER_SIZE + 16];
	const struct nos_scheme *scheme;
	struct nos_store *store;
	struct nos_vault vault;
	struct nos_self self;
	struct nos_audit audit;
	struct nos_life life;
	struct nos_group group; /* without what is secret; number 0: none */
	uint64_t sources;	/* that were put */
};

/* *n is all-zero. A new store, in $TMPDIR or /tmp. NOS_IO; NOS_DENIED; NOS_INTERNAL. */
enum nos_code scale_node_open(
    struct scale_node *n, const struct nos_scheme *scheme, struct nos_err *err) NOS_CHECK;

/* All of it goes, the folder too. */
void scale_node_close(struct scale_node *n);

/* The same store, opened anew: what was cached of it is forgotten. */
enum nos_code scale_node_again(struct scale_node *n, struct nos_err *err) NOS_CHECK;

/* Within a group of changes, as who gives an order has one: undone as a whole where it fails. What
 * the store or the work gives. */
typedef enum nos_code scale_node_work(struct scale_node *n, void *state, struct nos_err *err);
enum nos_code scale_node_change(
    struct scale_node *n, scale_node_work *what, void *state, struct nos_err *err) NOS_CHECK;

/* Where a key was destroyed no trace of it stays, which is part of the price. */
enum nos_code scale_node_purge(struct scale_node *n, struct nos_err *err) NOS_CHECK;

/* Put up to count further sources, in one transaction. What the store or the library gives. */
enum nos_code scale_node_fill(struct scale_node *n, uint64_t count, struct nos_err *err) NOS_CHECK;

/* The id of the source that was put as number i, from 1. */
void scale_node_id(uint64_t i, char ret[static NOS_RECORD_ID_MAX]);

/* What was counted since this was asked last. */
struct scale_node_count scale_node_counted(void);

#endif
