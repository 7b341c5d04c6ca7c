/* SPDX-License-Identifier: MIT */
#include "store/nats_many.h"

#include <assert.h>
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

static jsErrCode code_of(struct nos_str text)
{
	struct nos_str code;
	uint64_t n = 0;

	if (member(text, "\"err_code\":", ",}", &code))
		(void)nos_num_parse(code, 0, 99999, &n);
	return (jsErrCode)n;
}

static struct nos_str text_of(natsMsg *msg)
{
	return (struct nos_str){ natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg) };
}

/* ---- messages ---- */

/* {"type":…,"message":{"subject":"…","seq":…,"hdrs":"…","data":"…","time":"…"}} */
static bool take(struct nos_str text, struct nos_nats_got *ret)
{
	struct nos_str seq, part = { 0 };
	NOS_AUTO(buf) heads = { 0 };

	nos_buf_init(&heads, HEADS_MAX);
	if (!member(text, "\"seq\":", ",}", &seq) || !nos_num_parse(seq, 1, UINT64_MAX, &ret->rev))
		return false;
	if (member(text, "\"hdrs\":\"", "\"", &part) && !decode(part, &heads))
		return false;
	ret->there = !heads.len || !memmem(heads.p, heads.len, GONE, strlen(GONE));
	return !member(text, "\"data\":\"", "\"", &part) || decode(part, &ret->value);
}

static void forget(struct nos_nats_many *m)
{
	for (size_t i = 0; i < m->count; i++)
		nos_buf_release(&m->got[i].value);
	m->asked += m->count;
	m->count = 0;
}

void nos_nats_many_close(struct nos_nats_many *m)
{
	forget(m);
	nos_nats_link_unsubscribe(m->link, m->answers);
	m->answers = NULL;
}

static enum nos_code listen(struct nos_nats_many *m, const char *stream, struct nos_err *err)
{
	natsInbox *inbox = NULL;
	char subject[sizeof(m->inbox) + 2];
	natsStatus s;

	if (m->answers)
		return NOS_OK;
	s = natsInbox_Create(&inbox);
	if (s == NATS_OK) {
		snprintf(m->inbox, sizeof(m->inbox), "%s", inbox);
		natsInbox_Destroy(inbox);
		snprintf(subject, sizeof(subject), "%s.*", m->inbox);
		s = natsConnection_SubscribeSync(&m->answers, m->link->nc, subject);
	}
	if (s == NATS_OK)
		s = natsSubscription_SetPendingLimits(m->answers, -1, -1);
	return s == NATS_OK ? NOS_OK : nos_nats_link_failed(m->link, stream, s, 0, err);
}

/* Whatever is not answered yet. */
static natsStatus ask(
    struct nos_nats_many *m, const char *stream, nos_nats_many_subject *subject, const void *state)
{
	char to[256], reply[sizeof(m->inbox) + 24], of[NOS_NATS_KEY_MAX], body[sizeof(of) + 32];
	natsStatus s = NATS_OK;

	snprintf(to, sizeof(to), "$JS.API.STREAM.MSG.GET.%s", stream);
	for (size_t i = 0; s == NATS_OK && i < m->count; i++) {
		if (m->got[i].done)
			continue;
		subject(state, i, of);
		snprintf(body, sizeof(body), "{\"last_by_subj\":\"%s\"}", of);
		snprintf(reply, sizeof(reply), "%s.%" PRIu64, m->inbox, m->asked + i);
		s = natsConnection_PublishRequestString(m->link->nc, to, reply, body);
	}
	nos_nats_link_push(m->link);
	return s;
}

/* Which of them an answer is to; NULL: to none that waits for one. */
static struct nos_nats_got *find(struct nos_nats_many *m, natsMsg *msg)
{
	const char *dot = strrchr(natsMsg_GetSubject(msg), '.');
	uint64_t n;

	if (!dot || !nos_num_parse(nos_str_of(dot + 1), m->asked, UINT64_MAX, &n) ||
	    n - m->asked >= m->count || m->got[n - m->asked].done)
		return NULL;
	return &m->got[n - m->asked];
}

/* How it went: as of a question of the library's. */
static natsStatus answered(struct nos_nats_got *got, struct nos_str text, jsErrCode *code)
{
	if (!text.len) /* nobody is there to answer */
		return NATS_NO_RESPONDERS;
	*code = code_of(text);
	if (*code && !nos_nats_link_is_absent(NATS_ERR, *code))
		return NATS_ERR;
	nos_buf_truncate(&got->value, 0);
	if (!*code && !take(text, got))
		return NATS_PROTOCOL_ERROR;
	got->done = true;
	*code = 0;
	return NATS_OK;
}

static size_t missing_of(const struct nos_nats_many *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++)
		n += !m->got[i].done;
	return n;
}

/* Those that come, until none is missing or none comes. */
static natsStatus collect(struct nos_nats_many *m, jsErrCode *code)
{
	size_t missing = missing_of(m);
	natsStatus s = NATS_OK;

	while (missing && s == NATS_OK) {
		struct nos_nats_got *got;
		natsMsg *msg = NULL;

		s = natsSubscription_NextMsg(&msg, m->answers, NOS_NATS_ASK_MS);
		got = s == NATS_OK ? find(m, msg) : NULL;
		if (got) {
			s = answered(got, text_of(msg), code);
			missing -= got->done;
		}
		natsMsg_Destroy(msg);
	}
	return s;
}

static void begin(struct nos_nats_many *m, size_t count)
{
	assert(count <= NOS_NATS_MANY_MAX);
	forget(m);
	m->count = count;
	for (size_t i = 0; i < count; i++) {
		m->got[i] = (struct nos_nats_got){ 0 };
		nos_buf_init_secret(&m->got[i].value, NOS_STORE_VALUE_MAX);
	}
}

/* It is asked again for as long as something comes, however slowly. */
enum nos_code nos_nats_many_get(struct nos_nats_many *m, const char *stream, size_t count,
    nos_nats_many_subject *subject, const void *state, struct nos_err *err)
{
	struct nos_nats_try t = nos_nats_link_try(m->link, NOS_NATS_WAIT_MS);
	size_t missing = count, before;
	jsErrCode code;
	natsStatus s;

	if (listen(m, stream, err))
		return err->code;
	begin(m, count);
	do {
		code = 0;
		before = missing;
		s = ask(m, stream, subject, state);
		if (s == NATS_OK)
			s = collect(m, &code);
		missing = missing_of(m);
		if (missing < before)
			t = nos_nats_link_try(m->link, NOS_NATS_WAIT_MS);
	} while (nos_nats_link_again(&t, s, code));
	if (s == NATS_PROTOCOL_ERROR)
		return nos_err_set(err, NOS_IO, "store: %s: an answer is damaged", stream);
	return s == NATS_OK ? NOS_OK : nos_nats_link_failed(m->link, stream, s, code, err);
}

/* ---- subjects ---- */

/* {…,"state":{…,"subjects":{"…":1,…}},…}: those of the configuration are an array. */
static enum nos_code take_subjects(
    struct nos_str text, size_t most, struct nos_buf *ret, size_t *ret_count, struct nos_err *err)
{
	const char begin[] = "\"subjects\":{";
	const char *p = memmem(text.p, text.len, begin, strlen(begin)), *const stop =
									    text.p + text.len;

	*ret_count = 0;
	for (p = p ? p + strlen(begin) : stop; p < stop && *p == '"' && *ret_count <= most;) {
		const char *name = ++p;

		while (p < stop && *p != '"')
			p += *p == '\\' ? 2 : 1;
		if (p >= stop)
			return nos_err_set(err, NOS_IO, "store: an answer is damaged");
		if (++*ret_count <= most) {
			nos_buf_add(ret, name, (size_t)(p - name));
			nos_buf_add_char(ret, '\n');
		}
		while (p < stop && *p != ',' && *p != '}')
			p++;
		p += p < stop && *p == ',';
	}
	return nos_buf_check(ret, "subjects", err);
}

enum nos_code nos_nats_many_list(const struct nos_nats_link *l, const char *stream,
    const char *filter, size_t most, struct nos_buf *ret, size_t *ret_count, struct nos_err *err)
{
	const struct nos_nats_try t = nos_nats_link_try(l, NOS_NATS_WAIT_MS);
	char to[256], body[NOS_NATS_KEY_MAX + 32];
	natsMsg *answer = NULL;
	jsErrCode code;
	natsStatus s;

	*ret_count = 0;
	snprintf(to, sizeof(to), "$JS.API.STREAM.INFO.%s", stream);
	snprintf(body, sizeof(body), "{\"subjects_filter\":\"%s\"}", filter);
	do {
		natsMsg_Destroy(answer);
		answer = NULL;
		code = 0;
		s = natsConnection_RequestString(&answer, l->nc, to, body, NOS_NATS_ASK_MS);
		if (s == NATS_OK)
			code = code_of(text_of(answer));
		s = code ? NATS_ERR : s;
	} while (nos_nats_link_again(&t, s, code));
	if (s == NATS_OK)
		(void)!take_subjects(text_of(answer), most, ret, ret_count, err);
	else if (!nos_nats_link_is_absent(s, code))
		(void)nos_nats_link_failed(l, stream, s, code, err);
	natsMsg_Destroy(answer);
	return err->code;
}
