/* SPDX-License-Identifier: MIT */
/* Records as lines of a descriptor, beside what the publisher does. Belongs to its thread. */
#ifndef NOS_LANE_PRINT_H
#define NOS_LANE_PRINT_H

#include <pthread.h>

#include "base/buf.h"

struct nos_print {
	int fd;		       /* -1: nothing is printed, or nobody reads any more */
	pthread_mutex_t *lock; /* where others write to it too; NULL: none do */
	struct nos_buf text;
};

/* fd and lock stay the caller's. */
void nos_print_init(struct nos_print *p, int fd, pthread_mutex_t *lock);
void nos_print_release(struct nos_print *p);

void nos_print_add(struct nos_print *p, struct nos_str line);

/* What was added goes out. Nobody reads any more: printing ends, the main job does not. */
void nos_print_flush(struct nos_print *p);

#endif
