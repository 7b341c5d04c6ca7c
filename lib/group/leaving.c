/* SPDX-License-Identifier: MIT */
#include "group/leaving.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"
#include "group/grove.h"
#include "registry/registry.h"
#include "self/spaces.h"

#define VERSION	 1
#define KEY_MAX	 64
#define EPOCH	 "epoch" /* in place of a leaf: one is waited for */
#define TEXT_MAX 256

static struct nos_str key_of(uint64_t group, uint32_t leaf, char space[static KEY_MAX])
{
	snprintf(space, KEY_MAX, "%" PRIu64 "/%" PRIu32, group, leaf);
	return nos_str_of(space);
}

enum nos_code nos_leaving_note(struct nos_store *store, const struct nos_assoc_place *place,
    const char *source, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	char space[KEY_MAX];
	uint64_t rev;

	nos_buf_init(&text, TEXT_MAX);
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	nos_encode_member_uint(&text, "life", place->life);
	nos_encode_member_text(&text, "source", nos_str_of(source));
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "who leaves", err))
		return err->code;
	return nos_store_put(store, NOS_LEAVING_NS, key_of(place->group, place->leaf, space),
	    nos_buf_str(&text), NOS_STORE_ANY, &rev, err);
}

enum nos_code nos_leaving_done(
    struct nos_store *store, uint64_t group, uint32_t leaf, struct nos_err *err)
{
	char space[KEY_MAX];

	if (nos_store_del(store, NOS_LEAVING_NS, key_of(group, leaf, space), NOS_STORE_ANY, err) ==
	    NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

static struct nos_str epoch_key(uint64_t group, char space[static KEY_MAX])
{
	snprintf(space, KEY_MAX, "%" PRIu64 "/" EPOCH, group);
	return nos_str_of(space);
}

enum nos_code nos_leaving_want_epoch(struct nos_store *store, uint64_t group, struct nos_err *err)
{
	char space[KEY_MAX];
	uint64_t rev;

	return nos_store_put(store, NOS_LEAVING_NS, epoch_key(group, space), NOS_STR("{\"v\":1}"),
	    NOS_STORE_ANY, &rev, err);
}

/* ---- the first of them ---- */

struct leaver {
	bool is;
	bool epoch; /* nobody goes: the next epoch is to begin */
	uint64_t group, life;
	uint32_t leaf;
	char source[NOS_RECORD_ID_MAX];
};

static enum nos_code decode(struct nos_str text, struct leaver *ret, struct nos_err *err)
{
	struct nos_scan scan = { 0 };
	struct nos_decode d;

	if (!nos_decode_object(&scan, text, "store: who leaves", &d, err) &&
	    !nos_decode_version(&d, VERSION, "store: who leaves", err) &&
	    !nos_decode_uint(&d, "life", 1, NOS_NUM_SAFE - 1, &ret->life, err))
		(void)!nos_decode_copy(&d, "source", false, ret->source, sizeof(ret->source), err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

static enum nos_code see_first(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct leaver *l = state;
	struct nos_str rest = key, group, leaf;
	uint64_t number;

	(void)rev;
	if (!nos_str_cut(&rest, '/', &group) || !nos_str_cut(&rest, '/', &leaf) ||
	    !nos_num_parse(group, 1, NOS_NUM_SAFE - 1, &l->group))
		return nos_err_set(err, NOS_IO, "store: the name of who leaves is damaged");
	l->epoch = nos_str_is(leaf, EPOCH);
	if (l->epoch) {
		l->is = true;
		return nos_err_set(err, NOS_BUSY, "seen enough");
	}
	if (!nos_num_parse(leaf, 0, UINT32_MAX, &number))
		return nos_err_set(err, NOS_IO, "store: the name of who leaves is damaged");
	if (decode(value, l, err))
		return err->code;
	l->leaf = (uint32_t)number;
	l->is = true;
	return nos_err_set(err, NOS_BUSY, "seen enough");
}

static enum nos_code find(struct nos_store *store, struct leaver *ret, struct nos_err *err)
{
	*ret = (struct leaver){ 0 };
	if (nos_store_scan(store, NOS_LEAVING_NS, NOS_STR(""), see_first, ret, err) && ret->is)
		nos_err_clear(err);
	return err->code;
}

/* The change that the note went before may have come to nothing. */
static enum nos_code is_there(
    struct nos_store *store, const struct leaver *l, bool *ret, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };

	*ret = false;
	if (nos_registry_get(store, NULL, nos_str_of(l->source), &r, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	*ret = !r.a.revoked && r.a.place.group == l->group && r.a.place.leaf == l->leaf &&
	       r.a.place.life == l->life;
	return NOS_OK;
}

/* Whoever is waiting then finds a leaf; where another epoch has begun meanwhile, one has it
 * already. */
static enum nos_code begin_epoch(struct nos_turn *t, struct nos_group *g, struct nos_err *err)
{
	const struct nos_grove tree = { t->store, t->vault, g };
	char space[KEY_MAX];
	bool barred;

	if (nos_grove_is_barred(&tree, &barred, err) || (barred && nos_turn_heal(t, g, err)))
		return err->code;
	if (nos_store_del(t->store, NOS_LEAVING_NS, epoch_key(g->number, space), NOS_STORE_ANY,
		err) == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

static enum nos_code put_out(
    struct nos_turn *t, struct nos_group *g, const struct leaver *l, struct nos_err *err)
{
	bool there;

	if (is_there(t->store, l, &there, err))
		return err->code;
	if (there || g->life != l->life)
		return nos_leaving_done(t->store, l->group, l->leaf, err);
	return nos_turn_evict(t, g, l->leaf, l->source, err);
}

/* A group that is not there has nobody. */
static enum nos_code drop_note(struct nos_turn *t, const struct leaver *l, struct nos_err *err)
{
	char space[KEY_MAX];
	const struct nos_str key =
	    l->epoch ? epoch_key(l->group, space) : key_of(l->group, l->leaf, space);

	nos_err_clear(err);
	if (nos_store_del(t->store, NOS_LEAVING_NS, key, NOS_STORE_ANY, err) == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

enum nos_code nos_leaving_step(struct nos_turn *t, bool *ret_did, struct nos_err *err)
{
	NOS_AUTO(group) g = { 0 };
	struct leaver l;

	*ret_did = false;
	if (find(t->store, &l, err) || !l.is)
		return err->code;
	*ret_did = true;
	if (nos_groups_get(t->store, t->vault, l.group, &g, err))
		return err->code == NOS_ABSENT ? drop_note(t, &l, err) : err->code;
	if (g.turning)
		return nos_turn_finish(t, &g, err);
	return l.epoch ? begin_epoch(t, &g, err) : put_out(t, &g, &l, err);
}
