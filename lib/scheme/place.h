/* SPDX-License-Identifier: MIT */
/*
 * A member's place in its group, at the node: a leaf of the tree, what of tree and clock its source
 * is known to hold, and the messages that bring what it lacks (nos-schemes(7), "dipietro" and
 * "tree"). Where the group stands is compared with what is known at each contact, so whatever was
 * missed heals, and an order changes nothing that is kept of a source. Pure.
 */
#ifndef NOS_SCHEME_PLACE_H
#define NOS_SCHEME_PLACE_H

#include "key/assoc.h"
#include "scheme/group.h"
#include "scheme/issuer.h"

/* Of the group that a source belongs to, for nos_issuer; all-zero with a group is valid. Holds
 * secrets: release it. */
struct nos_place {
	const struct nos_group *group;
	bool has_leaf; /* leaf is free, and for this source if it has none */
	uint32_t leaf;
	bool has_path; /* the keys over its leaf, or else over that one */
	struct nos_lkh_path path;

	bool wants; /* out: a path is to be given, and a leaf where it has none */
	bool gave;  /* out: a path was given, and to the tree belongs, at its leaf, this key: */
	struct nos_secret leaf_key;
};

void nos_place_release(struct nos_place *p);

/* Has the source a leaf in the tree of its group? */
bool nos_place_is(const struct nos_assoc *a, const struct nos_group *g);

/* What it lacks, into a->out. For the tables of the schemes; so is the next. NOS_INTERNAL alone. */
enum nos_code nos_place_issue(struct nos_assoc *a, const struct nos_issuer *w, bool anew,
    bool *ret_changed, struct nos_err *err) NOS_CHECK;
bool nos_place_lacks(const struct nos_assoc *a, const struct nos_issuer *w);

/* Is the source known to hold the present epoch's key of its group? */
bool nos_place_is_current(const struct nos_assoc *a, const struct nos_group *g);

/* Would a pack under this key say something of the source that is not known? */
bool nos_place_is_news(const struct nos_assoc_place *p, const struct nos_name *key);

/* A pack under this key of its group has verified. False: nothing is new in that. g may be NULL
 * here and below: then nothing changes. */
bool nos_place_seen(struct nos_assoc *a, const struct nos_group *g, const struct nos_name *key);

/* A message has arrived, by what it brings, which may be a name of any kind. */
void nos_place_arrived(
    struct nos_assoc *a, const struct nos_group *g, const struct nos_name *brings);

/* All that the source holds is named here. */
void nos_place_compare(
    struct nos_assoc *a, const struct nos_group *g, const struct nos_name *held, size_t count);

/* It has lost what it had. False: nothing was known. */
bool nos_place_lost(struct nos_assoc *a);

/* It goes: a->left tells of the leaf that is to be put out. */
void nos_place_leave(struct nos_assoc *a);

#endif
