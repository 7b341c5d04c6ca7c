/* SPDX-License-Identifier: MIT */
#include "net/http_reply.h"

#include <stdlib.h>

#define HEADER_MAX 4096 /* bytes of all headers of an answer */

struct MHD_Response *nos_http_reply_make(struct nos_http_request *r, bool close)
{
	size_t len = r->out.len;
	char *p = len ? nos_buf_take(&r->out) : NULL;
	struct MHD_Response *m = MHD_create_response_from_buffer(
	    len, p ? p : "", p ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);

	if (!m) {
		free(p);
		return NULL;
	}
	if (r->type)
		MHD_add_response_header(m, "Content-Type", r->type);
	for (size_t i = 0; i < r->header_count; i++)
		MHD_add_response_header(m, r->headers[i].name, r->headers[i].value);
	if (close)
		MHD_add_response_header(m, "Connection", "close");
	return m;
}

/* Fri, 05 Jan 2024 10:00:00 GMT (RFC 9110 §5.6.7), in no locale. */
static void add_date(struct nos_buf *b)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = (time_t)(nos_time_now().ms / 1000);
	struct tm t;

	gmtime_r(&now, &t);
	nos_buf_addf(b, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d GMT\r\n", days + t.tm_wday * 3,
	    t.tm_mday, months + t.tm_mon * 3, t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

void nos_http_reply_encode(
    const struct nos_http_request *r, const char *status, struct nos_buf *ret)
{
	nos_buf_init(ret, r->out.len + HEADER_MAX);
	nos_buf_addf(ret, "HTTP/1.1 %s\r\nConnection: close\r\n", status);
	add_date(ret);
	if (r->type)
		nos_buf_addf(ret, "Content-Type: %s\r\n", r->type);
	for (size_t i = 0; i < r->header_count; i++)
		nos_buf_addf(ret, "%s: %s\r\n", r->headers[i].name, r->headers[i].value);
	nos_buf_addf(ret, "Content-Length: %zu\r\n\r\n", r->out.len);
	nos_buf_add_str(ret, nos_buf_str(&r->out));
}
