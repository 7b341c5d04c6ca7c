/* SPDX-License-Identifier: MIT */
/*
 * Visits of other nodes' sources from their begin to their end (roam/visit.h), as the audit
 * stream tells of them: one entry where the first key of a visit comes, and one where its last is
 * dropped, whatever lies between. Each change is a group of its own. Belongs to the thread whose
 * store it is given.
 */
#ifndef NOS_ROAM_STAY_H
#define NOS_ROAM_STAY_H

#include "audit/audit.h"
#include "roam/visit.h"

/* Told of each visitor of whom keys were dropped. */
typedef void nos_stay_gone(void *state, const char *id);

struct nos_stay {
	struct nos_store *store;
	const struct nos_vault *vault; /* NULL: nos_stay_keep and nos_stay_sweep are not called */
	struct nos_audit *audit;
	nos_stay_gone *gone; /* NULL: nobody is told */
	void *state;
};

/* What a home says of a source of its own. */
struct nos_stay_guest {
	const char *id, *kind;
	uint64_t home;
	bool open; /* registered there without a token */
};

/* Keep a key of one. NOS_TAG: it was put out here; NOS_EXISTS: another has changed what there is of
 * it; what nos_visit_put and nos_audit_append return. */
enum nos_code nos_stay_keep(const struct nos_stay *s, const struct nos_stay_guest *g,
    const struct nos_visit_key *key, struct nos_time now, struct nos_err *err) NOS_CHECK;

/* Why keys are dropped, as the audit stream has it. */
#define NOS_STAY_TAKEN_BACK "its home took it back"
#define NOS_STAY_OVER	    "it has had its time"
#define NOS_STAY_NO_PEER    "its home is no peer any more"
#define NOS_STAY_NO_PEERS   "this node has no peers any more"

/* End the visit of a source of this home; *ret_was: there was one. */
enum nos_code nos_stay_end(const struct nos_stay *s, const char *id, uint64_t home,
    const char *reason, struct nos_time now, bool *ret_was, struct nos_err *err) NOS_CHECK;

/* Drop the keys that have had their time, and who has none left. */
enum nos_code nos_stay_sweep(
    const struct nos_stay *s, struct nos_time now, struct nos_err *err) NOS_CHECK;

/* Is a visitor to stay? */
typedef bool nos_stay_stays(void *state, const struct nos_visit *v);

/* End the visits of those that do not stay; stays NULL: of all. */
enum nos_code nos_stay_drop(const struct nos_stay *s, nos_stay_stays *stays, void *stays_state,
    const char *reason, struct nos_time now, struct nos_err *err) NOS_CHECK;

/* The id behind a SOURCE as typed, of one of this node's or of a visitor that is or was here, which
 * is known by its id alone. NOS_ABSENT: neither. */
enum nos_code nos_stay_resolve(struct nos_store *store, struct nos_str word,
    char ret[static NOS_RECORD_ID_MAX], struct nos_err *err) NOS_CHECK;

/*
 * The operator's word that a visitor, also one that has left, is not wanted here: its keys are
 * dropped, and none is asked for any more. Within the caller's group, as are its entries.
 * *ret_changed: it was not said before. NOS_ABSENT: there was never such a visitor.
 */
enum nos_code nos_stay_refuse(struct nos_store *store, struct nos_audit *audit, const char *id,
    const char *reason, struct nos_time now, bool *ret_changed, struct nos_err *err) NOS_CHECK;

#endif
