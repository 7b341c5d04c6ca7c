/* SPDX-License-Identifier: MIT */
/*
 * A run: entries of consecutive positions that share a row, since a row costs SQLite more than what
 * stands in it. Each entry is its time in ms and its length, little-endian of 8 and 4 bytes, and
 * then its bytes; one follows the other. A head beside it says what a trim and bounds ask for, so
 * that they need not read the run. Pure; thread-safe. For the files of this room.
 */
#ifndef NOS_STORE_SQLITE_RUN_H
#define NOS_STORE_SQLITE_RUN_H

#include "base/buf.h"
#include "store/store.h"

/*
 * A run is closed at so many entries, or bytes with what stands before each: one that is read alone
 * brings the others along. An entry that is longer than an eighth of that has a row of its own.
 */
#define NOS_SQLITE_RUN_MAX   64
#define NOS_SQLITE_RUN_BYTES (16u << 10)
#define NOS_SQLITE_RUN_ALONE (NOS_SQLITE_RUN_BYTES / 8)

/* One that is of a long entry alone, with what stands before it. */
#define NOS_SQLITE_RUN_LONGEST (NOS_STORE_ENTRY_MAX + 12)

#define NOS_SQLITE_RUN_HEAD_MAX 24 /* bytes */

struct nos_sqlite_entry {
	int64_t ms;
	struct nos_span bytes;
};

struct nos_sqlite_run_head {
	uint32_t count;		     /* of entries, 1 at least */
	int64_t first_ms, latest_ms; /* of the first entry, and of the one that is newest */
	uint32_t plain; /* bytes of the run, of which the row has fewer (sqlite_compress.h); 0: the
			   row has it as it is */
};

void nos_sqlite_run_init(struct nos_buf *run);

/* May an entry of len bytes be added to a run that has count? To an empty one: may it be in any? */
bool nos_sqlite_run_has_room(const struct nos_buf *run, size_t count, size_t len);
void nos_sqlite_run_add(struct nos_buf *run, int64_t ms, struct nos_span entry);

/* The entry at the start of *rest, which is cut off: a view into it. False: none, or damaged. */
bool nos_sqlite_run_next(struct nos_span *rest, struct nos_sqlite_entry *ret);

/* By going through the run. False: it is damaged, or empty. */
bool nos_sqlite_run_measure(struct nos_span run, struct nos_sqlite_run_head *ret);

/* The bytes that the first count entries take; the run has as many and is whole. */
size_t nos_sqlite_run_len(struct nos_span run, size_t count);

/* The bytes that it takes: four fewer where the row has the run as it is. */
size_t nos_sqlite_run_head_encode(
    const struct nos_sqlite_run_head *head, uint8_t out[static NOS_SQLITE_RUN_HEAD_MAX]);
/* False: it is none. */
bool nos_sqlite_run_head_decode(struct nos_span bytes, struct nos_sqlite_run_head *ret);

#endif
