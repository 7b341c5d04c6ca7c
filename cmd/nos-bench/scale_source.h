/* SPDX-License-Identifier: MIT */
/*
 * The one source whose steps are measured, as nos-register and nos-send have it, with its keyring
 * in memory: what a node is to be given comes from it, and it takes what the node answers.
 */
#ifndef BENCH_SCALE_SOURCE_H
#define BENCH_SCALE_SOURCE_H

#include "key/keyring.h"
#include "scale_node.h"
#include "source/enrolment.h"
#include "source/pending.h"

/* Holds secrets: release it, also after an error of begin. */
struct nos_scale_source {
	struct nos_enrolment enrolment;
	struct nos_pending pending; /* m1 is in it */
	struct nos_keyring keyring;
	uint64_t seq;
	char kid[NOS_NAME_TEXT_MAX]; /* of the last pack */
};

void nos_scale_source_release(struct nos_scale_source *s);

/* An enrolment is made at the node, and m1 from it. *s is all-zero. What the library gives; so all
 * below. */
enum nos_code scale_source_begin(
    struct nos_scale_source *s, struct scale_node *n, struct nos_err *err) NOS_CHECK;

/* m2 becomes its keyring. */
enum nos_code scale_source_admit(struct nos_scale_source *s, const struct scale_node *n,
    struct nos_str m2, struct nos_err *err) NOS_CHECK;

/* Append its next pack, of a text of that media type, under the key that it sends under. */
enum nos_code scale_source_send(struct nos_scale_source *s, struct nos_str cty, struct nos_str text,
    struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* Take what waits for it at the node; *ret: the acknowledgement, good until the next; len 0:
 * nothing waited. */
enum nos_code scale_source_fetch(struct nos_scale_source *s, struct scale_node *n,
    struct nos_span *ret, struct nos_err *err) NOS_CHECK;

/* Overhear a message that is for all. */
enum nos_code scale_source_overhear(
    struct nos_scale_source *s, struct nos_span message, struct nos_err *err) NOS_CHECK;

#endif
