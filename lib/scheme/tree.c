/* SPDX-License-Identifier: MIT */
#include "scheme/membership.h"
#include "scheme/issuer.h"

static struct nos_name name_of(uint64_t node, uint64_t number)
{
	return (struct nos_name){ .kind = 't', .count = 2, .parts = { node, number } };
}

static enum nos_code issue(struct nos_assoc *a, const struct nos_issuer *w, bool anew,
    bool *ret_changed, struct nos_err *err)
{
	(void)a, (void)w, (void)anew;
	*ret_changed = false;
	return err->code;
}

const struct nos_scheme nos_tree_scheme = {
	.name = "tree",
	.letter = 't',
	.holders = 2,
	.kinds = 1u << NOS_MESSAGE_EVICT | 1u << NOS_MESSAGE_PATH,
	.grouped = true,
	.name_of = name_of,
	.issue = issue,
	.accept = nos_membership_accept,
};
