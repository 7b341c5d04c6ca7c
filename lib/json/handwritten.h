/* SPDX-License-Identifier: MIT */
/*
 * A file that people write by hand: a JSON object that begins with "v", its version, and of which
 * each fault is said with line and column (of a character, both from 1). Texts of it that are to
 * outlive it are kept in one piece of memory. Belongs to one thread.
 */
#ifndef NOS_JSON_HANDWRITTEN_H
#define NOS_JSON_HANDWRITTEN_H

#include "json/scan.h"

/* What a kind of file is called in a sentence, and its limits. */
struct nos_handwritten_kind {
	const char *is;	    /* "rules are", "a map is" */
	const char *begins; /* "rules begin", "a map begins" */
	size_t max;	    /* bytes */
	unsigned members;   /* most members of one object; 0: NOS_SCAN_MEMBERS_MAX */
};

/* A file under the scan. All-zero is valid for release alone. */
struct nos_handwritten {
	struct nos_scan scan;
	const struct nos_scan_value *version;
	struct nos_buf space; /* a text that was escaped */
	char *texts;	      /* what was kept; whoever keeps may write in it */
	size_t texts_len;
	struct nos_err *err; /* of each fault */
};

/*
 * Scan a file and look at its version; a byte order mark before it is passed over. To be released,
 * whatever it returns; text and err must outlive *h.
 * NOS_CONFIG    over a limit, not JSON, no object, "v" is missing or not 1
 * NOS_INTERNAL  out of memory
 */
enum nos_code nos_handwritten_open(struct nos_handwritten *h,
    const struct nos_handwritten_kind *kind, struct nos_str text, struct nos_err *err) NOS_CHECK;
void nos_handwritten_release(struct nos_handwritten *h);

/* Step through the members of the file but "v": *at is 0 first. False at the end. */
bool nos_handwritten_member(const struct nos_handwritten *h, uint32_t *at,
    const struct nos_scan_value **ret_name, const struct nos_scan_value **ret_value);

/* Set a fault, NOS_CONFIG: "'name' what" at a value, or a name that is not known. Both return it.
 */
enum nos_code nos_handwritten_wrong(
    struct nos_handwritten *h, const struct nos_scan_value *v, const char *name, const char *what);
enum nos_code nos_handwritten_unknown(struct nos_handwritten *h, const struct nos_scan_value *name);

/* Note the place of a value in an error that is set; of a string, its quote. Returns its code. */
enum nos_code nos_handwritten_at(struct nos_handwritten *h, const struct nos_scan_value *v);

/* What a string means, good until the next call; it may hold a NUL. False: it is none. */
bool nos_handwritten_text(
    struct nos_handwritten *h, const struct nos_scan_value *v, struct nos_str *ret);

/* A copy with a NUL behind it, good until the release, or for as long as what was taken. Each
 * string or number of the file is kept once at most: there is room for no more. */
struct nos_str nos_handwritten_keep(struct nos_handwritten *h, struct nos_str s);

/* Ownership of what was kept: the caller frees with free(3). */
char *nos_handwritten_take(struct nos_handwritten *h);

#endif
