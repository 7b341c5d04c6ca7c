/* SPDX-License-Identifier: MIT */
/* Errors as HTTP answers: a status and a problem document (RFC 9457; nos-formats(7), "Errors").
 * Pure. */
#ifndef NOS_JSON_PROBLEM_H
#define NOS_JSON_PROBLEM_H

#include "base/buf.h"

#define NOS_PROBLEM_TYPE "application/problem+json"

/* The status of a code; a batch that parses and has nothing good in it is 422, which its caller
 * says. */
unsigned nos_problem_status(enum nos_code code);

/* Append the document, but for its closing bracket where open: for members of the caller's. */
void nos_problem_encode(struct nos_buf *b, const struct nos_err *err, unsigned status, bool open);

#endif
