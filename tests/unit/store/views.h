/* SPDX-License-Identifier: MIT */
/* Two processes' views a and b of one store, which a program opens, and what its calls say. */
#ifndef NOS_TEST_VIEWS_H
#define NOS_TEST_VIEWS_H

#include "../test.h"

#include "store/store.h"

static struct nos_err err;
static struct nos_store *a, *b;

#endif
