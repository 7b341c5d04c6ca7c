/* SPDX-License-Identifier: MIT */
#include "keytable/row.h"

#include "json/encode.h"
#include "group/groups.h"

#define ROW_MAX 65536 /* bytes; an enrolment names up to NOS_TOKEN_USES_MAX sources */

void nos_row_init(
    struct nos_row *r, const struct nos_keytable *t, nos_keytable_each *each, void *state)
{
	*r = (struct nos_row){ .t = t, .each = each, .state = state };
	if (t && t->values)
		nos_buf_init_secret(&r->text, ROW_MAX);
	else
		nos_buf_init(&r->text, ROW_MAX);
}

void nos_row_release(struct nos_row *r)
{
	nos_group_release(&r->group);
	nos_buf_release(&r->text);
}

bool nos_row_wants(const struct nos_row *r, unsigned state)
{
	return !r->t || !r->t->states || (r->t->states >> state & 1);
}

struct nos_buf *nos_row_begin(struct nos_row *r)
{
	nos_buf_truncate(&r->text, 0);
	nos_buf_add_char(&r->text, '{');
	return &r->text;
}

enum nos_code nos_row_end(struct nos_row *r, struct nos_err *err)
{
	nos_buf_add_char(&r->text, '}');
	return nos_buf_check(&r->text, "row", err) ? err->code
						   : r->each(r->state, nos_buf_str(&r->text), err);
}

void nos_row_text(struct nos_row *r, const char *name, const char *text)
{
	if (*text)
		nos_encode_member_text(&r->text, name, nos_str_of(text));
}

/* A clock that was set back makes no key younger than new. */
void nos_row_age(struct nos_row *r, struct nos_time since)
{
	const int64_t age_ms = r->t->now.ms - since.ms;

	nos_encode_member_time(&r->text, "age", (struct nos_time){ age_ms > 0 ? age_ms : 0 });
}

void nos_row_value(struct nos_row *r, const struct nos_secret *value)
{
	if (r->t && r->t->values && value->len)
		nos_encode_member_bytes(&r->text, "value", value->bytes, value->len);
}

enum nos_code nos_row_group(struct nos_row *r, struct nos_store *store, uint64_t number,
    const struct nos_group **ret, struct nos_err *err)
{
	const struct nos_vault *vault = r->t && r->t->values ? r->t->vault : NULL;

	*ret = NULL;
	if (number && number != r->group.number &&
	    nos_groups_get(store, vault, number, &r->group, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	if (number)
		*ret = &r->group;
	return NOS_OK;
}
