/* SPDX-License-Identifier: MIT */
/*
 * post URL MEDIA <BODIES: POSTs each body, a netstring, over one connection, and prints a line for
 * each: {"n":0,"status":202,"receipt":true,"body":…}, n from 0, body what was answered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/http_client.h"

#define BODY_MAX (1u << 20)
#define WAIT_MS	 30000

static char body[BODY_MAX];

/* False: there is no further one. */
static bool read_body(struct nos_span *ret, struct nos_err *err)
{
	unsigned len;

	if (scanf("%7u:", &len) != 1)
		return false;
	if (len > sizeof(body) || fread(body, 1, len, stdin) != len || getchar() != ',') {
		nos_err_set(err, NOS_DATA, "not a netstring");
		return false;
	}
	*ret = (struct nos_span){ (const uint8_t *)body, len };
	return true;
}

static enum nos_code run(char **argv, struct nos_http_client *c, struct nos_err *err)
{
	struct nos_http_answer answer = { 0 };
	struct nos_span span;

	nos_buf_init(&answer.body, BODY_MAX);
	for (unsigned n = 0; read_body(&span, err); n++) {
		if (nos_http_client_send(c, argv[1], argv[2], &span, &answer, err))
			break;
		printf("{\"n\":%u,\"status\":%u,\"receipt\":%s,\"body\":%.*s}\n", n, answer.status,
		    *answer.receipt ? "true" : "false", (int)answer.body.len, answer.body.p);
	}
	nos_buf_release(&answer.body);
	return err->code;
}

int main(int argc, char **argv)
{
	const struct nos_http_client_config config = {
		.connect_ms = WAIT_MS, .total_ms = WAIT_MS, .answer_max = BODY_MAX
	};
	struct nos_http_client *c = NULL;
	struct nos_err err = { 0 };

	if (argc != 3)
		nos_err_set(&err, NOS_USAGE, "post URL MEDIA");
	else if (!nos_http_client_start(&err) && !nos_http_client_new(&config, &c, &err))
		(void)!run(argv, c, &err);
	nos_http_client_free(c);
	if (!err.code)
		return fflush(stdout) != 0;
	fprintf(stderr, "post: %s\n", err.text);
	return 1;
}
