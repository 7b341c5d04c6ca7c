/* SPDX-License-Identifier: MIT */
/*
 * Does no nos-serve run on a store? On a file: the lock that it takes. On servers, by its beats
 * (self/lease.h), of which one that has died leaves the last: they are looked at for as long as
 * it takes until nobody would go by one any more. Belongs to the thread whose store it is given.
 */
#ifndef NOS_SELF_IDLE_H
#define NOS_SELF_IDLE_H

#include "self/home.h"

struct nos_idle {
	int fd;		 /* of the lock; -1: none */
	uint64_t newest; /* revision of the newest beat */
};

/* Nobody runs, and on a file nobody begins until it is released. Takes some 4 s where there are
 * beats. NOS_BUSY: one runs, the text says where, or *stop (may be NULL) is not 0; NOS_IO. */
enum nos_code nos_idle_hold(struct nos_idle *ret, const struct nos_home *h,
    const volatile int *stop, struct nos_err *err) NOS_CHECK;

/* Did nobody begin meanwhile? NOS_BUSY: one did. */
enum nos_code nos_idle_again(
    const struct nos_idle *i, const struct nos_home *h, struct nos_err *err) NOS_CHECK;

void nos_idle_release(struct nos_idle *i);

#endif
