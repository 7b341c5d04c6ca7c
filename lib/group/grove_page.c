/* SPDX-License-Identifier: MIT */
#include "group/grove_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"
#include "group/groups.h"

#define VERSION	  1
#define TEXT_MAX  2048
#define VALUE_MAX (NOS_GROVE_PAGE_KEYS * NOS_LKH_KEY_LEN)
#define ROOT	  1u
#define ROOT_SLOT (NOS_GROVE_PAGE_KEYS - 1)

void nos_grove_page_release(struct nos_grove_page *p)
{
	explicit_bzero(p, sizeof(*p));
}

static unsigned depth_of(uint32_t number)
{
	return 31 - (unsigned)__builtin_clz(number);
}

/* Levels below the page's own. */
static unsigned levels_of(uint32_t number)
{
	const unsigned depth = depth_of(number);

	return depth ? (depth - 1) % NOS_GROVE_PAGE_HEIGHT + 1 : 0;
}

uint32_t nos_grove_page_above(uint32_t number)
{
	return number >> levels_of(number);
}

unsigned nos_grove_page_slot(uint32_t number)
{
	const unsigned levels = levels_of(number);
	const uint32_t first = (number >> levels) << levels;

	return number == ROOT ? ROOT_SLOT : (1u << levels) - 2 + (number - first);
}

/* ---- texts ---- */

struct nos_str nos_grove_page_prefix(
    const struct nos_group *g, char space[static NOS_GROVE_PAGE_KEY_MAX])
{
	snprintf(space, NOS_GROVE_PAGE_KEY_MAX, "%" PRIu64 "/%" PRIu64, g->number, g->life);
	return nos_str_of(space);
}

static struct nos_str key_of(
    const struct nos_group *g, uint32_t above, char space[static NOS_GROVE_PAGE_KEY_MAX])
{
	snprintf(space, NOS_GROVE_PAGE_KEY_MAX, "%" PRIu64 "/%" PRIu64 "/%" PRIu32, g->number,
	    g->life, above);
	return nos_str_of(space);
}

static struct nos_vault_place place_of(struct nos_str key)
{
	return (struct nos_vault_place){ NOS_GROVE_TREES_NS, key, "sealed" };
}

static enum nos_code open_keys(const struct nos_grove *v, struct nos_str key,
    const struct nos_decode *d, struct nos_grove_page *ret, struct nos_err *err)
{
	const struct nos_vault_place at = place_of(key);
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) keys = { 0 };
	size_t done = 0;

	nos_buf_init(&sealed, VALUE_MAX + 64);
	nos_buf_init_secret(&keys, VALUE_MAX);
	if (nos_decode_blob(d, "sealed", &sealed, err) ||
	    nos_vault_open(v->vault, &at, nos_buf_span(&sealed), &keys, err))
		return err->code;
	if (keys.len != (size_t)__builtin_popcount(ret->has) * NOS_LKH_KEY_LEN)
		return nos_err_set(err, NOS_DATA, "sealed: not as many keys as there are");
	for (unsigned i = 0; i < NOS_GROVE_PAGE_KEYS; i++)
		if (ret->has >> i & 1)
			memcpy(ret->keys[i], keys.p + NOS_LKH_KEY_LEN * done++, NOS_LKH_KEY_LEN);
	return NOS_OK;
}

static enum nos_code decode(const struct nos_grove *v, struct nos_str key,
    const struct nos_decode *d, struct nos_grove_page *ret, struct nos_err *err)
{
	uint64_t has;

	if (nos_decode_version(d, VERSION, "store: page of a tree", err) ||
	    nos_decode_uint(d, "epoch", 0, NOS_NUM_SAFE - 1, &ret->epoch, err) ||
	    nos_decode_uint(d, "has", 0, (1u << NOS_GROVE_PAGE_KEYS) - 1, &has, err))
		return err->code;
	ret->has = (uint32_t)has;
	return open_keys(v, key, d, ret, err);
}

static enum nos_code read_above(struct nos_str key, uint32_t *ret, struct nos_err *err)
{
	struct nos_str part = { 0 };
	uint64_t above;

	while (nos_str_cut(&key, '/', &part))
		;
	if (!nos_num_parse(part, 1, UINT32_MAX, &above))
		return nos_err_set(err, NOS_IO, "store: the name of a tree's page is damaged");
	*ret = (uint32_t)above;
	return NOS_OK;
}

enum nos_code nos_grove_page_look(struct nos_str key, struct nos_str text, uint32_t *ret_above,
    uint64_t *ret_epoch, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;

	if (!read_above(key, ret_above, err) &&
	    !nos_decode_object(&scan, text, "store: page of a tree", &d, err) &&
	    !nos_decode_version(&d, VERSION, "store: page of a tree", err))
		(void)!nos_decode_uint(&d, "epoch", 0, NOS_NUM_SAFE - 1, ret_epoch, err);
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

static enum nos_code decode_page(const struct nos_grove *v, struct nos_str key, struct nos_str text,
    struct nos_grove_page *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;

	*ret = (struct nos_grove_page){ 0 };
	if (!read_above(key, &ret->above, err) &&
	    !nos_decode_object(&scan, text, "store: page of a tree", &d, err))
		(void)!decode(v, key, &d, ret, err);
	nos_scan_release(&scan);
	if (err->code)
		nos_grove_page_release(ret);
	return nos_store_damaged(err);
}

enum nos_code nos_grove_page_get(
    const struct nos_grove *v, uint32_t above, struct nos_grove_page *ret, struct nos_err *err)
{
	char space[NOS_GROVE_PAGE_KEY_MAX];
	const struct nos_str key = key_of(v->group, above, space);
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	nos_buf_init(&text, TEXT_MAX);
	if (nos_store_get(v->store, NOS_GROVE_TREES_NS, key, &text, &rev, err)) {
		if (err->code != NOS_ABSENT)
			return err->code;
		nos_err_clear(err);
		*ret = (struct nos_grove_page){
			.above = above, .epoch = v->group->clock.epoch, .rev = NOS_STORE_NEW
		};
		return NOS_OK;
	}
	if (decode_page(v, key, nos_buf_str(&text), ret, err))
		return err->code;
	ret->rev = rev;
	return NOS_OK;
}

enum nos_code nos_grove_page_put(
    const struct nos_grove *v, struct nos_grove_page *p, struct nos_err *err)
{
	char space[NOS_GROVE_PAGE_KEY_MAX];
	const struct nos_str key = key_of(v->group, p->above, space);
	const struct nos_vault_place at = place_of(key);
	NOS_AUTO(buf) keys = { 0 };
	NOS_AUTO(buf) sealed = { 0 };
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&keys, VALUE_MAX);
	nos_buf_init(&sealed, VALUE_MAX + 64);
	nos_buf_init(&text, TEXT_MAX);
	for (unsigned i = 0; i < NOS_GROVE_PAGE_KEYS; i++)
		if (p->has >> i & 1)
			nos_buf_add(&keys, p->keys[i], NOS_LKH_KEY_LEN);
	if (nos_buf_check(&keys, "page of a tree", err) ||
	    nos_vault_seal(v->vault, &at, nos_buf_span(&keys), &sealed, err))
		return err->code;
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	nos_encode_member_uint(&text, "epoch", p->epoch);
	nos_encode_member_uint(&text, "has", p->has);
	nos_encode_member_bytes(&text, "sealed", sealed.p, sealed.len);
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "page of a tree", err))
		return err->code;
	return nos_store_put(
	    v->store, NOS_GROVE_TREES_NS, key, nos_buf_str(&text), p->rev, &p->rev, err);
}

/* ---- time ---- */

/* As far as it takes: a tree may have slept for long. */
static enum nos_code step_key(
    uint8_t key[static NOS_LKH_KEY_LEN], uint64_t from, uint64_t to, struct nos_err *err)
{
	NOS_AUTO(secret) k = { 0 };

	nos_secret_put(&k, key, NOS_LKH_KEY_LEN);
	while (from < to) {
		const uint64_t next = to - from > NOS_LKH_STEPS_MAX ? from + NOS_LKH_STEPS_MAX : to;

		if (nos_lkh_step(&k, from, next, err))
			return err->code;
		from = next;
	}
	memcpy(key, k.bytes, NOS_LKH_KEY_LEN);
	return NOS_OK;
}

/* The group was read before another moved it on, or what is in the store does not fit. */
static enum nos_code ahead(
    const struct nos_grove *v, const struct nos_grove_page *p, struct nos_err *err)
{
	NOS_AUTO(group) now = { 0 };

	if (nos_groups_get(v->store, NULL, v->group->number, &now, err) && err->code != NOS_ABSENT)
		return err->code;
	nos_err_clear(err);
	return now.clock.epoch >= p->epoch
		   ? nos_err_set(err, NOS_EXISTS, "the group was moved on by another")
		   : nos_err_set(err, NOS_IO, "store: a tree is ahead of its group");
}

enum nos_code nos_grove_page_step(
    const struct nos_grove *v, struct nos_grove_page *p, struct nos_err *err)
{
	const uint64_t epoch = v->group->clock.epoch;

	if (p->epoch > epoch)
		return ahead(v, p, err);
	for (unsigned i = 0; i < NOS_GROVE_PAGE_KEYS; i++)
		if (p->has >> i & 1 && step_key(p->keys[i], p->epoch, epoch, err))
			return err->code;
	p->epoch = epoch;
	return NOS_OK;
}
