/* SPDX-License-Identifier: MIT */
/*
 * Global keys taken back by an operator: the next version of each is drawn, what was made of the
 * one before opens nothing from then on, and is replaced as its sources come or as a campaign
 * reaches them (nos-schemes(7), "dini"). What is done to all of them when the node's own keys are
 * replaced, or a backup is put back, stands here too. Belongs to the thread whose store it is
 * given.
 */
#ifndef NOS_LIFECYCLE_RECALL_H
#define NOS_LIFECYCLE_RECALL_H

#include "lifecycle/life.h"

struct nos_recall_done {
	struct nos_name before, now; /* w. names */
	bool changed;		     /* false: it was taken back before */
};

/*
 * Take one back, in a group of its own; word is its name as typed, w.<domain>.<version>, or
 * w.<domain> for the present version. Written down with reason. A version that was taken back
 * already is fine. NOS_USAGE: no such name; NOS_ABSENT: no such key; NOS_BUSY: also where others
 * change them at once, or too many were of late; NOS_IO; NOS_DENIED.
 */
enum nos_code nos_recall_one(struct nos_life *l, const struct nos_self *self, struct nos_str word,
    const char *reason, struct nos_time now, struct nos_recall_done *ret,
    struct nos_err *err) NOS_CHECK;

struct nos_recall_run {
	struct nos_life *life;
	const struct nos_self *self;
	const char *reason;
	struct nos_assoc_global
	    *globals; /* out: what was taken back, room for all that are named */
	size_t global_count;
	/* The caller's: a row of each; of one that is none, or not to be had now, fail is told, and
	 * the others are taken back; until stop. */
	enum nos_code (*row)(void *state, const struct nos_buf *row, struct nos_err *err);
	void (*fail)(void *state, const struct nos_err *err);
	bool (*stop)(void *state);
	void *state;
};

/* As above of each that is named. What row gave, and the rest of what is above. */
enum nos_code nos_recall_named(
    struct nos_recall_run *run, char **words, size_t count, struct nos_err *err) NOS_CHECK;

/* Append the row: {"key":…,"replaces":…,"status":"invalidated"}; "unchanged" where it was taken
 * back before. */
void nos_recall_row(struct nos_buf *b, const struct nos_recall_done *done);

/* Within the caller's group: the list of what was taken back is signed by the node's present key.
 */
enum nos_code nos_recall_sign(
    struct nos_life *l, const struct nos_self *self, struct nos_err *err) NOS_CHECK;

/* Within the caller's group, once a backup was put back: all are drawn anew. life: the new one. */
enum nos_code nos_recall_all(
    struct nos_life *l, uint64_t life, struct nos_time now, struct nos_err *err) NOS_CHECK;

#endif
