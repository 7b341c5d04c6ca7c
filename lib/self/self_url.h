/* SPDX-License-Identifier: MIT */
/* Where a node's sources find it: what nos-serve noted in the store when it started last (state
 * node/url), for who makes enrolments and bearer tokens. */
#ifndef NOS_SELF_SELF_URL_H
#define NOS_SELF_SELF_URL_H

#include "store/store.h"

/* url, for sources, and secure, https alone; NULL: there is none by which others find it. */
enum nos_code nos_self_url_put(
    struct nos_store *store, const char *url, const char *secure, struct nos_err *err) NOS_CHECK;

/* secure: one of https. NOS_USAGE: none was noted, and the URL is to be given; NOS_CONFIG: written
 * by a newer nos; NOS_IO: also where it is over size bytes with its NUL; NOS_BUSY; NOS_INTERNAL. */
enum nos_code nos_self_url_get(
    struct nos_store *store, bool secure, char *ret, size_t size, struct nos_err *err) NOS_CHECK;

#endif
