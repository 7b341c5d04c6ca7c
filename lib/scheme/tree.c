/* SPDX-License-Identifier: MIT */
/*
 * The tree (nos-schemes(7), "tree"): a key of a group that is made anew whenever a member is put
 * out, which costs as many messages as the tree is high. What the node does is group.h's and
 * place.h's, what a member does is membership.h's.
 */
#include "scheme/membership.h"
#include "scheme/place.h"

#define LETTER 't'

/* As in dipietro. */
static struct nos_name name_of(uint64_t node, uint64_t number)
{
	(void)node;
	return (struct nos_name){ .kind = LETTER, .count = 1, .parts = { number } };
}

const struct nos_scheme nos_tree_scheme = {
	.name = "tree",
	.letter = LETTER,
	.holders = 2,
	.kinds = 1u << NOS_MESSAGE_EVICT | 1u << NOS_MESSAGE_PATH,
	.grouped = true,
	.name_of = name_of,
	.issue = nos_place_issue,
	.lacks = nos_place_lacks,
	.accept = nos_membership_accept,
};
