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

enum nos_code nos_known_open(struct nos_known *k, uint64_t saved, struct nos_err *err)
{
	uint64_t first, last, from;

	k->any = false;
	if (nos_store_bounds(k->store, NOS_PROCESSED_STREAM, &first, &last, err))
		return err->code;
	k->at = k->count = 0;
	k->read = from = last;
	/* Back by chunks, to one that begins with what is saved. */
	while (from >= first) {
		from = nos_store_back(first, from, NOS_KNOWN_CHUNK);
		k->read = from;
		if (read_chunk(k, err))
			return err->code;
		if (!k->count)
			continue;
		if (!k->any)
			k->newest = k->chunk[k->count - 1].id;
		k->any = true;
		if (k->chunk[0].pack <= saved)
			break;
	}
	return NOS_OK;
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
