/* SPDX-License-Identifier: MIT */
/* pairwise: one key between a source and its node, p.<version>; every source has it. */
#include "scheme/scheme.h"

/* P_1 comes out of the registration itself. */
static enum nos_code enrol(
    const struct nos_derive_base *base, struct nos_scheme_key *ret, struct nos_err *err)
{
	(void)err;
	ret->name = (struct nos_name){ .kind = 'p', .count = 1, .parts = { 1 } };
	ret->value = base->pair;
	return NOS_OK;
}

const struct nos_scheme nos_pairwise_scheme = {
	.name = "pairwise",
	.letter = 'p',
	.holders = 2,
	.enrol = enrol,
};
