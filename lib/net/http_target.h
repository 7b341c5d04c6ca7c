/* SPDX-License-Identifier: MIT */
/* The target of a request, as its first line has it (RFC 9112 §3.2). Pure; for this room alone. */
#ifndef NOS_NET_HTTP_TARGET_H
#define NOS_NET_HTTP_TARGET_H

#include "base/str.h"

/* A target in absolute form stands for its path. Points into url, or at a literal. */
struct nos_str nos_http_target_path(const char *url);

/* May all of its bytes stand in a path? */
bool nos_http_target_is_path(struct nos_str path);

#endif
