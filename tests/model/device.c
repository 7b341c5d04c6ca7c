/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "check.h"
#include "scheme/membership.h"
#include "source/inquiry.h"
#include "way.h"

struct device device;

void device_begin(void)
{
	device.next = 0;
	device.die = -1;
	memset(device.fate, 0, sizeof(device.fate));
	memset(device.number, 0, sizeof(device.number));
	memset(device.renumbered, 0, sizeof(device.renumbered));
	memset(device.may_double, 0, sizeof(device.may_double));
}

/* ---- numbers ---- */

enum nos_code __real_nos_send_pack(struct nos_send *s, struct nos_send_pack *p, uint64_t wait_ms,
    struct nos_answer *ret, struct nos_err *err);
enum nos_code __wrap_nos_send_pack(struct nos_send *s, struct nos_send_pack *p, uint64_t wait_ms,
    struct nos_answer *ret, struct nos_err *err);

enum nos_code __wrap_nos_send_pack(struct nos_send *s, struct nos_send_pack *p, uint64_t wait_ms,
    struct nos_answer *ret, struct nos_err *err)
{
	const uint64_t value = check_value(p->text);

	device.renumbered[value] |= device.number[value] && device.number[value] != p->seq;
	device.number[value] = p->seq;
	return __real_nos_send_pack(s, p, wait_ms, ret, err);
}

void device_store_went_back(void)
{
	for (size_t v = 0; v < VALUES_MAX; v++)
		device.may_double[v] |= device.renumbered[v];
}

/* ---- death ---- */

void device_step(void)
{
	if (device.die < 0 || device.die-- > 0)
		return;
	device.die = -1;
	longjmp(device.grave, 1);
}

enum nos_code __real_nos_file_replace(const char *path, struct nos_span text, struct nos_err *err);
enum nos_code __wrap_nos_file_replace(const char *path, struct nos_span text, struct nos_err *err);
enum nos_code __real_nos_file_create(const char *path, struct nos_span text, struct nos_err *err);
enum nos_code __wrap_nos_file_create(const char *path, struct nos_span text, struct nos_err *err);

enum nos_code __wrap_nos_file_replace(const char *path, struct nos_span text, struct nos_err *err)
{
	enum nos_code code;

	device_step();
	code = __real_nos_file_replace(path, text, err);
	device_step();
	return code;
}

enum nos_code __wrap_nos_file_create(const char *path, struct nos_span text, struct nos_err *err)
{
	enum nos_code code;

	device_step();
	code = __real_nos_file_create(path, text, err);
	device_step();
	return code;
}

/* ---- life ---- */

static void say(void *state, const char *text)
{
	(void)state;
	if (world.trace)
		printf("  source: %s\n", text);
}

static void start(void)
{
	const struct nos_send_config config = {
		.ring = &device.ring, .carrier = &way_carrier, .stop = &device.stop
	};

	if (device.open)
		return;
	nos_ring_init(&device.ring);
	nos_send_init(&device.send);
	nos_spool_init(&device.spool);
	MUST(nos_ring_open(&device.ring, device.key, 0, &fault));
	MUST(nos_send_open(&device.send, &config, &fault));
	MUST(nos_spool_open(&device.spool, device.spool_dir, &device.ring.k, UINT64_MAX, &fault));
	device.courier =
	    (struct nos_courier){ .send = &device.send, .spool = &device.spool, .note = say };
	device.open = true;
}

void device_gone(void)
{
	nos_spool_release(&device.spool);
	nos_send_release(&device.send);
	nos_ring_release(&device.ring);
	device.open = false;
}

void device_close(void)
{
	if (!device.open)
		return;
	MUST(nos_ring_close(&device.ring, &fault));
	device_gone();
}

static void say_state(void)
{
	const struct nos_keyring *k = &device.ring.k;
	char kid[NOS_NAME_TEXT_MAX];

	if (!world.trace)
		return;
	nos_name_format(&nos_keyring_active(k)->name, kid);
	printf("  source: %s, path %" PRIu64 ".%" PRIu64 " leaf %" PRIu32 ", clock %" PRIu64
	       ".%" PRIu64 ", token %" PRIu64 " of %" PRIu64 "\n",
	    kid, k->group.number, k->group.path.epoch, k->group.path.leaf, k->group.clock.epoch,
	    k->group.clock.t, k->group.token.t, k->group.token_epoch);
}

/* What goes wrong that a source in the field may say, and go on. */
static void complain(const struct nos_err *err)
{
	if (err->code && world.trace)
		printf("  source: error: %s\n", err->text);
	if (err->code == NOS_INTERNAL || err->code == NOS_CONFIG || err->code == NOS_IO)
		world_wrong(err->text, err->code);
}

static void died(void)
{
	world_trace("the source died", 0);
	world.tally.deaths++;
	device_gone();
}

void device_deliver(void)
{
	enum nos_courier_fate fate = NOS_COURIER_FAILED;
	struct nos_answer answer = { 0 };
	struct nos_err err = { 0 };
	const uint64_t value = device.next++;
	char text[64];
	struct nos_send_pack p = { .readings = 1 };

	world.tally.contacts++;
	snprintf(text, sizeof(text), "{\"type\":\"t\",\"value\":%" PRIu64 "}\n", value);
	p.text = nos_str_of(text);
	device.fate[value] = FATE_MAYBE;
	if (setjmp(device.grave)) {
		died();
		return;
	}
	start();
	world_trace("reading", value);
	say_state();
	(void)!nos_courier_deliver(&device.courier, &p, &fate, &answer, &err);
	if (fate != NOS_COURIER_FAILED)
		device.fate[value] = FATE_SETTLED;
	else
		world_trace("failed", value);
	device.die = -1;
	nos_answer_release(&answer);
	complain(&err);
	say_state();
}

/* ---- what it hears without sending ---- */

void device_overhear(struct nos_span message)
{
	struct nos_err err = { 0 };

	if (world_chance(0.1))
		device.die = (int)world_below(4);
	if (setjmp(device.grave)) {
		died();
		return;
	}
	start();
	(void)!nos_courier_overheard(&device.courier, message, &err);
	device.die = -1;
	complain(&err);
	say_state();
}

static enum nos_code inquire(struct nos_answer_news *ret, struct nos_err *err)
{
	const struct nos_keyring *k = &device.ring.k;
	struct nos_inquiry i;

	nos_inquiry_init(&i, &way_carrier);
	snprintf(i.url, sizeof(i.url), "%s", k->urls[0]);
	snprintf(i.source, sizeof(i.source), "%s", k->source);
	i.has_after = nos_membership_last(k, &i.after);
	if (!nos_derive_static(&k->z_key, NOS_DERIVE_POLL, &i.q, err))
		(void)!nos_inquiry_poll(&i, 0, 0, ret, err);
	nos_inquiry_release(&i);
	return err->code;
}

void device_poll(void)
{
	struct nos_answer_news news = { 0 };
	struct nos_err err = { 0 };

	if (world_chance(0.1))
		device.die = (int)world_below(8);
	if (setjmp(device.grave)) {
		died();
		return;
	}
	start();
	world_trace("poll", 0);
	if (inquire(&news, &err)) {
		device.die = -1;
		nos_answer_news_release(&news);
		return;
	}
	/* Whose death is its own. */
	if (world_chance(0.3)) {
		device.die = -1;
		device_deliver();
	}
	if (device.open)
		(void)!nos_courier_heard(&device.courier, &news, &err);
	device.die = -1;
	nos_answer_news_release(&news);
	complain(&err);
	say_state();
}
