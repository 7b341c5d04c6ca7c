/* SPDX-License-Identifier: MIT */
/* Does a text name a device or a person (nos-score(7), privacy). Pure. */
#ifndef NOS_SCORE_IDENTITY_H
#define NOS_SCORE_IDENTITY_H

#include "score/rule.h"

/*
 * NOS_RULE_IDENTITY_HARDWARE if one of these stands anywhere in text, else NOS_RULE_IDENTITY_NONE:
 *   EUI-64  16 hex digits with no letter or digit beside them; 8 pairs of them parted by ':' or '-'
 *   MAC     6 such pairs; not 7, and not 20, which is a fingerprint
 *   e-mail  something, '@', and a domain of two labels at least, of which one behind the first is
 *           letters alone
 * Decimal digits alone are taken for a number or a time (microseconds have 16 digits,
 * 19-01-18-12-00-00 has six pairs), but for pairs parted by ':', as no time has six of those. A
 * UUID is random in most of its forms, and is none of these. Time linear in the text.
 */
enum nos_rule_identity nos_identity_of(struct nos_str text);

#endif
