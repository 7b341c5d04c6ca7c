/* SPDX-License-Identifier: MIT */
/*
 * A relay (nos-schemes(7), "Relay"): an HTTP server for neighbours that do not reach their node. It
 * sends their packs on in frames, as packs of its own (source/relay_sender.h), and passes on all
 * else that they ask the node (source/relay_pool.h). It keeps nothing of them: what the node has
 * not taken is not taken. All limits are here.
 */
#ifndef NOS_SOURCE_RELAY_H
#define NOS_SOURCE_RELAY_H

#include "base/buf.h"
#include "source/ring.h"

#define NOS_RELAY_POLLS_MAX   32  /* that are held at once; one more: 503 */
#define NOS_RELAY_PASSES_MAX  4	  /* other requests that are passed on at once */
#define NOS_RELAY_WAITING_MAX 64  /* that wait for one of those to end; one more: 503 */
#define NOS_RELAY_REQUESTS    256 /* in hand at once, of whatever kind */
#define NOS_RELAY_CONNECTIONS 512

struct nos_relay; /* opaque */

/* Everything in it must outlive the relay. */
struct nos_relay_config {
	struct nos_ring *ring; /* open; the relay's alone until it is freed */
	const char *const *listen;
	size_t listen_count;
	unsigned loops;		 /* threads of the server */
	const char *const *urls; /* of the node, in place of the keyring's */
	size_t url_count;	 /* 0: the keyring's */
	const char *const *via;	 /* neighbours that relay in turn, checked */
	size_t via_count;
	const char *ca;	  /* NULL: the system's */
	uint64_t wait_ms; /* for an answer of the node */
	void *state;
	void (*failed)(void *state); /* once, from a thread: see nos_relay_fault */
};

/* libcurl was started. NOS_USAGE: a URL or an address that cannot be; and what nos_http_server_new
 * and nos_send_open return. */
enum nos_code nos_relay_new(
    const struct nos_relay_config *config, struct nos_relay **ret, struct nos_err *err) NOS_CHECK;

/* Take nothing more, answer what there is, and end; polls that are held are broken off. NULL is
 * fine. */
void nos_relay_free(struct nos_relay *r);

/* Why it can go on no more, once failed was called (source/relay_sender.h); NOS_OK: it can. */
enum nos_code nos_relay_fault(struct nos_relay *r, struct nos_err *ret);

/* Address i as bound. */
const char *nos_relay_address(const struct nos_relay *r, size_t i);

/* Append what a supervisor is told: {"source":"s-…","listen":["…"],"pid":n} and a newline. */
void nos_relay_ready(const struct nos_relay *r, struct nos_buf *b);

#endif
