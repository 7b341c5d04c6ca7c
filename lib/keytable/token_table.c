/* SPDX-License-Identifier: MIT */
#include "keytable/token_table.h"

#include <string.h>

#include "json/encode.h"
#include "lifecycle/bearer.h"
#include "keytable/row.h"
#include "lifecycle/token.h"

struct rows {
	const struct nos_keytable *t;
	struct nos_store *store;
	struct nos_row row;
};

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
	const struct nos_group *group;

	if (!nos_row_wants(&r->row, token_state) ||
	    (r->t->source && !is_used_by(token, r->t->source)))
		return NOS_OK;
	if (nos_row_group(&r->row, r->store, token->group, &group, err))
		return err->code;
	nos_row_begin(&r->row);
	nos_row_text(&r->row, "id", token->id);
	nos_row_text(&r->row, "state", nos_token_state_text(token_state));
	nos_row_text(&r->row, "kind", token->kind);
	nos_row_text(&r->row, "scheme", token->scheme);
	nos_row_text(&r->row, "group", group ? group->name : "");
	nos_encode_member_time(&r->row.text, "expires", token->expires);
	member_sources(&r->row.text, token);
	nos_row_text(&r->row, "replaces", token->replaces);
	return nos_row_end(&r->row, err);
}

/* ---- bearers ---- */

static enum nos_code bearer_row(void *state, const struct nos_bearer *t, struct nos_err *err)
{
	struct rows *r = state;
	const enum nos_token_state token_state = nos_bearer_state_of(t, r->t->now);

	if (!nos_row_wants(&r->row, token_state) ||
	    (r->t->source && strcmp(r->t->source, t->source) != 0))
		return NOS_OK;
	nos_row_begin(&r->row);
	nos_row_text(&r->row, "id", t->id);
	nos_row_text(&r->row, "state", nos_token_state_text(token_state));
	nos_row_text(&r->row, "kind", t->kind);
	nos_row_text(&r->row, "scheme", NOS_BEARER_SCHEME);
	if (t->expires.ms)
		nos_encode_member_time(&r->row.text, "expires", t->expires);
	nos_row_text(&r->row, "source", t->source);
	return nos_row_end(&r->row, err);
}

enum nos_code nos_token_table_scan(const struct nos_keytable *t, struct nos_store *store,
    nos_keytable_each *each, void *state, struct nos_err *err)
{
	struct rows r = { .t = t, .store = store };

	nos_row_init(&r.row, t, each, state);
	if (!nos_token_scan(store, token_row, &r, err))
		(void)!nos_bearer_scan(store, bearer_row, &r, err);
	nos_row_release(&r.row);
	return err->code;
}
