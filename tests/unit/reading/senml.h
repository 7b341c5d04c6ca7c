/* SPDX-License-Identifier: MIT */
/* What the tests of SenML have in common: a pack, and its readings as text. */
#ifndef NOS_TEST_READING_SENML_H
#define NOS_TEST_READING_SENML_H

#include "../test.h"

#include "reading/batch.h"
#include "reading/senml.h"

#define NOW 1700000000
#define OW  "urn:dev:ow:10e2073a01080063"

static struct nos_scan scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX };
static struct nos_batch batch;
static struct nos_err err;
static struct nos_buf out;

static inline enum nos_code decode(const char *text)
{
	const struct nos_batch_how how = { .form = NOS_BATCH_SENML,
		.now = { (int64_t)NOW * 1000 } };

	err = (struct nos_err){ 0 };
	return nos_batch_decode(&batch, &how, nos_str_of(text), 100, &scan, &err);
}

/* All readings of a pack as text, a line each; those that are not good by their error. */
static inline const char *readings(const char *text)
{
	const struct nos_batch_item *item;
	const struct nos_batch_reject *reject;
	size_t at[2] = { 0 };

	nos_buf_truncate(&out, 0);
	if (decode(text)) {
		nos_buf_addf(&out, "%s: %s", nos_code_slug(err.code), err.text);
		return out.p;
	}
	while (nos_batch_next(&batch, at, &item, &reject)) {
		if (item)
			nos_reading_encode(&out, &item->reading);
		else
			nos_buf_add_text(&out, reject->err.text);
		nos_buf_add_char(&out, '\n');
	}
	return out.p;
}

/* What stands before a name is what is claimed. */
#define BN(base)	     ",\"source\":\"" base "\""
#define R(type, value, rest) "{\"type\":\"" type "\",\"value\":" value "," rest "}\n"
#define U(unit, time)	     "\"unit\":\"" unit "\",\"time\":" time

static inline int prepare(void **state)
{
	(void)state;
	nos_buf_init(&out, 65536);
	return 0;
}

static inline int drop(void **state)
{
	(void)state;
	nos_batch_release(&batch);
	nos_scan_release(&scan);
	nos_buf_release(&out);
	return 0;
}

#endif
