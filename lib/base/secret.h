/* SPDX-License-Identifier: MIT */
/*
 * A secret of at most 64 bytes, held in place: growth never moves it, leaving a scope wipes it, no
 * function formats it. What this cannot do: registers, swap, and the copy the peer holds.
 */
#ifndef NOS_BASE_SECRET_H
#define NOS_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/str.h"

#define NOS_SECRET_MAX 64

/* All-zero is valid: no secret. */
struct nos_secret {
	size_t len;
	uint8_t bytes[NOS_SECRET_MAX];
};

void nos_secret_release(struct nos_secret *s);

/* Wipe, then copy len bytes; false, and empty, if they are more than NOS_SECRET_MAX. */
bool nos_secret_put(struct nos_secret *s, const void *p, size_t len);

/* Constant time in the contents; an empty secret equals nothing. */
bool nos_secret_eq(const struct nos_secret *a, const struct nos_secret *b);

/* Constant-time comparison of two tags of len bytes. */
bool nos_secret_same(const void *a, const void *b, size_t len);

struct nos_span nos_secret_span(const struct nos_secret *s);

#endif
