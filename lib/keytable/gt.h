/* SPDX-License-Identifier: MIT */
/*
 * The global keys of a node, and of a source, as rows of the table gt (nos-keytable(1)): each with
 * how many sources hold it and how many local keys were made of it; and those that were taken back
 * of late. Belongs to the thread whose store it is given.
 */
#ifndef NOS_KEYTABLE_GT_H
#define NOS_KEYTABLE_GT_H

#include "keytable/keytable.h"

/* The rows of a store, in the order of their domains. As nos_keytable_scan. */
enum nos_code nos_gt_scan(const struct nos_keytable *t, struct nos_store *store,
    nos_keytable_each *each, void *state, struct nos_err *err) NOS_CHECK;

/* Those of a source's keyring. What each gave, or NOS_INTERNAL. */
enum nos_code nos_gt_keyring(const struct nos_keytable *t, const struct nos_keyring *keyring,
    nos_keytable_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
