/* SPDX-License-Identifier: MIT */
/*
 * The readings of one body, or of one line of it, in one of the forms that people send
 * (nos-formats(7)); the one way in for nos-serve, nos-send and nos-score alike. One bad reading
 * never sinks its batch: it is noted with its index and the others are kept. Pure; not thread-safe
 * on one batch.
 */
#ifndef NOS_READING_BATCH_H
#define NOS_READING_BATCH_H

#include "base/buf.h"
#include "json/scan.h"
#include "reading/csv.h"
#include "reading/map.h"
#include "reading/reading.h"

enum nos_batch_form {
	NOS_BATCH_JSON,	  /* application/json: a reading, or an array of them */
	NOS_BATCH_NDJSON, /* application/x-ndjson: a line a reading, or an array of them */
	NOS_BATCH_SENML,  /* application/senml+json: a pack (RFC 8428) */
	NOS_BATCH_CSV, /* text/csv: a line a record (RFC 4180), but for a field over several lines
			*/
};

/* How a text is to be read. */
struct nos_batch_how {
	enum nos_batch_form form;
	const struct nos_map *map; /* of what is no reading of ours; NULL: none. Not with SENML */
	struct nos_time now;	   /* what a relative time is relative to */
};

/* By media type; of those of application, with or without it. False: not one of them. */
bool nos_batch_form_parse(struct nos_str media, enum nos_batch_form *ret);
const char *nos_batch_form_text(enum nos_batch_form form);

struct nos_batch_item {
	uint32_t index; /* from 0, bad ones counted */
	struct nos_reading reading;

	/* Where it came as a reading of our own, a JSON object. */
	struct nos_str text;		     /* len 0: it did not, see nos_reading_encode */
	const struct nos_scan_value *object; /* of the scan, until that is used again; NULL */
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
	struct nos_csv csv; /* what its header said; kept from line to line */
	bool over;	    /* it was not good: no line behind it can be */
};

void nos_batch_release(struct nos_batch *b);

/* All-zero but for the memory that most batches need, for the next one; how many bytes that is. */
size_t nos_batch_clear(struct nos_batch *b);

/*
 * Read a whole body, which must outlive the batch. scan is working memory. NOS_DATA: as a whole it
 * cannot be read (JSON, SenML, the header of CSV); NOS_LARGE: over most readings; NOS_INTERNAL.
 */
enum nos_code nos_batch_decode(struct nos_batch *b, const struct nos_batch_how *how,
    struct nos_str text, size_t most, struct nos_scan *scan, struct nos_err *err) NOS_CHECK;

/*
 * Read the next line of an endless body, which must outlive the next call; never blank, without its
 * end. All forms are taken line by line, so that a SenML pack or a JSON array stands on one. A CSV
 * header has no item. *ret_many: it was an array, or what a map made several of, and its readings
 * are told apart by their index. A line that is not good as a whole is the error; otherwise as
 * above.
 */
enum nos_code nos_batch_line(struct nos_batch *b, const struct nos_batch_how *how,
    struct nos_str line, size_t most, struct nos_scan *scan, bool *ret_many,
    struct nos_err *err) NOS_CHECK;

/*
 * Step through items and rejects together, by their index: at is two zeros first, and is moved on.
 * One of *ret_item and *ret_reject is NULL. False at the end.
 */
bool nos_batch_next(const struct nos_batch *b, size_t at[static 2],
    const struct nos_batch_item **ret_item, const struct nos_batch_reject **ret_reject);

/* Take the item at i off and note it as rejected. */
void nos_batch_reject_item(struct nos_batch *b, size_t i, const struct nos_err *why);

#endif
