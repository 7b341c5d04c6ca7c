/* SPDX-License-Identifier: MIT */
#include "keytable/kt.h"

#include "json/encode.h"
#include "keytable/row.h"
#include "stream/tail.h"
#include "roam/visit.h"

/* A table under way. */
struct table {
	const struct nos_keytable *t;
	struct nos_store *store;
	struct nos_tail tail;
	struct nos_row row;
};

static enum nos_code show(struct table *k, const struct nos_visit *v, const struct nos_track *track,
    const struct nos_visit_key *key, struct nos_err *err)
{
	const bool good = k->t->now.ms < key->expires.ms;
	const enum nos_state state = good ? NOS_STATE_ACTIVE : NOS_STATE_DEACTIVATED;
	const struct nos_name name = nos_roam_name(v->home, key->day);
	const struct nos_track_key *use = nos_track_key(track, &name);
	char kid[NOS_NAME_TEXT_MAX];
	struct nos_buf *b;

	if (!nos_row_wants(&k->row, state))
		return NOS_OK;
	nos_name_format(&name, kid);
	b = nos_row_begin(&k->row);
	nos_row_text(&k->row, "source", v->id);
	nos_encode_member_uint(b, "home", v->home);
	nos_row_text(&k->row, "key", kid);
	nos_row_text(&k->row, "state", nos_state_text(state));
	nos_row_age(&k->row, nos_roam_since(key->day));
	nos_encode_member_time(b, "expires", key->expires);
	nos_encode_member_uint(b, "uses", use ? use->uses : 0);
	nos_row_value(&k->row, &key->value);
	return nos_row_end(&k->row, err);
}

/* A visitor with a key that holds is active; one that the operator put out is compromised, as a
 * source is that was revoked. */
static enum nos_code show_visitor(
    struct table *k, const struct nos_visit *v, const struct nos_track *track, struct nos_err *err)
{
	enum nos_state state = v->refused.ms ? NOS_STATE_COMPROMISED : NOS_STATE_DEACTIVATED;
	struct nos_time until = v->refused;
	struct nos_buf *b;

	for (size_t i = 0; i < v->key_count; i++)
		if (v->keys[i].expires.ms > until.ms)
			until = v->keys[i].expires;
	if (!v->refused.ms && k->t->now.ms < until.ms)
		state = NOS_STATE_ACTIVE;
	if (!nos_row_wants(&k->row, state))
		return NOS_OK;
	b = nos_row_begin(&k->row);
	nos_row_text(&k->row, "source", v->id);
	nos_encode_member_uint(b, "home", v->home);
	nos_row_text(&k->row, "kind", v->kind);
	nos_row_text(&k->row, "state", nos_state_text(state));
	nos_encode_member_time(b, "until", until);
	if (track->last_seen.ms)
		nos_encode_member_time(b, "last_seen", track->last_seen);
	if (track->window.top)
		nos_encode_member_uint(b, "seq", track->window.top);
	nos_encode_member_uint(b, "readings", track->readings);
	return nos_row_end(&k->row, err);
}

static enum nos_code show_all(struct table *k, const struct nos_visit *v, struct nos_err *err)
{
	const struct nos_track *track;

	if (nos_tail_track(&k->tail, v->id, &track, err))
		return err->code;
	if (k->t->which == NOS_KEYTABLE_VISITORS)
		return show_visitor(k, v, track, err);
	for (size_t i = 0; i < v->key_count; i++)
		if (show(k, v, track, &v->keys[i], err))
			return err->code;
	return NOS_OK;
}

static enum nos_code show_by_id(struct table *k, const char *id, struct nos_err *err)
{
	const struct nos_vault *vault = k->t->values ? k->t->vault : NULL;
	NOS_AUTO(visit) v = { 0 };

	return nos_visit_get(k->store, vault, nos_str_of(id), &v, err) ? err->code
								       : show_all(k, &v, err);
}

/* A scan opens no value. */
static enum nos_code each_visit(void *state, const struct nos_visit *v, struct nos_err *err)
{
	struct table *k = state;

	return k->t->values ? show_by_id(k, v->id, err) : show_all(k, v, err);
}

enum nos_code nos_kt_scan(const struct nos_keytable *t, struct nos_store *store,
    nos_keytable_each *each, void *state, struct nos_err *err)
{
	struct table k = { .t = t,
		.store = store,
		.tail = { .store = store,
		    .source = t->source,
		    .readings = t->which == NOS_KEYTABLE_VISITORS } };

	nos_row_init(&k.row, t, each, state);
	if (!nos_tail_read(&k.tail, err))
		(void)!(t->source ? show_by_id(&k, t->source, err)
				  : nos_visit_scan(store, each_visit, &k, err));
	nos_tail_release(&k.tail);
	nos_row_release(&k.row);
	return err->code;
}
