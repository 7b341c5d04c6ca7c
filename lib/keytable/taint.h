/* SPDX-License-Identifier: MIT */
/*
 * Which records a key protected (nos-keytable(1), "taint"): of each source that used it each topic
 * is gone back through, from the newest record to the key's first use. So it costs what those
 * sources hold, and no more. Belongs to the thread whose store it is given.
 */
#ifndef NOS_KEYTABLE_TAINT_H
#define NOS_KEYTABLE_TAINT_H

#include "key/name.h"
#include "keytable/keytable.h"
#include "store/store.h"

#define NOS_TAINT_EVER INT64_MIN /* ms of since: whenever it was */

struct nos_taint {
	struct nos_store *store;
	struct nos_name key; /* kind 0: all records of the source */
	/* Id of the one source. NULL: of whoever is known to have used it; a source is known by its
	 * newest keys, and of one that sent under more since it must be named. A p. key is its
	 * source's own. */
	const char *source;
	struct nos_time since; /* received from then on */
};

/*
 * A row each, of each topic the newest record first:
 * {"id":…[,"time":…],"source":…,"type":…,"topic":…[,"key":…],"published":…,"corrected":…}
 * published: the broker has acknowledged it; corrected: a node is through with corrections that
 * name it. As nos_keytable_scan; NOS_USAGE: no source, and no key or a p. key; NOS_IO: also where a
 * record is damaged.
 */
enum nos_code nos_taint_scan(
    const struct nos_taint *t, nos_keytable_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
