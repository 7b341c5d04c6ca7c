/* SPDX-License-Identifier: MIT */
#include "lane/replay.h"

#include "base/log.h"
#include "envelope/pack.h"
#include "lane/carry.h"
#include "lane/known.h"

#define RECORDS_MAX ((size_t)64 << 20) /* bytes of records of one entry */
#define PENDING_MAX ((size_t)16 << 20) /* of records that wait, before they are committed */

struct replay {
	struct nos_ledger *ledger;
	struct nos_known known;
	bool full; /* reading stopped because enough is pending */
	struct nos_batch batch;
	struct nos_maps_past maps;
	struct nos_scan scan;
	uint64_t at; /* position gone through last */
};

/* How many of its records are in the store, the first of them. */
static size_t count_known(const struct nos_known *k, uint64_t pack, const struct nos_batch *batch)
{
	size_t i = 0;

	while (i < batch->count && nos_known_has(k, pack, batch->items[i].index))
		i++;
	return i;
}

/* Those are not written again; what comes is linked to them. */
static enum nos_code take_new(struct replay *r, uint64_t pack, const struct nos_batch *batch,
    size_t known, struct nos_weighed *made, struct nos_err *err)
{
	uint64_t at;

	for (size_t i = 0; i < known; i++) {
		if (nos_known_find(&r->known, pack, batch->items[i].index, &at, err))
			return err->code;
		if (at)
			nos_weighed_known(made, i, at);
	}
	return nos_weighed_take(&r->ledger->pending, made, known, err);
}

static enum nos_code replay_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct replay *r = state;
	struct nos_ledger *l = r->ledger;
	struct nos_analyse_packs packs = { 0 };
	struct nos_weighed made;
	char id[NOS_TRACK_ID_MAX];
	struct nos_track *track;
	const struct nos_map *map;
	struct nos_batch_how how;
	struct nos_raw raw;
	struct nos_str body;
	enum nos_code code;
	size_t known;

	/* What is pending is committed first, and reading goes on from here. */
	r->full = l->pending.text.len > PENDING_MAX;
	if (r->full)
		return nos_err_set(err, NOS_BUSY, "enough for one commit");
	r->at = position;
	if (nos_raw_decode(entry, &raw, &body, err))
		return nos_err_within(err, "entry %llu", (unsigned long long)position);
	if (nos_carry_replay(l, &raw, position, err))
		return err->code;
	nos_analyse_track_id(&raw, id);
	if (nos_track_get(l->tracks, l->config.store, id, &track, err))
		return err->code;
	if (position <= track->position)
		return NOS_OK;
	if (nos_maps_of(&r->maps, l->config.store, raw.map, &map, err))
		return err->code;
	how = nos_raw_how(&raw, map);
	if (nos_batch_decode(&r->batch, &how, body, NOS_PACK_READINGS_MAX, &r->scan, err) ||
	    nos_analyse_admit(&l->analyse, &raw, track, &r->batch, err))
		return err->code;
	nos_lag_note(&l->lag, position, 1, r->batch.count);
	if (raw.seq && nos_window_look(&track->window, raw.seq, raw.hash) == NOS_WINDOW_FRESH) {
		nos_window_note(&track->window, raw.seq, raw.prev, raw.hash);
		if (!raw.roams && !raw.spread)
			nos_window_count(&track->window, &packs.seen, &packs.expected);
	}
	nos_weighed_init(&made, RECORDS_MAX);
	known = count_known(&r->known, raw.era + position, &r->batch);
	code = nos_analyse_pack(
	    &l->analyse, &raw, position, &r->batch, known, packs, track, &made, err);
	if (!code)
		code = take_new(r, raw.era + position, &r->batch, known, &made, err);
	nos_weighed_release(&made);
	nos_track_touch(l->tracks, track, position);
	return code;
}

static enum nos_code replay_all(struct nos_ledger *l, struct replay *r, struct nos_err *err)
{
	const size_t batch = 1000;
	uint64_t first, last, from;
	struct nos_store *store = l->config.store;

	if (nos_store_claim(store, NOS_PROCESSED_STREAM, &first, &last, err))
		return err->code;
	l->last_record = last;
	if (nos_store_claim(store, NOS_RAW_STREAM, &first, &last, err) ||
	    nos_mark_get(store, &l->mark, err) || nos_known_open(&r->known, l->mark.saved, err))
		return err->code;
	/* A broker that is new begins at now. */
	l->published = l->mark.outbox ? l->mark.published : l->last_record;
	from = l->mark.saved + 1 > first ? l->mark.saved : first - 1;
	r->at = from;
	while (r->at < last) {
		r->full = false;
		if (nos_store_read(store, NOS_RAW_STREAM, r->at, batch, replay_entry, r, err) &&
		    !r->full)
			return err->code;
		nos_err_clear(err);
		l->last_raw = r->at;
		if (nos_ledger_commit(l, NULL, err))
			return err->code;
	}
	l->last_raw = last;
	l->replayed = true;
	if (last > from)
		nos_log_line(NOS_LOG_INFO, "gone through %llu packs again",
		    (unsigned long long)(last - from));
	return NOS_OK;
}

enum nos_code nos_replay_run(struct nos_ledger *l, struct nos_err *err)
{
	struct replay r = { .ledger = l,
		.known = { .store = l->config.store },
		.scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX } };
	enum nos_code code = replay_all(l, &r, err);

	nos_batch_release(&r.batch);
	nos_maps_past_release(&r.maps);
	nos_scan_release(&r.scan);
	return code;
}
