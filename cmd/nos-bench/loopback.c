/* SPDX-License-Identifier: MIT */
#include "loopback.h"

#include <stdio.h>

#include "lap.h"

#define BODY_MAX  65536
#define PATIENCE  10000 /* ms */
#define CLOSED_S  60
#define MOST	  16 /* connections and requests */
#define MEDIA	  "application/octet-stream"
#define STATUS_OK 200

static bool begin(void *state, struct nos_http_request *r, size_t *ret_max)
{
	(void)state, (void)r;
	*ret_max = BODY_MAX;
	return true;
}

static void fail(void *state, struct nos_http_request *r, unsigned status, enum nos_code code,
    const char *text, unsigned retry_s)
{
	(void)state, (void)code, (void)text, (void)retry_s;
	r->status = status;
}

static void handle(void *state, struct nos_http_request *r)
{
	struct loopback *l = state;

	r->status = STATUS_OK;
	r->type = MEDIA;
	nos_buf_add(&r->out, l->reply.p, l->reply.len);
	nos_http_server_answer(l->server, r);
}

enum nos_code loopback_open(struct loopback *l, struct nos_err *err)
{
	static const char *const listen[] = { "127.0.0.1:0" };
	const struct nos_http_config server = { .listen = listen,
		.listen_count = 1,
		.loops = 1,
		.connections = MOST,
		.requests = MOST,
		.idle_s = CLOSED_S,
		.total_s = CLOSED_S,
		.out_max = BODY_MAX,
		.thread_name = "loopback",
		.state = l,
		.begin = begin,
		.fail = fail,
		.handle = handle };
	const struct nos_http_client_config client = {
		.connect_ms = PATIENCE, .total_ms = PATIENCE, .answer_max = BODY_MAX
	};

	*l = (struct loopback){ 0 };
	nos_buf_init(&l->answer.body, BODY_MAX);
	if (nos_http_client_start(err) || nos_http_server_new(&server, &l->server, err) ||
	    nos_http_client_new(&client, &l->client, err))
		return err->code;
	snprintf(l->url, sizeof(l->url), "http://%s", nos_http_server_address(l->server, 0));
	return NOS_OK;
}

void loopback_close(struct loopback *l)
{
	nos_http_client_free(l->client);
	nos_http_server_free(l->server);
	nos_buf_release(&l->answer.body);
	*l = (struct loopback){ 0 };
}

enum nos_code loopback_send(struct loopback *l, struct nos_span message, struct nos_span reply,
    double *ret_ms, struct nos_err *err)
{
	double since;

	l->reply = reply;
	since = lap_ms();
	if (nos_http_client_send(l->client, l->url, MEDIA, &message, &l->answer, err))
		return err->code;
	*ret_ms = lap_ms() - since;
	return l->answer.status == STATUS_OK && l->answer.body.len == reply.len
		   ? NOS_OK
		   : nos_err_set(err, NOS_INTERNAL, "the loopback gave another answer");
}
