/* SPDX-License-Identifier: MIT */
/*
 * What is kept: state, one value a key with a revision, and streams, entries one behind the other.
 * Both an embedded database and a replicated engine have these two, and no more is promised than
 * both can keep: a change that must be atomic is one put on one key, or a sequence that may be done
 * again. Knows nothing of what it keeps. A store belongs to one thread; each thread opens its own.
 *
 * Every function may give NOS_IO (disk full, read or write failed, store damaged) and NOS_BUSY
 * (locked by another for too long, or no server answers).
 */
#ifndef NOS_STORE_STORE_H
#define NOS_STORE_STORE_H

#include "base/buf.h"
#include "base/time.h"

#define NOS_STORE_KEY_MAX   512	       /* bytes of a key */
#define NOS_STORE_VALUE_MAX (1u << 20) /* bytes of a value of the state */
#define NOS_STORE_ENTRY_MAX (4u << 20) /* bytes of an entry of a stream */

struct nos_store; /* opaque */

/* The revision that a put or a deletion expects to find. */
#define NOS_STORE_NEW UINT64_C(0) /* no such key */
#define NOS_STORE_ANY UINT64_MAX  /* whatever is there */

/* Where a store is. What is not needed is NULL. */
struct nos_store_where {
	const char
	    *url; /* "sqlite:PATH", or "nats://HOST[:PORT][,HOST...][/PREFIX]", "tls://..." */
	const char *creds; /* a secret file: who comes, for servers */
	const char *ca;	   /* a file: the authorities that servers are known by */
};

/*
 * Made if it is not there and create is set. NOS_USAGE: no such kind, or what it does not take;
 * NOS_ABSENT: not there; NOS_DENIED: belongs to another user, or servers let nobody in; NOS_CONFIG:
 * written by a newer nos, or servers that are not set up for it; NOS_AWAY: no server answers.
 */
enum nos_code nos_store_open(const struct nos_store_where *where, bool create,
    struct nos_store **ret, struct nos_err *err) NOS_CHECK;
void nos_store_close(struct nos_store *s); /* NULL is fine */

/*
 * Lanes: what is kept of many is shared out, so that each share has one who appends to it. A stream
 * whose name ends in '/' is one of a lane: each lane has its own under that name. A view is of lane
 * 0 until it is told another.
 */
#define NOS_STORE_LANES_MAX 64
void nos_store_enter(struct nos_store *s, unsigned lane);
unsigned nos_store_lane(const struct nos_store *s);

/*
 * A group of changes, durable once commit has returned NOS_OK; after a failure none or some are
 * there. Outside a group each change is one by itself. An embedded store writes a group in one go.
 */
enum nos_code nos_store_begin(struct nos_store *s, struct nos_err *err) NOS_CHECK;
enum nos_code nos_store_commit(struct nos_store *s, struct nos_err *err) NOS_CHECK;
void nos_store_rollback(struct nos_store *s);

/* What was changed in the group up to here is durable no later than what follows. */
enum nos_code nos_store_settle(struct nos_store *s, struct nos_err *err) NOS_CHECK;

/* Is a group that failed as if it had never been? Otherwise some of it may be there. */
bool nos_store_is_atomic(const struct nos_store *s);

/* Has anybody else changed the store since this was asked last? Within a group: before the group.
 * Another's purge may look like a change. */
enum nos_code nos_store_changed(struct nos_store *s, bool *ret, struct nos_err *err) NOS_CHECK;

/*
 * Around reads that belong together: each costs less then. Nothing is changed between, and no group
 * is begun. To be short, since an older state that is read stops a purge.
 */
enum nos_code nos_store_look(struct nos_store *s, struct nos_err *err) NOS_CHECK;
void nos_store_look_end(struct nos_store *s);
/* What this view changes in a namespace, or in a stream (in its lane), is no news: it may be told
 * to nobody. For who changes often what is nobody else's, and all that do so alike. */
void nos_store_hush(struct nos_store *s, const char *what);

/* Append the value to *ret (where not NULL); revisions rise. NOS_ABSENT: no such key. */
enum nos_code nos_store_get(struct nos_store *s, const char *ns, struct nos_str key,
    struct nos_buf *ret, uint64_t *ret_rev, struct nos_err *err) NOS_CHECK;

/* For who found a value not to be what was put there: *err, where it is NOS_DATA or NOS_LARGE,
 * becomes NOS_IO, since it is the store that is bad and no input, and says so. Returns err->code.
 */
enum nos_code nos_store_damaged(struct nos_err *err);

/*
 * NOS_EXISTS: the revision is another than was expected, nothing was changed. Who needs no revision
 * (ret_rev NULL) and expects none (NOS_STORE_ANY) need not be kept waiting within a group: what
 * goes wrong with it commit tells. Such changes may take effect in another order than they were
 * made in, but before any later one of the same key, and before any later one that is waited for.
 */
enum nos_code nos_store_put(struct nos_store *s, const char *ns, struct nos_str key,
    struct nos_str value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err) NOS_CHECK;
enum nos_code nos_store_del(struct nos_store *s, const char *ns, struct nos_str key,
    uint64_t expect_rev, struct nos_err *err) NOS_CHECK;

/* Called for each; views are good until it returns. It must not change the store; an error ends the
 * scan. */
typedef enum nos_code nos_store_each(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err);

/*
 * All keys of a namespace in byte order, below "prefix/" where a prefix is given ("" for all). What
 * another changes meanwhile is seen or not; a key is seen at most once. However long it takes, it
 * stops no purge of another, save within a group.
 */
enum nos_code nos_store_scan(struct nos_store *s, const char *ns, struct nos_str prefix,
    nos_store_each *each, void *state, struct nos_err *err) NOS_CHECK;

/*
 * Append an entry; positions rise, from 1, and are never used again. There are two uses:
 * - ret_position is given: the caller is the only one that appends to the stream. The position is
 *   one more than the last that this view appended, or was told when it claimed the stream; who has
 *   not claimed it does so by its first entry. Where another has appended since: NOS_EXISTS, here
 *   or from commit, and nothing more of this view's is appended until it has claimed the stream
 *   again. Entries stand in the order in which they were appended.
 * - ret_position is NULL: whoever likes appends, and where it comes to stand nobody is told.
 */
enum nos_code nos_store_append(struct nos_store *s, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t *ret_position, struct nos_err *err) NOS_CHECK;

/*
 * Append an entry right behind position last, which is the end of the stream as bounds told it, and
 * wait until it stands there: for a stream that several append to, where each entry rests on the
 * one before it. Within a group it stands there at once, too. NOS_EXISTS: the stream has another
 * end, and nothing was appended.
 */
enum nos_code nos_store_append_behind(struct nos_store *s, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t last, struct nos_err *err) NOS_CHECK;

typedef enum nos_code nos_store_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err);

/* Up to limit entries behind position after, in order; stops no purge, as a scan. */
enum nos_code nos_store_read(struct nos_store *s, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *err) NOS_CHECK;

/* First position that is there and last that was given; first is last + 1 in an empty stream. Who
 * asks only looks: where this view appends next does not change. */
enum nos_code nos_store_bounds(struct nos_store *s, const char *stream, uint64_t *ret_first,
    uint64_t *ret_last, struct nos_err *err) NOS_CHECK;

/* Behind which position up to count entries are read, the last of them at to; first: as of bounds.
 */
static inline uint64_t nos_store_back(uint64_t first, uint64_t to, uint64_t count)
{
	return to >= first + count ? to - count : first - 1;
}

/*
 * The bounds of a stream that this view is to append to alone: its next entry goes behind the last.
 * For who goes through what stands there first, so that nothing comes between unseen, and for who
 * was told NOS_EXISTS. Nobody else is shut out: the last who claims has it.
 */
enum nos_code nos_store_claim(struct nos_store *s, const char *stream, uint64_t *ret_first,
    uint64_t *ret_last, struct nos_err *err) NOS_CHECK;

/* What of a stream is dropped: the oldest entries that are all of this. */
struct nos_store_trim {
	struct nos_time before; /* appended before it */
	uint64_t up_to;		/* and of no higher position */
	size_t most;		/* so many at once */
};

enum nos_code nos_store_trim(struct nos_store *s, const char *stream,
    const struct nos_store_trim *what, size_t *ret_dropped, struct nos_err *err) NOS_CHECK;

/* Remove one entry, whatever stands before and behind it; one that is not there is removed already.
 * Its position is not used again, also where it was the last. */
enum nos_code nos_store_erase(
    struct nos_store *s, const char *stream, uint64_t position, struct nos_err *err) NOS_CHECK;

/*
 * Outside a group. What was overwritten, deleted, erased or trimmed before this call stands nowhere
 * in an embedded store's files once it returns NOS_OK: not in free pages, not in the log. What a
 * file system, a disk or a backup keeps of them is theirs, and so is what servers keep: those
 * overwrite what is erased, and of the rest nothing is promised. Waits for others some 20 ms at
 * most.
 * NOS_BUSY: another writes, or still reads an older state; all is whole, try again.
 */
enum nos_code nos_store_purge(struct nos_store *s, struct nos_err *err) NOS_CHECK;

/* Bytes that the store holds, and bytes that it may still grow by: UINT64_MAX where nobody says.
 * Servers are asked every few seconds at most. */
enum nos_code nos_store_space(
    struct nos_store *s, uint64_t *ret_used, uint64_t *ret_free, struct nos_err *err) NOS_CHECK;

/* What an account with servers holds, each copy counted and all that is in it, and may hold (0:
 * nobody limits it): as of the last nos_store_space. False: there is none. */
bool nos_store_account(struct nos_store *s, uint64_t *ret_bytes, uint64_t *ret_limit);

/* Where some of what servers keep has fewer copies than are asked for now, say so in one line, or
 * make those that lack. */
enum nos_code nos_store_copies(struct nos_store *s, bool make, struct nos_err *err) NOS_CHECK;

#endif
