/* SPDX-License-Identifier: MIT */
#include "ear.h"

#include <string.h>

#include "sealing.h"
#include "world.h"

#define NONCES_MAX 4096
#define TAKEN_MAX  1024

struct nonce {
	uint8_t iv[16];	 /* base64url of 96 bits */
	uint8_t hash[8]; /* of the pack */
};

/* Asks, or acknowledgements, that the node took, in their order, and what it answered. */
struct taken {
	struct {
		uint8_t hash[NOS_HASH_LEN], answer[NOS_HASH_LEN];
	} all[TAKEN_MAX];
	size_t count;
};

static struct {
	struct nonce nonces[NONCES_MAX];
	size_t nonce_count;
	struct taken acks, asks;
	bool revoked;
} ear;

void ear_begin(void)
{
	ear.nonce_count = 0;
	ear.revoked = false;
	ear_store_went_back();
}

void ear_store_went_back(void)
{
	ear.acks.count = ear.asks.count = 0;
}

void ear_revoked(void)
{
	ear.revoked = true;
}

/* The third part of a JWE, whatever the key: 96 bits that are drawn do not meet. */
static void note_nonce(const struct nos_span *body)
{
	struct nos_str rest = { (const char *)body->p, body->len }, part;
	uint8_t hash[NOS_HASH_LEN];
	struct nonce *n = &ear.nonces[ear.nonce_count];

	for (int i = 0; i < 3; i++)
		if (!nos_str_cut(&rest, '.', &part))
			return;
	MUST(nos_hash_sha256(body, 1, hash, &fault));
	if (part.len != sizeof(n->iv) || ear.nonce_count == NONCES_MAX)
		world_wrong("no nonce in a pack", part.len);
	for (size_t i = 0; i < ear.nonce_count; i++)
		if (memcmp(ear.nonces[i].iv, part.p, sizeof(n->iv)) == 0 &&
		    memcmp(ear.nonces[i].hash, hash, sizeof(n->hash)) != 0)
			world_wrong("a nonce came twice", i);
	memcpy(n->iv, part.p, sizeof(n->iv));
	memcpy(n->hash, hash, sizeof(n->hash));
	ear.nonce_count++;
}

static bool is_to(const struct nos_carrier_request *r, const char *end)
{
	const size_t len = strlen(r->path), end_len = strlen(end);

	return len > end_len && strcmp(r->path + len - end_len, end) == 0;
}

void ear_hear(const struct nos_carrier_request *r)
{
	if (strcmp(r->path, "/v1/data") == 0)
		note_nonce(r->body);
	else if (is_to(r, "/acks"))
		sealing_said(*r->body);
}

/* The last may come again, for its answer may have been lost, and has the same; an older one is a
 * replay. */
static void note_taken(struct taken *t, const struct nos_span *body, const struct node_answer *a)
{
	const struct nos_span answer = nos_buf_span(&a->body);
	uint8_t hash[NOS_HASH_LEN], answer_hash[NOS_HASH_LEN];
	size_t i = 0;

	MUST(nos_hash_sha256(body, 1, hash, &fault));
	MUST(nos_hash_sha256(&answer, 1, answer_hash, &fault));
	while (i < t->count && memcmp(t->all[i].hash, hash, sizeof(hash)) != 0)
		i++;
	if (i + 1 < t->count)
		world_wrong("an older ask or acknowledgement was taken again", t->count - i);
	if (i < t->count && memcmp(t->all[i].answer, answer_hash, sizeof(hash)) != 0)
		world_wrong("one ask has two answers", i);
	if (i < t->count)
		return;
	if (i == TAKEN_MAX)
		world_wrong("too many asks or acknowledgements", i);
	memcpy(t->all[i].hash, hash, sizeof(hash));
	memcpy(t->all[i].answer, answer_hash, sizeof(hash));
	t->count++;
}

void ear_hear_answer(const struct nos_carrier_request *r, const struct node_answer *a)
{
	/* Of what was taken at once nobody hears the order. */
	if (!r->body || world.races)
		return;
	if (ear.revoked && (a->status != 401 || *a->receipt))
		world_wrong("a source that was revoked is not refused", a->status);
	if (is_to(r, "/acks") && a->status == 204)
		note_taken(&ear.acks, r->body, a);
	else if (is_to(r, "/resync") && a->status == 200)
		note_taken(&ear.asks, r->body, a);
}
