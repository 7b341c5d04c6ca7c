/* SPDX-License-Identifier: MIT */
/*
 * Members of a scanned object, each asked for by name and kind; a member that is not as it should
 * be is named in the error. Texts stay where they are, so that a secret in one is not copied about.
 * Every function gives NOS_DATA, and no other error but those that it names.
 */
#ifndef NOS_JSON_DECODE_H
#define NOS_JSON_DECODE_H

#include "base/secret.h"
#include "base/time.h"
#include "json/scan.h"

/* A scanned object: what all functions look into. */
struct nos_decode {
	const struct nos_scan *scan;
	const struct nos_scan_value *object;
};

/* Scan text, which must be one object. what names it in the error: "enrolment". As nos_scan_parse:
 * NOS_LARGE and NOS_INTERNAL too. */
enum nos_code nos_decode_object(struct nos_scan *scan, struct nos_str text, const char *what,
    struct nos_decode *ret, struct nos_err *err) NOS_CHECK;

bool nos_decode_has(const struct nos_decode *d, const char *name);

/* NOS_CONFIG if member v, the format's version, is over max; a v that is not there is 1. */
enum nos_code nos_decode_version(
    const struct nos_decode *d, uint64_t max, const char *what, struct nos_err *err) NOS_CHECK;

/* A text without escapes, which no name and no encoding of bytes needs. */
enum nos_code nos_decode_text(const struct nos_decode *d, const char *name, struct nos_str *ret,
    struct nos_err *err) NOS_CHECK;

/* As above into ret, terminated; NOS_DATA if it has size bytes or more. A member that is not there
 * gives "" where optional. */
enum nos_code nos_decode_copy(const struct nos_decode *d, const char *name, bool optional,
    char *ret, size_t size, struct nos_err *err) NOS_CHECK;

enum nos_code nos_decode_uint(const struct nos_decode *d, const char *name, uint64_t min,
    uint64_t max, uint64_t *ret, struct nos_err *err) NOS_CHECK;

/* Epoch seconds with at most three decimals. */
enum nos_code nos_decode_time(const struct nos_decode *d, const char *name, struct nos_time *ret,
    struct nos_err *err) NOS_CHECK;

enum nos_code nos_decode_bool(const struct nos_decode *d, const char *name, bool optional,
    bool *ret, struct nos_err *err) NOS_CHECK;

/* base64url of exactly len bytes. */
enum nos_code nos_decode_bytes(const struct nos_decode *d, const char *name, uint8_t *ret,
    size_t len, struct nos_err *err) NOS_CHECK;
enum nos_code nos_decode_secret(const struct nos_decode *d, const char *name, size_t len,
    struct nos_secret *ret, struct nos_err *err) NOS_CHECK;

/* base64url of at most size bytes. */
enum nos_code nos_decode_upto(const struct nos_decode *d, const char *name, uint8_t *ret,
    size_t size, size_t *ret_len, struct nos_err *err) NOS_CHECK;

/* What is done with each object of a list. */
typedef enum nos_code nos_decode_element(
    void *state, const struct nos_decode *d, struct nos_err *err);

/* A list of at most max objects, each handed to element. NOS_DATA: not such a list; what element
 * gave. */
enum nos_code nos_decode_each(const struct nos_decode *d, const char *name, size_t max,
    nos_decode_element *element, void *state, struct nos_err *err) NOS_CHECK;

/* base64url of any length, appended to *ret. */
enum nos_code nos_decode_blob(const struct nos_decode *d, const char *name, struct nos_buf *ret,
    struct nos_err *err) NOS_CHECK;

/* A member that is an object, to look into. */
enum nos_code nos_decode_inside(const struct nos_decode *d, const char *name,
    struct nos_decode *ret, struct nos_err *err) NOS_CHECK;

/* A member that is an array, to step through with nos_scan_element. */
enum nos_code nos_decode_array(const struct nos_decode *d, const char *name,
    const struct nos_scan_value **ret, struct nos_err *err) NOS_CHECK;

/* The member as it stands: a text without its quotes, a list and an object with their brackets. */
enum nos_code nos_decode_raw(const struct nos_decode *d, const char *name, enum nos_scan_kind kind,
    struct nos_str *ret, struct nos_err *err) NOS_CHECK;

#endif
