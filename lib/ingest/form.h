/* SPDX-License-Identifier: MIT */
/*
 * How a body of readings in the open is to be read: by its media type and by what its query says,
 * kind=NAME and map=NAME (nos-serve(8), "The HTTP interface"). Thread-safe.
 */
#ifndef NOS_INGEST_FORM_H
#define NOS_INGEST_FORM_H

#include "lane/job.h"
#include "stream/maps.h"

/* Who sends it: an anonymous source says its kind. */
enum nos_form_of { NOS_FORM_ANONYMOUS, NOS_FORM_REGISTERED };

/* Looked at before the body is read. maps NULL: there are none. NOS_MEDIA: no form of readings;
 * NOS_DATA: a query that is none, or a map that is not there, or is of another form. */
enum nos_code nos_form_check(struct nos_maps *maps, enum nos_form_of of, struct nos_str media,
    struct nos_str query, struct nos_err *err) NOS_CHECK;

/* Note it in job, with the kind of an anonymous source, and hold its map. As above: the maps may
 * have been replaced since. */
enum nos_code nos_form_take(struct nos_maps *maps, enum nos_form_of of, struct nos_str media,
    struct nos_str query, struct nos_job *job, struct nos_err *err) NOS_CHECK;

#endif
