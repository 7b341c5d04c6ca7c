/* SPDX-License-Identifier: MIT */
#include "loopback.h"

#include <stdio.h>

#include "lap.h"

#define BODY_MAX  65536
#define PATIENCE  10000 /* ms */
#define CLOSED_S  60
#define MOST	  64 /* connections and requests */
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

enum nos_code loopback_serve(nos_http_handle *h, void *state, unsigned loops,
    struct nos_http_server **ret, char ret_url[static LOOPBACK_URL_MAX], struct nos_err *err)
{
	static const char *const listen[] = { "127.0.0.1:0" };
	const struct nos_http_config config = { .listen = listen,
		.listen_count = 1,
		.loops = loops,
		.connections = MOST,
		.requests = MOST,
		.idle_s = CLOSED_S,
		.total_s = CLOSED_S,
		.out_max = BODY_MAX,
		.thread_name = "loopback",
		.state = state,
		.begin = begin,
		.fail = fail,
		.handle = h };

	if (nos_http_server_new(&config, ret, err))
		return err->code;
	snprintf(ret_url, LOOPBACK_URL_MAX, "http://%s", nos_http_server_address(*ret, 0));
	return NOS_OK;
}

enum nos_code loopback_open(struct loopback *l, struct nos_err *err)
{
	const struct nos_http_client_config client = {
		.connect_ms = PATIENCE, .total_ms = PATIENCE, .answer_max = BODY_MAX
	};

	*l = (struct loopback){ 0 };
	nos_buf_init(&l->answer.body, BODY_MAX);
	if (nos_http_client_start(err) || loopback_serve(handle, l, 1, &l->server, l->url, err))
		return err->code;
	return nos_http_client_new(&client, &l->client, err);
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
