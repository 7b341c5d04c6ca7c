/* SPDX-License-Identifier: MIT */
/*
 * What the readings of a series are called: a claim and a type. Most sources call theirs as many
 * others do, so each such pair stands in memory once, for as long as one holds it. Thread-safe.
 */
#ifndef NOS_STREAM_LABEL_H
#define NOS_STREAM_LABEL_H

#include <stdint.h>

#include "base/str.h"

/* Of the process; read it by the two functions below. */
struct nos_label {
	struct nos_label *chain;
	uint64_t hash;
	size_t holders;
	uint32_t claimed_len, type_len;
	char text[]; /* one behind the other; any bytes */
};

/* Hold the one of this pair. NULL: out of memory. */
const struct nos_label *nos_label_take(struct nos_str claimed, struct nos_str type);
void nos_label_drop(const struct nos_label *l); /* NULL is fine */

static inline struct nos_str nos_label_claimed(const struct nos_label *l)
{
	return (struct nos_str){ l->text, l->claimed_len };
}

static inline struct nos_str nos_label_type(const struct nos_label *l)
{
	return (struct nos_str){ l->text + l->claimed_len, l->type_len };
}

#endif
