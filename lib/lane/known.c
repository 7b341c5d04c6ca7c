/* SPDX-License-Identifier: MIT */
#include "lane/known.h"

/* <0, 0, >0 in the order in which packs are weighed. */
static int order(const struct nos_processed_id *a, uint64_t pack, uint64_t index)
{
	if (a->pack != pack)
		return a->pack < pack ? -1 : 1;
	return (a->index > index) - (a->index < index);
}

static enum nos_code take(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct nos_known *k = state;
	struct nos_processed_id id;
	struct nos_processed p;

	if (!nos_processed_decode(entry, &p) || !nos_processed_id_of(p.record, &id) ||
	    !nos_processed_pack(&p, &id))
		return nos_err_set(
		    err, NOS_IO, "store: record %llu is damaged", (unsigned long long)position);
	k->read = position;
	/* A correction is written with what is kept of its source. */
	if (id.correction)
		return NOS_OK;
	k->chunk[k->count].id = id;
	k->chunk[k->count].pack = nos_processed_pack(&p, &id);
	k->chunk[k->count++].position = position;
	return NOS_OK;
}

static enum nos_code read_chunk(struct nos_known *k, struct nos_err *err)
{
	k->at = k->count = 0;
	return nos_store_read(
	    k->store, NOS_PROCESSED_STREAM, k->read, NOS_KNOWN_CHUNK, take, k, err);
}

static bool begins_within(const struct nos_known *k, uint64_t saved)
{
	return k->count && k->chunk[0].pack <= saved;
}

static enum nos_code read_behind(struct nos_known *k, uint64_t position, struct nos_err *err)
{
	k->read = position;
	return read_chunk(k, err);
}

/* Back from the end, each time twice as far, to a chunk that begins with what is saved: *ret_from
 * is behind where it begins, and *ret_to behind where the one that was looked at before it does. */
static enum nos_code go_back(struct nos_known *k, uint64_t first, uint64_t saved,
    uint64_t *ret_from, uint64_t *ret_to, struct nos_err *err)
{
	uint64_t step = NOS_KNOWN_CHUNK;

	while (*ret_from >= first) {
		*ret_to = *ret_from;
		*ret_from = nos_store_back(first, *ret_to, step);
		if (read_behind(k, *ret_from, err))
			return err->code;
		if (k->count && !k->any)
			k->newest = k->chunk[k->count - 1].id;
		/* The end has to be seen first. */
		if (k->any || k->count)
			step *= 2;
		k->any |= k->count > 0;
		if (begins_within(k, saved))
			break;
	}
	return NOS_OK;
}

enum nos_code nos_known_open(struct nos_known *k, uint64_t saved, struct nos_err *err)
{
	uint64_t first, last, from, to, middle;

	k->any = false;
	if (nos_store_bounds(k->store, NOS_PROCESSED_STREAM, &first, &last, err))
		return err->code;
	k->at = k->count = 0;
	k->read = from = to = last;
	if (go_back(k, first, saved, &from, &to, err))
		return err->code;
	/* The last chunk between them that does. */
	for (middle = from; to > from + NOS_KNOWN_CHUNK;) {
		middle = from + (to - from) / 2;
		if (read_behind(k, middle, err))
			return err->code;
		if (begins_within(k, saved))
			from = middle;
		else
			to = middle;
	}
	return middle == from ? NOS_OK : read_behind(k, from, err);
}

bool nos_known_has(const struct nos_known *k, uint64_t pack, uint64_t index)
{
	return k->any && order(&k->newest, pack, index) >= 0;
}

enum nos_code nos_known_find(
    struct nos_known *k, uint64_t pack, uint64_t index, uint64_t *ret_position, struct nos_err *err)
{
	uint64_t before;

	*ret_position = 0;
	for (;;) {
		for (; k->at < k->count; k->at++) {
			int o = order(&k->chunk[k->at].id, pack, index);

			if (o > 0)
				return NOS_OK;
			if (o == 0) {
				*ret_position = k->chunk[k->at].position;
				return NOS_OK;
			}
		}
		before = k->read;
		if (read_chunk(k, err) || k->read == before)
			return err->code;
	}
}
