/* SPDX-License-Identifier: MIT */
/*
 * What one nos-serve sends to another of the same store, sealed (AES-256-GCM) under a key of the
 * node key file: VERSION ‖ run ‖ n ‖ ciphertext ‖ tag. A process draws its run once, and counts n
 * up: so no key seals twice under one nonce, and run and n name a request for good. Who opens one
 * knows it again (a window of numbers a run), and takes none that is old. Thread-safe.
 */
#ifndef NOS_CLUSTER_PARCEL_H
#define NOS_CLUSTER_PARCEL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/time.h"
#include "self/vault.h"

#define NOS_PARCEL_RUN_LEN  16
#define NOS_PARCEL_HEAD_LEN (1 + NOS_PARCEL_RUN_LEN + 8)
#define NOS_PARCEL_AGE_MS   60000      /* by the wall clocks of both */
#define NOS_PARCEL_WINDOW   (1u << 19) /* numbers of a run */
#define NOS_PARCEL_RUNS	    64	       /* that are known at once */

/* All before the ciphertext. */
struct nos_parcel_id {
	uint8_t bytes[NOS_PARCEL_HEAD_LEN];
};

struct nos_parcel_run; /* opaque */

/* All-zero is valid for release alone. */
struct nos_parcel {
	struct nos_secret root; /* of all runs' keys */
	struct nos_secret key;	/* of this process's */
	uint8_t run[NOS_PARCEL_RUN_LEN];
	atomic_uint_fast64_t n[2];
	struct nos_time since; /* what was sealed before may have been seen by who was here then */
	struct nos_mono began; /* and is old by itself a minute later, however the clock was set */
	pthread_mutex_t lock;
	bool locked;		     /* lock is there */
	struct nos_parcel_run *runs; /* guarded by lock */
	size_t count;
};

/* NOS_INTERNAL: OpenSSL failed. now: the wall clock. */
enum nos_code nos_parcel_init(struct nos_parcel *p, const struct nos_vault *vault,
    struct nos_time now, struct nos_err *err) NOS_CHECK;
void nos_parcel_release(struct nos_parcel *p);

/* Room for the head, and the time: the text of a parcel is appended to b behind it. */
void nos_parcel_begin(struct nos_buf *b, struct nos_time now);

/*
 * Seal what stands in b, in place. answered: the request that it is the answer to; NULL: it is one.
 * Errors: those of b; NOS_INTERNAL.
 */
enum nos_code nos_parcel_seal(struct nos_parcel *p, const struct nos_parcel_id *answered,
    struct nos_buf *b, struct nos_parcel_id *ret, struct nos_err *err) NOS_CHECK;

/*
 * Open it into a secret buffer, of which *ret_text shows what was sealed. NOS_TAG: does not verify.
 * Of a request also NOS_DENIED: it is old, or by its clock to come, or was seen, the text says
 * which; NOS_BUSY: too many runs are known; NOS_INTERNAL.
 */
enum nos_code nos_parcel_open(struct nos_parcel *p, const struct nos_parcel_id *answered,
    struct nos_span sealed, struct nos_time now, struct nos_buf *into, struct nos_span *ret_text,
    struct nos_parcel_id *ret, struct nos_err *err) NOS_CHECK;

#endif
