/* SPDX-License-Identifier: MIT */
/* What a key is called: a letter for its kind and one to three numbers, as in "d.1.7"
 * (nos-wire(7)); and the words that an operator calls things by. Pure; thread-safe. */
#ifndef NOS_KEY_NAME_H
#define NOS_KEY_NAME_H

#include <stdbool.h>

#include "base/str.h"

#define NOS_NAME_PARTS_MAX 3
#define NOS_NAME_TEXT_MAX  64 /* a letter and three numbers of 64 bits, 63 bytes */

struct nos_name {
	char kind; /* 'a' … 'z' */
	unsigned count;
	uint64_t parts[NOS_NAME_PARTS_MAX];
};

/* One text for one name: no leading zero, no sign, numbers under 2^64. */
bool nos_name_parse(struct nos_str s, struct nos_name *ret);

bool nos_name_eq(const struct nos_name *a, const struct nos_name *b);

/* What tells the newer of two names of one kind from the older: its last number. */
uint64_t nos_name_rank(const struct nos_name *name);

void nos_name_format(const struct nos_name *name, char ret[static NOS_NAME_TEXT_MAX]);

/* A name of an operator's choice: of a source, a kind, a group (nos-formats(7), "Names"). */
#define NOS_NAME_WORD_MAX 64
bool nos_name_is_word(struct nos_str s);

/* A kind of source: a word that is none of the topics' own. */
bool nos_name_is_kind(struct nos_str s);

#endif
