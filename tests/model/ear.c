/* SPDX-License-Identifier: MIT */
#include "ear.h"

#include <string.h>

#include "world.h"

#define NONCES_MAX 4096

struct nonce {
	uint8_t iv[16];	 /* base64url of 96 bits */
	uint8_t hash[8]; /* of the pack */
};

static struct {
	struct nonce nonces[NONCES_MAX];
	size_t nonce_count;
} ear;

void ear_begin(void)
{
	ear.nonce_count = 0;
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

void ear_hear(const struct nos_carrier_request *r)
{
	if (strcmp(r->path, "/v1/data") == 0)
		note_nonce(r->body);
}
