/* SPDX-License-Identifier: MIT */
#include "ingest_pace.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "ingest_post.h"

#define SECOND 1000000000

enum nos_code ingest_pace_open(struct ingest_pace *p, double rate, struct nos_err *err)
{
	*p = (struct ingest_pace){ .begun = ingest_post_clock(), .fd = -1 };
	if (rate <= 0)
		return NOS_OK;
	p->each_ns = SECOND / rate;
	p->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return p->fd < 0 ? nos_err_set_errno(err, NOS_INTERNAL, errno, "timer") : NOS_OK;
}

void ingest_pace_close(struct ingest_pace *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

uint64_t ingest_pace_due(const struct ingest_pace *p, size_t pack)
{
	return p->begun + (uint64_t)(p->each_ns * (double)pack);
}

enum nos_code ingest_pace_set(const struct ingest_pace *p, size_t pack, struct nos_err *err)
{
	const uint64_t due = ingest_pace_due(p, pack);
	/* One that is past goes off at once. */
	const struct itimerspec at = {
		.it_value = { (time_t)(due / SECOND), (long)(due % SECOND) },
	};

	return timerfd_settime(p->fd, TFD_TIMER_ABSTIME, &at, NULL) < 0
		   ? nos_err_set_errno(err, NOS_INTERNAL, errno, "timer")
		   : NOS_OK;
}
