/* SPDX-License-Identifier: MIT */
/*
 * libnos for programs outside of nos: seal readings as a registered source, believe a node's
 * answers, and score readings. It stands alone; what is not in here may change. Link with
 * pkg-config --static --libs nos.
 *
 * Nothing is printed, and the process never ended. An object belongs to one thread at a time;
 * different ones may be used by different threads. A function that returns int gives 0, or -1 with
 * *fault filled; what it returns through other pointers is written on 0 alone.
 */
#ifndef NOS_H
#define NOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NOS_PUBLIC __attribute__((visibility("default")))

/* Why a call failed. Codes are those of nos-formats(7), "Errors", and stable: "data", "absent". */
struct nos_fault {
	const char *code; /* a literal */
	char field[48];	  /* name of the member at fault; empty: not known */
	char text[256];	  /* one line, for people; holds no secret */
};

/* Text or bytes that the library made; p[len] is a NUL. All-zero is none. */
struct nos_text {
	char *p;
	size_t len;
};

struct nos_source; /* a registered source, by its keyring; opaque */
struct nos_scorer; /* the rules of readings, and memory to read them in; opaque */

/* "0.1.0": of the library that was linked. */
NOS_PUBLIC const char *nos_version(void);

/*
 * To be called once before anything else here and before threads. What jansson and cjose free is
 * wiped from then on, also for the program's own use of them.
 */
NOS_PUBLIC void nos_begin(void);

/* Wipe and free; all-zero again. */
NOS_PUBLIC void nos_text_free(struct nos_text *text);

/*
 * Open a keyring, which nos-register(1) makes; the file is locked until nos_source_free, so that no
 * number is ever given twice. Waits wait_ms for another that holds it.
 *   absent  no such file
 *   busy    another held it for wait_ms
 *   denied  open to others (chmod 600), or no right
 *   config  written by a newer nos, damaged, or without an active key
 *   io      reading failed
 */
NOS_PUBLIC int nos_source_open(
    const char *keyring, uint64_t wait_ms, struct nos_source **ret, struct nos_fault *fault);

/* Wipe and let go. Numbers that were reserved and not given out are lost; NULL is fine. */
NOS_PUBLIC void nos_source_free(struct nos_source *s);

/* Give back on disk what was reserved and not given out: a clean end. "denied", "io". */
NOS_PUBLIC int nos_source_save(struct nos_source *s, struct nos_fault *fault);

/* The source's id ("s-7f3a09c2e1"); and its node's URLs, the first at 0, NULL behind the last. They
 * live as long as s. */
NOS_PUBLIC const char *nos_source_id(const struct nos_source *s);
NOS_PUBLIC const char *nos_source_url(const struct nos_source *s, size_t i);

/*
 * Seal readings, a JSON object a line, under the source's active key and its next number, which is
 * on disk as used before. *ret is to be sent as it is, and as often as needed, by POST to
 * URL/v1/data with Content-Type application/jose. The caller frees it.
 *   data        a line is not a reading: the first such, counted from 1 without blank lines
 *   large       over 10,000 readings, or the pack would be over 1 MiB
 *   denied, io  the keyring could not be written, and nothing was sealed
 *   internal    no number is left, OpenSSL failed, or out of memory
 */
NOS_PUBLIC int nos_source_seal(struct nos_source *s, const char *readings, size_t len,
    struct nos_text *ret, uint64_t *ret_seq, struct nos_fault *fault);

/*
 * Open a pack that this source sealed, as its node does. The caller frees *ret.
 *   data  not a pack of this source
 *   tag   its key is not in the keyring, or it does not verify
 */
NOS_PUBLIC int nos_source_unseal(struct nos_source *s, const char *pack, size_t len,
    struct nos_text *ret, struct nos_fault *fault);

/*
 * Is receipt (header Nos-Receipt) the node's own for this pack and this body of its answer? Without
 * it an answer says nothing: keep the pack, and send it again.
 */
NOS_PUBLIC bool nos_source_believes(struct nos_source *s, const char *pack, size_t pack_len,
    const char *answer, size_t answer_len, const char *receipt);

/* Go on at the number that a believed answer names as "next"; one that is behind changes nothing.
 */
NOS_PUBLIC void nos_source_skip(struct nos_source *s, uint64_t next);

/*
 * Take the keys that a believed answer to a pack brings. The keyring is written before this
 * returns, and what is sealed from then on goes under the newest. *ret is the acknowledgement, to
 * be sent by POST to URL/v1/sources/ID/acks with Content-Type application/octet-stream (204: it has
 * arrived); none, p NULL, where there was nothing to take. The caller frees it.
 *   tag         the two have come apart: nos-send(1) with this keyring asks for all anew
 *   config      a key message of a newer nos
 *   denied, io  the keyring could not be written, and nothing was taken
 *   internal    not an answer of a node; OpenSSL failed, or out of memory
 */
NOS_PUBLIC int nos_source_take(struct nos_source *s, const char *answer, size_t len,
    struct nos_text *ret, struct nos_fault *fault);

/*
 * Rules for scoring: the text of a rules file (nos-formats(7), "Rules"), or NULL for the built-in
 * sets alone. "config": not such a text, line and column named; "internal": out of memory.
 */
NOS_PUBLIC int nos_scorer_new(
    const char *rules, size_t len, struct nos_scorer **ret, struct nos_fault *fault);

/* NULL is fine. */
NOS_PUBLIC void nos_scorer_free(struct nos_scorer *s);

/*
 * Score a reading, a JSON object, as nos-score(1) does: as an anonymous source's, which came at
 * now_ms (milliseconds since 1970). *ret is the reading, its number in the unit of its type, with
 * "scores", "raw" and "flags" behind its own members, in one line; the caller frees it.
 *   data   not JSON, or type or value is missing
 *   large  over 16 MiB, or a text over its limit
 */
NOS_PUBLIC int nos_scorer_score(struct nos_scorer *s, const char *reading, size_t len,
    int64_t now_ms, struct nos_text *ret, struct nos_fault *fault);

#ifdef __cplusplus
}
#endif

#endif
