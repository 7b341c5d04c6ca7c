/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a row, shorter: an LZ4 block. Records of one commit repeat most of what they say, so
 * a quarter and less is written, and a card or disk lives as much longer. For the files of this
 * room.
 */
#ifndef NOS_STORE_SQLITE_COMPRESS_H
#define NOS_STORE_SQLITE_COMPRESS_H

#include "base/buf.h"

#define NOS_SQLITE_COMPRESS_MIN 1024 /* bytes: what is shorter stays as it is */

/* All-zero is valid. Belongs to one thread. */
struct nos_sqlite_compress {
	void *state;	    /* the library's, made when it is first needed */
	struct nos_buf out; /* secret */
};

void nos_sqlite_compress_release(struct nos_sqlite_compress *c);

/* *ret is good until the next call. False: they are no shorter then by an eighth, or memory is out:
 * they stay as they are. */
bool nos_sqlite_compress_make(
    struct nos_sqlite_compress *c, struct nos_span plain, struct nos_span *ret);

/* Append what was made of len bytes. False: it was not, or ret has no room. */
bool nos_sqlite_compress_undo(struct nos_span bytes, size_t len, struct nos_buf *ret);

#endif
