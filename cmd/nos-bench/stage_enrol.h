/* SPDX-License-Identifier: MIT */
/* How sources come on a stage: enrolments made as nos-token makes them, registrations over the
 * connections of its crowd. For stage.c. */
#ifndef BENCH_STAGE_ENROL_H
#define BENCH_STAGE_ENROL_H

#include "audit/audit.h"
#include "stage.h"

struct stage_enrol {
	struct stage *stage;
	struct stage_fleet *fleet;
	struct nos_audit *audit;
	struct nos_progress *progress; /* NULL: none */
};

/* So many more into the fleet, whose array has room for them. */
enum nos_code stage_enrol_run(
    const struct stage_enrol *e, size_t count, struct nos_err *err) NOS_CHECK;

/* The group of a scheme's sources; NULL: it has none. */
const char *stage_enrol_group(enum bench_scheme scheme);

#endif
