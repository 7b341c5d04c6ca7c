/* SPDX-License-Identifier: MIT */
#include "net/flight.h"

#include <assert.h>
#include <stdlib.h>

#define IDS 65536

struct nos_flight_entry {
	uint64_t tag;
	bool acked;
};

enum nos_code nos_flight_init(struct nos_flight *f, unsigned window, struct nos_err *err)
{
	assert(window >= 1 && window < IDS);
	*f = (struct nos_flight){ .window = window };
	f->entries = calloc(window, sizeof(*f->entries));
	f->place = calloc(IDS, sizeof(*f->place));
	if (f->entries && f->place)
		return NOS_OK;
	nos_flight_release(f);
	return nos_err_set(err, NOS_INTERNAL, "out of memory");
}

void nos_flight_release(struct nos_flight *f)
{
	free(f->entries);
	free(f->place);
	*f = (struct nos_flight){ 0 };
}

void nos_flight_put(struct nos_flight *f, uint16_t id, uint64_t tag)
{
	unsigned place = (f->first + f->count) % f->window;

	assert(f->count < f->window && !f->place[id]);
	f->entries[place] = (struct nos_flight_entry){ .tag = tag };
	f->place[id] = (uint16_t)(place + 1);
	f->count++;
}

void nos_flight_ack(struct nos_flight *f, uint16_t id)
{
	if (!f->place[id])
		return;
	f->entries[f->place[id] - 1].acked = true;
	f->place[id] = 0;
}

bool nos_flight_take(struct nos_flight *f, uint64_t *ret_tag)
{
	if (!f->count || !f->entries[f->first].acked)
		return false;
	*ret_tag = f->entries[f->first].tag;
	f->first = (f->first + 1) % f->window;
	f->count--;
	return true;
}
