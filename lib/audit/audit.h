/* SPDX-License-Identifier: MIT */
/*
 * What was done to keys, tokens and sources, by whom and why: the stream "audit" of a node's store
 * (nos-formats(7), "Audit"). Each entry has the hash of the bytes of the one before, so that none
 * is changed, removed or put in between unseen, and the newest is signed now and then, since who
 * writes the store could make a chain anew. One chain for all who write: the newest entry is read,
 * and the next one appended behind that and no other; where another was quicker, the newest is read
 * again. The stream is never trimmed. Belongs to the thread whose store it is given.
 */
#ifndef NOS_AUDIT_AUDIT_H
#define NOS_AUDIT_AUDIT_H

#include "base/buf.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "audit/audit_head.h"
#include "self/self.h"
#include "store/store.h"

#define NOS_AUDIT_STREAM    "audit"
#define NOS_AUDIT_ENTRY_MAX 4096 /* bytes of an entry */

/* What an event is of. */
#define NOS_AUDIT_MAP(X)                  \
	X(KEY, "key")                     \
	X(TOKEN, "token")                 \
	X(SOURCE, "source")               \
	X(GROUP, "group")                 \
	X(IDENTITY, "identity")           \
	X(SECRETS_SHOWN, "secrets-shown") \
	X(RESTORE, "restore")

enum nos_audit_what {
#define X(name, text) NOS_AUDIT_##name,
	NOS_AUDIT_MAP(X)
#undef X
};

/* NULL: the entry has no such member. No text of it may be secret. */
struct nos_audit_event {
	enum nos_audit_what what;
	const char *source, *key, *from, *to, *reason;
};

/* A writer. All-zero but for store and by is valid. */
struct nos_audit {
	struct nos_store *store;
	char by[96];
	uint64_t groups; /* that were begun */
	bool known;	 /* n, position and hash are the newest entry's; n 0: there is none */
	uint64_t n, position;
	uint8_t hash[NOS_HASH_LEN];
};

/* by: the tool's name; with_user: and that of the user who runs it, or the number of one without a
 * name. */
void nos_audit_init(struct nos_audit *a, struct nos_store *store, const char *tool, bool with_user);

/* At the head of each group: what was known of the newest entry is forgotten, for another may have
 * written, or the group before may have been rolled back. */
void nos_audit_begin(struct nos_audit *a);

/*
 * Append within the caller's group. NOS_IO: also where the newest entry is gone or means nothing,
 * behind which nothing is written; NOS_LARGE: over NOS_AUDIT_ENTRY_MAX; NOS_BUSY; NOS_INTERNAL.
 */
enum nos_code nos_audit_append(struct nos_audit *a, struct nos_time now,
    const struct nos_audit_event *e, struct nos_err *err) NOS_CHECK;

/*
 * Sign the newest entry and put the head, if it is not signed already by the node's present key;
 * *ret_signed tells. *ret is the head as it stands; n 0: nothing to sign. The chain is followed
 * from the head before, and one that does not lead on from there is not signed: NOS_DATA, as
 * nos_audit_verify. NOS_BUSY: also where another signs at once; NOS_CONFIG: the head is a newer
 * nos's; NOS_IO; NOS_INTERNAL.
 */
enum nos_code nos_audit_sign(struct nos_store *store, const struct nos_self *self,
    struct nos_time now, struct nos_audit_head *ret, bool *ret_signed,
    struct nos_err *err) NOS_CHECK;

struct nos_audit_verdict {
	uint64_t entries;
	uint8_t hash[NOS_HASH_LEN]; /* of the newest entry; zero where there is none */
	bool has_head;
	bool is_signed; /* the head's signature was looked at, and is good */
	uint64_t signed_n;
	struct nos_time signed_time;
};

/*
 * Go through the whole chain, a page at a time. sign_public: count Ed25519 keys of the node, its
 * present one and older ones, of which any may have signed the head; NULL: the signature is not
 * looked at. An empty stream without a head is good. NOS_DATA: an entry was changed, removed or put
 * in ("entry 17: …", the first that does not follow from those before it), the stream ends before
 * the signed head, or the head is not that of its entry or not signed by the node; NOS_CONFIG: the
 * head is a newer nos's; NOS_IO, NOS_BUSY: the store failed; NOS_INTERNAL.
 */
enum nos_code nos_audit_verify(struct nos_store *store, uint64_t node,
    const uint8_t (*sign_public)[NOS_SIGN_PUBLIC_LEN], size_t count, struct nos_audit_verdict *ret,
    struct nos_err *err) NOS_CHECK;

/* The entry's text as it stands, good until it returns; an error ends the scan. It must not change
 * the store. */
typedef enum nos_code nos_audit_each(void *state, struct nos_str entry, struct nos_err *err);

/* Each entry whose time is not before since, in order; source: the id of the one source, NULL: all.
 * NOS_IO: also where an entry means nothing; NOS_BUSY; NOS_INTERNAL; what each gave. */
enum nos_code nos_audit_scan(struct nos_store *store, struct nos_time since, const char *source,
    nos_audit_each *each, void *state, struct nos_err *err) NOS_CHECK;

/* How many ms the newest entry is ahead of now; 0: it is not, or there is none. As nos_audit_scan.
 */
enum nos_code nos_audit_ahead(
    struct nos_store *store, struct nos_time now, uint64_t *ret, struct nos_err *err) NOS_CHECK;

#endif
