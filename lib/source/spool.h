/* SPDX-License-Identifier: MIT */
/*
 * Packs that wait on disk until the node has them (nos-formats(7), "Spool"): a file each,
 * DIR/SOURCE/ NUMBER.jwe, numbered in the order of their arrival, sealed under a key of the
 * keyring's own, K(Z,"spool"). Whoever holds the keyring's lock is alone with it. Not thread-safe.
 *
 * A file is a JWE "dir", A128GCM, as a pack is, with kid "z.<generation of Z>", the source's id
 * and, as seq, the file's own number, so that no file is taken for another. Its plaintext is a
 * head, one JSON object, and a newline, and then the pack's text:
 *   {"v":1,"cty":"application/x-ndjson","readings":50,"seq":17,"url":"http://…"}
 * seq, the pack's number, and url, of the node that it goes to, are there once it has them, and
 * where that is not its home also node and pin, the node's number and the thumbprint of its key.
 */
#ifndef NOS_SOURCE_SPOOL_H
#define NOS_SOURCE_SPOOL_H

#include <limits.h>

#include "key/keyring.h"
#include "source/send.h"

struct nos_spool_entry {
	uint64_t number, bytes;
};

/* The key of one generation of Z. */
struct nos_spool_key {
	char kid[NOS_NAME_TEXT_MAX];
	struct nos_pack_keys keys;
};

struct nos_spool {
	char folder[PATH_MAX];
	char source[33];
	uint64_t z;
	struct nos_spool_key keys[1 + NOS_KEYRING_OLDER_MAX]; /* the present one, then older ones */
	size_t key_count;
	uint64_t max_bytes;
	uint64_t bytes; /* of all that wait */
	uint64_t last;	/* the highest number there ever was, as far as names show */
	struct nos_spool_entry *entries; /* in order; the first is the oldest */
	size_t first, count, cap;	 /* entries[first … first + count - 1] wait */
	struct nos_buf plain;		 /* of the oldest, once it was opened */
};

/* So that release is fine whatever follows. */
void nos_spool_init(struct nos_spool *s);
void nos_spool_release(struct nos_spool *s);

/* Make the folder where there is none, see what waits in it, and remove what was half written when
 * one was killed. NOS_DENIED, NOS_IO, NOS_USAGE: the
 * path is too long; NOS_INTERNAL. */
enum nos_code nos_spool_open(struct nos_spool *s, const char *dir, const struct nos_keyring *k,
    uint64_t max_bytes, struct nos_err *err) NOS_CHECK;

/* Go on under the keys of a keyring whose Z may be another by now: what waits opens under that of
 * its time, what comes is sealed under the present one. NOS_INTERNAL alone. */
enum nos_code nos_spool_rekey(
    struct nos_spool *s, const struct nos_keyring *k, struct nos_err *err) NOS_CHECK;

/* Put a pack behind the others, on disk when this returns. NOS_BUSY: it would be over max_bytes;
 * NOS_DENIED; NOS_IO; NOS_INTERNAL. */
enum nos_code nos_spool_add(
    struct nos_spool *s, const struct nos_send_pack *p, struct nos_err *err) NOS_CHECK;

/*
 * Open the oldest; its text is good until the next call. There must be one. NOS_DATA: it did not
 * open, and was moved aside to NUMBER.jwe.bad (the text says so): ask for the next. NOS_DENIED:
 * open to others; NOS_IO; NOS_INTERNAL.
 */
enum nos_code nos_spool_oldest(
    struct nos_spool *s, struct nos_send_pack *ret, struct nos_err *err) NOS_CHECK;

/* Write the oldest again, which is *p, with its number and URL: before it is sent under them. */
enum nos_code nos_spool_note(
    struct nos_spool *s, const struct nos_send_pack *p, struct nos_err *err) NOS_CHECK;

/* The oldest is settled: take it off. */
enum nos_code nos_spool_drop(struct nos_spool *s, struct nos_err *err) NOS_CHECK;

#endif
