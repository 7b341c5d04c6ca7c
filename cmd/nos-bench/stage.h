/* SPDX-License-Identifier: MIT */
/*
 * Where workloads play: a node in this process, as nos-serve runs it, on a fresh store in a folder
 * of its own, in memory where the system has such a place; without a broker. Its sources are those
 * of lib/source, their keyrings are in the same folder; orders are given on a second handle of the
 * store, as nos-rekey gives them. What the operating system adds, a process each and a disk, is not
 * measured here. Belongs to one thread; errors are those of the parts, NOS_BUSY also: Ctrl-C.
 */
#ifndef BENCH_STAGE_H
#define BENCH_STAGE_H

#include "bench.h"
#include "crowd.h"
#include "key/name.h"
#include "self/home.h"
#include "registry/record.h"

struct stage; /* opaque */

/* rtt_ms: by which answers come later, for each hop. */
enum nos_code stage_open(uint64_t rtt_ms, struct stage **ret, struct nos_err *err) NOS_CHECK;

/* End the node, and remove the folder with all that is in it. NULL is fine. */
void stage_close(struct stage *s);

const char *stage_url(const struct stage *s);	 /* of the node */
const char *stage_folder(const struct stage *s); /* an absolute path */

/* The second handle of the store, for who counts in it. */
const struct nos_home *stage_home(const struct stage *s);

/* The connections of its sources. */
struct crowd *stage_crowd(struct stage *s);

/* ---- sources ---- */

struct stage_source {
	char id[NOS_RECORD_ID_MAX];
	struct nos_name before, held; /* key to send under: when the order was given, and now */
	bool done;		      /* held is another, and the node was told where it is to be */
};

struct stage_run; /* of a source that is at work; opaque */

/* Sources of one scheme; where it has groups, the members of one. All-zero but for scheme. */
struct stage_fleet {
	enum bench_scheme scheme;
	struct stage_source *sources;
	size_t count;
	struct stage_run *runs; /* NULL: none is at work */
};

/* Rests, too. */
void stage_fleet_release(struct stage_fleet *f);

/* Enrol and register so many more, and have each take a key of the scheme. */
enum nos_code stage_fleet_add(struct stage *s, struct stage_fleet *f, size_t count,
    struct nos_progress *progress, struct nos_err *err) NOS_CHECK;

/*
 * All of them are at work from here on: each has its keyring open, a descriptor and some 20 KB; and
 * none is any more. A fleet is woken before its sources are sent to the node. Waking one that is at
 * work, and the other way round, is fine.
 */
enum nos_code stage_fleet_wake(
    struct stage *s, struct stage_fleet *f, struct nos_err *err) NOS_CHECK;
void stage_fleet_rest(struct stage_fleet *f);

/* The keyring of a source, PATH_MAX bytes. */
void stage_fleet_keyring(const struct stage *s, const struct stage_fleet *f, size_t i, char *ret);

/* ---- orders ---- */

enum stage_what {
	STAGE_REPLACE, /* the next key of each; of a group, its next session or epoch */
	STAGE_RECALL,  /* dini: the global key of the first source's ring is taken back, so that it
			  is sent another and a local key of it, and so are all of that ring */
};

/* Give it: what is committed when this returns is the node's decision. */
enum nos_code stage_order(
    struct stage *s, struct stage_fleet *f, enum stage_what what, struct nos_err *err) NOS_CHECK;

/* A source polls, takes what it is sent and acknowledges it. The node may hold the poll for wait_s.
 * From any thread, one at a time for a source. */
enum nos_code stage_poll(struct stage_fleet *f, size_t i, uint64_t wait_s,
    const struct nos_carrier *carrier, struct nos_err *err) NOS_CHECK;

/* It sends a pack of one reading, and does so with what the answer brings. As above. */
enum nos_code stage_send(struct stage_fleet *f, size_t i, const struct nos_carrier *carrier,
    struct nos_err *err) NOS_CHECK;

/* All that are not done send, over the crowd, until none is left. NOS_AWAY: one was left after a
 * minute. */
enum nos_code stage_follow(struct stage *s, struct stage_fleet *f, struct nos_err *err) NOS_CHECK;

#endif
