/* SPDX-License-Identifier: MIT */
/*
 * The groups of a node, and that of a source, as rows of the table groups (nos-keytable(1)): where
 * each stands, how many belong to it, and how many of them are not known to have its present key.
 * Belongs to the thread whose store it is given.
 */
#ifndef NOS_KEYTABLE_ROLL_H
#define NOS_KEYTABLE_ROLL_H

#include "keytable/keytable.h"

/* The rows of a store, in the order of their numbers. As nos_keytable_scan. */
enum nos_code nos_roll_scan(const struct nos_keytable *t, struct nos_store *store,
    nos_keytable_each *each, void *state, struct nos_err *err) NOS_CHECK;

/* That of a source's keyring, if it is in one. What each gave, or NOS_INTERNAL. */
enum nos_code nos_roll_keyring(const struct nos_keytable *t, const struct nos_keyring *keyring,
    nos_keytable_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
