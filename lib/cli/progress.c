/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/start.h"

#define CLEAR "\r\033[K" /* to the end of the line */

void nos_progress_init(struct nos_progress *p, const char *what, uint64_t total)
{
	*p = (struct nos_progress){ .what = what, .total = total };
	p->on = isatty(STDERR_FILENO) && !nos_start_is_quiet();
}

void nos_progress_set(struct nos_progress *p, uint64_t done)
{
	struct nos_mono now;

	if (!p->on)
		return;
	now = nos_mono_now();
	if (p->drawn && now.us - p->last.us < NOS_PROGRESS_STEP_US)
		return;
	p->drawn = true;
	p->last = now;
	if (p->total)
		fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " %s (%.0f%%)\033[K", done, p->total,
		    p->what, 100.0 * (double)done / (double)p->total);
	else
		fprintf(stderr, "\r%" PRIu64 " %s\033[K", done, p->what);
	fflush(stderr);
}

void nos_progress_done(struct nos_progress *p)
{
	if (!p->drawn)
		return;
	fputs(CLEAR, stderr);
	fflush(stderr);
	p->drawn = false;
}
