/* SPDX-License-Identifier: MIT */
/*
 * The way between the source and the node, in place of HTTP: it loses, doubles and keeps messages,
 * brings them late, and answers with what was an answer before.
 */
#ifndef NOS_MODEL_WAY_H
#define NOS_MODEL_WAY_H

#include "source/carrier.h"

extern const struct nos_carrier way_carrier;

/* As bad as is drawn; nothing is kept of what travelled before. */
void way_begin(void);

/* From here on all arrives, once. */
void way_mend(void);

/* Some request of before comes to the node once more, or at last. */
void way_bring_late(void);

/* Whom the way leads to, of several: the world's own from way_begin on. And to bring some
 * word of keys, of before, to one in particular. */
struct node;
void way_lead(struct node *n);
void way_bring_word(struct node *n);

/* One that was tampered with: to be refused, at a cost that has a bound. */
void way_bring_forged(void);

#endif
