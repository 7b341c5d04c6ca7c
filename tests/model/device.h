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
	uint64_t number[VALUES_MAX]; /* under which it went last; 0: it never did */
	bool renumbered[VALUES_MAX]; /* it went under two numbers: the first was in use */
	bool may_double[VALUES_MAX]; /* and the node has forgotten since that it was */
} device;

/* New, with no reading behind it. The keyring is the node's to make. */
void device_begin(void);

/* One reading, with what that brings about of keys. */
void device_deliver(void);

/* What all of its group, or all sources, hear of keys: anybody may have said it. */
void device_overhear(struct nos_span message);

/* As nos-send --follow has it: a poll, whose answer may be taken behind what a pack brought. */
void device_poll(void);

/*
 * The node's store was put back. What went under two numbers before, since a copy of the keyring
 * had used the first, may have a copy of the first on its way still; and the node, which has
 * forgotten that the number was used, takes it. No source can help that, and no node: it stands in
 * nos-send(1).
 */
void device_store_went_back(void);

/* A step at which it may die. */
void device_step(void);

/* A clean end, and an end of any kind. */
void device_close(void);
void device_gone(void);

#endif
