/* SPDX-License-Identifier: MIT */
/*
 * nos-token new: so many enrolments, or bearer tokens, that are alike. All are made in one group of
 * the store, or none; then they are printed, and what nobody can have got is taken back.
 */
#ifndef NOS_CMD_TOKEN_BATCH_H
#define NOS_CMD_TOKEN_BATCH_H

#include "lifecycle/charter.h"
#include "self/home.h"

/* What was asked for. What it points to is the caller's. */
struct batch {
	const char *tool;
	struct nos_charter charter;	  /* of their group and scheme */
	const char *kind, *url, *replace; /* url, replace: NULL where none is named */
	uint64_t count, uses, expires_ms;
	bool open, bearer, verbose;
	bool kind_said, scheme_said, expires_said; /* for them, not as a setting for all */
};

/* NOS_USAGE: something in it does not go together, or is none. */
enum nos_code batch_check(const struct batch *b, struct nos_err *err) NOS_CHECK;

/* home is open. What making and printing them gives; NOS_BUSY: a signal came. */
enum nos_code batch_run(
    const struct batch *b, struct nos_home *home, struct nos_err *err) NOS_CHECK;

#endif
