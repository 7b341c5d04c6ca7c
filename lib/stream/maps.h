/* SPDX-License-Identifier: MIT */
/*
 * The maps of a node (nos-formats(7), "Maps"), by the names of their files: a set is a folder as it
 * was read, never changed and counted, so that each request goes on with the one that it began
 * with. What was read through a map is kept as it came; the text of each map stands in the store
 * under its hash, so that it can be read the same way again.
 */
#ifndef NOS_STREAM_MAPS_H
#define NOS_STREAM_MAPS_H

#include "key/name.h"
#include "reading/map.h"
#include "self/spaces.h"
#include "store/store.h"

#define NOS_MAPS_HASH_MAX 17 /* 16 hex digits and a NUL */

struct nos_maps_one {
	char name[NOS_NAME_WORD_MAX + 1];
	char hash[NOS_MAPS_HASH_MAX]; /* of its text */
	struct nos_map *map;
	struct nos_buf text;
};

struct nos_maps_set; /* opaque */

/* Each NAME.json of a folder. NOS_ABSENT, NOS_DENIED, NOS_IO: it cannot be read; NOS_CONFIG: a file
 * is no map, or its name none; NOS_INTERNAL. */
enum nos_code nos_maps_read(
    const char *folder, struct nos_maps_set **ret, struct nos_err *err) NOS_CHECK;

/* One more, one less of those who use it; with the last it is freed. From any thread; NULL is fine.
 */
struct nos_maps_set *nos_maps_hold(struct nos_maps_set *set);
void nos_maps_drop(struct nos_maps_set *set);

/* NULL: none of that name; also where set is. */
const struct nos_maps_one *nos_maps_find(const struct nos_maps_set *set, struct nos_str name);

/* Put the texts into the store where they are not there: before anything is read through them. */
enum nos_code nos_maps_keep(
    const struct nos_maps_set *set, struct nos_store *store, struct nos_err *err) NOS_CHECK;

/* The set in force, for threads that read through it while another replaces it. */
struct nos_maps;

enum nos_code nos_maps_new(
    struct nos_maps_set *set, struct nos_maps **ret, struct nos_err *err) NOS_CHECK;
void nos_maps_free(struct nos_maps *m); /* NULL is fine */

/* The caller's hold on set becomes m's. */
void nos_maps_replace(struct nos_maps *m, struct nos_maps_set *set);

/* Held for the caller; NULL: there is none, also where m is NULL. */
struct nos_maps_set *nos_maps_present(struct nos_maps *m);

/* Maps of the past, each read from the store once. All-zero is valid. Belongs to one thread. */
struct nos_maps_past {
	struct {
		char hash[NOS_MAPS_HASH_MAX];
		struct nos_map *map;
	} * maps;
	size_t count, cap;
};

/* That of a hash, good until the release; NULL for the empty hash. NOS_IO: it is not there, or no
 * map; NOS_BUSY, NOS_INTERNAL. */
enum nos_code nos_maps_of(struct nos_maps_past *past, struct nos_store *store, const char *hash,
    const struct nos_map **ret, struct nos_err *err) NOS_CHECK;
void nos_maps_past_release(struct nos_maps_past *past);

#endif
