/* SPDX-License-Identifier: MIT */
/*
 * What nos-bench ingest measures: a nos-serve of the same build as a process of its own, over a
 * store that it is given, with a folder that is made for it, and a mosquitto. Both listen on
 * 127.0.0.1 alone, and end with who started them.
 */
#ifndef BENCH_INGEST_SITE_H
#define BENCH_INGEST_SITE_H

#include <limits.h>
#include <sys/types.h>

#include "folder.h"
#include "ingest_store.h"
#include "net/http_client.h"
#include "node/metric.h"

#define INGEST_SITE_NODE 1 /* its number */

/* What a node has spent and done since it began. */
struct ingest_site_count {
	uint64_t cpu_ns;			    /* of all its threads */
	uint64_t stages_ns[NOS_METRIC_STAGE_COUNT]; /* as it says itself */
	uint64_t published;			    /* readings */
	uint64_t groups;			    /* commits */
	uint64_t polls;				    /* that are held */
};

/* Processes and a folder: close it, also after an error. */
struct ingest_site {
	char folder[FOLDER_SIZE];
	char program[PATH_MAX];	   /* the nos-serve that runs */
	char mqtt[64];		   /* URL */
	char admin[64];		   /* ADDRESS:PORT */
	uint16_t port;		   /* that packs go to */
	pid_t broker, node;	   /* 0: none */
	size_t connections, polls; /* that the next node is to bear */
	struct nos_http_client *client;
};

/*
 * *s is all-zero. The folder is in $TMPDIR or /tmp; mosquitto runs behind it. NOS_ABSENT: there is
 * no mosquitto, or no nos-serve; NOS_IO; NOS_INTERNAL.
 */
enum nos_code ingest_site_open(struct ingest_site *s, struct nos_err *err) NOS_CHECK;

/* All of it goes, the folder too. */
void ingest_site_close(struct ingest_site *s);

/* A node in a store on servers, with as many lanes as nos-serve gives it. NOS_AWAY: it cannot be
 * made; NOS_BUSY: stopped. */
enum nos_code ingest_site_init(
    struct ingest_site *s, const struct ingest_store *store, struct nos_err *err) NOS_CHECK;

/* The node, over the store as it is, until it listens. NOS_AWAY: it did not come up. */
enum nos_code ingest_site_start(
    struct ingest_site *s, const struct ingest_store *store, struct nos_err *err) NOS_CHECK;

/* In good order: what it took is in its store then. NOS_INTERNAL: it failed. */
enum nos_code ingest_site_stop(struct ingest_site *s, struct nos_err *err) NOS_CHECK;

/* What nos_http_client_send gives. */
enum nos_code ingest_site_count(
    struct ingest_site *s, struct ingest_site_count *ret, struct nos_err *err) NOS_CHECK;

/* Bytes of memory that the node has in hand; 0: this system does not say. */
uint64_t ingest_site_memory(const struct ingest_site *s);

#endif
