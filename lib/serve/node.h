/* SPDX-License-Identifier: MIT */
/*
 * A node that runs: HTTP loops, the committer, the publisher, the control thread, and what
 * they share. Made, drained and freed by one thread, the tool's.
 */
#ifndef NOS_SERVE_NODE_H
#define NOS_SERVE_NODE_H

#include "base/buf.h"
#include "base/secret.h"
#include "cluster/addresses.h"
#include "node/limit.h"
#include "peer/peers.h"
#include "self/home.h"
#include "stream/maps.h"
#include "score/profile.h"
#include "serve/readers.h"

#define NOS_NODE_URL_MAX NOS_ADDRESSES_URL_MAX /* bytes */

struct nos_node; /* opaque */
struct nos_tls;	 /* net/tls.h */

struct nos_node_config {
	const struct nos_home *home; /* open; must outlive the node */
	const struct nos_limit *limits;
	const char *version;
	const char *const *listen; /* addresses for sources */
	size_t listen_count;
	const char *const *listen_tls; /* those under TLS */
	size_t listen_tls_count;
	struct nos_tls *tls;	 /* for those; must outlive the node */
	unsigned proxy_bits;	 /* of the cipher by which all that comes to listen came to a proxy
				    that alone reaches it; 0: there is none */
	const char *url;	 /* what enrolments carry; NULL: the first address */
	const char *cluster_url; /* by which others of the store reach this one; NULL: so too */
	const char *admin;	 /* address; NULL: none */
	unsigned loops;		 /* threads for sources */
	const char *mqtt;	 /* broker's URL; NULL: none */
	struct nos_login *login; /* to the broker; must outlive the node */
	const char *ca;		 /* file for an mqtts broker, and peers */
	int print_fd;		 /* -1: none */
	bool closed;		 /* no source registers */
	bool anonymous;		 /* readings without a seal are taken */
	unsigned pool, ring;	 /* global keys, and how many of them a source holds */
	uint64_t overlap_ms;	 /* for which a key that was replaced still serves */
	uint64_t keep_ms, keep_bytes;	    /* 0: for ever, whatever it takes */
	const struct nos_profile *profile;  /* the rules; must outlive the node */
	struct nos_maps_set *maps;	    /* NULL: none; the node holds it for itself */
	const struct nos_readers *readers;  /* who may read records; NULL: nobody */
	const struct nos_peers_list *peers; /* other nodes; NULL: none is known */
};

/* When it returns NOS_OK sources are served. NOS_BUSY: another nos-serve has the store, or its URL;
 * and what the parts say: addresses, store, broker's URL. */
enum nos_code nos_node_new(
    const struct nos_node_config *config, struct nos_node **ret, struct nos_err *err) NOS_CHECK;

/* Rules read again; the node frees them. */
void nos_node_rules(struct nos_node *n, struct nos_profile *profile);

/* Maps read again: the caller's hold becomes the node's. NOS_IO, NOS_BUSY: the store failed, and
 * those before stay. */
enum nos_code nos_node_maps(
    struct nos_node *n, struct nos_maps_set *maps, struct nos_err *err) NOS_CHECK;
/* Who may read records, read again. */
void nos_node_readers(struct nos_node *n, const struct nos_readers *readers);

/* The other nodes, read again; only where it was made with some. */
enum nos_code nos_node_peers(struct nos_node *n, const struct nos_peers_list *peers,
    struct nos_err *err) NOS_CHECK; /* NOS_CONFIG: this node is among them */

/* {"node":…,"listen":[…],"admin":…,"pin":…,"store":…,"pid":…} and a newline (nos-formats(7)). */
void nos_node_ready(const struct nos_node *n, struct nos_buf *ret);

/* The URL of a listener as bound, those under TLS behind the others. */
void nos_node_url(const struct nos_node *n, size_t i, char ret[static NOS_NODE_URL_MAX]);

/* Take nothing new, answer what is in hand, store and publish it (limit "drain"), end. NULL is
 * fine. */
void nos_node_free(struct nos_node *n);

#endif
