/* SPDX-License-Identifier: MIT */
/*
 * The readings of one pack as they come in, and where each of them stood: lines of stdin, or one of
 * several that a line holds. They go as NDJSON of our own readings, whatever they came as. A
 * reading that is not good is kept with what is wrong, and is not sent. Pure; not thread-safe.
 */
#ifndef NOS_SOURCE_LOAD_H
#define NOS_SOURCE_LOAD_H

#include "base/buf.h"
#include "json/scan.h"
#include "reading/batch.h"

#define NOS_LOAD_TEXT_MAX (256u << 10) /* bytes of a reading … */
#define NOS_LOAD_VIA_MAX  (128u << 10) /* … and where each of four relays seals around it */
/* Of several, wherever they are to go: a spool may be sent through relays later. */
#define NOS_LOAD_CLOSE	  NOS_LOAD_VIA_MAX
#define NOS_LOAD_LINE_MAX (1u << 20) /* readings of one line */

struct nos_load_item {
	uint64_t line;
	bool many;	    /* its line holds several: */
	uint32_t index;	    /* which of them, from 0 */
	struct nos_err err; /* code NOS_OK: it is in the text */
};

struct nos_load {
	size_t most;	     /* readings of a pack … */
	size_t text_max;     /* … and bytes of one alone; NOS_LOAD_CLOSE of several */
	struct nos_buf text; /* NDJSON of the good ones */
	struct nos_load_item *items;
	size_t count, cap;
	size_t good; /* of the items, in the text */

	/* The line in hand, as far as it was taken. */
	uint64_t line;
	bool many;
	size_t at[2];
	struct nos_batch_how how;
	struct nos_batch batch;
	struct nos_scan scan;
	struct nos_buf encoded; /* a reading that did not come as one of our own */
};

/* text_max: NOS_LOAD_TEXT_MAX at most. how: what lines are, but for the time; its map must outlive
 * the load. */
void nos_load_init(struct nos_load *l, size_t most, size_t text_max, struct nos_batch_how how);
void nos_load_release(struct nos_load *l);

/* Forget the items and their text; what is left of the line in hand stays. */
void nos_load_clear(struct nos_load *l);

/* Take a line in hand, read at now, which must outlive its filling in. NOS_INTERNAL: out of memory.
 */
enum nos_code nos_load_line(struct nos_load *l, uint64_t number, struct nos_str line,
    struct nos_time now, struct nos_err *err) NOS_CHECK;

/* Note a line that is not good as a whole. NOS_INTERNAL: out of memory. */
enum nos_code nos_load_reject(
    struct nos_load *l, uint64_t number, const struct nos_err *why, struct nos_err *err) NOS_CHECK;

/*
 * Fill the line in hand in, as far as there is room. *ret_full: the pack is full; clear it and fill
 * again, for more of the line may be left. NOS_INTERNAL: out of memory.
 */
enum nos_code nos_load_fill(struct nos_load *l, bool *ret_full, struct nos_err *err) NOS_CHECK;

#endif
