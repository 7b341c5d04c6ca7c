/* SPDX-License-Identifier: MIT */
/*
 * The one thread of a relay that has its keyring: it sends frames to the node as packs of the
 * relay's own, one at a time in the order of their coming, and gives each its answer. What the node
 * says of the relay's keys is taken as any source takes it. Frames wait in a bounded queue; those
 * that wait while the node turns out to be out of reach are told so without a try of their own, and
 * those of other relays after a while (source/relay_queue.h).
 */
#ifndef NOS_SOURCE_RELAY_SENDER_H
#define NOS_SOURCE_RELAY_SENDER_H

#include "net/http_server.h"
#include "source/ring.h"

#define NOS_RELAY_SENDER_MAX 64 /* frames that wait */

struct nos_relay_sender; /* opaque */

/* Everything in it must outlive the thread. */
struct nos_relay_sender_config {
	struct nos_ring *ring;	 /* open, and the thread's alone until it is freed */
	const char *id;		 /* of the relay, a copy that does not change with the ring */
	const char *const *urls; /* of the node, checked, likewise */
	size_t url_count;
	const char *const *via; /* neighbours that relay, checked */
	size_t via_count;
	const char *ca;	  /* NULL: the system's */
	uint64_t wait_ms; /* for an answer */

	/* From the thread: a request has its answer; and nothing more can be sent, once (see
	 * nos_relay_sender_fault). */
	void *state;
	void (*answer)(void *state, struct nos_http_request *r);
	void (*failed)(void *state);
};

/* libcurl was started. NOS_ABSENT: no such CA file; NOS_INTERNAL. */
enum nos_code nos_relay_sender_new(const struct nos_relay_sender_config *config,
    struct nos_relay_sender **ret, struct nos_err *err) NOS_CHECK;

/* Answer what waits, then end. NULL is fine. */
void nos_relay_sender_free(struct nos_relay_sender *s);

/* Hand a request over (source/relay_frame.h); from any thread. False: no room. */
bool nos_relay_sender_submit(struct nos_relay_sender *s, struct nos_http_request *r);

/* From here on what waits is not tried once the node was found away. */
void nos_relay_sender_drain(struct nos_relay_sender *s);

/* What is under way or waits is broken off within a second: 503, to come again. */
void nos_relay_sender_cut(struct nos_relay_sender *s);

/*
 * Why nothing more can be sent, once failed was called:
 * NOS_DENIED    the relay was revoked; or the keyring may not be written
 * NOS_CONFIG, NOS_ABSENT, NOS_IO  the keyring's file
 * NOS_OK: all is well.
 */
enum nos_code nos_relay_sender_fault(struct nos_relay_sender *s, struct nos_err *ret);

#endif
