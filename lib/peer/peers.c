/* SPDX-License-Identifier: MIT */
#include "peer/peers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/file.h"
#include "base/num.h"
#include "json/handwritten.h"

#define FILE_MAX (256u << 10)

static const struct nos_handwritten_kind kind = {
	.is = "peers are", .begins = "peers begin", .max = FILE_MAX
};

/* ---- the file ---- */

static enum nos_code take_node(
    struct nos_handwritten *h, const struct nos_scan_value *v, struct nos_peer *p)
{
	if (v->kind != NOS_SCAN_NUMBER || !nos_num_parse(v->raw, 1, NOS_NUM_SAFE - 1, &p->node))
		return nos_handwritten_wrong(h, v, "node", "is no number of a node");
	return NOS_OK;
}

static enum nos_code take_url(
    struct nos_handwritten *h, const struct nos_scan_value *v, struct nos_peer *p)
{
	struct nos_err ignored = { 0 };
	struct nos_str text;

	if (!nos_handwritten_text(h, v, &text) || !nos_str_copy(text, p->url, sizeof(p->url)) ||
	    nos_url_check(p->url, &ignored))
		return nos_handwritten_wrong(
		    h, v, "url", "is no http:// or https:// without user and query");
	if (nos_url_is_any(p->url))
		return nos_handwritten_wrong(
		    h, v, "url", "is no machine's: a node is reached by its own name or address");
	return NOS_OK;
}

static enum nos_code take_bytes(
    struct nos_handwritten *h, const struct nos_scan_value *v, const char *name, uint8_t ret[32])
{
	struct nos_str text;

	if (!nos_handwritten_text(h, v, &text) || !nos_enc_base64_fixed(text, ret, 32))
		return nos_handwritten_wrong(h, v, name, "is no base64url of 32 bytes");
	return NOS_OK;
}

static enum nos_code take_may(
    struct nos_handwritten *h, const struct nos_scan_value *v, struct nos_peer *p)
{
	const struct nos_scan_value *one;
	enum nos_peer_op op;
	struct nos_str word;
	uint32_t at = 0;

	if (v->kind != NOS_SCAN_ARRAY)
		return nos_handwritten_wrong(h, v, "may", "is no list");
	while (nos_scan_element(&h->scan, v, &at, &one)) {
		if (!nos_handwritten_text(h, one, &word) || !nos_peer_op_parse(word, &op))
			return nos_handwritten_wrong(h, one, "may", "takes roam and revoked");
		p->may |= 1u << op;
	}
	return NOS_OK;
}

enum { HAS_NODE = 1, HAS_URL = 2, HAS_PIN = 4, HAS_SIGN = 8, HAS_MAY = 16, HAS_ALL = 31 };

static enum nos_code take_member(struct nos_handwritten *h, const struct nos_scan_value *name,
    const struct nos_scan_value *v, struct nos_peer *p, unsigned *has)
{
	if (nos_str_is(name->raw, "node")) {
		*has |= HAS_NODE;
		return take_node(h, v, p);
	}
	if (nos_str_is(name->raw, "url")) {
		*has |= HAS_URL;
		return take_url(h, v, p);
	}
	if (nos_str_is(name->raw, "pin")) {
		*has |= HAS_PIN;
		return take_bytes(h, v, "pin", p->pin);
	}
	if (nos_str_is(name->raw, "sign")) {
		*has |= HAS_SIGN;
		return take_bytes(h, v, "sign", p->sign);
	}
	if (nos_str_is(name->raw, "may")) {
		*has |= HAS_MAY;
		return take_may(h, v, p);
	}
	return nos_handwritten_unknown(h, name);
}

/* Two that are one cannot be told apart. */
static bool is_twice(const struct nos_peers_list *list, const struct nos_peer *p)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->of[i].node == p->node ||
		    memcmp(list->of[i].pin, p->pin, sizeof(p->pin)) == 0)
			return true;
	return false;
}

static enum nos_code take_peer(
    struct nos_handwritten *h, const struct nos_scan_value *v, struct nos_peers_list *ret)
{
	const struct nos_scan_value *name, *value;
	struct nos_peer p = { 0 };
	unsigned has = 0;
	uint32_t at = 0;

	if (v->kind != NOS_SCAN_OBJECT)
		return nos_handwritten_wrong(h, v, "peers", "is a list of objects");
	if (ret->count == NOS_PEERS_MAX)
		return nos_handwritten_wrong(h, v, "peers", "are over 64");
	while (nos_scan_member(&h->scan, v, &at, &name, &value))
		if (take_member(h, name, value, &p, &has))
			return h->err->code;
	if (has != HAS_ALL)
		return nos_handwritten_wrong(
		    h, v, "peers", "need node, url, pin, sign and may each");
	if (is_twice(ret, &p))
		return nos_handwritten_wrong(h, v, "peers", "have a node or a pin twice");
	ret->of[ret->count++] = p;
	return NOS_OK;
}

static enum nos_code take_all(struct nos_handwritten *h, struct nos_peers_list *ret)
{
	const struct nos_scan_value *name, *value, *one;
	uint32_t at = 0, each = 0;
	bool has = false;

	while (nos_handwritten_member(h, &at, &name, &value)) {
		if (!nos_str_is(name->raw, "peers"))
			return nos_handwritten_unknown(h, name);
		if (value->kind != NOS_SCAN_ARRAY)
			return nos_handwritten_wrong(h, value, "peers", "is no list");
		has = true;
		while (nos_scan_element(&h->scan, value, &each, &one))
			if (take_peer(h, one, ret))
				return h->err->code;
	}
	return has ? NOS_OK : nos_err_set(h->err, NOS_CONFIG, "no 'peers' in it");
}

enum nos_code nos_peers_parse(struct nos_str text, struct nos_peers_list *ret, struct nos_err *err)
{
	struct nos_handwritten h = { 0 };

	ret->count = 0;
	if (!nos_handwritten_open(&h, &kind, text, err))
		(void)!take_all(&h, ret);
	nos_handwritten_release(&h);
	return err->code;
}

enum nos_code nos_peers_read(const char *path, struct nos_peers_list *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, FILE_MAX + 1);
	/* Who writes it says who is given keys. */
	if (nos_file_read(path, NOS_FILE_OWN, &text, err))
		return err->code;
	return nos_peers_parse(nos_buf_str(&text), ret, err) ? nos_err_within(err, "%s", path)
							     : NOS_OK;
}

/* ---- those that hold now ---- */

struct nos_peers {
	pthread_mutex_t lock;
	struct nos_peers_list list; /* guarded by lock */
};

enum nos_code nos_peers_check(const struct nos_peers_list *list, uint64_t own, struct nos_err *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->of[i].node == own)
			return nos_err_set(err, NOS_CONFIG,
			    "peers: node %llu is this one's own number: each node has another (nos-serve --init --node)",
			    (unsigned long long)own);
	return NOS_OK;
}

enum nos_code nos_peers_new(
    const struct nos_peers_list *list, struct nos_peers **ret, struct nos_err *err)
{
	struct nos_peers *p = calloc(1, sizeof(*p));

	if (!p)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	pthread_mutex_init(&p->lock, NULL);
	p->list = *list;
	*ret = p;
	return NOS_OK;
}

void nos_peers_replace(struct nos_peers *p, const struct nos_peers_list *list)
{
	pthread_mutex_lock(&p->lock);
	p->list = *list;
	pthread_mutex_unlock(&p->lock);
}

void nos_peers_free(struct nos_peers *p)
{
	if (!p)
		return;
	pthread_mutex_destroy(&p->lock);
	free(p);
}

bool nos_peers_at(struct nos_peers *p, size_t i, struct nos_peer *ret)
{
	bool found;

	pthread_mutex_lock(&p->lock);
	found = i < p->list.count;
	if (found)
		*ret = p->list.of[i];
	pthread_mutex_unlock(&p->lock);
	return found;
}

bool nos_peers_by_node(struct nos_peers *p, uint64_t node, struct nos_peer *ret)
{
	bool found = false;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; !found && i < p->list.count; i++)
		if ((found = p->list.of[i].node == node))
			*ret = p->list.of[i];
	pthread_mutex_unlock(&p->lock);
	return found;
}

bool nos_peers_by_pin(
    struct nos_peers *p, const uint8_t pin[static NOS_HASH_LEN], struct nos_peer *ret)
{
	bool found = false;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; !found && i < p->list.count; i++)
		if ((found = memcmp(p->list.of[i].pin, pin, NOS_HASH_LEN) == 0))
			*ret = p->list.of[i];
	pthread_mutex_unlock(&p->lock);
	return found;
}
