/* SPDX-License-Identifier: MIT */
#include "audit/verdict.h"

#include <string.h>

#include "json/encode.h"

enum nos_code nos_verdict_row(
    const struct nos_home *home, struct nos_buf *row, bool *ret_signed, struct nos_err *err)
{
	uint8_t keys[1 + NOS_SELF_OLD_MAX][NOS_SIGN_PUBLIC_LEN];
	const struct nos_self *self = &home->self;
	struct nos_audit_verdict v;

	/* The head may have been signed before the node's keys were replaced. */
	memcpy(keys[0], self->sign_public, sizeof(keys[0]));
	for (size_t i = 0; i < self->old_count; i++)
		memcpy(keys[1 + i], self->old[i].sign_public, sizeof(keys[0]));
	if (nos_audit_verify(home->store, self->number, (const uint8_t(*)[NOS_SIGN_PUBLIC_LEN])keys,
		1 + self->old_count, &v, err))
		return err->code;
	*ret_signed = v.has_head;
	nos_buf_add_char(row, '{');
	nos_encode_member_uint(row, "entries", v.entries);
	if (v.entries)
		nos_encode_member_bytes(row, "hash", v.hash, sizeof(v.hash));
	if (v.has_head) {
		nos_encode_member_uint(row, "signed", v.signed_n);
		nos_encode_member_time(row, "signed_time", v.signed_time);
	}
	nos_buf_add_char(row, '}');
	return nos_buf_check(row, "row", err);
}
