/* SPDX-License-Identifier: MIT */
/*
 * The readings of a SenML pack (nos-formats(7)): a record is one, and its sum another; the base
 * name before a name is what is claimed, since a pack may be of several devices. A pair of records
 * with the units lat and lon, of one name and time, is none: it is the position of the readings of
 * that time. Pure.
 */
#ifndef NOS_READING_SENML_READINGS_H
#define NOS_READING_SENML_READINGS_H

#include "reading/map.h"
#include "reading/senml.h"

/* nos_senml_check; *ret_room is the space that nos_senml_readings_each takes. */
enum nos_code nos_senml_readings_check(const struct nos_scan *scan,
    const struct nos_scan_value *array, size_t *ret_room, struct nos_err *err) NOS_CHECK;

/*
 * The readings of a pack that was checked, in its order, those that are not good among them. Texts
 * point into the scanned text or *space, which must have that room and not move. What each gave, or
 * NOS_INTERNAL.
 */
enum nos_code nos_senml_readings_each(const struct nos_scan *scan,
    const struct nos_scan_value *array, struct nos_time now, struct nos_buf *space,
    nos_map_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
