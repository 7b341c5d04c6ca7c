/* SPDX-License-Identifier: MIT */
/*
 * The frame around a pack on its way through a neighbour (nos-schemes(7), "Relay"): kind and
 * version ‖ hops ‖ len S ‖ len pack ‖ tag of 16 under K_SM, which S shares with the relay M. hops
 * stands outside the tag's reach at M's next station: M raises it, and the tag stays as S made it.
 * A frame that names no source has a tag of zeros and proves nothing of who sent it: a relay makes
 * it alone. Pure; thread-safe.
 */
#ifndef NOS_KEY_HOP_H
#define NOS_KEY_HOP_H

#include "base/buf.h"
#include "base/secret.h"

#define NOS_HOP_MAX	   4  /* relays between a source and its node */
#define NOS_HOP_LINK_LEN   16 /* bytes of K_SM */
#define NOS_HOP_TAG_LEN	   16
#define NOS_HOP_SOURCE_MAX 32 /* bytes of a source's id */
#define NOS_HOP_OVERHEAD              \
	(3 + NOS_HOP_SOURCE_MAX + 4 + \
	    NOS_HOP_TAG_LEN) /* bytes of a frame beside its pack, at most */

struct nos_hop {
	unsigned hops;	       /* relays that it has passed, NOS_HOP_MAX at most */
	struct nos_str source; /* who sent it to the relay; len 0: nobody says */
	struct nos_span pack;
	struct nos_span tag;	 /* NOS_HOP_TAG_LEN bytes */
	struct nos_span covered; /* what the tag covers */
};

/* A_M = K(Z_M,"relay"), from which a relay and its node make every K_SM of it. NOS_INTERNAL alone.
 */
enum nos_code nos_hop_relay_key(
    const struct nos_secret *z, struct nos_secret *ret, struct nos_err *err) NOS_CHECK;

/* K_SM = K(A_M,"link",S,16). NOS_INTERNAL alone. */
enum nos_code nos_hop_link(const struct nos_secret *relay, struct nos_str source,
    struct nos_secret *ret, struct nos_err *err) NOS_CHECK;

/* Append a frame. link NULL: it proves nothing, and source is empty. NOS_LARGE: *ret is full;
 * NOS_INTERNAL. */
enum nos_code nos_hop_seal(const struct nos_secret *link, unsigned hops, struct nos_str source,
    struct nos_span pack, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* Read a frame; its views point into it. NOS_DATA: it is none. */
enum nos_code nos_hop_read(
    struct nos_span frame, struct nos_hop *ret, struct nos_err *err) NOS_CHECK;

/* Is its tag the one that who shares link made? */
bool nos_hop_is_good(const struct nos_hop *h, const struct nos_secret *link);

/* Append the frame with hops raised by one: the rest of it as it came. */
void nos_hop_raise(struct nos_buf *b, const struct nos_hop *h);

/*
 * What stands in the pack of a frame that names no source: its media type ("application/jose",
 * "application/x-ndjson", "application/json", the latter two perhaps with "?kind=K"), a newline and
 * the body as it came to the relay. False: no newline in it.
 */
bool nos_hop_split(struct nos_span pack, struct nos_str *ret_media, struct nos_str *ret_body);

#endif
