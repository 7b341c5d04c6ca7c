/* SPDX-License-Identifier: MIT */
/*
 * Units of measure by the names of UCUM and of SenML (RFC 8428 §12.1, RFC 8798), and those few
 * others that people write for them: which are the same, and how a number in one is said in
 * another. The table is data. Pure; thread-safe.
 */
#ifndef NOS_READING_UNIT_H
#define NOS_READING_UNIT_H

#include "base/str.h"

/* to = from * factor + offset. */
struct nos_unit_step {
	double factor, offset;
};

/*
 * How a number in from is said in to. factor 1 and offset 0 where they are names of one unit, and
 * where they are the same text, known or not. False: one of them is not known, or they measure
 * different things. Names are as they are written: "m" is no "M".
 */
bool nos_unit_convert(struct nos_str from, struct nos_str to, struct nos_unit_step *ret);

/* Is it in the table? */
bool nos_unit_is_known(struct nos_str name);

#endif
