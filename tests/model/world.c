/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "scheme/scheme.h"
#include "source/attempt.h"

struct world world;

void world_begin(void)
{
	world.rng = world.first_seed + world.schedule;
	world.clock_ms = INT64_C(1700000000000);
}

/* splitmix64 */
static uint64_t draw(void)
{
	uint64_t z = (world.rng += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t world_below(uint64_t n)
{
	return draw() % n;
}

bool world_chance(double share)
{
	return (double)(draw() >> 11) / (double)(UINT64_C(1) << 53) < share;
}

const char *world_scheme(uint64_t n)
{
	size_t count = 0;

	while (nos_scheme_at(count))
		count++;
	return nos_scheme_at(n % count)->name;
}

void world_trace(const char *what, uint64_t n)
{
	if (!world.trace)
		return;
	printf("  %12" PRId64 "  %s %" PRIu64 "\n", world.clock_ms, what, n);
	fflush(stdout); /* also where it does not end */
}

_Noreturn void world_wrong(const char *what, uint64_t n)
{
	if (world.blind)
		printf("# where no put looks for its revision: schedule %" PRIu64 ": %s\n",
		    world.schedule, what);
	else
		printf("not ok: schedule %" PRIu64 ": %s (%" PRIu64
		       ")\n  again: model --seed %" PRIu64 " --%s 1 --trace\n",
		    world.schedule, what, n, world.first_seed + world.schedule,
		    world.races ? "races" : "schedules");
	fflush(stdout);
	_exit(1);
}

_Noreturn void world_failed(const char *call, const struct nos_err *err)
{
	printf("%s\n", err->text);
	world_wrong(call, err->code);
}

/* ---- in place of the machine's ---- */

struct nos_time __wrap_nos_time_now(void);
struct nos_mono __wrap_nos_mono_now(void);
bool __wrap_nos_attempt_wait(
    const struct nos_attempt *a, struct nos_mono until, const volatile int *stop);
enum nos_code __wrap_nos_random_bytes(void *p, size_t len, struct nos_err *err);

struct nos_time __wrap_nos_time_now(void)
{
	return (struct nos_time){ world.clock_ms };
}

struct nos_mono __wrap_nos_mono_now(void)
{
	return (struct nos_mono){ (uint64_t)world.clock_ms * 1000 };
}

bool __wrap_nos_attempt_wait(
    const struct nos_attempt *a, struct nos_mono until, const volatile int *stop)
{
	(void)stop;
	if (a->earliest.us > until.us)
		return false;
	if (a->earliest.us > (uint64_t)world.clock_ms * 1000)
		world.clock_ms = (int64_t)(a->earliest.us / 1000) + 1;
	return true;
}

/* The jitter of pauses among it: a schedule is the same for the same seed. */
enum nos_code __wrap_nos_random_bytes(void *p, size_t len, struct nos_err *err)
{
	(void)err;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)p)[i] = (uint8_t)draw();
	return NOS_OK;
}
