/* SPDX-License-Identifier: MIT */
/*
 * A sealed stream: what is too much to be sealed at once, as the file that a node is moved by
 * (nos-formats(7), "A moved node"). A line that anybody reads, then chunks of NOS_CRATE_CHUNK
 * bytes, each AES-256-GCM under a key of the node key file and the line's salt, with its number and
 * whether it is the last one in its nonce, and the line as associated data: so that chunks that are
 * cut off, swapped, doubled or of another file are found. That is the STREAM construction (Hoang,
 * Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
 * Misuse-Resistance", CRYPTO 2015). Nothing is handed out of a chunk that was not found good.
 * Belongs to one thread. Holds secrets: release it.
 */
#ifndef NOS_MOVE_CRATE_H
#define NOS_MOVE_CRATE_H

#include "base/buf.h"
#include "base/secret.h"
#include "base/time.h"
#include "self/vault.h"

#define NOS_CRATE_CHUNK	   ((size_t)64 << 10) /* bytes of text */
#define NOS_CRATE_SALT_LEN 32
#define NOS_CRATE_LINE_MAX 512

/* What the line says. */
struct nos_crate_head {
	uint64_t node;
	struct nos_time time;
	unsigned lanes;
	bool copy; /* its node goes on where it was */
};

struct nos_crate {
	int fd;			  /* the caller's */
	const volatile int *stop; /* not 0: end; NULL: never */
	struct nos_secret key;
	struct nos_buf line;
	struct nos_buf text;   /* of the chunk in hand, */
	size_t taken;	       /* of which so much was handed out */
	struct nos_buf sealed; /* and what of the file was read beyond it */
	uint64_t n;	       /* of the next chunk */
	bool last;	       /* the one in hand is the last */
};

void nos_crate_release(struct nos_crate *c);

/* Begin to write to fd. NOS_BUSY, here and below: stopped; NOS_IO; NOS_INTERNAL. */
enum nos_code nos_crate_new(struct nos_crate *c, int fd, const volatile int *stop,
    const struct nos_vault *vault, const struct nos_crate_head *head,
    struct nos_err *err) NOS_CHECK;
/* A length, and the bytes. */
enum nos_code nos_crate_add(
    struct nos_crate *c, struct nos_span bytes, struct nos_err *err) NOS_CHECK;
enum nos_code nos_crate_add_num(struct nos_crate *c, uint64_t n, struct nos_err *err) NOS_CHECK;
/* Seal what is left; on the disk once it returns, where fd is a file. */
enum nos_code nos_crate_finish(struct nos_crate *c, struct nos_err *err) NOS_CHECK;

/* Begin to read from fd. NOS_DATA: it is no such file; NOS_CONFIG: a newer nos's; NOS_DENIED: made
 * under another node key. */
enum nos_code nos_crate_open(struct nos_crate *c, int fd, const volatile int *stop,
    const struct nos_vault *vault, struct nos_crate_head *ret, struct nos_err *err) NOS_CHECK;
/* Is the first chunk there, and good? Nothing is taken of it. NOS_DATA as below. */
enum nos_code nos_crate_look(struct nos_crate *c, struct nos_err *err) NOS_CHECK;
/* Append what was added to *ret. NOS_DATA: the file was changed, or it is cut. */
enum nos_code nos_crate_take(
    struct nos_crate *c, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;
enum nos_code nos_crate_take_num(struct nos_crate *c, uint64_t *ret, struct nos_err *err) NOS_CHECK;
/* Was all of it taken? NOS_DATA as above. */
enum nos_code nos_crate_end(struct nos_crate *c, struct nos_err *err) NOS_CHECK;

#endif
