/* SPDX-License-Identifier: MIT */
/*
 * What a relay seals and sends on for a request to its /v1/hop or /v1/data: a frame whose hops it
 * has raised (key/hop.h). One that names its source has proved it by the link; readings in the
 * open, and packs of who has no link yet, get a frame that names nobody. Which requests a relay
 * takes at all is told here too. Pure.
 */
#ifndef NOS_SOURCE_RELAY_FRAME_H
#define NOS_SOURCE_RELAY_FRAME_H

#include "envelope/pack.h"
#include "key/keyring.h"
#include "net/http_server.h"

/* Bytes of a request's body: it is sealed as a pack, and a pack is base64. */
#define NOS_RELAY_FRAME_MAX (NOS_PACK_MAX / 4 * 3 - 4096)

/* Is it to be framed? */
bool nos_relay_frame_is(struct nos_str path);

/* By the header of a POST alone. NOS_MEDIA: nothing that a relay frames; NOS_DATA: its query. */
enum nos_code nos_relay_frame_check(
    const struct nos_http_request *r, struct nos_err *err) NOS_CHECK;

/*
 * The frame to send on, behind what is in *ret. *ret_hops: as raised. k: the relay's keyring.
 * NOS_DATA: no frame, or one that names no source; NOS_AWAY: it has passed all the relays that it
 * may; NOS_TAG: not under the link of whom it names; NOS_LARGE; NOS_INTERNAL.
 */
enum nos_code nos_relay_frame_make(const struct nos_http_request *r, const struct nos_keyring *k,
    struct nos_buf *ret, unsigned *ret_hops, struct nos_err *err) NOS_CHECK;

#endif
