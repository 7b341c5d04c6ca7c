/* SPDX-License-Identifier: MIT */
#include "registry/roster.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/num.h"

#define ID_LEN	    5 /* bytes */
#define VERSION_LEN 7 /* bytes */
#define FIRST_CAP   256

void nos_roster_init(struct nos_roster *r, bool versions)
{
	*r = (struct nos_roster){ .width = ID_LEN + (versions ? 2 * VERSION_LEN + 1 : 0) };
}

void nos_roster_release(struct nos_roster *r)
{
	free(r->bytes);
	*r = (struct nos_roster){ .width = r->width };
}

static void put_version(uint8_t *p, uint64_t v)
{
	for (int i = VERSION_LEN; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

static uint64_t get_version(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 0; i < VERSION_LEN; i++)
		v = v << 8 | p[i];
	return v;
}

static enum nos_code make_room(struct nos_roster *r, struct nos_err *err)
{
	size_t cap = r->cap ? r->cap + r->cap / 2 : FIRST_CAP;
	void *grown;

	if (r->count < r->cap)
		return NOS_OK;
	grown = reallocarray(r->bytes, cap, r->width);
	if (!grown)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	r->bytes = grown;
	r->cap = cap;
	return NOS_OK;
}

enum nos_code nos_roster_add(
    struct nos_roster *r, const struct nos_roster_item *item, struct nos_err *err)
{
	const struct nos_str id = nos_str_of(item->id);
	uint8_t *at;

	if (item->key > NOS_NUM_SAFE || item->replaces > NOS_NUM_SAFE)
		return nos_err_set(err, NOS_IO, "store: a key of '%s' is damaged", item->id);
	if (make_room(r, err))
		return err->code;
	at = r->bytes + r->count * r->width;
	if (!nos_str_starts(id, "s-") ||
	    !nos_enc_hex_decode((struct nos_str){ id.p + 2, id.len - 2 }, at, ID_LEN))
		return nos_err_set(err, NOS_IO, "store: '%s' is no id of a source", item->id);
	if (r->width > ID_LEN) {
		put_version(at + ID_LEN, item->key);
		put_version(at + ID_LEN + VERSION_LEN, item->replaces);
		at[ID_LEN + 2 * VERSION_LEN] = (uint8_t)item->letter;
	}
	r->count++;
	return NOS_OK;
}

void nos_roster_get(const struct nos_roster *r, size_t i, struct nos_roster_item *ret)
{
	const uint8_t *at = r->bytes + i * r->width;

	assert(i < r->count);
	*ret = (struct nos_roster_item){ .id = "s-" };
	for (size_t b = 0; b < ID_LEN; b++)
		snprintf(ret->id + 2 + 2 * b, 3, "%02x", at[b]);
	if (r->width > ID_LEN) {
		ret->key = get_version(at + ID_LEN);
		ret->replaces = get_version(at + ID_LEN + VERSION_LEN);
		ret->letter = (char)at[ID_LEN + 2 * VERSION_LEN];
	}
}

void nos_roster_move(struct nos_roster *r, size_t from, size_t to)
{
	assert(from < r->count && to <= from);
	memmove(r->bytes + to * r->width, r->bytes + from * r->width, r->width);
}

void nos_roster_cut(struct nos_roster *r, size_t count)
{
	assert(count <= r->count);
	r->count = count;
}

static enum nos_code take(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	struct nos_roster_item item = { 0 };

	(void)value, (void)rev;
	if (!nos_str_copy(key, item.id, sizeof(item.id)))
		return nos_err_set(err, NOS_IO, "store: a source's id is damaged");
	return nos_roster_add(state, &item, err);
}

enum nos_code nos_roster_collect(struct nos_roster *r, struct nos_store *store, struct nos_err *err)
{
	return nos_store_scan(store, NOS_RECORD_NS, NOS_STR(""), take, r, err);
}
