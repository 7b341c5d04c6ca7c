/* SPDX-License-Identifier: MIT */
#include "registry/token_table.h"

#include <string.h>

#include "json/encode.h"
#include "registry/bearer.h"
#include "registry/groups.h"
#include "registry/token.h"

#define ROW_MAX 65536 /* bytes; an enrolment names up to NOS_TOKEN_USES_MAX sources */

struct rows {
	const struct nos_keytable *t;
	struct nos_store *store;
	nos_keytable_each *each;
	void *state;
	struct nos_buf row;
	struct nos_group group; /* that was read last, without what is secret */
};

static bool is_wanted(const struct rows *r, enum nos_token_state state)
{
	return !r->t->states || (r->t->states >> state & 1);
}

static void member_text(struct nos_buf *b, const char *name, const char *text)
{
	if (*text)
		nos_encode_member_text(b, name, nos_str_of(text));
}

static void begin_row(struct rows *r)
{
	nos_buf_truncate(&r->row, 0);
	nos_buf_add_char(&r->row, '{');
}

static enum nos_code end_row(struct rows *r, struct nos_err *err)
{
	nos_buf_add_char(&r->row, '}');
	return nos_buf_check(&r->row, "row", err) ? err->code
						  : r->each(r->state, nos_buf_str(&r->row), err);
}

/* Its name; empty where there is none of that number. */
static enum nos_code name_group(
    struct rows *r, uint64_t number, const char **ret, struct nos_err *err)
{
	*ret = "";
	if (number && number != r->group.number &&
	    nos_groups_get(r->store, NULL, number, &r->group, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	if (number)
		*ret = r->group.name;
	return NOS_OK;
}

/* ---- enrolments ---- */

static bool is_used_by(const struct nos_token *t, const char *source)
{
	for (size_t i = 0; i < t->use_count; i++)
		if (strcmp(t->uses[i].source, source) == 0)
			return true;
	return false;
}

static void member_sources(struct nos_buf *b, const struct nos_token *t)
{
	if (!t->use_count)
		return;
	nos_encode_member(b, "source");
	if (t->use_count > 1)
		nos_buf_add_char(b, '[');
	for (size_t i = 0; i < t->use_count; i++) {
		if (i)
			nos_buf_add_char(b, ',');
		nos_encode_text(b, nos_str_of(t->uses[i].source));
	}
	if (t->use_count > 1)
		nos_buf_add_char(b, ']');
}

static enum nos_code token_row(void *state, const struct nos_token *token, struct nos_err *err)
{
	struct rows *r = state;
	const enum nos_token_state token_state = nos_token_state_of(token, r->t->now);
	const char *group;

	if (!is_wanted(r, token_state) || (r->t->source && !is_used_by(token, r->t->source)))
		return NOS_OK;
	if (name_group(r, token->group, &group, err))
		return err->code;
	begin_row(r);
	member_text(&r->row, "id", token->id);
	member_text(&r->row, "state", nos_token_state_text(token_state));
	member_text(&r->row, "kind", token->kind);
	member_text(&r->row, "scheme", token->scheme);
	member_text(&r->row, "group", group);
	nos_encode_member_time(&r->row, "expires", token->expires);
	member_sources(&r->row, token);
	member_text(&r->row, "replaces", token->replaces);
	return end_row(r, err);
}

/* ---- bearers ---- */

static enum nos_code bearer_row(void *state, const struct nos_bearer *t, struct nos_err *err)
{
	struct rows *r = state;
	const enum nos_token_state token_state = nos_bearer_state_of(t, r->t->now);

	if (!is_wanted(r, token_state) || (r->t->source && strcmp(r->t->source, t->source) != 0))
		return NOS_OK;
	begin_row(r);
	member_text(&r->row, "id", t->id);
	member_text(&r->row, "state", nos_token_state_text(token_state));
	member_text(&r->row, "kind", t->kind);
	member_text(&r->row, "scheme", NOS_BEARER_SCHEME);
	if (t->expires.ms)
		nos_encode_member_time(&r->row, "expires", t->expires);
	member_text(&r->row, "source", t->source);
	return end_row(r, err);
}

enum nos_code nos_token_table_scan(const struct nos_keytable *t, struct nos_store *store,
    nos_keytable_each *each, void *state, struct nos_err *err)
{
	struct rows r = { .t = t, .store = store, .each = each, .state = state };

	nos_buf_init(&r.row, ROW_MAX);
	if (!nos_token_scan(store, token_row, &r, err))
		(void)!nos_bearer_scan(store, bearer_row, &r, err);
	nos_group_release(&r.group);
	nos_buf_release(&r.row);
	return err->code;
}
