/* SPDX-License-Identifier: MIT */
/*
 * One pack to the node, and its answer, which is believed by its receipt alone (nos-wire(7),
 * "Receipts"). It goes under the key that is newest then; what
 * an answer says of keys the keyring's keeper takes. Anonymous readings have neither seal nor
 * receipt. One pack at a time; not thread-safe.
 */
#ifndef NOS_SOURCE_SEND_H
#define NOS_SOURCE_SEND_H

#include "crypto/hash.h"
#include "envelope/pack.h"
#include "net/http_client.h"
#include "net/url.h"
#include "source/answer.h"
#include "source/attempt.h"
#include "source/keeper.h"
#include "source/ring.h"
#include "source/route.h"

#define NOS_SEND_CTY "application/x-ndjson"

/* What is sent. All-zero but for text and readings: it never was. */
struct nos_send_pack {
	struct nos_str text;
	const char *cty; /* of the text, a literal; NULL: NOS_SEND_CTY */
	size_t readings;
	uint64_t seq;		   /* its number, 0: none yet */
	char url[NOS_URL_MAX + 1]; /* of the node that it went to, and goes to again; or empty */
	/* Number, and thumbprint of the key, of the node that it went to where that is not its home
	 * (source/nomad.h); 0: home. It is the node's own, whatever its URL is by then. */
	uint64_t node;
	uint8_t thumbprint[NOS_HASH_LEN];
	bool sent; /* it may have arrived: a duplicate is no wonder */
};

struct nos_send_config {
	struct nos_ring *ring;	 /* NULL: anonymous */
	const char *const *urls; /* of the node, in place of the keyring's */
	size_t url_count;	 /* 0: the keyring's */
	const char *const *via;	 /* neighbours that relay, checked */
	size_t via_count;
	const char *const *roam; /* other nodes that a pack may have gone to (source/nomad.h) */
	size_t roam_count;
	const char *kind;		   /* of an anonymous source, NULL: not said */
	const char *ca;			   /* NULL: the system's */
	const struct nos_carrier *carrier; /* NULL: straight, by HTTP, and through via */
	uint64_t try_ms;	  /* longest wait for an answer where nos_send_pack tries once */
	const volatile int *stop; /* no further try once it is not 0; one under way is finished */
	const volatile int *cut;  /* not NULL: and one under way is broken off, NOS_BUSY */
};

struct nos_send {
	struct nos_send_config config;
	const char *urls[NOS_KEYRING_URLS_MAX];
	size_t url_count, url; /* url: where a new pack goes */
	struct nos_name name;  /* of the key in keys … */
	char kid[NOS_NAME_TEXT_MAX];
	uint64_t z; /* … and the generation of its K_S, 0: none yet */
	/* A key of the scheme that the node did not know, and when it was made: another may come
	 * under its name. kind 0: none. */
	struct nos_name refused;
	struct nos_time refused_since;
	struct nos_pack_keys keys;
	struct nos_attempt attempt;
	struct nos_http_client *client; /* NULL: another's carrier */
	struct nos_route route;		/* with via */
	struct nos_carrier carrier;
	struct nos_keeper keeper; /* of the ring */
	bool copied;		  /* a number was in use, and the node was asked */
	struct nos_err fault;	  /* what an answer said of keys could not be taken */
	struct nos_http_answer answer;
	struct nos_buf jwe;
};

/* It is known to have arrived nowhere: it may go anywhere. */
void nos_send_let_go(struct nos_send_pack *p);

/* So that release is fine whatever follows. */
void nos_send_init(struct nos_send *s);
void nos_send_release(struct nos_send *s);

/* Everything in *config must outlive *s. NOS_USAGE: a URL that cannot be; NOS_ABSENT: no such CA
 * file; NOS_INTERNAL. */
enum nos_code nos_send_open(
    struct nos_send *s, const struct nos_send_config *config, struct nos_err *err) NOS_CHECK;

/* Give a pack its number and the URL that it goes to, where it has none, or one that is none of the
 * node's any more; an anonymous one has no number. What nos_ring_take returns. */
enum nos_code nos_send_number(
    struct nos_send *s, struct nos_send_pack *p, struct nos_err *err) NOS_CHECK;

/*
 * Send a pack that has its number, and try again for wait_ms (0: once). An answer is waited for as
 * long as is left of it, a second at least and half a minute at most. NOS_OK: it is settled by
 * *ret, which was released or is all-zero; what it says of keys was taken, or s->fault says why
 * not, which the caller clears. A pack that the node does not know the key of goes again under
 * another, where asking the node has given one.
 * NOS_EXISTS  its number is in use by other readings: the keyring is an old copy, or used
 *             elsewhere at once. The ring stands at the node's next; take another number
 * NOS_AWAY    not reached, or no answer that can be believed
 * NOS_BUSY    the node has no room
 * NOS_TAG     the node does not know the key, without a receipt: nothing is settled
 * NOS_DENIED  anonymous readings are not taken; or the source was revoked, to be believed
 * NOS_LARGE   longer than a pack can be
 * NOS_INTERNAL  the answer has its receipt, and is not as it should be
 * and what nos_keeper_refused returns of the keyring's file
 */
enum nos_code nos_send_pack(struct nos_send *s, struct nos_send_pack *p, uint64_t wait_ms,
    struct nos_answer *ret, struct nos_err *err) NOS_CHECK;

/* Does a node that answers so under a receipt have no room, or is not well, and is asked again? */
bool nos_send_is_passing(enum nos_code code);

/* Take what a poll that was held (source/follow.h) says of keys, which is to be believed. What
 * nos_keeper_followed returns. */
enum nos_code nos_send_heard(
    struct nos_send *s, const struct nos_answer_news *news, struct nos_err *err) NOS_CHECK;

#endif
