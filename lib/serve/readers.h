/* SPDX-License-Identifier: MIT */
/*
 * Who may read records again (GET /v1/records): whoever has one of the tokens of a file, a line
 * each. What is held are their hashes alone. Pure but for the reading; thread-safe.
 */
#ifndef NOS_SERVE_READERS_H
#define NOS_SERVE_READERS_H

#include "base/err.h"
#include "base/str.h"
#include "crypto/hash.h"

#define NOS_READERS_MAX	      64
#define NOS_READERS_TOKEN_MIN 16 /* bytes of a token */
#define NOS_READERS_TOKEN_MAX 512

struct nos_readers {
	size_t count;
	uint8_t hashes[NOS_READERS_MAX][NOS_HASH_LEN];
};

/* Read the file, which its owner alone may read; a blank line is none. NOS_CONFIG: a token that is
 * too short, too long, or holds what no header may, too many, or none; NOS_INTERNAL; and what
 * nos_file_read returns. *ret is whole on NOS_OK alone. */
enum nos_code nos_readers_read(
    const char *path, struct nos_readers *ret, struct nos_err *err) NOS_CHECK;

/* Is it "Bearer" and one of the tokens? How long that takes does not tell how near it came. */
bool nos_readers_know(const struct nos_readers *r, struct nos_str authorization);

#endif
