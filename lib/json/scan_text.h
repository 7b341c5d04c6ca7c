/* SPDX-License-Identifier: MIT */
/*
 * What a scanned string means (RFC 8259 §7): its escapes become UTF-8, and two that are written in
 * another way may mean the same. A string that means nothing, as one with an unpaired surrogate,
 * stands for its own bytes where it is compared. Pure; thread-safe.
 */
#ifndef NOS_JSON_SCAN_TEXT_H
#define NOS_JSON_SCAN_TEXT_H

#include "json/scan.h"

/* nos_scan_text, which gives the text, is in scan.h: who scans reads texts. */

/* Less than, equal to, greater than 0: by their bytes, a shorter one before what goes on from it.
 */
int nos_scan_text_order(const struct nos_scan_value *a, const struct nos_scan_value *b);

bool nos_scan_text_is(const struct nos_scan_value *string, struct nos_str text);

#endif
