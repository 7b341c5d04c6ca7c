/* SPDX-License-Identifier: MIT */
#include "group/groups.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "crypto/random.h"
#include "group/groups_text.h"

#define NAME	 "name/"
#define KEY_MAX	 (sizeof(NAME) + NOS_NAME_WORD_MAX)
#define TEXT_MAX NOS_GROUPS_TEXT_MAX

static struct nos_str number_key(uint64_t number, char space[static KEY_MAX])
{
	snprintf(space, KEY_MAX, "%" PRIu64, number);
	return nos_str_of(space);
}

static struct nos_str name_key(struct nos_str name, char space[static KEY_MAX])
{
	snprintf(space, KEY_MAX, NAME "%.*s", NOS_STR_ARG(name));
	return nos_str_of(space);
}

/* ---- in ---- */

static enum nos_code get_text(struct nos_store *store, uint64_t number, struct nos_buf *text,
    uint64_t *ret_rev, struct nos_err *err)
{
	char space[KEY_MAX];

	nos_buf_init(text, TEXT_MAX);
	if (nos_store_get(store, NOS_GROUPS_NS, number_key(number, space), text, ret_rev, err) ==
	    NOS_ABSENT)
		nos_err_set(err, NOS_ABSENT, "no group of number %" PRIu64, number);
	return err->code;
}

enum nos_code nos_groups_get(struct nos_store *store, const struct nos_vault *vault,
    uint64_t number, struct nos_group *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	*ret = (struct nos_group){ 0 };
	if (get_text(store, number, &text, &rev, err) ||
	    nos_groups_text_decode(number, nos_buf_str(&text), vault, ret, err))
		return err->code;
	ret->rev = rev;
	return NOS_OK;
}

enum nos_code nos_groups_find(struct nos_store *store, const struct nos_vault *vault,
    struct nos_str name, struct nos_group *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	char space[KEY_MAX];
	uint64_t rev, number;

	*ret = (struct nos_group){ 0 };
	nos_buf_init(&text, 64);
	if (!nos_name_is_word(name) || nos_store_get(store, NOS_GROUPS_NS, name_key(name, space),
					   &text, &rev, err) == NOS_ABSENT)
		return nos_err_set(err, NOS_ABSENT, "no group '%.*s'", NOS_STR_ARG(name));
	if (err->code)
		return err->code;
	if (!nos_num_parse(nos_buf_str(&text), 1, NOS_NUM_SAFE - 1, &number))
		return nos_err_set(err, NOS_IO, "store: the number of a group is damaged");
	return nos_groups_get(store, vault, number, ret, err);
}

enum nos_code nos_groups_rev(
    struct nos_store *store, uint64_t number, uint64_t *ret, struct nos_err *err)
{
	char space[KEY_MAX];

	*ret = 0;
	if (nos_store_get(store, NOS_GROUPS_NS, number_key(number, space), NULL, ret, err) ==
	    NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

enum nos_code nos_groups_order(
    struct nos_store *store, uint64_t number, struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	if (get_text(store, number, &text, &rev, err))
		return err->code;
	return nos_groups_text_order(nos_buf_str(&text), ret, err);
}

/* ---- out ---- */

enum nos_code nos_groups_put(struct nos_store *store, const struct nos_vault *vault,
    struct nos_group *g, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	char space[KEY_MAX];

	nos_buf_init(&text, TEXT_MAX);
	if (nos_groups_text_encode(&text, g, vault, err))
		return err->code;
	return nos_store_put(store, NOS_GROUPS_NS, number_key(g->number, space), nos_buf_str(&text),
	    g->rev, &g->rev, err);
}

/* ---- all of them ---- */

struct scan {
	const struct nos_vault *vault;
	nos_groups_each *each;
	nos_groups_each_rev *each_rev;
	void *state;
};

static enum nos_code scan_one(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	const struct scan *s = state;
	NOS_AUTO(group) g = { 0 };
	uint64_t number;

	if (!nos_num_parse(key, 1, NOS_NUM_SAFE - 1, &number))
		return NOS_OK; /* a name */
	if (s->each_rev)
		return s->each_rev(s->state, number, rev, err);
	if (nos_groups_text_decode(number, value, s->vault, &g, err))
		return err->code;
	g.rev = rev;
	return s->each(s->state, &g, err);
}

enum nos_code nos_groups_scan(struct nos_store *store, const struct nos_vault *vault,
    nos_groups_each *each, void *state, struct nos_err *err)
{
	struct scan s = { .vault = vault, .each = each, .state = state };

	return nos_store_scan(store, NOS_GROUPS_NS, NOS_STR(""), scan_one, &s, err);
}

enum nos_code nos_groups_scan_revs(
    struct nos_store *store, nos_groups_each_rev *each, void *state, struct nos_err *err)
{
	struct scan s = { .each_rev = each, .state = state };

	return nos_store_scan(store, NOS_GROUPS_NS, NOS_STR(""), scan_one, &s, err);
}

/* ---- its tokens ---- */

/* Another chain of them, behind where the group stands. */
static enum nos_code draw_chain(struct nos_store *store, const struct nos_vault *vault,
    struct nos_group *g, uint64_t node, struct nos_group_chain *c, struct nos_err *err)
{
	uint8_t last[NOS_SESSION_TOKEN_LEN];
	NOS_AUTO(buf) text = { 0 };
	char space[KEY_MAX];
	uint64_t rev;

	nos_buf_init(&text, TEXT_MAX);
	g->chain = g->clock.t;
	if (nos_random_bytes(last, sizeof(last), err) ||
	    nos_group_chain_make(c, node, g->number, g->chain, NOS_SESSION_CHAIN_MAX, last, err) ||
	    nos_groups_text_chain_encode(&text, g->number, c, vault, err))
		return err->code;
	explicit_bzero(last, sizeof(last));
	return nos_store_put(store, NOS_GROUPS_CHAINS_NS, number_key(g->number, space),
	    nos_buf_str(&text), NOS_STORE_ANY, &rev, err);
}

enum nos_code nos_groups_token(struct nos_store *store, const struct nos_vault *vault,
    struct nos_group *g, uint64_t node, uint8_t ret[static NOS_SESSION_TOKEN_LEN],
    struct nos_err *err)
{
	NOS_AUTO(group_chain) c = { 0 };
	NOS_AUTO(buf) text = { 0 };
	char space[KEY_MAX];
	uint64_t rev;

	nos_buf_init(&text, TEXT_MAX);
	if (nos_store_get(store, NOS_GROUPS_CHAINS_NS, number_key(g->number, space), &text, &rev,
		err) == NOS_ABSENT)
		nos_err_clear(err); /* none was drawn in this life */
	else if (err->code ||
		 nos_groups_text_chain_decode(g->number, nos_buf_str(&text), vault, &c, err))
		return err->code;
	/* Those of another's change that came to nothing stand behind another t. */
	if ((!c.last || c.base != g->chain || g->clock.t == c.last) &&
	    draw_chain(store, vault, g, node, &c, err))
		return err->code;
	return nos_group_chain_token(&c, node, g->number, g->clock.t + 1, ret, err);
}

/* ---- making ---- */

/* All of it in a life of the node; tokens are drawn with the first order. */
static enum nos_code begin(struct nos_store *store, struct nos_group *g, uint64_t life,
    struct nos_time now, struct nos_err *err)
{
	uint8_t a[NOS_GROUP_A_LEN];
	char space[KEY_MAX];

	g->life = life;
	g->clock.group = g->number;
	g->clock.epoch = (life - 1) << NOS_GROUPS_EPOCH_LIFE;
	g->began = g->clock.t;
	g->since = now;
	g->how = NOS_GROUP_MADE;
	g->turning = false;
	g->broadcast_len = 0;
	g->key_count = 0;
	nos_secret_release(&g->secret);
	explicit_bzero(g->keys, sizeof(g->keys));
	explicit_bzero(g->token, sizeof(g->token));
	g->chain = g->clock.t;
	if (!nos_group_has_clock(g))
		return NOS_OK;
	if (nos_random_bytes(a, sizeof(a), err))
		return err->code;
	nos_secret_put(&g->clock.a, a, sizeof(a));
	explicit_bzero(a, sizeof(a));
	if (nos_store_del(store, NOS_GROUPS_CHAINS_NS, number_key(g->number, space), NOS_STORE_ANY,
		err) == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

static enum nos_code see_number(void *state, uint64_t number, uint64_t rev, struct nos_err *err)
{
	uint64_t *highest = state;

	(void)rev, (void)err;
	if (number > *highest)
		*highest = number;
	return NOS_OK;
}

enum nos_code nos_groups_make(struct nos_store *store, const struct nos_vault *vault,
    struct nos_group *g, uint64_t life, struct nos_time now, struct nos_err *err)
{
	char name[KEY_MAX], number[KEY_MAX];
	uint64_t highest = 0, rev;

	if (nos_groups_scan_revs(store, see_number, &highest, err))
		return err->code;
	g->number = highest + 1;
	g->made = now;
	g->rev = NOS_STORE_NEW;
	if (begin(store, g, life, now, err) || nos_groups_put(store, vault, g, err))
		return err->code;
	return nos_store_put(store, NOS_GROUPS_NS, name_key(nos_str_of(g->name), name),
	    number_key(g->number, number), NOS_STORE_NEW, &rev, err);
}

enum nos_code nos_groups_renew(struct nos_store *store, struct nos_group *g, uint64_t life,
    struct nos_time now, struct nos_err *err)
{
	return begin(store, g, life, now, err);
}
