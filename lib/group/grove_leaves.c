/* SPDX-License-Identifier: MIT */
/* Which leaves of a group's tree are free, for group/grove.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"
#include "group/grove.h"
#include "group/grove_page.h"

#define VERSION	 1
#define KEY_MAX	 NOS_GROVE_PAGE_KEY_MAX
#define TEXT_MAX 256

/* next: the first that was never given. Of another life all are free. */
struct count {
	uint64_t next, members, rev;
};

static struct nos_str group_key(const struct nos_group *g, char space[static KEY_MAX])
{
	snprintf(space, KEY_MAX, "%" PRIu64, g->number);
	return nos_str_of(space);
}

static enum nos_code decode(
    const struct nos_decode *d, const struct nos_group *g, struct count *ret, struct nos_err *err)
{
	uint64_t life, next, members;

	if (nos_decode_version(d, VERSION, "store: leaves", err) ||
	    nos_decode_uint(d, "life", 1, NOS_NUM_SAFE - 1, &life, err) ||
	    nos_decode_uint(d, "next", 0, UINT64_C(1) << NOS_LKH_DEPTH_MAX, &next, err) ||
	    nos_decode_uint(d, "members", 0, UINT64_C(1) << NOS_LKH_DEPTH_MAX, &members, err))
		return err->code;
	if (life == g->life) {
		ret->next = next;
		ret->members = members;
	}
	return NOS_OK;
}

static enum nos_code get(const struct nos_grove *v, struct count *ret, struct nos_err *err)
{
	struct nos_scan scan = { 0 };
	NOS_AUTO(buf) text = { 0 };
	char space[KEY_MAX];
	struct nos_decode d;

	*ret = (struct count){ .rev = NOS_STORE_NEW };
	nos_buf_init(&text, TEXT_MAX);
	if (nos_store_get(
		v->store, NOS_GROVE_LEAVES_NS, group_key(v->group, space), &text, &ret->rev, err)) {
		if (err->code != NOS_ABSENT)
			return err->code;
		nos_err_clear(err);
		ret->rev = NOS_STORE_NEW;
		return NOS_OK;
	}
	if (!nos_decode_object(&scan, nos_buf_str(&text), "store: leaves", &d, err))
		(void)!decode(&d, v->group, ret, err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

static enum nos_code put(const struct nos_grove *v, struct count *c, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	char space[KEY_MAX];

	nos_buf_init(&text, TEXT_MAX);
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	nos_encode_member_uint(&text, "life", v->group->life);
	nos_encode_member_uint(&text, "next", c->next);
	nos_encode_member_uint(&text, "members", c->members);
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "leaves", err))
		return err->code;
	return nos_store_put(v->store, NOS_GROVE_LEAVES_NS, group_key(v->group, space),
	    nos_buf_str(&text), c->rev, &c->rev, err);
}

/* ---- those that were given back ---- */

struct search {
	uint64_t epoch; /* in which none is given that was put out in it */
	bool found;
	bool barred; /* one was seen that is free from the next epoch on */
	char key[KEY_MAX];
	uint32_t leaf;
};

static bool epoch_of(struct nos_str text, uint64_t *ret)
{
	return nos_num_parse(text, 0, NOS_NUM_SAFE - 1, ret);
}

static enum nos_code see_free(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct search *s = state;
	struct nos_str rest = key, part = { 0 };
	uint64_t leaf, epoch;

	(void)rev;
	while (nos_str_cut(&rest, '/', &part))
		;
	if (!epoch_of(value, &epoch) || !nos_num_parse(part, 0, UINT32_MAX, &leaf) ||
	    !nos_str_copy(key, s->key, sizeof(s->key)))
		return nos_err_set(err, NOS_IO, "store: a free leaf is damaged");
	s->barred |= epoch == s->epoch;
	if (epoch == s->epoch)
		return NOS_OK;
	s->found = true;
	s->leaf = (uint32_t)leaf;
	return nos_err_set(err, NOS_BUSY, "found");
}

static enum nos_code find_free(const struct nos_grove *v, struct search *ret, struct nos_err *err)
{
	char space[KEY_MAX];

	*ret = (struct search){ .epoch = v->group->clock.epoch };
	if (nos_store_scan(v->store, NOS_GROVE_FREE_NS, nos_grove_page_prefix(v->group, space),
		see_free, ret, err) &&
	    ret->found)
		nos_err_clear(err);
	return err->code;
}

/* The count is put first: whatever comes between, no leaf is lost. */
enum nos_code nos_grove_take(const struct nos_grove *v, uint32_t *ret_leaf, struct nos_err *err)
{
	const uint64_t all = UINT64_C(1) << v->group->depth;
	struct search s;
	struct count c;

	if (find_free(v, &s, err) || get(v, &c, err))
		return err->code;
	if (!s.found && c.next == all && s.barred)
		return nos_err_set(err, NOS_BUSY,
		    "the group '%s' has a leaf that is free from its next epoch on",
		    v->group->name);
	if (!s.found && c.next == all)
		return nos_err_set(err, NOS_LARGE, "the group '%s' is full: %" PRIu64 " members",
		    v->group->name, c.members);
	*ret_leaf = s.found ? s.leaf : (uint32_t)c.next++;
	c.members++;
	if (put(v, &c, err) || !s.found)
		return err->code;
	if (nos_store_del(v->store, NOS_GROVE_FREE_NS, nos_str_of(s.key), NOS_STORE_ANY, err) ==
	    NOS_ABSENT)
		return nos_err_set(err, NOS_EXISTS, "another took the leaf");
	return err->code;
}

enum nos_code nos_grove_is_barred(const struct nos_grove *v, bool *ret, struct nos_err *err)
{
	struct search s;
	struct count c;

	if (find_free(v, &s, err) || get(v, &c, err))
		return err->code;
	*ret = !s.found && s.barred && c.next == UINT64_C(1) << v->group->depth;
	return NOS_OK;
}

enum nos_code nos_grove_free(const struct nos_grove *v, uint32_t leaf, struct nos_err *err)
{
	char space[KEY_MAX], key[KEY_MAX + 16], epoch[32];
	struct count c;
	uint64_t rev;

	nos_grove_page_prefix(v->group, space);
	snprintf(key, sizeof(key), "%s/%" PRIu32, space, leaf);
	snprintf(epoch, sizeof(epoch), "%" PRIu64, v->group->clock.epoch);
	if (nos_store_put(v->store, NOS_GROVE_FREE_NS, nos_str_of(key), nos_str_of(epoch),
		NOS_STORE_NEW, &rev, err)) {
		if (err->code == NOS_EXISTS)
			nos_err_clear(err);
		return err->code;
	}
	if (get(v, &c, err))
		return err->code;
	if (c.members)
		c.members--;
	return put(v, &c, err);
}

enum nos_code nos_grove_members(const struct nos_grove *v, uint64_t *ret, struct nos_err *err)
{
	struct count c;

	if (get(v, &c, err))
		return err->code;
	*ret = c.members;
	return NOS_OK;
}

/* ---- lives that are over ---- */

struct clearing {
	const struct nos_group *group;
	char own[KEY_MAX]; /* prefix of the present life */
	char (*keys)[KEY_MAX];
	size_t most, count;
	bool enough;
};

static enum nos_code see_old(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct clearing *c = state;
	const size_t len = strlen(c->own);

	(void)value, (void)rev;
	if (key.len > len && memcmp(key.p, c->own, len) == 0 && key.p[len] == '/')
		return NOS_OK;
	if (c->count == c->most) {
		c->enough = true;
		return nos_err_set(err, NOS_BUSY, "seen enough");
	}
	if (nos_str_copy(key, c->keys[c->count], KEY_MAX))
		c->count++;
	return NOS_OK;
}

static enum nos_code clear_one(
    const struct nos_grove *v, struct clearing *c, const char *ns, struct nos_err *err)
{
	char prefix[KEY_MAX];

	c->count = 0;
	if (nos_store_scan(v->store, ns, group_key(v->group, prefix), see_old, c, err) && c->enough)
		nos_err_clear(err);
	for (size_t i = 0; !err->code && i < c->count; i++)
		if (nos_store_del(v->store, ns, nos_str_of(c->keys[i]), NOS_STORE_ANY, err) ==
		    NOS_ABSENT)
			nos_err_clear(err);
	return err->code;
}

enum nos_code nos_grove_clear(
    const struct nos_grove *v, size_t most, bool *ret_done, struct nos_err *err)
{
	struct clearing c = { .group = v->group, .most = most };

	nos_grove_page_prefix(v->group, c.own);
	c.keys = calloc(most, sizeof(*c.keys));
	if (!c.keys)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (!clear_one(v, &c, NOS_GROVE_TREES_NS, err))
		(void)!clear_one(v, &c, NOS_GROVE_FREE_NS, err);
	*ret_done = !err->code && !c.enough;
	free(c.keys);
	return err->code;
}
