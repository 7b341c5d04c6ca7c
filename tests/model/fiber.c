/* SPDX-License-Identifier: MIT */
#include "fiber.h"

#include <stdlib.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

#include "world.h"

#define STACK (1u << 20)

struct fiber {
	ucontext_t context;
	const void *stack; /* as the sanitizer wants it */
	size_t size;
	const struct fiber_work *work;
	bool done;
	bool behind; /* the others go first */
};

static struct fiber fibers[FIBERS_MAX], caller;
static char *stacks[FIBERS_MAX]; /* kept from one run to the next */
static struct fiber *at;	 /* NULL: none is at work */
static size_t count;
static unsigned turns; /* one goes to another once in so many */

/* An address sanitizer is told on whose stack it is. */
#if defined(__SANITIZE_ADDRESS__)
static void leave(void **keep, const struct fiber *to)
{
	__sanitizer_start_switch_fiber(keep, to->stack, to->size);
}

static void arrive(void *kept, const void **stack, size_t *size)
{
	__sanitizer_finish_switch_fiber(kept, stack, size);
}
#else
static void leave(void **keep, const struct fiber *to)
{
	(void)keep, (void)to;
}

static void arrive(void *kept, const void **stack, size_t *size)
{
	(void)kept, (void)stack, (void)size;
}
#endif

static void go(struct fiber *from, struct fiber *to, bool for_good)
{
	void *fake = NULL;

	at = to == &caller ? NULL : to;
	leave(for_good ? NULL : &fake, to);
	swapcontext(&from->context, &to->context);
	arrive(fake, NULL, NULL);
}

static void begin(void)
{
	struct fiber *f = at;

	arrive(NULL, &caller.stack, &caller.size);
	f->work->what(f->work->state);
	f->done = true;
	go(f, &caller, true);
}

static void make(struct fiber *f, const struct fiber_work *work, char **stack)
{
	if (!*stack)
		*stack = malloc(STACK);
	*f = (struct fiber){ .stack = *stack, .size = STACK, .work = work };
	getcontext(&f->context);
	f->context.uc_stack.ss_sp = *stack;
	f->context.uc_stack.ss_size = STACK;
	makecontext(&f->context, begin, 0);
}

static struct fiber *draw_of(bool behind)
{
	struct fiber *left[FIBERS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (!fibers[i].done && fibers[i].behind == behind)
			left[n++] = &fibers[i];
	return n ? left[world_below(n)] : NULL;
}

/* One that is not at its end; NULL: all are. */
static struct fiber *draw(void)
{
	struct fiber *next = draw_of(false);

	if (!next)
		next = draw_of(true);
	if (next)
		next->behind = false;
	return next;
}

void fiber_run(const struct fiber_work *works, size_t n, unsigned stride)
{
	struct fiber *next;

	count = n;
	turns = stride;
	for (size_t i = 0; i < n; i++)
		make(&fibers[i], &works[i], &stacks[i]);
	while ((next = draw()))
		go(&caller, next, false);
}

void fiber_yield(void)
{
	if (at && (turns <= 1 || !world_below(turns)))
		go(at, &caller, false);
}

void fiber_let_others(void)
{
	if (!at)
		return;
	at->behind = true;
	go(at, &caller, false);
}

size_t fiber_number(void)
{
	return at ? (size_t)(at - fibers) + 1 : 0;
}
