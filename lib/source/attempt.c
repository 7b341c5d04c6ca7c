/* SPDX-License-Identifier: MIT */
#include "source/attempt.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "crypto/random.h"

void nos_attempt_good(struct nos_attempt *a)
{
	*a = (struct nos_attempt){ 0 };
}

/* Between a half of it and all of it. */
static uint64_t jittered(uint64_t ms)
{
	uint16_t drawn = 0;
	struct nos_err ignored = { 0 };

	if (nos_random_bytes(&drawn, sizeof(drawn), &ignored))
		return ms;
	return ms - ms / 2 * drawn / UINT16_MAX;
}

static uint64_t doubled(uint64_t ms, uint64_t first, uint64_t last)
{
	return !ms ? first : ms < last / 2 ? ms * 2 : last;
}

void nos_attempt_failed(struct nos_attempt *a, uint64_t retry_s, bool refused)
{
	uint64_t ms;

	if (refused) {
		ms = a->refused_ms =
		    doubled(a->refused_ms, NOS_ATTEMPT_REFUSED_MS, NOS_ATTEMPT_REFUSED_LAST_MS);
	} else {
		a->pause_ms = doubled(a->pause_ms, NOS_ATTEMPT_FIRST_MS, NOS_ATTEMPT_LAST_MS);
		ms = jittered(a->pause_ms);
	}
	if (retry_s > NOS_ATTEMPT_REFUSED_LAST_MS / 1000)
		retry_s = NOS_ATTEMPT_REFUSED_LAST_MS / 1000;
	if (retry_s * 1000 > ms)
		ms = retry_s * 1000;
	a->earliest.us = nos_mono_now().us + ms * 1000;
}

uint64_t nos_attempt_limit_ms(struct nos_mono until)
{
	uint64_t now = nos_mono_now().us;
	uint64_t left_ms = until.us > now ? (until.us - now) / 1000 : 0;

	return left_ms > NOS_ATTEMPT_TRY_LEAST_MS ? left_ms : NOS_ATTEMPT_TRY_LEAST_MS;
}

bool nos_attempt_is_due(const struct nos_attempt *a)
{
	return nos_mono_now().us >= a->earliest.us;
}

/* The signals are held back between the look at stop and the wait, so that none falls between. */
bool nos_attempt_wait(const struct nos_attempt *a, struct nos_mono until, const volatile int *stop)
{
	sigset_t signals, before;
	uint64_t now;

	if (a->earliest.us > until.us)
		return false;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, &before);
	while (!*stop && (now = nos_mono_now().us) < a->earliest.us) {
		uint64_t us = a->earliest.us - now;
		struct timespec left = { .tv_sec = (time_t)(us / 1000000),
			.tv_nsec = (long)(us % 1000000) * 1000 };

		ppoll(NULL, 0, &left, &before);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return !*stop;
}
