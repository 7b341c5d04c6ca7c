/* SPDX-License-Identifier: MIT */
/*
 * What a node and a source hold of keys, as rows: the text of a JSON object each, its members in
 * the order of nos-formats(7), "Lines out", no secret among them but where values are asked for.
 * Rows come one by one, however many there are. A node's tracks are saved now and then, so what the
 * raw stream holds beyond them is counted as well. Belongs to the thread whose store it is given.
 */
#ifndef NOS_KEYTABLE_KEYTABLE_H
#define NOS_KEYTABLE_KEYTABLE_H

#include "base/buf.h"
#include "base/time.h"
#include "key/keyring.h"
#include "self/vault.h"
#include "store/store.h"

enum nos_keytable_which {
	NOS_KEYTABLE_SOURCES,
	NOS_KEYTABLE_CT,
	NOS_KEYTABLE_GT,       /* keytable/gt.h */
	NOS_KEYTABLE_KT,       /* keytable/kt.h */
	NOS_KEYTABLE_VISITORS, /* as above */
	NOS_KEYTABLE_GROUPS,   /* keytable/roll.h */
	NOS_KEYTABLE_TOKENS,
};

/* Which rows. */
struct nos_keytable {
	enum nos_keytable_which which;
	uint64_t node;	    /* number of the node */
	const char *source; /* id of the one source; NULL: all */
	uint32_t states;    /* bits, by nos_keytable_state; 0: all */
	struct nos_time now;
	bool values; /* ct, gt, kt, groups: rows have the values of their keys, and are wiped */
	const struct nos_vault *vault; /* opens those of a store; NULL where there are no values */
};

bool nos_keytable_parse(struct nos_str word, enum nos_keytable_which *ret);

/* The word that was parsed. */
const char *nos_keytable_text(enum nos_keytable_which which);

/* Add the state that word is to *states; false: the rows of the table have no such state. */
bool nos_keytable_state(enum nos_keytable_which which, struct nos_str word, uint32_t *states);

/* The row is good until it returns; an error ends the table. It must not change the store. */
typedef enum nos_code nos_keytable_each(void *state, struct nos_str row, struct nos_err *err);

/* NOS_ABSENT: no such source; NOS_DENIED: a value does not open under this vault; NOS_IO, NOS_BUSY:
 * the store failed; NOS_INTERNAL; what each gave. */
enum nos_code nos_keytable_scan(const struct nos_keytable *t, struct nos_store *store,
    nos_keytable_each *each, void *state, struct nos_err *err) NOS_CHECK;

/* What a source's keyring holds: rows of the tables ct, gt and groups. What each gave, or
 * NOS_INTERNAL. */
enum nos_code nos_keytable_keyring(const struct nos_keytable *t, const struct nos_keyring *keyring,
    nos_keytable_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
