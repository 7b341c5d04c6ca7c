/* SPDX-License-Identifier: MIT */
/*
 * Di Pietro et al. (nos-schemes(7), "dipietro"): one order of some twenty bytes moves the key of a
 * whole group, which each member makes for itself. What the node does is group.h's and place.h's,
 * what a member does is membership.h's.
 */
#include "scheme/membership.h"
#include "scheme/place.h"

#define LETTER 's'

/* Of its own in no group: what it is called there is group.h's. */
static struct nos_name name_of(uint64_t node, uint64_t number)
{
	(void)node;
	return (struct nos_name){ .kind = LETTER, .count = 1, .parts = { number } };
}

const struct nos_scheme nos_dipietro_scheme = {
	.name = "dipietro",
	.letter = LETTER,
	.holders = 2,
	.kinds = 1u << NOS_MESSAGE_HEAL | 1u << NOS_MESSAGE_JOIN,
	.grouped = true,
	.name_of = name_of,
	.issue = nos_place_issue,
	.lacks = nos_place_lacks,
	.accept = nos_membership_accept,
};
