/* SPDX-License-Identifier: MIT */
/*
 * The readings of one body, in one of the forms that a source sends (nos-formats(7)). One bad
 * reading never sinks its batch: it is noted with its index and the others are kept. Pure; not
 * thread-safe on one batch.
 */
#ifndef NOS_READING_BATCH_H
#define NOS_READING_BATCH_H

#include "base/buf.h"
#include "json/scan.h"
#include "reading/reading.h"

enum nos_batch_form {
	NOS_BATCH_JSON,	  /* application/json: a reading, or an array of them */
	NOS_BATCH_NDJSON, /* application/x-ndjson: a line a reading, or an array of them */
};

/* By media type, with or without "application/". False: not one of them. */
bool nos_batch_form_parse(struct nos_str media, enum nos_batch_form *ret);
const char *nos_batch_form_text(enum nos_batch_form form);

struct nos_batch_item {
	uint32_t index; /* from 0, bad ones counted */
	struct nos_reading reading;
};

struct nos_batch_reject {
	uint32_t index;
	struct nos_err err;
};

/* All-zero is valid. Items and what they point to are good until the next decode or the release. */
struct nos_batch {
	struct nos_batch_item *items;
	size_t count, cap;
	struct nos_batch_reject *rejects;
	size_t reject_count, reject_cap;
	struct nos_buf space;
};

void nos_batch_release(struct nos_batch *b);

/*
 * Read text, which must outlive the batch. scan is working memory. NOS_DATA: not JSON as a whole
 * (NOS_BATCH_JSON); NOS_LARGE: over most readings; NOS_INTERNAL.
 */
enum nos_code nos_batch_decode(struct nos_batch *b, enum nos_batch_form form, struct nos_str text,
    size_t most, struct nos_scan *scan, struct nos_err *err) NOS_CHECK;

/* Take the item at i off and note it as rejected. */
void nos_batch_reject_item(struct nos_batch *b, size_t i, const struct nos_err *why);

#endif
