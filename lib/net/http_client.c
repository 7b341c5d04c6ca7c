/* SPDX-License-Identifier: MIT */
#include "net/http_client.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>

#include "net/http_easy.h"

struct nos_http_client {
	CURL *easy;
	struct nos_http_client_config config;
	uint64_t most_ms;		/* of a request, 0: the config's */
	char via[NOS_HTTP_VIA_MAX + 1]; /* empty: none */
	struct nos_http_answer *answer; /* of the request under way */
	unsigned receipts;		/* Nos-Receipt lines seen in it */
	bool over;			/* it is longer than we take */
	char words[CURL_ERROR_SIZE];	/* libcurl's, on failure */
};

static void drop_list(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

#define LIST __attribute__((cleanup(drop_list))) struct curl_slist *

static bool stopped(const struct nos_http_client *c)
{
	return c->config.stop && __atomic_load_n(c->config.stop, __ATOMIC_RELAXED);
}

static size_t take_body(char *p, size_t size, size_t n, void *state)
{
	struct nos_http_client *c = state;
	struct nos_buf *body = &c->answer->body;
	size_t len = size * n;

	if (len > c->config.answer_max - body->len) {
		c->over = true;
		return 0;
	}
	nos_buf_add(body, p, len);
	return body->fail ? 0 : len;
}

/* A receipt that is doubled, too long or no plain text is none. */
static void take_receipt(struct nos_http_client *c, struct nos_str value)
{
	char *receipt = c->answer->receipt;

	receipt[0] = '\0';
	if (c->receipts++)
		return;
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] < ' ' || value.p[i] > '~')
			return;
	nos_str_copy(value, receipt, sizeof(c->answer->receipt));
}

static size_t take_header(char *p, size_t size, size_t n, void *state)
{
	static const char name[] = "nos-receipt:";
	const size_t len = sizeof(name) - 1;
	struct nos_http_client *c = state;
	struct nos_str line = { p, size * n };

	/* What stood before a status line belonged to an interim answer. */
	if (nos_str_starts(line, "HTTP/")) {
		c->receipts = 0;
		c->answer->receipt[0] = '\0';
	} else if (line.len >= len && strncasecmp(line.p, name, len) == 0) {
		take_receipt(c, nos_str_trim((struct nos_str){ p + len, line.len - len }));
	}
	return line.len;
}

static int look_up(
    void *state, curl_off_t down, curl_off_t down_now, curl_off_t up, curl_off_t up_now)
{
	(void)down, (void)down_now, (void)up, (void)up_now;
	return stopped(state);
}

enum nos_code nos_http_client_start(struct nos_err *err)
{
	CURLcode rc = curl_global_init(CURL_GLOBAL_DEFAULT);

	return rc ? nos_err_set(err, NOS_INTERNAL, "libcurl: %s", curl_easy_strerror(rc)) : NOS_OK;
}

static CURLcode set_callbacks(struct nos_http_client *c)
{
	CURL *e = c->easy;
	CURLcode rc = curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->words);

	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, look_up);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_XFERINFODATA, c);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	return rc;
}

enum nos_code nos_http_client_new(
    const struct nos_http_client_config *config, struct nos_http_client **ret, struct nos_err *err)
{
	struct nos_http_client *c;
	CURLcode rc;

	if (config->ca && access(config->ca, R_OK) < 0)
		return nos_err_set(err, NOS_ABSENT, "no CA file '%s'", config->ca);
	c = calloc(1, sizeof(*c));
	if (!c)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	c->config = *config;
	c->easy = curl_easy_init();
	rc = c->easy ? set_callbacks(c) : CURLE_OUT_OF_MEMORY;
	rc = rc ? rc : nos_http_easy_manner(c->easy, c->config.ca);
	c->config.ca = NULL; /* libcurl has its copy, the caller's may go */
	if (rc) {
		nos_http_client_free(c);
		return nos_err_set(err, NOS_INTERNAL, "libcurl: %s", curl_easy_strerror(rc));
	}
	*ret = c;
	return NOS_OK;
}

void nos_http_client_free(struct nos_http_client *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->easy);
	free(c);
}

static enum nos_code failed(
    const struct nos_http_client *c, CURLcode rc, const char *url, struct nos_err *err)
{
	const struct nos_buf *body = &c->answer->body;
	const struct nos_http_easy_fault fault = {
		.easy = c->easy,
		.rc = rc,
		.url = url,
		.words = c->words,
		.over = c->over	     ? c->config.answer_max
			: body->fail ? body->max
				     : 0,
		.memory = body->fail == NOS_INTERNAL,
	};

	return nos_http_easy_failed(&fault, err);
}

static void take_facts(const struct nos_http_client *c, struct nos_http_answer *ret)
{
	struct curl_header *date;
	curl_off_t retry = 0;
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &retry);
	ret->status = (unsigned)status;
	ret->retry_s = retry > 0 ? (uint64_t)retry : 0;
	nos_http_easy_media(c->easy, ret->media);
	if (!curl_easy_header(c->easy, "Date", 0, CURLH_HEADER, -1, &date)) {
		const time_t at = curl_getdate(date->value, NULL);

		ret->date.ms = at > 0 ? (int64_t)at * 1000 : 0;
	}
}

void nos_http_client_limit(struct nos_http_client *c, uint64_t most_ms)
{
	c->most_ms = most_ms;
}

bool nos_http_client_via(struct nos_http_client *c, struct nos_str relays)
{
	return relays.len < sizeof(c->via) && nos_str_copy(relays, c->via, sizeof(c->via));
}

static uint64_t limited(const struct nos_http_client *c, uint64_t ms)
{
	return c->most_ms && c->most_ms < ms ? c->most_ms : ms;
}

static CURLcode set_request(const struct nos_http_client *c,
    const struct nos_http_client_request *r, const struct curl_slist *headers)
{
	const uint64_t most_ms = limited(c, r->total_ms ? r->total_ms : c->config.total_ms);
	const uint64_t connect_ms = limited(c, c->config.connect_ms);
	CURL *e = c->easy;
	CURLcode rc = curl_easy_setopt(e, CURLOPT_URL, r->url);

	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)most_ms);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
	if (!r->body)
		return rc ? rc : curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_POST, 1L);
	rc = rc ? rc : curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body->len);
	/* Not copied; NULL would make libcurl ask a read function. */
	return rc ? rc
		  : curl_easy_setopt(
			e, CURLOPT_POSTFIELDS, r->body->len ? (const void *)r->body->p : "");
}

/* Append a header; one with a line end in it would be two. value NULL: libcurl's own is left out.
 */
static enum nos_code add_header(
    struct curl_slist **list, const char *name, const char *value, struct nos_err *err)
{
	char line[256];
	struct curl_slist *more;

	if (snprintf(line, sizeof(line), "%s:%s%s", name, value ? " " : "", value ? value : "") >=
		(int)sizeof(line) ||
	    strpbrk(line, "\r\n"))
		return nos_err_set(err, NOS_USAGE, "the header %s cannot be", name);
	more = curl_slist_append(*list, line);
	if (!more)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	*list = more;
	return NOS_OK;
}

/* "Expect:" keeps libcurl from waiting for a 100 Continue before a long body. */
static enum nos_code make_headers(const struct nos_http_client *c,
    const struct nos_http_client_request *r, struct curl_slist **ret, struct nos_err *err)
{
	if (add_header(ret, "Expect", NULL, err) ||
	    add_header(ret, "Content-Type", r->body ? r->media : NULL, err))
		return err->code;
	if (*c->via && add_header(ret, "Nos-Via", c->via, err))
		return err->code;
	return r->authorization ? add_header(ret, "Authorization", r->authorization, err) : NOS_OK;
}

static bool was_sent(const struct nos_http_client *c)
{
	long bytes = 0;

	curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &bytes);
	return bytes > 0;
}

static void begin(struct nos_http_client *c, struct nos_http_answer *ret)
{
	nos_buf_truncate(&ret->body, 0);
	ret->status = 0;
	ret->retry_s = 0;
	ret->date.ms = 0;
	ret->sent = false;
	ret->media[0] = ret->receipt[0] = '\0';
	c->answer = ret;
	c->receipts = 0;
	c->over = false;
	c->words[0] = '\0';
}

enum nos_code nos_http_client_exchange(struct nos_http_client *c,
    const struct nos_http_client_request *r, struct nos_http_answer *ret, struct nos_err *err)
{
	LIST headers = NULL;
	CURLcode rc;

	begin(c, ret);
	/* Without a scheme libcurl would guess one. */
	if (strncasecmp(r->url, "http://", 7) != 0 && strncasecmp(r->url, "https://", 8) != 0)
		return failed(c, CURLE_URL_MALFORMAT, r->url, err);
	if (stopped(c))
		return failed(c, CURLE_ABORTED_BY_CALLBACK, r->url, err);
	if (make_headers(c, r, &headers, err))
		return err->code;
	rc = set_request(c, r, headers);
	if (!rc) {
		rc = curl_easy_perform(c->easy);
		ret->sent = was_sent(c);
	}
	/* It must not outlive the list. */
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, NULL);
	if (rc)
		return failed(c, rc, r->url, err);
	take_facts(c, ret);
	return NOS_OK;
}

enum nos_code nos_http_client_send(struct nos_http_client *c, const char *url, const char *media,
    const struct nos_span *body, struct nos_http_answer *ret, struct nos_err *err)
{
	const struct nos_http_client_request r = { .url = url, .media = media, .body = body };

	return nos_http_client_exchange(c, &r, ret, err);
}

void nos_http_client_escape(struct nos_buf *b, struct nos_str value)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (size_t i = 0; i < value.len; i++) {
		char c = value.p[i];

		if (c && strchr(plain, c))
			nos_buf_add_char(b, c);
		else
			nos_buf_addf(b, "%%%02X", (unsigned char)c);
	}
}
