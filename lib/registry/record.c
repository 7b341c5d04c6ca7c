/* SPDX-License-Identifier: MIT */
#include "registry/record.h"

#include <string.h>

void nos_record_release(struct nos_record *r)
{
	explicit_bzero(r, sizeof(*r));
}

enum nos_state nos_record_state(const struct nos_record *r)
{
	return r->a.revoked ? NOS_STATE_COMPROMISED : NOS_STATE_ACTIVE;
}

struct nos_vault_place nos_record_place(const char *id)
{
	return (struct nos_vault_place){ NOS_RECORD_NS, nos_str_of(id), "sealed" };
}
