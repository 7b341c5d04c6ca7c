/* SPDX-License-Identifier: MIT */
/*
 * The keys of other nodes' sources that send here, as rows of the table kt (nos-keytable(1)): one
 * for each source and day, until it has had its time; and these sources, as rows of the table
 * visitors. Belongs to the thread whose store it is given.
 */
#ifndef NOS_KEYTABLE_KT_H
#define NOS_KEYTABLE_KT_H

#include "keytable/keytable.h"

/* The rows of a store, in the order of the sources' ids. As nos_keytable_scan. */
enum nos_code nos_kt_scan(const struct nos_keytable *t, struct nos_store *store,
    nos_keytable_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
