/* SPDX-License-Identifier: MIT */
/*
 * What of a store goes along when its node is moved (nos-formats(7), "A moved node"): all state but
 * what is of one store alone, and the audit stream. Packs and records stay: they were published,
 * and their positions are of their store. So what refers to a position is set back on the way, and
 * the rest stays: numbers that were seen, n of each topic, series, how often a key was used. In the
 * other store an era begins (self/era.h).
 */
#ifndef NOS_MOVE_CARGO_H
#define NOS_MOVE_CARGO_H

#include "stream/track.h"
#include "store/store.h"

/* What an item of the file is: a number, and behind it what is said there. */
enum nos_cargo_item {
	NOS_CARGO_END,	 /* how many were before it */
	NOS_CARGO_STATE, /* namespace, key, value */
	NOS_CARGO_AUDIT, /* an entry */
};

/* The namespaces that go along, in the order in which they do; NULL ends them. */
extern const char *const nos_cargo_spaces[];

/* Does this key of such a namespace stay where it is? */
bool nos_cargo_stays(const char *ns, struct nos_str key);

/* What is kept of a source, as of a store in which nothing stands of it. */
void nos_cargo_lift(struct nos_track *t);

/* What is kept of a relay in another lane becomes one with what is kept of it elsewhere.
 * NOS_INTERNAL alone. */
enum nos_code nos_cargo_join(
    struct nos_track *t, const struct nos_track *other, struct nos_err *err) NOS_CHECK;

#endif
