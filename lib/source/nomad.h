/* SPDX-License-Identifier: MIT */
/*
 * Packs to other nodes than the source's own, where that is not reached (nos-schemes(7),
 * "Roaming"): under a key of the day that its home gives such a node when the first pack comes. Of
 * keys nothing is said there: key messages, acknowledgements and asks go home alone. Belongs to the
 * thread of its send.
 */
#ifndef NOS_SOURCE_NOMAD_H
#define NOS_SOURCE_NOMAD_H

#include "key/roam.h"
#include "source/send.h"

#define NOS_NOMAD_HOSTS_MAX 8
#define NOS_NOMAD_HOME_AGAIN_MS \
	300000 /* while another node takes packs, home is tried this often */

/* Another node. */
struct nos_nomad_host {
	const char *url; /* the caller's */
	/* What it says itself, asked once. That needs no proof: home gives the key of this
	 * thumbprint to the node alone that its operator has named by it. */
	bool known;
	uint64_t node;
	uint8_t thumbprint[NOS_HASH_LEN];
};

/* A pack is about to go to p->url: what waits on disk says so first, since it may arrive there and
 * nobody live to hear of it. An error ends the try. */
typedef enum nos_code nos_nomad_going(
    void *state, const struct nos_send_pack *p, struct nos_err *err);

/* All-zero but for send: no other node. */
struct nos_nomad {
	struct nos_send *send;
	nos_nomad_going *going; /* NULL: it waits nowhere */
	void *going_state;
	bool waits; /* what is not taken waits on disk, and can be given up */
	struct nos_nomad_host hosts[NOS_NOMAD_HOSTS_MAX];
	size_t count;
	size_t good;	       /* way of the last pack that was taken: 0 home, i + 1 host i */
	struct nos_mono again; /* when home is to be tried first */
	bool home_last;	       /* it was given up: it goes behind the hosts */
	bool unnamed;	       /* the last pack waits for a node that is not among the hosts */
	int64_t shift_days;    /* of the hosts' clock against this one */
	struct nos_http_answer answer;
	struct nos_buf jwe;
};

/* Are they not too many, and is each a URL? NOS_USAGE: no. */
enum nos_code nos_nomad_check(const char *const *urls, size_t count, struct nos_err *err) NOS_CHECK;

/* send is open, or is so before the first pack; it and urls, which were checked, must outlive *n.
 */
void nos_nomad_init(
    struct nos_nomad *n, struct nos_send *send, const char *const *urls, size_t count);
void nos_nomad_release(struct nos_nomad *n);

/* Number of the node that a pack went to: home's own too. */
uint64_t nos_nomad_node(const struct nos_nomad *n, const struct nos_send_pack *p);

/*
 * As nos_send_pack: by the way that took the last pack, then home's, then the others in their
 * order. A pack that may have arrived at a node, home among them, goes there and nowhere else:
 * where none of the hosts is that node, by its number and its key, it is NOS_AWAY at once. p->node
 * is the number of the node that took it, 0 for home.
 */
enum nos_code nos_nomad_pack(struct nos_nomad *n, struct nos_send_pack *p, uint64_t wait_ms,
    struct nos_answer *ret, struct nos_err *err) NOS_CHECK;

#endif
