/* SPDX-License-Identifier: MIT */
#include "source/relay_trace.h"

#include "key/hop.h"

enum nos_code nos_relay_trace_check(struct nos_str trace, const char *id, struct nos_err *err)
{
	struct nos_str part;
	unsigned count = 0;

	if (!trace.len)
		return NOS_OK;
	if (trace.len > NOS_HTTP_VIA_MAX - NOS_HOP_SOURCE_MAX - 1)
		return nos_err_set(err, NOS_DATA, "Nos-Via is too long");
	while (nos_str_cut(&trace, ',', &part)) {
		count++;
		if (nos_str_is(nos_str_trim(part), id))
			return nos_err_set(err, NOS_AWAY,
			    "this relay does not reach the node: what it passed on came back to it");
	}
	if (count >= NOS_HOP_MAX)
		return nos_err_set(
		    err, NOS_AWAY, "it has passed %u relays, and no more are taken", count);
	return NOS_OK;
}

void nos_relay_trace_set(struct nos_http_client *c, struct nos_str trace, const char *id)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, NOS_HTTP_VIA_MAX);
	nos_buf_add_str(&text, trace);
	if (trace.len)
		nos_buf_add_char(&text, ',');
	nos_buf_add_text(&text, id);
	(void)nos_http_client_via(c, nos_buf_str(&text));
}
