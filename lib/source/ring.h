/* SPDX-License-Identifier: MIT */
/*
 * The keyring as a file that is in use (nos-formats(7), "Keyring"): locked by KEYRING.lock, read
 * once, and written before anything that it says is relied on. Sequence numbers are reserved on
 * disk by the block, so that a crash loses numbers and never gives one twice. Holds secrets:
 * release it. Not thread-safe.
 */
#ifndef NOS_SOURCE_RING_H
#define NOS_SOURCE_RING_H

#include "key/keyring.h"

#define NOS_RING_BLOCK 64 /* numbers that are reserved at once */

struct nos_ring {
	const char *path; /* the caller's */
	int lock;	  /* -1: none */
	struct nos_keyring k;
	uint64_t next;	   /* the first number that was not given out */
	uint64_t reserved; /* the first that is not reserved on disk: keyring.next as written */
};

/* Before anything else, so that release is fine whatever follows. */
void nos_ring_init(struct nos_ring *r);

/* Let the lock go and wipe what was read; nothing is written. */
void nos_ring_release(struct nos_ring *r);

/*
 * Lock, remove what one that was killed left beside it, and read. path must outlive *r. NOS_ABSENT:
 * no such file; NOS_BUSY: another held the lock for wait_ms; NOS_DENIED: open to others, or no
 * right; NOS_CONFIG: written by a newer nos, or a keyring that is damaged or holds no key to send
 * under; NOS_IO.
 */
enum nos_code nos_ring_open(
    struct nos_ring *r, const char *path, uint64_t wait_ms, struct nos_err *err) NOS_CHECK;

/* Read a keyring's file without its lock: to look at it. What nos_ring_open returns of it; *ret is
 * to be released on NOS_OK. */
enum nos_code nos_ring_read(
    const char *path, struct nos_keyring *ret, struct nos_err *err) NOS_CHECK;

/* The text of a keyring into its file: NOS_EXISTS where one is there and replace is not set;
 * otherwise as nos_file_replace. */
enum nos_code nos_ring_write(
    const char *path, const struct nos_keyring *k, bool replace, struct nos_err *err) NOS_CHECK;

/* Give out the next number; a new block is on disk before. NOS_INTERNAL: no number is left; NOS_IO,
 * NOS_DENIED: the file could not be written, and no number was given. */
enum nos_code nos_ring_take(struct nos_ring *r, uint64_t *ret_seq, struct nos_err *err) NOS_CHECK;

/* Take a number back that was never sent; one that is not the last given stays given. */
void nos_ring_back(struct nos_ring *r, uint64_t seq);

/* Go on at next, where that is ahead. */
void nos_ring_skip(struct nos_ring *r, uint64_t next);

/*
 * Write the keyring as it is in memory, with the number that the file says, or a higher one that
 * was skipped to. On disk when this returns; on an error the old file is whole. What
 * nos_file_replace returns.
 */
enum nos_code nos_ring_keep(struct nos_ring *r, struct nos_err *err) NOS_CHECK;

/* A clean end: what was reserved and not given out is given back on disk. The lock stays. */
enum nos_code nos_ring_close(struct nos_ring *r, struct nos_err *err) NOS_CHECK;

#endif
