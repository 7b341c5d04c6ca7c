/* SPDX-License-Identifier: MIT */
/*
 * Which enrolments the keyrings of a folder were made from, so that a run over enrolments that were
 * registered before knows them. Each keyring is read once, at the first question; one that cannot
 * be read, or that does not say its enrolment, is passed over. Holds no secret. Not thread-safe.
 */
#ifndef NOS_SOURCE_DONE_H
#define NOS_SOURCE_DONE_H

#include <limits.h>

#include "key/keyring.h"

struct nos_done_entry {
	char enrolment[NOS_KEYRING_ENROLMENT_MAX];
	char name[NOS_NAME_WORD_MAX + 1]; /* of the source, empty: none */
	char file[NAME_MAX + 1];	  /* in the folder */
};

struct nos_done {
	const char *folder; /* the caller's */
	bool looked;
	struct nos_done_entry *entries;
	size_t count, cap;
};

/* Reads nothing yet. folder must outlive *d. */
void nos_done_init(struct nos_done *d, const char *folder);
void nos_done_release(struct nos_done *d);

/*
 * The keyring made from this enrolment, of this name where it is not NULL: *ret_file is its name in
 * the folder, good until the next call, or NULL: there is none. NOS_DENIED, NOS_IO: the folder
 * cannot be read; NOS_INTERNAL.
 */
enum nos_code nos_done_find(struct nos_done *d, const char *enrolment, const char *name,
    const char **ret_file, struct nos_err *err) NOS_CHECK;

/* Note one that was made just now. NOS_INTERNAL: out of memory. */
enum nos_code nos_done_add(struct nos_done *d, const struct nos_keyring *k, const char *file,
    struct nos_err *err) NOS_CHECK;

#endif
