/* SPDX-License-Identifier: MIT */
/* The value of an Authorization header that shows a bearer token (RFC 6750 §2.1). Pure. */
#ifndef NOS_NET_HTTP_BEARER_H
#define NOS_NET_HTTP_BEARER_H

#include "base/str.h"

/* Is it "Bearer", in any case, and whatever stands behind that, blanks taken off: *ret, which may
 * be empty. */
bool nos_http_bearer_read(struct nos_str authorization, struct nos_str *ret);

/* What was shown of it to who listens: the first word, up to a blank or a comma. */
struct nos_str nos_http_bearer_first(struct nos_str shown);

#endif
