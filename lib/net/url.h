/* SPDX-License-Identifier: MIT */
/* The URL of a node, as a source was told it, and of what lies below it. Pure; thread-safe. */
#ifndef NOS_NET_URL_H
#define NOS_NET_URL_H

#include "base/buf.h"

#define NOS_URL_MAX 255 /* bytes of a node's URL: what a keyring keeps */

/* http://HOST… or https://HOST… without user, query and fragment, of at most NOS_URL_MAX bytes: it
 * is shown and kept. NOS_USAGE: anything else; the text does not show it, it may hold a password.
 */
enum nos_code nos_url_check(const char *url, struct nos_err *err) NOS_CHECK;

/* Is it https? */
bool nos_url_is_secure(const char *url);

/* Of one that is good: is its host none, or an address that only means any (0.0.0.0, [::])? Nobody
 * finds a machine by it. */
bool nos_url_is_any(const char *url);

/* Append url, without the slashes at its end, and path. */
void nos_url_join(struct nos_buf *b, const char *url, const char *path);

#endif
