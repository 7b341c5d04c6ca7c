/* SPDX-License-Identifier: MIT */
/*
 * Files that people write by hand and several tools read, rules and maps: the file is named before
 * the line and the column of what is wrong in it.
 */
#ifndef NOS_CLI_SETTINGS_H
#define NOS_CLI_SETTINGS_H

#include "reading/batch.h"
#include "score/profile.h"

/* *ret is the caller's, to be freed. NOS_ABSENT, NOS_DENIED, NOS_IO: the file; NOS_CONFIG: what is
 * in it; NOS_INTERNAL. */
enum nos_code nos_settings_rules(
    const char *path, struct nos_profile **ret, struct nos_err *err) NOS_CHECK;
enum nos_code nos_settings_map(
    const char *path, struct nos_map **ret, struct nos_err *err) NOS_CHECK;

/*
 * What the lines of stdin are, by --csv and --map: JSON unless csv is set or the map is one of CSV.
 * path NULL: no map. *ret_map is the caller's, to be freed; NULL: none. As above; NOS_USAGE: csv,
 * and a map that is none of CSV.
 */
enum nos_code nos_settings_form(bool csv, const char *path, struct nos_map **ret_map,
    struct nos_batch_how *ret, struct nos_err *err) NOS_CHECK;

#endif
