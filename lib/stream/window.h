/* SPDX-License-Identifier: MIT */
/*
 * Which of a source's numbers were seen: the newest 64, each with the first bytes of its
 * readings' hash, so that a retry is told from another pack under an old number (nos-wire(7),
 * "Numbers"). Pure; belongs to one thread.
 */
#ifndef NOS_STREAM_WINDOW_H
#define NOS_STREAM_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "json/decode.h"

#define NOS_WINDOW_SIZE	    64
#define NOS_WINDOW_HASH_LEN 4

/* All-zero is a new one: nothing was seen. */
struct nos_window {
	uint64_t top;	 /* highest number seen; 0: none */
	uint64_t seen;	 /* bit i: top - i was seen */
	uint64_t unused; /* bit i: top - i was never used, as a later pack said */
	uint8_t hashes[NOS_WINDOW_SIZE][NOS_WINDOW_HASH_LEN]; /* of number n at n % 64 */
};

enum nos_window_verdict {
	NOS_WINDOW_FRESH,
	NOS_WINDOW_DUPLICATE, /* seen, or below the window; other bytes, or not known any more */
	NOS_WINDOW_SAME,      /* seen with these very bytes */
};

enum nos_window_verdict nos_window_look(
    const struct nos_window *w, uint64_t seq, const uint8_t hash[static NOS_WINDOW_HASH_LEN]);

/*
 * Note a fresh number. prev 0: not said; else the numbers between it and seq were never used.
 */
void nos_window_note(struct nos_window *w, uint64_t seq, uint64_t prev,
    const uint8_t hash[static NOS_WINDOW_HASH_LEN]);

/* What either has seen is seen, and what one of them said was never used is so unless it was. */
void nos_window_join(struct nos_window *w, const struct nos_window *other);

/* Seen and used among the last 64 numbers, those that were never used not counted. */
void nos_window_count(const struct nos_window *w, unsigned *ret_seen, unsigned *ret_used);

/* Its members in an object: append them; read them. NOS_DATA: one is not as it should be. */
void nos_window_encode(struct nos_buf *b, const struct nos_window *w);
enum nos_code nos_window_decode(
    const struct nos_decode *d, struct nos_window *ret, struct nos_err *err) NOS_CHECK;

#endif
