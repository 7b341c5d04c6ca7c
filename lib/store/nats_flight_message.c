/* SPDX-License-Identifier: MIT */
/* Messages of the queue, as they are made. */
#include "store/nats_flight.h"

#include <inttypes.h>
#include <stdlib.h>

#define REPLY_MAX 96

void nos_nats_flight_id(const struct nos_nats_flight *f, uint64_t number, char ret[static 48])
{
	snprintf(ret, 48, "%s.%" PRIu64, f->link->id, number);
}

enum nos_code nos_nats_flight_head(
    natsMsg *msg, const char *name, const char *value, struct nos_err *err)
{
	return natsMsgHeader_Set(msg, name, value) == NATS_OK
		   ? NOS_OK
		   : nos_err_set(err, NOS_INTERNAL, "out of memory");
}

enum nos_code nos_nats_flight_head_num(
    natsMsg *msg, const char *name, uint64_t value, struct nos_err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return nos_nats_flight_head(msg, name, text, err);
}

static void name_reply(const struct nos_nats_flight *f, uint64_t number, char ret[static REPLY_MAX])
{
	snprintf(ret, REPLY_MAX, "%s.%" PRIu64, f->inbox, number);
}

enum nos_code nos_nats_flight_new(struct nos_nats_flight *f, const char *subject,
    struct nos_span body, bool asks, natsMsg **ret, struct nos_err *err)
{
	char reply[REPLY_MAX], id[48];

	name_reply(f, f->number + 1, reply);
	nos_nats_flight_id(f, f->number + 1, id);
	if (natsMsg_Create(
		ret, subject, asks ? reply : NULL, (const char *)body.p, (int)body.len) != NATS_OK)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (nos_nats_flight_head(*ret, NOS_NATS_ID, id, err))
		natsMsg_Destroy(*ret);
	return err->code;
}

/* Where one is answered to cannot be changed: it is made again. */
bool nos_nats_flight_reply(const struct nos_nats_flight *f, struct nos_nats_sent *e)
{
	const char **names = NULL, *value;
	char reply[REPLY_MAX];
	int count = 0;
	natsMsg *msg;
	natsStatus s;

	name_reply(f, e->number, reply);
	if (natsMsg_Create(&msg, natsMsg_GetSubject(e->msg), reply, natsMsg_GetData(e->msg),
		natsMsg_GetDataLength(e->msg)) != NATS_OK)
		return false;
	s = natsMsgHeader_Keys(e->msg, &names, &count);
	for (int i = 0; i < count && s == NATS_OK; i++) {
		s = natsMsgHeader_Get(e->msg, names[i], &value);
		if (s == NATS_OK)
			s = natsMsgHeader_Set(msg, names[i], value);
	}
	free(names);
	if (s == NATS_OK) {
		natsMsg_Destroy(e->msg);
		e->msg = msg;
	} else {
		natsMsg_Destroy(msg);
	}
	return s == NATS_OK;
}
