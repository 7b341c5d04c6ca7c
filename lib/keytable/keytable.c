/* SPDX-License-Identifier: MIT */
#include "keytable/keytable.h"

#include <string.h>

#include "base/num.h"
#include "envelope/pack.h"
#include "json/encode.h"
#include "keytable/gt.h"
#include "keytable/kt.h"
#include "registry/registry.h"
#include "keytable/roll.h"
#include "keytable/row.h"
#include "stream/tail.h"
#include "lifecycle/token.h"
#include "keytable/token_table.h"
#include "scheme/place.h"
#include "scheme/scheme.h"

/* A table under way. */
struct rows {
	const struct nos_keytable *t;
	struct nos_store *store;
	struct nos_tail tail; /* what the node saw of sources */
	struct nos_row row;
};

static const char *const words[] = {
	[NOS_KEYTABLE_SOURCES] = "sources",
	[NOS_KEYTABLE_CT] = "ct",
	[NOS_KEYTABLE_GT] = "gt",
	[NOS_KEYTABLE_KT] = "kt",
	[NOS_KEYTABLE_VISITORS] = "visitors",
	[NOS_KEYTABLE_GROUPS] = "groups",
	[NOS_KEYTABLE_TOKENS] = "tokens",
};

const char *nos_keytable_text(enum nos_keytable_which which)
{
	return words[which];
}

bool nos_keytable_parse(struct nos_str word, enum nos_keytable_which *ret)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (nos_str_is(word, words[i])) {
			*ret = (enum nos_keytable_which)i;
			return true;
		}
	return false;
}

bool nos_keytable_state(enum nos_keytable_which which, struct nos_str word, uint32_t *states)
{
	enum nos_state state;

	if (which == NOS_KEYTABLE_GROUPS)
		return false;
	if (which != NOS_KEYTABLE_TOKENS) {
		if (!nos_state_parse(word, &state))
			return false;
		*states |= UINT32_C(1) << state;
		return true;
	}
	for (int i = NOS_TOKEN_OPEN; i <= NOS_TOKEN_EXPOSED; i++)
		if (nos_str_is(word, nos_token_state_text((enum nos_token_state)i))) {
			*states |= UINT32_C(1) << i;
			return true;
		}
	return false;
}

/* Is it known to have the present key of its group? */
static bool has_group_key(const struct nos_record *s, const struct nos_group *group)
{
	return group && nos_group_present(group) && nos_place_is_current(&s->a, group);
}

/* ---- sources ---- */

/* The key that it sends under. */
static void sent_under(
    const struct nos_record *s, const struct nos_group *group, char ret[static NOS_NAME_TEXT_MAX])
{
	const struct nos_scheme *scheme = nos_scheme_find(nos_str_of(s->scheme));
	const bool numbered = scheme && !scheme->grouped;
	const struct nos_assoc_key *key = nos_assoc_active(&s->a, numbered ? scheme->letter : 'p');
	struct nos_name name;

	*ret = '\0';
	if (has_group_key(s, group)) {
		name = nos_group_name(group, nos_group_present(group));
		nos_name_format(&name, ret);
	} else if (key) {
		nos_name_format(&key->name, ret);
	}
}

static enum nos_code source_row(struct rows *r, const struct nos_record *s, struct nos_err *err)
{
	const struct nos_group *group;
	char kid[NOS_NAME_TEXT_MAX];
	const struct nos_track *track;
	struct nos_buf *b;

	if (!nos_row_wants(&r->row, nos_record_state(s)))
		return NOS_OK;
	if (nos_tail_track(&r->tail, s->id, &track, err) ||
	    nos_row_group(&r->row, r->store, s->group, &group, err))
		return err->code;
	sent_under(s, group, kid);
	b = nos_row_begin(&r->row);
	nos_row_text(&r->row, "source", s->id);
	nos_row_text(&r->row, "name", s->name);
	nos_row_text(&r->row, "kind", s->kind);
	nos_row_text(&r->row, "mode", s->mode);
	nos_row_text(&r->row, "scheme", s->scheme);
	nos_row_text(&r->row, "group", group ? group->name : "");
	nos_row_text(&r->row, "key", kid);
	nos_row_text(&r->row, "state", nos_state_text(nos_record_state(s)));
	nos_encode_member_time(b, "registered", s->registered);
	if (track->last_seen.ms)
		nos_encode_member_time(b, "last_seen", track->last_seen);
	if (track->window.top)
		nos_encode_member_uint(b, "seq", track->window.top);
	nos_encode_member_uint(b, "readings", track->readings);
	if (s->roams)
		nos_encode_member_bool(b, "roams", true);
	if (track->path) {
		nos_encode_member(b, "via");
		nos_buf_add_char(b, '[');
		nos_path_encode(b, track->path);
		nos_buf_add_char(b, ']');
	}
	return nos_row_end(&r->row, err);
}

/* ---- keys ---- */

/* A row of ct. */
struct key_row {
	const char *source, *scheme;
	const struct nos_name *name;
	enum nos_state state;
	struct nos_time since;
	uint64_t z, node;
	const struct nos_path *path;	 /* of its source's packs; NULL: not known */
	const struct nos_track_key *use; /* NULL: none yet */
	struct nos_time confirmed;	 /* 0: not yet */
	const struct nos_name *next;	 /* that is to follow it; NULL: none */
	bool counted;			 /* by a node; a source does not count */
	const struct nos_secret *value;
};

static enum nos_code key_row(struct rows *r, const struct key_row *k, struct nos_err *err)
{
	const struct nos_scheme *scheme = nos_scheme_of(k->name->kind);
	char kid[NOS_NAME_TEXT_MAX];
	struct nos_buf *b;

	if (!nos_row_wants(&r->row, k->state))
		return NOS_OK;
	nos_name_format(k->name, kid);
	b = nos_row_begin(&r->row);
	nos_row_text(&r->row, "source", k->source);
	nos_row_text(&r->row, "key", kid);
	nos_row_text(&r->row, "scheme", scheme ? scheme->name : k->scheme);
	nos_row_text(&r->row, "state", nos_state_text(k->state));
	nos_encode_member_uint(b, "generation", k->z);
	nos_encode_member_uint(b, "bits", NOS_PACK_BITS);
	nos_row_age(&r->row, k->since);
	if (k->counted)
		nos_encode_member_uint(b, "uses", k->use ? k->use->uses : 0);
	if (k->confirmed.ms)
		nos_encode_member_time(b, "confirmed", k->confirmed);
	if (k->next) {
		nos_name_format(k->next, kid);
		nos_row_text(&r->row, "next", kid);
	}
	nos_encode_member(b, "path");
	nos_buf_add_char(b, '[');
	nos_encode_text(b, nos_str_of(k->source));
	if (k->path)
		nos_path_encode(b, k->path);
	nos_encode_comma(b);
	nos_num_format(b, (double)k->node, 0);
	nos_buf_add_char(b, ']');
	nos_row_value(&r->row, k->value);
	return nos_row_end(&r->row, err);
}

static enum nos_code assoc_row(struct rows *r, const struct nos_record *s,
    const struct nos_track *track, const struct nos_assoc_key *key, uint64_t z, struct nos_err *err)
{
	const struct nos_assoc_key *next = nos_assoc_next(&s->a, key->name.kind);
	const struct nos_track_key *use = nos_track_key(track, &key->name);
	const struct key_row row = { .source = s->id,
		.scheme = s->scheme,
		.name = &key->name,
		.state = key->state,
		.since = key->since,
		.z = z,
		.node = r->t->node,
		.path = track->path,
		.use = use,
		/* The first key needs no word of its source's: it is confirmed by its first use. */
		.confirmed = key->confirmed.ms || !use ? key->confirmed : use->confirmed,
		.next = next && next != key && key->state == NOS_STATE_ACTIVE ? &next->name : NULL,
		.counted = true,
		.value = &key->value };

	return key_row(r, &row, err);
}

/* The key that it shares with its group, where it has that. */
static enum nos_code group_key_row(struct rows *r, const struct nos_record *s,
    const struct nos_track *track, const struct nos_group *group, struct nos_err *err)
{
	const struct nos_group_key *key = group ? nos_group_present(group) : NULL;
	struct nos_name name;

	if (!has_group_key(s, group))
		return NOS_OK;
	name = nos_group_name(group, key);
	return key_row(r,
	    &(struct key_row){ .source = s->id,
		.scheme = s->scheme,
		.name = &name,
		.state = NOS_STATE_ACTIVE,
		.since = key->since,
		.z = s->a.base.z,
		.node = r->t->node,
		.path = track->path,
		.use = nos_track_key(track, &name),
		.counted = true,
		.value = &key->value },
	    err);
}

static enum nos_code key_rows(struct rows *r, const struct nos_record *s, struct nos_err *err)
{
	const struct nos_group *group;
	const struct nos_track *track;

	if (nos_tail_track(&r->tail, s->id, &track, err) ||
	    nos_row_group(&r->row, r->store, s->group, &group, err) ||
	    group_key_row(r, s, track, group, err))
		return err->code;
	for (size_t i = 0; i < s->a.key_count; i++)
		if (assoc_row(r, s, track, &s->a.keys[i], s->a.base.z, err))
			return err->code;
	return s->a.offer.is ? assoc_row(r, s, track, &s->a.offer.key, s->a.offer.base.z, err)
			     : NOS_OK;
}

enum nos_code nos_keytable_keyring(const struct nos_keytable *t, const struct nos_keyring *keyring,
    nos_keytable_each *each, void *state, struct nos_err *err)
{
	struct rows r = { .t = t };

	if (t->which == NOS_KEYTABLE_GT)
		return nos_gt_keyring(t, keyring, each, state, err);
	if (t->which == NOS_KEYTABLE_GROUPS)
		return nos_roll_keyring(t, keyring, each, state, err);
	nos_row_init(&r.row, t, each, state);
	for (size_t i = 0; !err->code && i < keyring->key_count; i++) {
		const struct nos_keyring_key *key = &keyring->keys[i];
		const struct key_row row = { .source = keyring->source,
			.scheme = keyring->scheme,
			.name = &key->name,
			.state = key->state,
			.since = key->since,
			.z = keyring->z,
			.node = keyring->node,
			.value = &key->value };

		(void)!key_row(&r, &row, err);
	}
	nos_row_release(&r.row);
	return err->code;
}

/* ---- a table ---- */

static enum nos_code rows_of(struct rows *r, const struct nos_record *s, struct nos_err *err)
{
	return r->t->which == NOS_KEYTABLE_SOURCES ? source_row(r, s, err) : key_rows(r, s, err);
}

static enum nos_code rows_by_id(struct rows *r, const char *id, struct nos_err *err)
{
	const struct nos_vault *vault = r->t->values ? r->t->vault : NULL;
	NOS_AUTO(record) s = { 0 };

	return nos_registry_get(r->store, vault, nos_str_of(id), &s, err) ? err->code
									  : rows_of(r, &s, err);
}

/* A scan opens no value. */
static enum nos_code each_source(void *state, const struct nos_record *s, struct nos_err *err)
{
	struct rows *r = state;

	return r->t->values ? rows_by_id(r, s->id, err) : rows_of(r, s, err);
}

static enum nos_code scan_sources(struct rows *r, struct nos_err *err)
{
	if (nos_tail_read(&r->tail, err))
		return err->code;
	return r->t->source ? rows_by_id(r, r->t->source, err)
			    : nos_registry_scan(r->store, each_source, r, err);
}

enum nos_code nos_keytable_scan(const struct nos_keytable *t, struct nos_store *store,
    nos_keytable_each *each, void *state, struct nos_err *err)
{
	struct rows r = { .t = t,
		.store = store,
		.tail = { .store = store,
		    .source = t->source,
		    .readings = t->which == NOS_KEYTABLE_SOURCES } };
	enum nos_code code;

	if (t->which == NOS_KEYTABLE_GT)
		return nos_gt_scan(t, store, each, state, err);
	if (t->which == NOS_KEYTABLE_KT || t->which == NOS_KEYTABLE_VISITORS)
		return nos_kt_scan(t, store, each, state, err);
	if (t->which == NOS_KEYTABLE_GROUPS)
		return nos_roll_scan(t, store, each, state, err);
	if (t->which == NOS_KEYTABLE_TOKENS)
		return nos_token_table_scan(t, store, each, state, err);
	nos_row_init(&r.row, t, each, state);
	code = scan_sources(&r, err);
	nos_tail_release(&r.tail);
	nos_row_release(&r.row);
	return code;
}
