/* SPDX-License-Identifier: MIT */
/*
 * The source: all of lib/source over real files, with the way (way.h) for HTTP. It dies at any file
 * that it writes and at any message, as kill -9 or a battery would have it.
 */
#ifndef NOS_MODEL_DEVICE_H
#define NOS_MODEL_DEVICE_H

#include <setjmp.h>

#include "source/courier.h"
#include "world.h"

#define PATH_SIZE 160

/* What became of a reading, as its source knows. */
enum fate {
	FATE_NEVER,   /* there is none yet */
	FATE_MAYBE,   /* nobody was told that it is safe */
	FATE_SETTLED, /* answered, or in the spool */
	FATE_EXCUSED, /* it went with a disk that was put back */
};

extern struct device {
	char key[PATH_SIZE], spool_dir[PATH_SIZE];
	struct nos_ring ring;
	struct nos_send send;
	struct nos_spool spool;
	struct nos_courier courier;
	bool open;
	volatile int stop;
	int die; /* at the step number n from here; -1: it does not */
	jmp_buf grave;
	uint64_t next; /* value of the next reading */
	enum fate fate[VALUES_MAX];
} device;

/* New, with no reading behind it. The keyring is the node's to make. */
void device_begin(void);

/* One reading, with what that brings about of keys. */
void device_deliver(void);

/* A step at which it may die. */
void device_step(void);

/* A clean end, and an end of any kind. */
void device_close(void);
void device_gone(void);

#endif
