/* SPDX-License-Identifier: MIT */
#include "store/nats_few.h"

#include <inttypes.h>

#include "base/enc.h"
#include "base/num.h"

#define HEADS_MAX 65536
#define GONE	  "KV-Operation"

/* What stands behind a member's name, up to one of the bytes of end. The servers write no blanks,
 * and nothing in what is looked for here is escaped. */
static bool member(struct nos_str text, const char *name, const char *end, struct nos_str *ret)
{
	const char *p = memmem(text.p, text.len, name, strlen(name)), *stop = text.p + text.len;
	size_t len = 0;

	if (!p)
		return false;
	p += strlen(name);
	while (p + len < stop && !strchr(end, p[len]))
		len++;
	*ret = (struct nos_str){ p, len };
	return p + len < stop;
}

/* Base64 with padding, of the other alphabet. */
static bool decode(struct nos_str s, struct nos_buf *ret)
{
	NOS_AUTO(buf) text = { 0 };

	while (s.len && s.p[s.len - 1] == '=')
		s.len--;
	nos_buf_init_secret(&text, s.len);
	nos_buf_add_str(&text, s);
	if (text.fail)
		return false;
	for (size_t i = 0; i < text.len; i++)
		text.p[i] = text.p[i] == '+' ? '-' : text.p[i] == '/' ? '_' : text.p[i];
	return nos_enc_base64_decode(nos_buf_str(&text), ret) && !ret->fail;
}

/* {"type":…,"message":{"subject":"…","seq":…,"hdrs":"…","data":"…","time":"…"}} */
static bool take(struct nos_str text, natsMsg **ret, uint64_t *ret_position)
{
	struct nos_str subject, seq, part = { 0 };
	char name[2048];
	NOS_AUTO(buf) heads = { 0 };
	NOS_AUTO(buf) data = { 0 };

	nos_buf_init(&heads, HEADS_MAX);
	nos_buf_init_secret(&data, NOS_STORE_ENTRY_MAX);
	if (!member(text, "\"subject\":\"", "\"", &subject) ||
	    !nos_str_copy(subject, name, sizeof(name)) || !member(text, "\"seq\":", ",}", &seq) ||
	    !nos_num_parse(seq, 1, UINT64_MAX, ret_position))
		return false;
	if (member(text, "\"hdrs\":\"", "\"", &part) && !decode(part, &heads))
		return false;
	if (member(text, "\"data\":\"", "\"", &part) && !decode(part, &data))
		return false;
	if (natsMsg_Create(ret, name, NULL, data.p, (int)data.len) != NATS_OK)
		return false;
	return !heads.len || !memmem(heads.p, heads.len, GONE, strlen(GONE)) ||
	       natsMsgHeader_Set(*ret, GONE, "DEL") == NATS_OK;
}

static jsErrCode code_of(struct nos_str text)
{
	struct nos_str code;
	uint64_t n = 0;

	if (member(text, "\"err_code\":", ",}", &code))
		(void)nos_num_parse(code, 0, 99999, &n);
	return (jsErrCode)n;
}

enum nos_code nos_nats_few_next(const struct nos_nats_link *l, const char *stream,
    const char *filter, uint64_t from, natsMsg **ret, uint64_t *ret_position, struct nos_err *err)
{
	const struct nos_nats_try t = nos_nats_link_try(l, NOS_NATS_WAIT_MS);
	char subject[256], body[2200];
	natsMsg *answer = NULL;
	struct nos_str text = { 0 };
	jsErrCode code = 0;
	natsStatus s;

	*ret = NULL;
	snprintf(subject, sizeof(subject), "$JS.API.STREAM.MSG.GET.%s", stream);
	snprintf(body, sizeof(body), "{\"seq\":%" PRIu64 ",\"next_by_subj\":\"%s\"}", from, filter);
	do {
		natsMsg_Destroy(answer);
		answer = NULL;
		s = natsConnection_RequestString(&answer, l->nc, subject, body, NOS_NATS_ASK_MS);
		if (s == NATS_OK) {
			text = (struct nos_str){ natsMsg_GetData(answer),
				(size_t)natsMsg_GetDataLength(answer) };
			code = code_of(text);
			s = code ? NATS_ERR : NATS_OK;
		}
	} while (nos_nats_link_again(&t, s, code));
	if (nos_nats_link_is_absent(s, code))
		nos_err_set(err, NOS_ABSENT, "store: nothing more in '%s'", stream);
	else if (s != NATS_OK)
		(void)nos_nats_link_failed(l, stream, s, err);
	else if (!take(text, ret, ret_position)) {
		natsMsg_Destroy(*ret);
		*ret = NULL;
		nos_err_set(err, NOS_IO, "store: %s: an answer is damaged", stream);
	}
	natsMsg_Destroy(answer);
	return err->code;
}
