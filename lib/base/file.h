/* SPDX-License-Identifier: MIT */
/*
 * Whole small files: keyrings, keys, settings. A secret is never read or locked through a link, and
 * no half of a file is ever left behind. Error texts name the path and the remedy, never what is in
 * it. Thread-safe.
 */
#ifndef NOS_BASE_FILE_H
#define NOS_BASE_FILE_H

#include "base/buf.h"

enum nos_file_kind {
	NOS_FILE_PLAIN,	  /* may be read by others, be a link, or a pipe */
	NOS_FILE_OWN,	  /* as that, but refused where all others may write it */
	NOS_FILE_REGULAR, /* may be read by others and be a link, but nothing to be waited for */
	NOS_FILE_SECRET,  /* refused where group or others may read or write it, or it is another
			     user's; but for root's where an ACL lets this user read it and no
			     other, as a credential of systemd */
};

/*
 * Append the whole file to *ret (a secret buffer for NOS_FILE_SECRET).
 * NOS_ABSENT: not there; NOS_DENIED: no right; for a secret also a link, or open to others ("…
 * chmod 600 PATH"), for NOS_FILE_OWN one that all may write; NOS_LARGE: over what *ret takes;
 * NOS_IO: reading failed, or what may be no pipe is no regular file.
 */
enum nos_code nos_file_read(
    const char *path, enum nos_file_kind kind, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* Put a file of mode 0600 in place of path: written beside, fsync, rename, fsync of the folder. A
 * crash may leave PATH.new.XXXXXX, 0600, beside it; a link at path is replaced, not followed.
 * NOS_ABSENT: no such folder; NOS_DENIED; NOS_IO (the old one is whole then). */
enum nos_code nos_file_replace(
    const char *path, struct nos_span text, struct nos_err *err) NOS_CHECK;

/* As nos_file_replace, but NOS_EXISTS, and nothing changed, where path is there already. */
enum nos_code nos_file_create(
    const char *path, struct nos_span text, struct nos_err *err) NOS_CHECK;

/*
 * Remove what nos_file_replace and nos_file_create left beside path when they were killed:
 * PATH.new.XXXXXX, regular files of this user alone. For who holds the lock that goes with path,
 * since another may be writing. What cannot be removed stays, and hinders nothing.
 */
void nos_file_sweep(const char *path);

/* Remove, and fsync the folder; one that is not there is removed already. NOS_DENIED; NOS_IO. */
enum nos_code nos_file_remove(const char *path, struct nos_err *err) NOS_CHECK;

/* A folder of mode 0700, with those above it; one that is there is fine. NOS_DENIED; NOS_IO: no
 * folder can be made, or a file stands in its place. */
enum nos_code nos_file_folder(const char *path, struct nos_err *err) NOS_CHECK;

/*
 * Hold a lock on path (made, 0600, if it is not there) until the descriptor *ret is closed. Waits
 * for at most wait_ms. NOS_BUSY: held by another all that time; NOS_ABSENT: no such
 * folder; NOS_DENIED: no right, or a link; NOS_IO. Where the holder replaces the file itself, the
 * new one is locked.
 */
enum nos_code nos_file_lock(
    const char *path, uint64_t wait_ms, int *ret, struct nos_err *err) NOS_CHECK;

/* Raise how many files the process may have open to the hard limit of getrlimit(2): so many. */
uint64_t nos_file_most(void);

#endif
