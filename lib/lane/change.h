/* SPDX-License-Identifier: MIT */
/*
 * What becomes of sources' keys while readings flow: a key used or acknowledged for the first time,
 * an ask answered, keys that have had their time. All within the ledger's group, so that it is as
 * durable as the reading that it came with. Belongs to the committer's thread.
 */
#ifndef NOS_LANE_CHANGE_H
#define NOS_LANE_CHANGE_H

#include "lane/ledger.h"

/* The store may have been changed by another, or was just opened: the node's own keys, its life,
 * its policy, and who was forgotten, are read again. What cannot be read stays as it was, and the
 * next group tries again.
 */
void nos_change_look(struct nos_ledger *l);

/* Is it the topic of a source that was forgotten? */
bool nos_change_is_forgotten(const struct nos_ledger *l, struct nos_str topic);

/* Is it a source that was forgotten? */
bool nos_change_is_gone(const struct nos_ledger *l, struct nos_str source);

/* A job of kind ACK, ASK, NEWEST or EXPOSED. What is its own fault is in job->err; the return is
 * the group's. */
enum nos_code nos_change_take(
    struct nos_ledger *l, struct nos_job *job, struct nos_err *err) NOS_CHECK;

/*
 * A pack of a source has verified under this key: one that nobody had used is confirmed, and a
 * source that should send under another gets what it has lost. *news: what it is to be told, where
 * that changed its keys. What is the source's own fault is in *fault; the return is the group's.
 */
enum nos_code nos_change_seen(struct nos_ledger *l, const struct nos_member *m,
    const struct nos_member_key *key, struct nos_job_news *news, struct nos_err *fault,
    struct nos_err *err) NOS_CHECK;

/*
 * A pack of a source came through a relay in a frame that did not name it: it is told its link, by
 * a message that waits for it as others do. Where that cannot be done now the next such pack tries
 * again; the return is the group's.
 */
enum nos_code nos_change_link(struct nos_ledger *l, const char *source, const char *relay,
    struct nos_job_news *news, struct nos_err *err) NOS_CHECK;

/* Destroy what has had its time; looked at now and then. */
enum nos_code nos_change_sweep(struct nos_ledger *l, struct nos_err *err) NOS_CHECK;

/* Is there more to destroy than one group took? */
bool nos_change_is_due(const struct nos_ledger *l);

/* Behind the group, whatever became of it: of whom keys were changed nothing counts that is held.
 */
void nos_change_forget(struct nos_ledger *l, const struct nos_job *list);

#endif
