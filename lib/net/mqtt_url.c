/* SPDX-License-Identifier: MIT */
#include "net/mqtt_url.h"

#include <string.h>

#include "base/num.h"

#define PORT	 1883
#define PORT_TLS 8883

static enum nos_code refuse(struct nos_err *err)
{
	return nos_err_set(err, NOS_USAGE,
	    "the broker must be mqtt://[USER@]HOST[:PORT] or mqtts://[USER@]HOST[:PORT]");
}

/* Step over prefix; false if s does not begin with it. */
static bool skip(struct nos_str *s, const char *prefix)
{
	size_t len = strlen(prefix);

	if (!nos_str_starts(*s, prefix))
		return false;
	s->p += len;
	s->len -= len;
	return true;
}

/* Cut USER@ off the front of s, if it is there. */
static enum nos_code cut_user(struct nos_str *s, struct nos_mqtt_url *ret, struct nos_err *err)
{
	const char *at = s->len ? memrchr(s->p, '@', s->len) : NULL;
	struct nos_str user;

	if (!at)
		return NOS_OK;
	user = (struct nos_str){ s->p, (size_t)(at - s->p) };
	if (memchr(user.p, ':', user.len))
		return nos_err_set(err, NOS_USAGE,
		    "no password in the broker's URL: give it with --mqtt-password");
	if (!user.len || !nos_str_copy(user, ret->user, sizeof(ret->user)))
		return refuse(err);
	skip(s, ret->user);
	skip(s, "@");
	return NOS_OK;
}

/* Cut HOST or [IPV6] off the front of s. */
static bool cut_host(struct nos_str *s, struct nos_mqtt_url *ret)
{
	bool bracket = skip(s, "[");
	struct nos_str host = { s->p, 0 };

	while (host.len < s->len && s->p[host.len] != (bracket ? ']' : ':'))
		host.len++;
	for (size_t i = 0; i < host.len; i++)
		if (host.p[i] <= ' ' || host.p[i] == 0x7f || strchr("[]@?#", host.p[i]))
			return false;
	if (!host.len || !nos_str_copy(host, ret->host, sizeof(ret->host)))
		return false;
	skip(s, ret->host);
	return bracket ? skip(s, "]") : true;
}

enum nos_code nos_mqtt_url_parse(const char *url, struct nos_mqtt_url *ret, struct nos_err *err)
{
	struct nos_str s = nos_str_of(url);
	struct nos_mqtt_url u = { 0 };
	uint64_t port;

	u.tls = skip(&s, "mqtts://");
	if (!u.tls && !skip(&s, "mqtt://"))
		return refuse(err);
	if (s.len && s.p[s.len - 1] == '/')
		s.len--;
	if (cut_user(&s, &u, err))
		return err->code;
	if (memchr(s.p, '/', s.len) || !cut_host(&s, &u))
		return refuse(err);
	port = u.tls ? PORT_TLS : PORT;
	if (s.len && (!skip(&s, ":") || !nos_num_parse(s, 1, UINT16_MAX, &port)))
		return refuse(err);
	u.port = (uint16_t)port;
	*ret = u;
	return NOS_OK;
}
