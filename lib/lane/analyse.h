/* SPDX-License-Identifier: MIT */
/*
 * From a raw entry to processed records: each reading normalised, weighed, given its n, and written
 * as a user will receive it (nos-formats(7), "What a user receives"). Reads no clock and does no
 * input or output, so that going through the raw stream again gives the same bytes.
 */
#ifndef NOS_LANE_ANALYSE_H
#define NOS_LANE_ANALYSE_H

#include "base/buf.h"
#include "lane/weighed.h"
#include "node/lap.h"
#include "reading/batch.h"
#include "stream/raw.h"
#include "stream/track.h"
#include "score/profile.h"

/* What is the same for every pack of a node. */
struct nos_analyse {
	uint64_t node;
	unsigned lane; /* that its entries are of */
	const struct nos_profile *profile;
	size_t types;	     /* of readings of one source at most */
	struct nos_lap *lap; /* whose pack is in hand; NULL: none */
};

/* Which of a source's packs had come when this one did. */
struct nos_analyse_packs {
	unsigned seen, expected; /* expected 0: not known */
};

/* The id under which a raw entry's state is kept. */
void nos_analyse_track_id(const struct nos_raw *raw, char ret[static NOS_TRACK_ID_MAX]);

/*
 * Take those readings off that would be of too many types, each noted as rejected. To be done
 * before the entry is stored. NOS_INTERNAL alone.
 */
enum nos_code nos_analyse_admit(const struct nos_analyse *a, const struct nos_raw *raw,
    struct nos_track *track, struct nos_batch *batch, struct nos_err *err) NOS_CHECK;

/*
 * Append the records of the entry at position, and move the track on. The first of them, as many as
 * are known, are in the store already: they have no text. NOS_LARGE: ret is full; NOS_INTERNAL.
 */
enum nos_code nos_analyse_pack(const struct nos_analyse *a, const struct nos_raw *raw,
    uint64_t position, const struct nos_batch *batch, size_t known, struct nos_analyse_packs packs,
    struct nos_track *track, struct nos_weighed *ret, struct nos_err *err) NOS_CHECK;

/* Append text with each byte outside [A-Za-z0-9_-] as '=' and two capital hex digits. */
void nos_analyse_escape(struct nos_buf *b, struct nos_str text);

#endif
