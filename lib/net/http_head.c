/* SPDX-License-Identifier: MIT */
#include "net/http_head.h"

#include <string.h>
#include <strings.h>

#include "net/http_target.h"

#define AUTHORIZATION "authorization"

static bool is_word(struct nos_str text, const char *word)
{
	return text.len == strlen(word) && strncasecmp(text.p, word, text.len) == 0;
}

static struct nos_str unquote(struct nos_str text)
{
	const bool quoted = text.len >= 2 && text.p[0] == '"' && text.p[text.len - 1] == '"';

	return quoted ? (struct nos_str){ text.p + 1, text.len - 2 } : text;
}

/* No body is read by another charset: what says one is not ours. Writers say utf8 as well. */
static void put_charset(struct nos_http_request *r, struct nos_str parameters)
{
	struct nos_str part, name;

	while (nos_str_cut(&parameters, ';', &part)) {
		if (!nos_str_cut(&part, '=', &name) || !is_word(nos_str_trim(name), "charset"))
			continue;
		part = part.p ? unquote(nos_str_trim(part)) : NOS_STR("");
		if (!is_word(part, "utf-8") && !is_word(part, "utf8") && !is_word(part, "us-ascii"))
			r->foreign = part.len ? part : NOS_STR("''");
	}
}

static void put_media(struct nos_http_head *h, const char *value)
{
	struct nos_str media = { value, strcspn(value, ";") };

	media = nos_str_trim(media);
	if (!nos_str_copy(media, h->media, NOS_HTTP_MEDIA_MAX))
		media.len = 0; /* longer than any that there is */
	for (size_t i = 0; i < media.len; i++)
		if (h->media[i] >= 'A' && h->media[i] <= 'Z')
			h->media[i] = (char)(h->media[i] - 'A' + 'a');
	h->request->media = (struct nos_str){ h->media, media.len };
	put_charset(h->request, nos_str_of(value));
}

static void put_authorization(struct nos_http_head *h, const char *value)
{
	if (!h->authorizations++)
		h->request->authorization = nos_str_of(value);
}

static enum MHD_Result each_header(
    void *state, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct nos_http_head *h = state;
	struct nos_http_request *r = h->request;

	(void)kind;
	value = value ? value : "";
	if (!strcasecmp(name, "host")) {
		h->hosts++;
	} else if (!strcasecmp(name, "content-length")) {
		h->lengths++;
		h->length = value;
	} else if (!strcasecmp(name, "transfer-encoding")) {
		h->transfers++;
	} else if (!strcasecmp(name, "content-type")) {
		put_media(h, value);
	} else if (!strcasecmp(name, "content-encoding")) {
		r->coding = nos_str_of(value);
	} else if (!strcasecmp(name, AUTHORIZATION)) {
		put_authorization(h, value);
	} else if (!strcasecmp(name, "nos-via")) {
		r->via = nos_str_of(value);
	}
	return MHD_YES;
}

void nos_http_head_read(struct MHD_Connection *mhd, struct nos_http_head *h)
{
	MHD_get_connection_values(mhd, MHD_HEADER_KIND, each_header, h);
}

const char *nos_http_head_fault(const struct nos_http_head *h, const char *version,
    unsigned *ret_status, enum nos_code *ret_code)
{
	const struct nos_str method = h->request->method;
	const bool has_body =
	    nos_str_is(method, "POST") || nos_str_is(method, "PUT") || nos_str_is(method, "PATCH");

	*ret_status = 400;
	*ret_code = NOS_DATA;
	if (h->hosts > 1 || (!h->hosts && strcmp(version, "HTTP/1.0") != 0))
		return "one Host header must be there";
	if (h->lengths > 1 || (h->lengths && h->transfers))
		return "one Content-Length must be there, and no Transfer-Encoding";
	if (h->authorizations > 1)
		return "one Authorization header may be there";
	if (!nos_http_target_is_path(h->request->path))
		return "the path holds a byte that none may hold";
	if (!h->transfers && (!has_body || h->lengths))
		return NULL;
	*ret_status = 411;
	*ret_code = NOS_LENGTH;
	return "a body needs its Content-Length";
}

struct showing {
	const struct nos_http_config *config;
	const struct nos_http_request *request;
};

static enum MHD_Result show_one(
    void *state, enum MHD_ValueKind kind, const char *name, const char *value)
{
	const struct showing *s = state;

	(void)kind;
	if (value && !strcasecmp(name, AUTHORIZATION))
		s->config->shown(s->config->state, s->request, nos_str_of(value));
	return MHD_YES;
}

void nos_http_head_show(struct MHD_Connection *mhd, const struct nos_http_config *config,
    const struct nos_http_request *r)
{
	struct showing s = { config, r };

	if (config->shown)
		MHD_get_connection_values(mhd, MHD_HEADER_KIND, show_one, &s);
}
