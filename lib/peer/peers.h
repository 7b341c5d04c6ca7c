/* SPDX-License-Identifier: MIT */
/*
 * The nodes that this one knows (nos-formats(7), "Peers"): who they are, where, and what they may
 * ask. The file's owner says so, and nobody else. It may be read again while the node runs; each
 * thread takes a copy of the one it needs. Thread-safe once made.
 */
#ifndef NOS_PEER_PEERS_H
#define NOS_PEER_PEERS_H

#include "base/str.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "envelope/peer.h"
#include "net/url.h"

#define NOS_PEERS_MAX 64

struct nos_peer {
	uint64_t node;
	char url[NOS_URL_MAX + 1];
	uint8_t pin[NOS_HASH_LEN];	   /* thumbprint of its P-256 key */
	uint8_t sign[NOS_SIGN_PUBLIC_LEN]; /* its Ed25519 key */
	unsigned may;			   /* bits, by nos_peer_op */
};

struct nos_peers_list {
	size_t count;
	struct nos_peer of[NOS_PEERS_MAX];
};

/* Read the text of a file. NOS_CONFIG: with line and column of the fault; NOS_INTERNAL. */
enum nos_code nos_peers_parse(
    struct nos_str text, struct nos_peers_list *ret, struct nos_err *err) NOS_CHECK;

/* Read the file itself: as above, and what nos_file_read returns; NOS_DENIED: all may write it. */
enum nos_code nos_peers_read(
    const char *path, struct nos_peers_list *ret, struct nos_err *err) NOS_CHECK;

/* NOS_CONFIG: one of them has this node's own number, which is in ids and names of keys. */
enum nos_code nos_peers_check(
    const struct nos_peers_list *list, uint64_t own, struct nos_err *err) NOS_CHECK;

struct nos_peers; /* opaque: those that hold now */

/* The list is copied. NOS_INTERNAL: out of memory. */
enum nos_code nos_peers_new(
    const struct nos_peers_list *list, struct nos_peers **ret, struct nos_err *err) NOS_CHECK;
void nos_peers_replace(struct nos_peers *p, const struct nos_peers_list *list);
void nos_peers_free(struct nos_peers *p); /* NULL is fine */

/* Each in the file's order, from 0; false: there are no more. */
bool nos_peers_at(struct nos_peers *p, size_t i, struct nos_peer *ret);

/* By number, or by the thumbprint of its key; false: there is none. */
bool nos_peers_by_node(struct nos_peers *p, uint64_t node, struct nos_peer *ret);
bool nos_peers_by_pin(
    struct nos_peers *p, const uint8_t pin[static NOS_HASH_LEN], struct nos_peer *ret);

#endif
