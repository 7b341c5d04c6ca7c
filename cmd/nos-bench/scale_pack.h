/* SPDX-License-Identifier: MIT */
/*
 * A pack as a node takes it: opened, its key and its number looked up in the store, its readings
 * appended to the raw stream, and a receipt made, as nos-serve does it for one pack alone.
 */
#ifndef BENCH_SCALE_PACK_H
#define BENCH_SCALE_PACK_H

#include "lifecycle/member.h"
#include "stream/track.h"
#include "scale_node.h"

#define SCALE_PACK_MAX 65536 /* bytes, and of the text in it */

/* As it came: readings as JSON. */
struct scale_pack {
	const char *id; /* of its source */
	const char *kid;
	uint64_t seq;
	struct nos_str text;
};

/* What the node holds of sources that it has heard of. All-zero: nothing, not even room; release
 * it. */
struct nos_scale_heard {
	struct nos_member_table *members;
	struct nos_track_table *tracks;
};

void nos_scale_heard_release(struct nos_scale_heard *h);

/* Room, and nobody in it, as where a source has not been heard of late. NOS_INTERNAL. */
enum nos_code scale_pack_unheard(struct nos_scale_heard *h, struct nos_err *err) NOS_CHECK;

/* NOS_TAG: it does not verify, or is under no key of the source; what the store gives. */
enum nos_code scale_pack_take(struct scale_node *n, struct nos_scale_heard *h,
    const struct scale_pack *p, struct nos_err *err) NOS_CHECK;

#endif
