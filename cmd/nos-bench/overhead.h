/* SPDX-License-Identifier: MIT */
/* The rows of nos-bench overhead: for overhead*.c alone. Each prints what it has counted; one that
 * is stopped leaves the rest away. */
#ifndef BENCH_OVERHEAD_H
#define BENCH_OVERHEAD_H

#include "keying.h"

/* Who the rows of one scheme and profile are of. */
struct overhead {
	struct keying_place *place;
	enum bench_scheme scheme;
	enum bench_profile profile;
	unsigned said; /* messages that have their row: bits by nos_message_kind */
};

/* One number. sources 0: not said. how: NULL where it is plain. */
enum nos_code overhead_row(const struct overhead *o, const char *what, const char *unit,
    unsigned sources, double value, const char *how, struct nos_err *err) NOS_CHECK;

/* Operations that are not none. where: what was done, and by whom. */
enum nos_code overhead_operations(const struct overhead *o, const char *where,
    const struct counted *c, const char *how, struct nos_err *err) NOS_CHECK;

/* Bytes of each message. Of the default profile they are made here, and change the sources: last.
 */
enum nos_code overhead_messages(struct overhead *o, struct nos_err *err) NOS_CHECK;
enum nos_code overhead_printed(const struct overhead *o, const struct keying *k, unsigned sources,
    bool first, struct nos_err *err) NOS_CHECK;

/* Ask and answer, a pack and its receipt, a link and a frame. */
enum nos_code overhead_exchange(struct overhead *o, struct nos_err *err) NOS_CHECK;

/* Bytes that are kept, at a source and at a node. */
enum nos_code overhead_storage(const struct overhead *o, struct nos_err *err) NOS_CHECK;

/* How long each operation takes by itself, of those that are counted. */
enum nos_code overhead_primitives(
    struct bench *b, enum bench_profile p, struct nos_err *err) NOS_CHECK;

#endif
